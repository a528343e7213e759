/* SPDX-License-Identifier: BSD-3-Clause */
/* A PNG with a QR code in it, drawn in the ways that a backend might. Test code. */
#ifndef IDQ_TESTS_QR_PNG_H
#define IDQ_TESTS_QR_PNG_H

#include <stddef.h>

struct qr_png_options {
    const char *payload;
    int payload_size;        /* for one with a zero byte in it; 0: as a string */
    int module_px;           /* a module's side */
    int quiet;               /* modules of white around it */
    int inverted;            /* light on dark */
    int transparent;         /* the light modules are transparent, and black beneath */
    int numbered;            /* pixels are numbers in a palette, in which two are white */
    int logo_percent;        /* of the width, a gray square in the middle */
    int wider_px, taller_px; /* more white, to the right and below */
    int copies;              /* side by side; 0 means 1 */
    int second_px; /* pixels per module of a second, black code in the white below; 0: none */
};

/* The bytes, freed by the caller. Trouble fails the running test. */
unsigned char *qr_png_make(const struct qr_png_options *options, size_t *ret_size);

/* A white PNG of this size. */
unsigned char *qr_png_blank(unsigned width, unsigned height, size_t *ret_size);

/* A black rectangle, in pixels. */
struct qr_png_bar {
    unsigned left, top, width, height;
};

/* A white PNG of this size with bars in it. */
unsigned char *qr_png_bars(unsigned width, unsigned height, const struct qr_png_bar *bars,
                           size_t n_bars, size_t *ret_size);

#endif
