/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a user's shell on a terminal, and in it the real programs that a person runs there. The
 * shell stays when a program ends, so that a test can see its leftovers: terminal modes, processes,
 * an exit status. Test code: runs as root, inside namespace.h's machine.
 *
 * An error fails the running test. */
#ifndef IDQ_TESTS_SESSION_H
#define IDQ_TESTS_SESSION_H

#include "tests/harness/desk.h"
#include "tests/harness/pty.h"

#define SESSION_WAIT_MS 60000

/* Why this program (its path; NULL: whatever program) cannot be run with the module here, for
 * RUN_TESTS's skip; NULL when it can. */
const char *session_why_not(const char *program);

/* Writes /etc/pam.d/<service> so that the module alone decides. `options` are further arguments of
 * the module's; the drawing is chosen as on any machine, unless they have display=. */
void session_pam_service(const struct desk *desk, const char *service, const char *options);

/* Writes /etc/pam.d/login as in conf/pam.d/login-desk. A person who leaves the module reaches the
 * lines behind it, which let bob in without a password. */
void session_pam_login_desk(const struct desk *desk);

/* A shell of this user's ("root", "alice", "bob"), with job control, at its prompt: 40 rows of 100,
 * on which the code of the next try is the only one. */
struct pty *session_start(const char *user);

/* The same on a terminal of this size and with these default colors. */
struct pty *session_start_on(const char *user, int rows, int columns, enum screen_colors colors);

/* Types a command line, and waits until it is on the screen. */
void session_type(struct pty *terminal, const char *command);

/* Waits for the shell's next prompt; the exit status of what ran. */
int session_wait_status(struct pty *terminal);

/* Waits for a code, reads it with a decoder that is not ours; the link is kept (scratch.h). */
char *session_scan(struct pty *terminal);

/* Waits for another code than that of *link, or for any where that is NULL, and puts its link
 * there; kept. An earlier code stays on the screen when its login has ended. */
void session_next_code(struct pty *terminal, char **link);

/* Scans, and approves as this person. */
void session_approve(const struct desk *desk, struct pty *terminal, const char *person);

/* Waits until the agent has passed its result on and has ended: a module that waits in a prompt
 * then takes the result before it asks again. */
void session_await_result(void);

/* How often a text is in another. */
int session_count(const char *text, const char *part);

/* Waits until `field` is in the log; how many lines the module has logged by then. */
int session_wait_log(const char *field);

#endif
