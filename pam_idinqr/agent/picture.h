/* What the QR backend's picture says: a PNG with one QR code in it. The bytes are untrusted, and go
 * through libpng and zbar: both run only in this process, which has nothing to lose but the login.
 */
#ifndef IDQ_AGENT_PICTURE_H
#define IDQ_AGENT_PICTURE_H

#include <stddef.h>

#define PICTURE_SIDE_MAX 2048 /* px */

/* Copies what the code says, closed by a zero byte, into ret_payload. Exactly one QR code, of
 * visible ASCII; transparent is white, a light code on a dark ground is read too, and so is one
 * with a logo that its error correction absorbs. A second one that is too small to be seen at a
 * first look is not noticed. 0, IDQ_PICTURE, or IDQ_SYSTEM. */
int picture_read(const void *png, size_t png_size, char *ret_payload, size_t capacity);

#endif
