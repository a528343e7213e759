/* SPDX-License-Identifier: BSD-3-Clause */
/* Draws a QR code as a PNG, with a logo in its middle as the real backend's may have. Pure. */
#ifndef IDQ_SANDBOX_PICTURE_PNG_H
#define IDQ_SANDBOX_PICTURE_PNG_H

#include <stddef.h>

/* A square picture of `size_px` a side, with a quiet zone of at least four modules. 0 with the PNG,
 * to be freed by the caller; IDQ_PICTURE when the payload needs more modules than there are pixels;
 * IDQ_SYSTEM. */
int picture_png_draw(const char *payload, int size_px, unsigned char **ret_png, size_t *ret_size);

#endif
