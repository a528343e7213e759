/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds QR codes in a gray picture with ZXing-C++. */
#ifndef IDQ_PICTURE_READ_CODE_H
#define IDQ_PICTURE_READ_CODE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Returns the number of codes in `grey`, which has a byte a pixel, row by row, and 0 for black.
 * Returns -1 if memory is short. If there is exactly one code, its text and a zero byte are copied
 * into ret_text. A text with a zero byte inside, or of more than capacity-1 bytes, counts as two
 * codes. */
int read_code(const unsigned char *grey, int width_px, int height_px, char *ret_text,
              size_t capacity);

#ifdef __cplusplus
}
#endif

#endif
