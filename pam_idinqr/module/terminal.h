/* The terminal in front of the person, as far as this host names one: how large it is, what it can
 * show, whether it is still there. Opens it on the side; the host's own descriptors are never
 * touched. */
#ifndef IDQ_MODULE_TERMINAL_H
#define IDQ_MODULE_TERMINAL_H

#include "pam_idinqr/module/drawing.h"

struct terminal {
    int fd; /* read-write, not controlling; -1 when there is none to open */
    unsigned rows, columns;
    int is_utf8; /* known to be */
};

/* `name` is PAM_TTY's ("pts/3", "/dev/tty1"), or NULL or "": then the controlling terminal. A name
 * that leads out of /dev, or that is no terminal, gives none. */
void terminal_open(struct terminal *terminal, const char *name);

/* Which drawing fits, with how wide a quiet zone, beside text_rows of text and lines as long as the
 * code. */
enum drawing_mode terminal_choose(const struct terminal *terminal, unsigned qr_size,
                                  unsigned text_rows, unsigned *ret_quiet);

/* Drops what was typed while nobody read it: the host's shell would run it. */
void terminal_flush_input(const struct terminal *terminal);

void terminal_close(struct terminal *terminal);

#define TERMINAL_AUTO __attribute__((cleanup(terminal_close))) struct terminal

#endif
