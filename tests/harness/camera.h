/* SPDX-License-Identifier: BSD-3-Clause */
/* A gray picture: what a camera in front of a screen would see, the QR code a phone would find in
 * it. Test code: runs as the tests' user. */
#ifndef IDQ_TESTS_CAMERA_H
#define IDQ_TESTS_CAMERA_H

#include <stddef.h>

struct picture {
    int width_px, height_px;
    unsigned char *gray; /* row by row from the top left, 0 black to 255 white */
};

/* A picture of one shade; free it with picture_free. No memory fails the running test. */
struct picture *picture_new(int width_px, int height_px, unsigned char shade);

/* Accepts a pointer to NULL, and leaves one. */
void picture_free(struct picture **picture);

/* Fills a rectangle, which must lie in the picture. */
void picture_fill(struct picture *picture, int x_px, int y_px, int width_px, int height_px,
                  unsigned char shade);

/* Looks for QR codes with zbar, dark on light only, as a plain scanner does. Returns how many there
 * are; *ret_text is what all of them say (freed by the caller), NULL when there are none, or when
 * they do not say the same. */
int picture_decode_qr(const struct picture *picture, char **ret_text);

/* A PNG as a gray picture, on white where it is transparent; free it with picture_free. Trouble
 * fails the running test. */
struct picture *picture_from_png(const void *bytes, size_t size);

#define PICTURE_AUTO __attribute__((cleanup(picture_free))) struct picture

#endif
