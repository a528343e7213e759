/* SPDX-License-Identifier: BSD-3-Clause */
/* A desk: a sandbox with enrolled people, and what a pam.d line needs to use the module that was
 * built against it. For the stack tests and for those that run real programs. Test code. */
#ifndef IDQ_TESTS_DESK_H
#define IDQ_TESTS_DESK_H

#include "tests/harness/qr_backend.h"

struct desk {
    struct qr_backend *backend;
    char *module_line; /* "/…/pam_idinqr.so conf=/… display=half": for the end of a pam.d line */
};

/* idinqr.conf has `idle = code`: a login without a name is at its code at once. `more_arguments`
 * are the sandbox's: who is enrolled, what is broken; ends with NULL. Freed with desk_close.
 * Trouble fails the running test. */
void desk_open(struct desk *desk, const char *const *more_arguments);

/* Copies a program, or the module, to DIR/NAME, a kept path. A checkout may lie in a
 * directory that others can write, from which the module takes no program, or in one that the
 * agent's user cannot enter. */
char *desk_copy_program(const char *from, const char *dir, const char *name, mode_t mode);

/* Copies the agent and what is started beside it into a directory of their own; the path of
 * idinqr-agent, kept. */
char *desk_copy_agent(void);

/* Copies what is started beside an agent into its directory. */
void desk_copy_helpers(const char *dir);

/* Adds lines to the configuration that the sandbox wrote: above its sections, or at its end, under
 * the provider's, where a section of their own may begin. */
void desk_configure(struct desk *desk, const char *lines);
void desk_configure_provider(struct desk *desk, const char *lines);

/* See qr_backend_setting. */
char *desk_setting(const struct desk *desk, const char *keyword);

/* Scans: reads the link from a drawing, as text for a terminal; kept (scratch.h). Fails the
 * running test when there is no code in it. */
char *desk_scan(const char *drawing);

/* Fails the running test when `text` (a log, a screen) holds a secret of the desk's configuration
 * or a test person's BIN. */
void desk_must_not_leak(const struct desk *desk, const char *text);

void desk_close(struct desk *desk);

#define DESK_AUTO __attribute__((cleanup(desk_close))) struct desk

#endif
