/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes bad photographs of a screen, as a phone in a person's hand would. Test code, pure: the same
 * photograph of a picture at every run. */
#ifndef IDQ_TESTS_PHOTO_H
#define IDQ_TESTS_PHOTO_H

#include "tests/harness/camera.h"

/* One photograph. What is 0 does nothing. */
struct photo {
    const char *name;
    double scale;     /* of the screen in the photograph; 0: 1 */
    double tilt;      /* 0.3: the far edge is 30 % shorter */
    double turn_deg;  /* clockwise */
    double blur_px;   /* standard deviation */
    double dark;      /* 0.7: the left edge has lost 70 % of its light */
    double noise;     /* standard deviation, of 255 */
    double thin_out;  /* 0.6: only six of ten pixels are left, which makes moiré */
    int jpeg_quality; /* 1 to 100 */
};

extern const struct photo photos[];
extern const size_t n_photos;

/* Freed by the caller. No memory fails the running test. */
struct picture *photo_take(const struct photo *photo, const struct picture *screen);

#endif
