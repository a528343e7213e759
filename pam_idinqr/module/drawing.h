/* A QR code as text for a terminal. Pure: what it is given has been checked (messages.h). */
#ifndef IDQ_MODULE_DRAWING_H
#define IDQ_MODULE_DRAWING_H

#include "pam_idinqr/wire/messages.h"

#include <stdio.h>

enum drawing_mode {
    DRAWING_HALF, /* two modules a character: white half blocks on black, told with colours */
    DRAWING_URL,  /* no picture, only the link */
};

/* The size of a drawing in character cells, with `quiet` light modules around the code. */
struct drawing_size {
    unsigned rows, columns;
};

struct drawing_size drawing_measure(enum drawing_mode mode, unsigned qr_size, unsigned quiet);

/* Writes the code, each row ended by a newline. The light modules are the glyphs and the dark ones
 * the background, both with explicit colours, so that it is the same code on any terminal's own
 * colours. Nothing for DRAWING_URL. */
void drawing_write(FILE *stream, const struct qr_message *qr, enum drawing_mode mode,
                   unsigned quiet);

#endif
