/* SPDX-License-Identifier: BSD-3-Clause */
/* Describes the terminal that this application names: its size, its features, and whether it is
 * still there. Opens it separately, and never touches the application's descriptors. */
#ifndef IDQ_LOGIN_TERMINAL_H
#define IDQ_LOGIN_TERMINAL_H

#include <stdbool.h>

/* The key with which a person can stop a wait. */
enum stop_key {
    STOP_KEY_NONE,   /* no key reaches the application, as far as is known */
    STOP_KEY_CTRL_C, /* the terminal makes a signal of it */
    STOP_KEY_ENTER,  /* Ctrl-C makes no signal here, as under a screen locker, so Enter stops it */
};

struct terminal {
    int fd;                 /* read-write, not controlling; -1 if it cannot be opened */
    unsigned rows, columns; /* 24 and 80 if unknown */
    bool is_utf8;           /* as its driver or its keyboard says */
    bool is_console;        /* a Linux virtual terminal */
    bool has_half_blocks; /* a console whose font has all of ▀ ▄ █; true for any other terminal */
    bool has_square_cells; /* a console whose characters are about as wide as high */
    bool blocks_fill;      /* their whole cell: a Linux console, here or by TERM at the other end */
    bool has_colors;       /* by TERM */
    bool takes_escapes;    /* cursor up, erase line: by TERM */
    enum stop_key stop_key; /* STOP_KEY_NONE without a terminal */
};

/* No terminal: for an application whose person does not look at its terminal. */
void terminal_none(struct terminal *terminal);

/* `name` is PAM_TTY ("pts/3", "/dev/tty1"), or NULL or "" for the controlling terminal. A name
 * outside of /dev, or of another kind of file, gives no terminal. The same is true of a console on
 * which a display server draws, because it shows no text. TERM is the application's. */
void terminal_open(struct terminal *terminal, const char *name);

/* Returns the columns at which text is wrapped, or 0 if they are not known. */
unsigned terminal_text_columns(const struct terminal *terminal);

/* Discards typed input that no program has read: the application's shell would run it. */
void terminal_flush_input(const struct terminal *terminal);

void terminal_close(struct terminal *terminal);

#define TERMINAL_AUTO __attribute__((cleanup(terminal_close))) struct terminal

#endif
