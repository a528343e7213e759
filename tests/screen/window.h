/* SPDX-License-Identifier: BSD-3-Clause */
/* Shows a file in a real terminal on an X server (framebuffer.h). Test code: runs as the user who
 * runs the tests. An error fails the running test. */
#ifndef IDQ_TESTS_WINDOW_H
#define IDQ_TESTS_WINDOW_H

#include "tests/harness/screen.h"

struct window;

/* A terminal, and what is needed for it. */
struct window_kind {
    const char *name;
    const char *program; /* below /usr/bin; its package: */
    const char *package;
    const char *font; /* its name for the terminal; and its file, with that package: */
    const char *font_file;
    int in_tmux; /* the message is shown in a tmux in this terminal */
};

extern const struct window_kind window_kinds[];
extern const size_t n_window_kinds;

/* Returns NULL if everything is installed. Else returns what is missing, static. */
const char *window_why_not(const struct window_kind *kind);

/* Opens a window of this size, as large as the font makes it, and prints the file. The file must
 * outlive the window. */
struct window *window_open(const struct window_kind *kind, unsigned rows, unsigned columns,
                           enum screen_colors colors, const char *message_file);

/* Returns 1 once the terminal has read the whole file. It may not have drawn it yet. */
int window_has_read(struct window *window, int timeout_ms);

/* What the terminal said; kept (scratch.h). */
char *window_log(const struct window *window);

/* Accepts a pointer to NULL, and leaves one. */
void window_close(struct window **window);

#define WINDOW_AUTO __attribute__((cleanup(window_close))) struct window

#endif
