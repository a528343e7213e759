/* SPDX-License-Identifier: BSD-3-Clause */
/* What the QR backend's picture says: a PNG with one QR code in it. The bytes are untrusted, and go
 * through libpng and ZXing-C++: both run only in the picture reader, which has no key and no
 * network. */
#ifndef IDQ_PICTURE_PICTURE_H
#define IDQ_PICTURE_PICTURE_H

#include <stddef.h>

#define PICTURE_SIDE_MAX 2048 /* px */

/* Copies what the code says, closed by a zero byte, into ret_payload. Exactly one QR code, of
 * visible ASCII; transparent is white, a light code on a dark ground is read too, and so is one
 * with a logo that its error correction absorbs. 0, IDQ_PICTURE, or IDQ_SYSTEM. */
int picture_read(const void *png, size_t png_size, char *ret_payload, size_t capacity);

#endif
