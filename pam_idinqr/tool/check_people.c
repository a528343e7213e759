/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: finds people of this machine who get in otherwise than is meant: those who are
 * enrolled, root, and accounts with an empty password. */
#include "pam_idinqr/login/account.h"
#include "pam_idinqr/tool/accounts.h"
#include "pam_idinqr/tool/check_situation.h"
#include "pam_idinqr/tool/condition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns whether the stack opens however the conditions end that cannot be evaluated here. */
static bool
opens_anyhow(const struct pam_stack *stack, struct situation situation)
{
    situation.selects = YES;
    if (!situation_opens(stack, &situation))
        return false;
    situation.selects = NO;
    return situation_opens(stack, &situation);
}

/* Returns the condition before the module without which an account would not get in. If there are
 * several, returns the last. */
static const struct pam_line *
condition_of(const struct pam_stack *stack, struct situation situation,
             const struct pam_line *module, bool is_unclear)
{
    const struct pam_line *last = module;

    for (const struct pam_line *line = stack->lines; line < module; line++) {
        if (pam_module_kind_of(line) != PAM_MODULE_SELECTS ||
            (is_unclear &&
             condition_evaluate(situation.check, line, situation.account) != CONDITION_UNKNOWN))
            continue;
        situation.refuses = last = line;
        if (is_unclear ? !situation_opens(stack, &situation) : !opens_anyhow(stack, situation))
            return line;
    }
    return last;
}

/* The accounts that get in because of a line, or may get in. */
struct count {
    const char *first;
    size_t n;
    bool is_unclear;
};

/* Returns whether the group of the examples meets the condition. It has no other use. */
static bool
is_about_emergency(const struct pam_line *line)
{
    return pam_line_runs(line, "pam_succeed_if") && pam_line_has(line, "ingroup") &&
           pam_line_has(line, ACCOUNTS_EMERGENCY_GROUP);
}

static void
add_enrolled(struct check *check, const char *service, const struct pam_line *line,
             const struct count *count)
{
    bool is_emergency = is_about_emergency(line);
    char more[40];

    snprintf(more, sizeof more, " and %zu more", count->n - 1);
    finding_add(&check->findings, FINDING_PAM_ENROLLED, line->file, line->number, service,
                "people who are enrolled are never asked for a code, because of this line: %s%s%s",
                count->first, count->n > 1 ? more : "",
                is_emergency ? ", in " ACCOUNTS_EMERGENCY_GROUP : "");
    if (!is_emergency)
        return;
    finding_advise(&check->findings, "Take them out of the group, unless they are meant to get in "
                                     "without a code.");
    finding_cure(&check->findings,
                 accounts_is_primary(check->accounts, ACCOUNTS_EMERGENCY_GROUP, count->first)
                     ? "usermod -g GROUP %o"
                     : "gpasswd -d %o " ACCOUNTS_EMERGENCY_GROUP,
                 count->first);
}

/* Counts an account that gets in without the module, or may get in. */
static void
count_person(const struct pam_stack *stack, struct situation situation,
             const struct pam_line *module, struct count *counts)
{
    bool is_unclear = !opens_anyhow(stack, situation);
    struct count *count;

    situation.selects = YES | NO;
    if (!situation_opens(stack, &situation))
        return;
    count = &counts[condition_of(stack, situation, module, is_unclear) - stack->lines];
    count->is_unclear |= is_unclear;
    if (!is_unclear && count->n++ == 0)
        count->first = situation.account;
}

/* An account that is enrolled has to need a code. root may have both: a finding of the map names
 * it. */
static void
check_enrolled(struct check *check, const char *service, const struct pam_stack *stack,
               const struct pam_line *module)
{
    /* The module never answers, so only the ways past it are left. */
    struct situation situation = {0, YES | NO, YES | NO, 0, check, NULL, NULL, false};
    struct count *counts = calloc(stack->n, sizeof *counts);
    char today[11];

    map_today(today);
    check->findings.is_short |= !counts;
    for (size_t i = 0; counts && check->map && i < map_count(check->map); i++) {
        const struct map_line *line = map_at(check->map, i);
        situation.account = line->account;
        if (strcmp(line->account, "root") != 0 &&
            map_had_account(check->map, line->account) == line && /* it was not counted */
            map_has_account(check->map, line->account, today) &&
            accounts_find(check->accounts, line->account))
            count_person(stack, situation, module, counts);
    }
    for (size_t i = 0; counts && i < stack->n; i++) {
        const struct pam_line *line = &stack->lines[i];
        if (counts[i].n > 0)
            add_enrolled(check, service, line, &counts[i]);
        else if (counts[i].is_unclear)
            finding_add(
                &check->findings, FINDING_PAM_UNCLEAR, line->file, line->number, service,
                "users who meet this condition need no code, and check cannot tell who they are");
    }
    free(counts);
}

struct unasked {
    struct check *check;
    const char *service;
    const struct pam_stack *stack;
};

static void
take_person(void *context, const char *account)
{
    struct unasked *unasked = context;
    const struct pam_stack *stack = unasked->stack;
    struct situation situation = {NO_IDIN | NOT_YET, NO,      NO,   0,
                                  unasked->check,    account, NULL, true};

    if (!accounts_has_empty_password(unasked->check->accounts, account))
        return;
    for (const struct pam_line *line = stack->lines; line < stack->lines + stack->n; line++) {
        situation.refuses = NULL;
        if (!pam_line_has(line, "nullok") || !opens_anyhow(stack, situation))
            continue;
        situation.refuses = line;
        if (opens_anyhow(stack, situation))
            continue;
        finding_add(&unasked->check->findings, FINDING_PAM_ANYBODY, line->file, line->number,
                    unasked->service, "%s gets in without iDIN and with an empty password",
                    account);
        finding_cure(&unasked->check->findings, "passwd %o", account);
        finding_advise(&unasked->check->findings, "Give the account a password, or lock it.");
    }
}

static bool
has_nullok(const struct pam_stack *stack)
{
    for (size_t i = 0; i < stack->n; i++)
        if (pam_line_has(&stack->lines[i], "nullok"))
            return true;
    return false;
}

/* su authenticates the target account: mostly root. */
static void
check_root(struct check *check, const char *service, const struct pam_stack *stack,
           const struct pam_line *line, const struct config *config)
{
    struct situation situation = {
        ANSWER(PAM_USER_UNKNOWN), NO, YES | NO, YES | NO, check, "root", NULL, false};
    bool has_password = accounts_has_password(check->accounts, "root");
    char today[11];

    map_today(today);
    if (config && account_is_rollout(config, today))
        situation.idinqr |= NOT_YET;
    if (has_password)
        situation.verifies |= YES;
    if ((strcmp(service, "su") != 0 && strcmp(service, "su-l") != 0) || !check->map ||
        map_has_account(check->map, "root", today) || situation_opens(stack, &situation))
        return;
    finding_add(&check->findings, FINDING_PAM_ROOT_BY_SU, line->file, line->number, service,
                "no user becomes root here: no identity is enrolled for root%s",
                has_password ? "" : ", and root has no password");
}

void
check_people(struct check *check, const char *service, const struct pam_stack *stack,
             const struct pam_line *line, const struct config *config)
{
    struct unasked unasked = {check, service, stack};

    check_enrolled(check, service, stack, line);
    /* sshd has its own setting, PermitEmptyPasswords, which is off. */
    if (strcmp(service, "sshd") != 0 && has_nullok(stack) &&
        accounts_each_person(check->accounts, take_person, &unasked) != 0)
        check->findings.is_short = true;
    check_root(check, service, stack, line, config);
}
