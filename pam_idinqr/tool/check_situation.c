/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this on PAM's files. It runs no module. */
#include "pam_idinqr/tool/check_situation.h"

#include "pam_idinqr/tool/condition.h"

/* `selects` is for the conditions that condition_evaluate cannot evaluate. Without an account, it
 * may be any, so a condition may be false too. */
static uint32_t
select_answers(const struct situation *situation, const struct pam_line *line)
{
    if (!(situation->selects & YES) && !situation->account)
        return situation->selects;
    switch (condition_evaluate(situation->check, line, situation->account)) {
    case CONDITION_TRUE:
        return situation->account ? YES : situation->selects;
    case CONDITION_FALSE:
        return situation->account ? NO : situation->selects & ~YES;
    case CONDITION_UNKNOWN:
        break;
    }
    return situation->selects;
}

static uint32_t
answers_in(const void *context, const struct pam_line *line)
{
    const struct situation *situation = context;

    if (line->is_missing)
        return ANSWER(PAM_MODULE_UNKNOWN);
    if (line == situation->refuses)
        return NO;
    /* A user who is root already needs no login. */
    if (pam_line_runs(line, "pam_rootok"))
        return NO;
    switch (pam_module_kind_of(line)) {
    case PAM_MODULE_IDINQR:
        return situation->idinqr;
    case PAM_MODULE_VERIFIES:
        return situation->is_empty && pam_line_runs(line, "pam_unix") &&
                       pam_line_has(line, "nullok")
                   ? YES
                   : situation->verifies;
    case PAM_MODULE_REMOTE:
        return situation->remote;
    case PAM_MODULE_SELECTS:
        return select_answers(situation, line);
    case PAM_MODULE_GATE:
        return PASSES;
    case PAM_MODULE_COMPANION:
        return PASSES | ANSWER(PAM_AUTH_ERR);
    case PAM_MODULE_IGNORED:
        return ANSWER(PAM_IGNORE);
    case PAM_MODULE_PERMITS:
        return YES;
    case PAM_MODULE_DENIES:
        return ANSWER(PAM_AUTH_ERR);
    }
    return NO;
}

uint32_t
situation_answers(const struct situation *situation, const struct pam_line *line)
{
    return answers_in(situation, line);
}

bool
situation_opens(const struct pam_stack *stack, const struct situation *situation)
{
    return pam_verdict_may_open(stack, answers_in, situation);
}
