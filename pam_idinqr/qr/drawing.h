/* SPDX-License-Identifier: BSD-3-Clause */
/* A QR code as text for a terminal. Pure. */
#ifndef IDQ_QR_DRAWING_H
#define IDQ_QR_DRAWING_H

#include "pam_idinqr/qr/qr_encode.h"

#include <stdio.h>

/* The words of `display =`. Light modules are what is drawn, with explicit colours where there are
 * any, so that it is the same code on any terminal's own colours. */
enum drawing_mode {
    DRAWING_HALF,    /* two modules a character: white half blocks on black */
    DRAWING_CELLS,   /* two coloured spaces a module: for fonts and terminals without half blocks */
    DRAWING_SEXTANT, /* six modules a character: U+1FB00 and on, which few fonts have */
    DRAWING_PLAIN,   /* half blocks without colours, where no escape sequence gets through */
    DRAWING_URL,     /* no picture, only the link */
    DRAWING_MODES
};

/* "half", … Static. */
const char *drawing_name(enum drawing_mode mode);

/* The mode of that name; DRAWING_MODES when there is none. */
enum drawing_mode drawing_find(const char *name);

/* The size of a drawing in character cells, with `quiet` light modules around the code. */
struct drawing_size {
    unsigned rows, columns;
};

struct drawing_size drawing_measure(enum drawing_mode mode, unsigned qr_size, unsigned quiet);

/* Writes the code, each row ended by a newline; nothing for DRAWING_URL. `inverted` draws the dark
 * modules in place of the light ones: for DRAWING_PLAIN on a light background, and ignored
 * otherwise. */
void drawing_write(FILE *stream, const struct qr_code *code, enum drawing_mode mode, unsigned quiet,
                   int inverted);

#endif
