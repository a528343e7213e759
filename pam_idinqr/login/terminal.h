/* SPDX-License-Identifier: BSD-3-Clause */
/* The terminal in front of the person, as far as this host names one: how large it is, what it can
 * show, whether it is still there. Opens it on the side; the host's own descriptors are never
 * touched. */
#ifndef IDQ_LOGIN_TERMINAL_H
#define IDQ_LOGIN_TERMINAL_H

/* The key by which a person can leave a wait. */
enum stop_key {
    STOP_KEY_NONE,   /* no key of theirs reaches the host, as far as is known */
    STOP_KEY_CTRL_C, /* the terminal makes a signal of it */
    STOP_KEY_ENTER,  /* Ctrl-C is no signal here, as under a locker, so Enter has to do */
};

struct terminal {
    int fd;                 /* read-write, not controlling; -1 when there is none to open */
    unsigned rows, columns; /* 24 and 80 where nobody says */
    int is_utf8;            /* known to be */
    int is_console;         /* a Linux virtual terminal */
    int has_half_blocks; /* a console whose font has all of ▀ ▄ █; 1 for any other terminal */
    int has_colours;     /* by TERM */
    int takes_escapes;   /* cursor up, erase line: by TERM */
    enum stop_key stop_key; /* STOP_KEY_NONE without a terminal */
};

/* None: where a host has one that its person does not look at. */
void terminal_none(struct terminal *terminal);

/* `name` is PAM_TTY's ("pts/3", "/dev/tty1"), or NULL or "": then the controlling terminal. A name
 * that leads out of /dev, or that is no terminal, gives none; so does a console on which a display
 * server draws, as no text is seen there. TERM is the host's. */
void terminal_open(struct terminal *terminal, const char *name);

/* Drops what was typed while nobody read it: the host's shell would run it. */
void terminal_flush_input(const struct terminal *terminal);

void terminal_close(struct terminal *terminal);

#define TERMINAL_AUTO __attribute__((cleanup(terminal_close))) struct terminal

#endif
