/* SPDX-License-Identifier: BSD-3-Clause */
/* How a host lets a module speak with the person in front of it. Measured for each: see the tables
 * in pam_idinqr(8). */
#ifndef IDQ_LOGIN_APPLICATION_H
#define IDQ_LOGIN_APPLICATION_H

#include "pam_idinqr/login/terminal.h"

enum application_kind {
    APPLICATION_TERMINAL, /* messages appear as they are sent: sudo, su, login; a window that shows
                             them */
    APPLICATION_PROMPT,   /* messages are held back until the next prompt, so the code rides in one:
                      sshd,   cockpit */
    APPLICATION_NOWHERE,  /* nobody would see a code */
};

/* Below this size in bytes a message reaches a window whole: LightDM's greeter loses its place in
 * one of about 1,000. */
#define APPLICATION_WINDOW_MESSAGE_SIZE 900

/* Whether a service shows what it shows in a window of its own: text in a label at the most, in no
 * fixed width. A terminal that such a host has, because it was started from one or by a console's
 * session, is not where its person looks. */
int application_is_window(const char *service);

/* Whether a name matches one of the patterns (fnmatch(3)); these end with NULL. */
int application_is_one_of(const char *name, const char *const *patterns);

/* The seconds that a host gives for one answer, after which the login is lost, less some for the
 * way there and back; 0: it waits. */
int application_answer_limit_s(const char *service);

/* Whether the person in front of this host sees PAM's errors alone, and no information: su writes
 * information to descriptor 1, which may go elsewhere with what the command prints, and errors to
 * 2. Looks at both, and not into them. */
int application_shows_errors_only(const char *service);

/* `prompt` and `display` are as in idinqr.conf: what an administrator has said wins over what is
 * known of the service. To a window, `display` speaks only as "url": a drawing asked for on
 * consoles is none asked for there. `terminal` is not looked at for a window. Looks at descriptors
 * 1 and 2 for su. */
enum application_kind application_kind_of(const char *service, const struct terminal *terminal,
                                          const char *prompt, const char *display);

#endif
