/* SPDX-License-Identifier: BSD-3-Clause */
/* Decodes QR codes with a second decoder: ZXing, whose library has only a C++ interface
 * (zxing.cpp). The first decoder is zbar, in the harness's picture.h. Test code: runs as the user
 * who runs the tests, on pictures that tests made. */
#ifndef IDQ_TESTS_ZXING_H
#define IDQ_TESTS_ZXING_H

#ifdef __cplusplus
extern "C" {
#endif

/* Looks for QR codes in a gray picture, row by row, 0 black to 255 white. Returns how many there
 * are, or -1 on trouble; *ret_text is what all of them say (freed by the caller), NULL when there
 * are none, or when they do not say the same. */
int zxing_decode_qr(const unsigned char *gray, int width_px, int height_px, char **ret_text);

#ifdef __cplusplus
}
#endif

#endif
