/* SPDX-License-Identifier: BSD-3-Clause */
/* Shows one message with a code on one terminal, and reads it back with two third-party decoders.
 * Test code: runs as the user who runs the tests. */
#ifndef IDQ_TESTS_READING_H
#define IDQ_TESTS_READING_H

#include "pam_idinqr/login/code_text.h"
#include "tests/harness/screen.h"

#include <stddef.h>

#define READING_LENGTH_MIN 20 /* characters of a payload */
#define READING_LENGTH_MAX QR_PAYLOAD_MAX

struct reading_code {
    char link[QR_PAYLOAD_MAX + 1];
    struct qr_code code;
};

/* The side of the code of a link of this length, in modules; 0 if the link is too long. Tests and
 * main may call it. */
unsigned reading_code_side(size_t length);

/* A link of this many characters, as backends send them (a short host, then a random name), and
 * its code. */
struct reading_code reading_code(size_t length);

/* What a person may have set, and where. */
struct reading_setting {
    const char *name; /* in the table */
    enum config_display display;
    enum screen_colors colors;
    int inverted;
    int is_prompt;         /* of a host that names no terminal: sshd */
    int no_utf8;           /* the terminal shows bytes, and its tty says so */
    const char *user_code; /* to compare; NULL: none */
};

struct reading_size {
    unsigned rows, columns;
};

enum reading_verdict {
    READING_DECODED, /* drawn, and read as it was meant by both */
    READING_REFUSED, /* no code: the sentence that says so, and the link */
    READING_FAILED,
};

struct reading {
    enum reading_verdict verdict;
    int is_drawn, zbar, zxing; /* 1: a code was drawn, and which decoder read just its payload */
    char why[256];             /* of a failure */
};

/* The message for this terminal, freed by the caller, and whether it has a code in it. */
char *reading_message(const struct reading_code *code, const struct reading_setting *setting,
                      struct reading_size size, int *ret_is_drawn);

/* Makes the message for this terminal, shows it, and reads the screen. */
struct reading reading_of_message(const struct reading_code *code,
                                  const struct reading_setting *setting, struct reading_size size);

/* The same for the drawing alone, on a screen that it just fits. */
struct reading reading_of_drawing(const struct reading_code *code, enum drawing_mode mode,
                                  unsigned quiet, enum screen_colors colors, int inverted);

/* Whether each word of a text that was printed is whole in one row of the screen. Drawings, and
 * words that are longer than a row, are left out. */
int reading_has_words(struct screen *screen, const char *text, unsigned columns);

/* How many codes each decoder finds in the picture; 0 unless each of them says the payload. */
void reading_decode(const struct picture *picture, const char *payload, int *ret_zbar,
                    int *ret_zxing);

#endif
