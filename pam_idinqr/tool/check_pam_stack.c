/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: finds users that a stack of auth lines lets in or locks out by mistake. Each
 * check chooses results of the modules (struct situation), and evaluates whether the stack can then
 * open. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/tool/check_situation.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Returns the module's result that opens the situation, as PAM's name for it. */
static const char *
answer_that_opens(const struct pam_stack *stack, struct situation situation)
{
    static const struct {
        int code;
        const char *word;
    } codes[] = {
        {PAM_AUTH_ERR, "auth_err"},
        {PAM_AUTHINFO_UNAVAIL, "authinfo_unavail"},
        {PAM_USER_UNKNOWN, "user_unknown"},
        {PAM_CRED_UNAVAIL, "cred_unavail"},
        {PAM_ABORT, "abort"},
        {PAM_CONV_ERR, "conv_err"},
        {PAM_CRED_INSUFFICIENT, "cred_insufficient"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
        situation.idinqr = ANSWER(codes[i].code);
        if (situation_opens(stack, &situation))
            return codes[i].word;
    }
    return "success";
}

/* Returns whether no result of this line has an effect. */
static bool
is_without_effect(const struct pam_line *line)
{
    const int *actions = line->control.actions;

    for (int answer = 0; answer < PAM_CODES; answer++)
        if ((NO_IDIN >> answer & 1) && actions[answer] != PAM_ACTION_IGNORE &&
            actions[answer] != PAM_ACTION_OK)
            return false;
    return actions[PAM_SUCCESS] == PAM_ACTION_OK || actions[PAM_SUCCESS] == PAM_ACTION_IGNORE;
}

/* Returns the line that lets users in before the module is asked, or NULL. */
static const struct pam_line *
line_that_opens_before(const struct pam_stack *stack, struct situation situation,
                       const struct pam_line *module)
{
    for (const struct pam_line *line = stack->lines; line < module; line++) {
        situation.refuses = line;
        if (!situation_opens(stack, &situation))
            return line;
    }
    return NULL;
}

/* Returns the line from which a jump leads over the module, or NULL. */
static const struct pam_line *
line_that_jumps_over(const struct pam_stack *stack, const struct situation *situation,
                     const struct pam_line *module)
{
    for (const struct pam_line *line = stack->lines; line < module; line++)
        for (int answer = 0; line->kind == PAM_LINE_MODULE && answer < PAM_CODES; answer++) {
            int action = line->control.actions[answer];
            if ((situation_answers(situation, line) >> answer & 1) && action > 0 &&
                pam_stack_jump(stack, (size_t)(line - stack->lines), action) >
                    module - stack->lines)
                return line;
        }
    return NULL;
}

/* Returns the last condition before a line, or NULL. */
static const struct pam_line *
condition_before(const struct pam_stack *stack, const struct pam_line *line)
{
    while (line-- > stack->lines)
        if (pam_module_kind_of(line) == PAM_MODULE_SELECTS)
            return line;
    return NULL;
}

/* Reports a line that lets users in past the module. Returns whether there is one. */
static bool
check_ways_past(struct check *check, enum finding_kind kind, const char *service,
                const struct pam_stack *stack, struct situation situation,
                const struct pam_line *module)
{
    const char *means = kind == FINDING_PAM_ANYBODY ? "no password at all" : "a password alone";
    const struct pam_line *line, *condition;
    char also[100] = "";

    situation.idinqr = 0; /* it never answers, so only the ways past it are left */
    if (!situation_opens(stack, &situation))
        return false;
    line = line_that_jumps_over(stack, &situation, module);
    if (line) {
        finding_add(&check->findings, kind, line->file, line->number, service,
                    "users get in by %s: this line jumps over iDIN's line %u", means,
                    module->number);
        if (pam_module_kind_of(line) == PAM_MODULE_SELECTS)
            finding_advise(&check->findings,
                           line->control.actions[PAM_SUCCESS] > 0
                               ? "Let only those jump who meet the condition: default=ignore."
                               : "Make the jump shorter: iDIN's line is for those who do not meet "
                                 "the condition.");
        return true;
    }
    line = line_that_opens_before(stack, situation, module);
    if (!line)
        return false;
    /* It was probably meant to jump over the line. */
    condition = condition_before(stack, line);
    if (condition)
        snprintf(also, sizeof also, ", also without the condition of line %u", condition->number);
    finding_add(&check->findings, kind, line->file, line->number, service,
                "this line lets users in by %s before iDIN is asked%s", means, also);
    return true;
}

static bool
may_refuse(const struct pam_line *line)
{
    enum pam_module_kind kind = pam_module_kind_of(line);

    return kind == PAM_MODULE_VERIFIES || kind == PAM_MODULE_REMOTE || kind == PAM_MODULE_SELECTS;
}

/* Returns whether a login can depend on the module: with its success it opens, and not without. One
 * of the lines before it may refuse. */
static bool
has_effect(const struct check *check, const struct pam_stack *stack, const struct pam_line *module)
{
    static const uint32_t passwords[] = {NO, YES};

    for (size_t i = 0; i < ARRAY_LENGTH(passwords); i++)
        for (const struct pam_line *line = stack->lines; line <= module; line++) {
            struct situation situation = {YES,   passwords[i], passwords[i], YES | NO,
                                          check, NULL,         NULL,         false};
            if (line < module && !may_refuse(line))
                continue;
            situation.refuses = line == module ? NULL : line;
            if (!situation_opens(stack, &situation))
                continue;
            situation.idinqr = 0;
            if (!situation_opens(stack, &situation))
                return true;
        }
    return false;
}

/* Reports a module that no login depends on. Returns whether it does. */
static bool
check_effect(struct check *check, const char *service, const struct pam_stack *stack,
             const struct pam_line *module)
{
    const struct situation any = {0, YES | NO, YES | NO, YES | NO, check, NULL, NULL, false};
    const struct pam_line *line = line_that_jumps_over(stack, &any, module);
    char why[100] = "";

    if (has_effect(check, stack, module))
        return false;
    if (line) {
        snprintf(why, sizeof why, ": this line jumps over iDIN's line %u", module->number);
    } else {
        line = condition_before(stack, module);
        if (line)
            snprintf(why, sizeof why, ": users who do not meet this condition are refused");
    }
    line = line ? line : module;
    finding_add(&check->findings, FINDING_PAM_DECIDES_NOTHING, line->file, line->number, service,
                "no user gets in by iDIN%s", why);
    return true;
}

/* Returns true after a finding: the weaker checks would only repeat it. */
static bool
check_who_gets_in(struct check *check, const char *service, const struct pam_stack *stack,
                  const struct pam_line *line)
{
    struct situation situation = {NO_IDIN | NOT_YET, NO, NO, NO, check, NULL, NULL, false};
    const char *word;

    if (check_ways_past(check, FINDING_PAM_ANYBODY, service, stack, situation, line))
        return true;
    if (situation_opens(stack, &situation)) {
        word = answer_that_opens(stack, situation);
        finding_add(&check->findings, FINDING_PAM_ANYBODY, line->file, line->number, service,
                    "a login that iDIN refuses (%s) succeeds without any password", word);
        return true;
    }
    situation.idinqr = NO_IDIN;
    situation.verifies = situation.remote = YES | NO;
    if (check_ways_past(check, FINDING_PAM_PASSWORD_ENOUGH, service, stack, situation, line))
        return true;
    if (situation_opens(stack, &situation)) {
        word = answer_that_opens(stack, situation);
        if (is_without_effect(line))
            finding_add(&check->findings, FINDING_PAM_DECIDES_NOTHING, line->file, line->number,
                        service, "a code is shown, and its result has no effect");
        else
            finding_add(&check->findings, FINDING_PAM_PASSWORD_ENOUGH, line->file, line->number,
                        service, "a login that iDIN refuses (%s) succeeds by a password alone",
                        word);
        return true;
    }
    situation.idinqr = NO_IDIN | NOT_YET;
    situation.verifies = situation.remote = NO;
    situation.selects = YES | NO;
    if (situation_opens(stack, &situation))
        finding_add(&check->findings, FINDING_PAM_CONDITION, line->file, line->number, service,
                    "users who meet a condition get in without iDIN and without a password");
    return false;
}

enum check_passwords
check_pam_passwords(const struct check *check, const struct pam_stack *stack)
{
    struct situation situation = {NO_IDIN, YES | NO, YES | NO, NO, check, NULL, NULL, false};

    if (situation_opens(stack, &situation))
        return CHECK_PASSWORDS_ALWAYS;
    situation.idinqr = NOT_YET;
    return situation_opens(stack, &situation) ? CHECK_PASSWORDS_NOT_YET : CHECK_PASSWORDS_NEVER;
}

bool
check_pam_has_way_in(const struct check *check, const struct pam_stack *stack, const char *account)
{
    const struct situation situation = {NO_IDIN, YES | NO, YES | NO, YES | NO,
                                        check,   account,  NULL,     false};

    return situation_opens(stack, &situation);
}

const struct pam_line *
check_pam_only_condition(const struct check *check, const struct pam_stack *stack)
{
    struct situation situation = {0, YES | NO, YES | NO, NO, check, NULL, NULL, false};

    if (situation_opens(stack, &situation))
        return NULL;
    situation.selects = YES | NO;
    return situation_opens(stack, &situation) ? condition_before(stack, stack->lines + stack->n)
                                              : NULL;
}

bool
check_repairs(const char *service)
{
    static const char *const services[] = {"login", "su", "su-l", "sudo", "sudo-i"};

    for (size_t i = 0; i < ARRAY_LENGTH(services); i++)
        if (strcmp(service, services[i]) == 0)
            return true;
    return false;
}

static void
check_without_network(struct check *check, const char *service, const struct pam_stack *stack,
                      const struct pam_line *line)
{
    const struct situation situation = {NO_NETWORK, YES | NO, NO,   YES | NO,
                                        check,      NULL,     NULL, false};

    if (situation_opens(stack, &situation))
        return;
    finding_add(&check->findings,
                check_repairs(service) ? FINDING_PAM_LOCKED_OUT : FINDING_PAM_NO_OTHER_WAY,
                line->file, line->number, service,
                "no user gets in while the network, the backend or the bank is down");
}

void
check_pam_stack(struct check *check, const char *service, const struct pam_stack *stack,
                const struct pam_line *line, const struct config *config)
{
    const struct situation all = {YES | NO_IDIN, YES | NO, YES | NO, YES | NO,
                                  check,         NULL,     NULL,     false};

    if (situation_opens(stack, &all) && check_who_gets_in(check, service, stack, line))
        return;
    if (check_is_broken(check, service)) /* it may be why a user does not get in */
        return;
    if (!situation_opens(stack, &all)) {
        finding_add(&check->findings, FINDING_PAM_NEVER_OPENS, line->file, line->number, service,
                    "no user gets in, with any result of iDIN");
        return;
    }
    if (check_effect(check, service, stack, line))
        return;
    check_without_network(check, service, stack, line);
    check_people(check, service, stack, line, config);
}
