/* SPDX-License-Identifier: BSD-3-Clause */
/* QR codes in a grey picture, by ZXing-C++. */
#ifndef IDQ_PICTURE_READ_CODE_H
#define IDQ_PICTURE_READ_CODE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How many codes there are in `grey`: a byte a pixel, row by row, 0 is black. Of exactly one, what
 * it says is copied into ret_text, closed by a zero byte; a text with a zero byte inside, or of
 * more than capacity-1 bytes, counts as two. -1 when memory is short. */
int read_code(const unsigned char *grey, int width_px, int height_px, char *ret_text,
              size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
