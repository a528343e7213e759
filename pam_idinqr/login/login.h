/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs one login from the agent's start to a verified identity: shows the code, waits, and reports.
 * Runs in the application (often root) or in idinqr(1). Everything from the agent is untrusted.
 * account.h decides whether the identity opens an account. */
#ifndef IDQ_LOGIN_LOGIN_H
#define IDQ_LOGIN_LOGIN_H

#include "pam_idinqr/config/config.h"
#include "pam_idinqr/login/application.h"
#include "pam_idinqr/login/conversation.h"
#include "pam_idinqr/login/terminal.h"
#include "pam_idinqr/login/texts.h"
#include "pam_idinqr/login/wait.h"
#include "pam_idinqr/wire/messages.h"

#include <stdbool.h>

/* Lists the steps of a login, in this order, for measurements. A step may be skipped. */
enum login_step {
    LOGIN_AGENT_STARTED,
    LOGIN_CODE_MADE, /* by the backend, which may charge for it */
    LOGIN_CODE_SHOWN,
    LOGIN_SCANNED,
    LOGIN_VERIFIED,
    LOGIN_STEPS,
};

struct login {
    const struct config *config;
    const struct conversation *conversation;
    const struct terminal *terminal;
    enum application_kind application; /* not APPLICATION_NOWHERE */
    bool is_window;     /* application_is_window: only the link, in a short message */
    int answer_limit_s; /* application_answer_limit_s */
    const struct text_voice *voice;
    const char *service;
    const char *account; /* NULL if the identity selects it */
    int tick_ms;         /* between two updates of the time, or two prompts; 0: the default */
    int contact_ms;      /* without a code, before a line says who is contacted; 0: the default */

    /* NULL, or a zeroed wait of the caller's. After a failed login it still holds the signals,
     * which may kill the application. The caller writes its log, and then calls wait_end. */
    struct wait *wait;

    /* NULL, or called once with the reason when a login has failed, before the agent has ended: the
     * person need not wait for that. */
    void (*failed)(void *context, int error);
    void *failed_context;

    /* NULL, or called when a step is reached. Some steps repeat with another code. */
    void (*reached)(void *context, enum login_step step);
    void *reached_context;

    /* Logs one line for the administrator, with a syslog priority. */
    void (*log)(void *context, int priority, const char *line);
    void *log_context;
};

/* Runs the login. Returns 0 with a verified subject in ret_result, which the caller wipes. With a
 * relay the subject is an identity's hash already, for account_hash. Else
 * returns the reason, and ret_result has the transaction alone, if the agent has named one, for the
 * log. On every path the agent has ended. ret_diag is a text for the administrator,
 * or "". */
int login_run(const struct login *login, struct result_message *ret_result, struct diag *ret_diag);

#endif
