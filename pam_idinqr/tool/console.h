/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a login, and its conversation, on the terminal of idinqr(1). */
#ifndef IDQ_TOOL_CONSOLE_H
#define IDQ_TOOL_CONSOLE_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/login/login.h"
#include "pam_idinqr/wire/messages.h"

#include <stdbool.h>
#include <stdio.h>

/* Shows the code, waits, and prints the result on stdout. Messages for the administrator go to
 * stderr. `account` may be NULL. Returns 0 with a verified subject that the caller wipes, or an
 * enum idq_error. */
int console_login(const struct config *config, const char *service, const char *account,
                  struct result_message *ret_result);

/* Does the same, with the reason of an error in ret_diag, as the module in this service's
 * application: inside a prompt for sshd, and IDQ_NO_DISPLAY for a service that shows nothing. Only
 * the missing terminal does not matter. */
struct console_trial {
    const struct config *config;
    const char *service, *account;
    FILE *stream; /* the stream of the code and the texts */
    void (*reached)(void *context, enum login_step step);
    void *reached_context;
};
int console_try(const struct console_trial *trial, struct result_message *ret_result,
                struct diag *ret_diag);

/* Returns the next setting that is probably wrong after this error of a login or a probe, with the
 * text of its diag, or NULL. Begin with 0 in `*at`. */
const struct setting *console_next_suspect(const struct config *config, int error, const char *text,
                                           size_t *at);

/* After an error that a name does not resolve: finds a file of the resolver, or a directory above
 * it, that the agent's user cannot read. Returns true with ret_diag, and the command as its cure.
 */
bool console_find_unread(int error, const char *text, struct diag *ret_diag);

/* Asks a question on stdout, and reads a line of stdin, without its newline. Returns 0 or IDQ_CONV.
 */
int console_ask(const char *question, char *ret_answer, size_t size);

/* Asks a question with the answers yes and no. Returns true only for a clear yes. */
bool console_confirm(const char *question);

#endif
