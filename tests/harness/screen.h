/* SPDX-License-Identifier: BSD-3-Clause */
/* Emulates a terminal's screen. Keeps a program's output as a person would see it: as text, as a
 * picture, and as the QR code in it. The terminal (libvterm) and the decoder are third-party code.
 * Test code: runs as the user who runs the tests. */
#ifndef IDQ_TESTS_SCREEN_H
#define IDQ_TESTS_SCREEN_H

#include "tests/harness/camera.h"

#include <stddef.h>

struct screen;

enum screen_colors {
    SCREEN_LIGHT_ON_DARK, /* what a console has where a program asks for no color */
    SCREEN_DARK_ON_LIGHT,
};

#define SCREEN_CELL_WIDTH_PX  8
#define SCREEN_CELL_HEIGHT_PX 16

/* utf8 = 0: a terminal that takes each byte for a character, as Latin-1. */
struct screen *screen_new(int rows, int columns, int utf8, enum screen_colors colors);

/* For a font of another height than SCREEN_CELL_HEIGHT_PX. */
void screen_set_cell_height(struct screen *screen, int height_px);

/* Accepts a pointer to NULL, and leaves one. */
void screen_free(struct screen **screen);

/* Where the terminal's own answers go ("where is the cursor?"). Without this they are dropped. */
void screen_on_answer(struct screen *screen,
                      void (*answer)(const char *bytes, size_t size, void *user), void *user);

/* What a program printed. A "\n" moves down only: a tty puts the "\r" before it, see screen_print.
 */
void screen_feed(struct screen *screen, const char *bytes, size_t size);

/* The same for a string that no tty has passed yet: each "\n" also returns to the first column. */
void screen_print(struct screen *screen, const char *text);

/* What is on the screen, UTF-8: rows end in "\n", blanks at the end of rows and empty rows at the
 * end of the screen are left out. Valid until the next call on this screen. */
const char *screen_text(struct screen *screen);

/* 1 when `text` is on the screen. It may run on in the next row where the first is full, as a long
 * URL does. */
int screen_shows(struct screen *screen, const char *text);

/* The screen as a picture: blocks and colors are exact, and any other character is a thin bar.
 * Freed by the caller. */
struct picture *screen_picture(struct screen *screen);

/* Returns the text of the QR code on the screen, kept (scratch.h), or NULL if there is not exactly
 * one code. */
char *screen_qr(struct screen *screen);

#define SCREEN_AUTO __attribute__((cleanup(screen_free))) struct screen

#endif
