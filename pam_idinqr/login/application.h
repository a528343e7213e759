/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists how each application lets a module speak with its person. Measured for each: see the tables
 * in pam_idinqr(8). */
#ifndef IDQ_LOGIN_APPLICATION_H
#define IDQ_LOGIN_APPLICATION_H

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/config/config.h"
#include "pam_idinqr/login/terminal.h"

#include <stdbool.h>

enum application_kind {
    APPLICATION_TERMINAL, /* messages appear as they are sent: sudo, su, login; a window that shows
                             them */
    /* messages appear only with the next prompt, so the code is in a prompt: sshd, cockpit */
    APPLICATION_PROMPT,
    APPLICATION_NOWHERE, /* a code would not be visible */
};

/* A message below this size in bytes reaches a window whole. LightDM's greeter fails at about 1,000
 * bytes. */
#define APPLICATION_WINDOW_MESSAGE_SIZE 900

/* Returns whether a service shows its messages in a window: at most as text in a label, without a
 * fixed width. Such an application may have a terminal, because it was started from one or by a
 * console's session. Its person does not look at it. */
bool application_is_window(const char *service);

/* Returns whether a name matches one of the patterns (fnmatch(3)). The list ends with NULL. */
bool application_is_one_of(const char *name, const char *const *patterns);

/* Returns the seconds that an application allows for one answer before the login is lost, less some
 * for the transfer. 0: no limit. */
int application_answer_limit_s(const char *service);

/* Returns whether the application shows PAM's errors to its person, but no information. su writes
 * information to descriptor 1, which may be redirected with the command's output, and errors to 2.
 * Checks both descriptors, without reading. */
bool application_shows_errors_only(const char *service);

/* The administrator's `prompt` and `display` override the knowledge of the service. In a window,
 * only DISPLAY_URL counts, because other values are meant for consoles. `terminal` is ignored for a
 * window. Checks descriptors 1 and 2 for su. */
enum application_kind application_kind_of(const char *service, const struct terminal *terminal,
                                          enum config_prompt prompt, enum config_display display);

/* Checks that the person is at this machine, for `require` in idinqr.conf. Pure. */

/* `require` is as in idinqr.conf: "any", or "local" and the serial lines that count as local.
 * `tty` and `rhost` are PAM_TTY (with or without /dev/) and PAM_RHOST, "" where the application set
 * none. Returns 0; or IDQ_NOT_LOCAL with ret_diag, unless the terminal is a virtual console or
 * one of the lines, and no other host is named. The names are trusted as far as the application
 * is: it sets both items itself. */
int place_check(const char *require, const char *tty, const char *rhost, struct diag *ret_diag);

#endif
