/* The second decoder: ZXing, whose library speaks only C++ (zxing.cpp). zbar is the harness's, in
 * picture.h. Test code: runs as whoever runs the tests, on pictures that tests made. */
#ifndef IDQ_TESTS_ZXING_H
#define IDQ_TESTS_ZXING_H

#ifdef __cplusplus
extern "C" {
#endif

/* Looks for QR codes in a grey picture, row by row, 0 black to 255 white. Returns how many there
 * are, or -1 on trouble; with exactly one, *ret_text is its text (freed by the caller), else NULL.
 */
int zxing_decode_qr(const unsigned char *grey, int width_px, int height_px, char **ret_text);

#ifdef __cplusplus
}
#endif

#endif
