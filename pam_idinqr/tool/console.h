/* SPDX-License-Identifier: BSD-3-Clause */
/* The conversation on the terminal that idinqr(1) was started from, and a login run over it. */
#ifndef IDQ_TOOL_CONSOLE_H
#define IDQ_TOOL_CONSOLE_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/login/login_step.h"
#include "pam_idinqr/wire/messages.h"

#include <stdio.h>

/* Shows the code, waits, and tells how it ended, on stdout; what the administrator should know on
 * stderr. `account` may be NULL. 0 with a verified subject that the caller wipes, or an enum
 * idq_error. */
int console_login(const struct config *config, const char *service, const char *account,
                  struct result_message *ret_result);

/* The same as the module would do it for a host of this service: inside a prompt for sshd, and for
 * a service that shows nothing, IDQ_NO_DISPLAY. Only that there is no terminal does not matter. */
struct console_trial {
    const struct config *config;
    const char *service, *account;
    FILE *stream; /* where the code and the texts go */
    void (*reached)(void *context, enum login_step step);
    void *reached_context;
};
int console_try(const struct console_trial *trial, struct result_message *ret_result);

/* Asks a question on stdout, and reads a line of stdin, without its newline. 0, or IDQ_CONV. */
int console_ask(const char *question, char *ret_answer, size_t size);

/* Asks a question that is answered with yes or no. 1 for a clear yes only. */
int console_confirm(const char *question);

#endif
