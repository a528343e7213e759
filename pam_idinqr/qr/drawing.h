/* SPDX-License-Identifier: BSD-3-Clause */
/* Draws a QR code as text for a terminal. Pure. */
#ifndef IDQ_QR_DRAWING_H
#define IDQ_QR_DRAWING_H

#include "pam_idinqr/qr/qr_encode.h"

#include <stdbool.h>
#include <stdio.h>

/* The values of `display =`, and what `half` and `cells` are on a Linux console. The light modules
 * are drawn, with explicit colors if possible: so the code is the same on a terminal of any color.
 */
enum drawing_mode {
    DRAWING_HALF,    /* two modules a character: half blocks, and blanks for two alike */
    DRAWING_CELLS,   /* two colored spaces a module: for fonts and terminals without half blocks */
    DRAWING_SEXTANT, /* six modules a character, from U+1FB00 on: few fonts have these */
    DRAWING_PLAIN,   /* half blocks without colors, for paths that allow no escape sequences */
    DRAWING_URL,     /* no picture, only the link */
    DRAWING_CONSOLE, /* white half blocks on black, for a Linux console */
    DRAWING_SQUARES, /* one colored space a module, for a console whose characters are square */
    DRAWING_MODES
};

/* Returns the value of `display =`: "half", … A static string. */
const char *drawing_name(enum drawing_mode mode);

/* Returns the size of a drawing in character cells, with `quiet` light modules around the code. */
struct drawing_size {
    unsigned rows, columns;
};

struct drawing_size drawing_measure(enum drawing_mode mode, unsigned qr_size, unsigned quiet);

/* Writes the code, with a newline after each row. Writes nothing for DRAWING_URL. `inverted` draws
 * the dark modules instead of the light ones: for DRAWING_PLAIN on a light background. Other modes
 * ignore it. */
void drawing_write(FILE *stream, const struct qr_code *code, enum drawing_mode mode, unsigned quiet,
                   bool inverted);

#endif
