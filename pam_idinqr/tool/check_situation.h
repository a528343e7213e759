/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: the results of the modules of a stack, as a check assumes them. The stack's
 * verdict follows. */
#ifndef IDQ_TOOL_CHECK_SITUATION_H
#define IDQ_TOOL_CHECK_SITUATION_H

#include "pam_idinqr/pamconf/pam_verdict.h"
#include "pam_idinqr/tool/check.h"

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdint.h>

#define ANSWER(code) (UINT32_C(1) << (code))

#define YES     ANSWER(PAM_SUCCESS)
#define NO      (ANSWER(PAM_AUTH_ERR) | ANSWER(PAM_USER_UNKNOWN) | ANSWER(PAM_AUTHINFO_UNAVAIL))
#define PASSES  (YES | ANSWER(PAM_IGNORE))
#define LEFT    (ANSWER(PAM_CRED_UNAVAIL) | ANSWER(PAM_ABORT)) /* the latter under login */
#define NO_IDIN (NO | LEFT | ANSWER(PAM_CONV_ERR))
/* During a rollout, of an account that is not enrolled. A password is then meant to be enough. */
#define NOT_YET ANSWER(PAM_CRED_INSUFFICIENT)
/* The network is down. A person who is not enrolled is refused without it. */
#define NO_NETWORK (ANSWER(PAM_AUTHINFO_UNAVAIL) | LEFT | ANSWER(PAM_USER_UNKNOWN))

struct situation {
    uint32_t idinqr, verifies, remote, selects;
    const struct check *check;
    const char *account;            /* the account whose conditions count; NULL: any account */
    const struct pam_line *refuses; /* whatever its module is, or NULL */
    bool is_empty;                  /* the account's password is empty: only nullok lets it in */
};

/* Returns the results that the line can have. */
uint32_t situation_answers(const struct situation *situation, const struct pam_line *line);

/* Returns whether the stack can open. */
bool situation_opens(const struct pam_stack *stack, const struct situation *situation);

#endif
