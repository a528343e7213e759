/* SPDX-License-Identifier: BSD-3-Clause */
/* A desk that is entered over ssh: the real sshd, whose service is the module alone, and bob's
 * shell on a terminal, in which the real client asks to be let in. Both run on a loopback of their
 * own, where nothing but this test listens. Test code: as root; it makes namespace.h's machine.
 *
 * Trouble fails the running test. */
#ifndef IDQ_TESTS_SSH_DESK_H
#define IDQ_TESTS_SSH_DESK_H

#include "tests/harness/child.h"
#include "tests/harness/session.h"

#define SSH_DESK_LOG     "/var/log/sshd" /* what sshd writes on stderr */
#define SSH_DESK_KEY     "/etc/desk.id"  /* bob's, for a login by public key; see ssh_desk_open */
#define SSH_DESK_LOCALES "/etc/desk.locales" /* for LOCPATH */

/* All may be zero. */
struct ssh_options {
    const char *const *enrolled; /* for the sandbox; NULL: alice is anna, bob is bram */
    const char *module;          /* further arguments of the module's */
    const char *conf;            /* lines for idinqr.conf */
    const char *sshd, *client;   /* lines for either's configuration, which win over the usual */
    int grace_s;                 /* LoginGraceTime; 0: sshd's own, 120 */
    int rows, columns;           /* of bob's terminal; 0: 50 and 100 */
    enum screen_colors colors;
};

struct ssh_desk {
    struct desk desk;
    struct child *sshd;
    struct pty *terminal; /* bob's */
};

/* Returns why RUN_TESTS must skip, or NULL if there can be a desk. */
const char *ssh_desk_why_not(void);

/* Whether this program of OpenSSH ("/usr/bin/ssh") is 10.3 or newer: it says so itself. Such a
 * server sends a message without waiting for a prompt, and such a client shows it at once. */
int ssh_desk_is_since_10_3(const char *program);

/* Once in a test. What runs from here on counts for processes_must_end. */
void ssh_desk_open(struct ssh_desk *ret_desk, const struct ssh_options *options);
void ssh_desk_close(struct ssh_desk *desk);

#define SSH_DESK_AUTO __attribute__((cleanup(ssh_desk_close))) struct ssh_desk

/* Types the client's command line, with this in the environment: once let in, the client says "I am
 * alice". */
void ssh_desk_enter(const struct ssh_desk *desk, const char *environment, const char *account);

/* The same in a UTF-8 locale, and waits until the code's prompt is there. */
void ssh_desk_enter_as(const struct ssh_desk *desk, const char *account);

/* Waits until a prompt that ends so has come `count` times in all. */
void ssh_desk_await_prompts(const struct ssh_desk *desk, const char *ending, int count);

/* The last link on the screen, as a person would type it over; kept (scratch.h). */
char *ssh_desk_link(const struct ssh_desk *desk);

/* Presses Enter at the code of a login that has failed, and again when the client shows why. */
void ssh_desk_read_reason(const struct ssh_desk *desk, const char *reason);

/* Opens the last link and approves, or refuses; then as session_await_result. */
void ssh_desk_approve(const struct ssh_desk *desk, const char *person);
void ssh_desk_refuse(const struct ssh_desk *desk, const char *person);

#endif
