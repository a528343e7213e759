/* SPDX-License-Identifier: BSD-3-Clause */
/* One login, from the agent's start to a verified identity: what is shown, what is waited for. Runs
 * in the host (often root) or in idinqr(1). Whatever the agent says is untrusted. Whether the
 * identity opens an account is not decided here: see account.h. */
#ifndef IDQ_LOGIN_LOGIN_H
#define IDQ_LOGIN_LOGIN_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/login/conversation.h"
#include "pam_idinqr/login/application.h"
#include "pam_idinqr/login/login_step.h"
#include "pam_idinqr/login/terminal.h"
#include "pam_idinqr/login/texts.h"
#include "pam_idinqr/login/wait.h"
#include "pam_idinqr/wire/messages.h"

struct login {
    const struct config *config;
    const struct conversation *conversation;
    const struct terminal *terminal;
    enum application_kind host; /* not APPLICATION_NOWHERE */
    int is_window;              /* application_is_window: the link alone, in a short message */
    int answer_limit_s;         /* application_answer_limit_s */
    enum text_language language;
    const char *service;
    const char *account; /* NULL when the identity chooses it */
    int tick_ms;         /* between two looks at the time, or two prompts; 0: the usual */

    /* NULL, or a zeroed one of the caller's: a login that failed then still holds back the signals,
     * of which the host may die, until the caller has written its log and calls wait_end. */
    struct wait *wait;

    /* NULL, or told once of a login that failed, and why, as soon as that is known: the person need
     * not wait until the agent has ended. */
    void (*failed)(void *context, int error);
    void *failed_context;

    /* NULL, or told when a step is reached, of which some come again with another code. */
    void (*reached)(void *context, enum login_step step);
    void *reached_context;

    /* One line for the administrator, with a syslog priority. */
    void (*log)(void *context, int priority, const char *line);
    void *log_context;
};

/* Runs it. 0 with a verified subject in ret_result, which the caller wipes; else why not, after the
 * agent has ended on every path. ret_diag holds what the administrator should know of it, or "".
 */
int login_run(const struct login *login, struct result_message *ret_result, struct diag *ret_diag);

#endif
