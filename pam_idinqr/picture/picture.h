/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the QR backend's picture: a PNG with one QR code in it. The bytes are untrusted. libpng and
 * ZXing-C++ parse them only in the picture reader, which has no key and no network. */
#ifndef IDQ_PICTURE_PICTURE_H
#define IDQ_PICTURE_PICTURE_H

#include <stddef.h>

#define PICTURE_SIDE_MAX 2048 /* px */

/* Copies the text of the code, with a zero byte after it, into ret_payload. The picture must have
 * exactly one QR code, of visible ASCII. Transparent pixels are white. A light code on a dark
 * ground is also read, and a code with a logo that its error correction absorbs. Returns 0,
 * IDQ_PICTURE, or IDQ_SYSTEM. */
int picture_read(const void *png, size_t png_size, char *ret_payload, size_t capacity);

#ifdef __cplusplus
extern "C" {
#endif

/* Finds QR codes with ZXing-C++. Returns their number in `gray`, which has a byte a pixel, row by
 * row, and 0 for black. Returns -1 if memory is short. If there is exactly one code, its text and a
 * zero byte are copied into ret_text. A text with a zero byte inside, or of more than capacity-1
 * bytes, counts as two codes. */
int read_code(const unsigned char *gray, int width_px, int height_px, char *ret_text,
              size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
