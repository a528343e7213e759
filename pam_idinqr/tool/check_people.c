/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: finds people of this machine who get in otherwise than is meant: those who are
 * enrolled, root, and accounts with an empty password. */
#include "pam_idinqr/login/account.h"
#include "pam_idinqr/tool/accounts.h"
#include "pam_idinqr/tool/check_situation.h"

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
             const struct pam_line *module)
{
    const struct pam_line *last = module;

    for (const struct pam_line *line = stack->lines; line < module; line++) {
        if (pam_module_kind_of(line) != PAM_MODULE_SELECTS)
            continue;
        situation.refuses = last = line;
        if (!opens_anyhow(stack, situation))
            return line;
    }
    return last;
}

/* The accounts that get in because of a line. */
struct count {
    const char *first;
    size_t n;
};

/* An account that is enrolled has to need a code. root may have both: a finding of the map names
 * it. */
static void
check_enrolled(struct check *check, const char *service, const struct pam_stack *stack,
               const struct pam_line *module)
{
    /* The module never answers, so only the ways past it are left. */
    struct situation situation = {0, YES | NO, YES | NO, 0, check, NULL, NULL, false};
    struct count *counts = calloc(stack->n, sizeof *counts);
    char today[11], more[40];

    map_today(today);
    check->findings.is_short |= !counts;
    for (size_t i = 0; counts && check->map && i < map_count(check->map); i++) {
        const struct map_line *line = map_at(check->map, i);
        struct count *count;
        situation.account = line->account;
        if (strcmp(line->account, "root") == 0 ||
            map_had_account(check->map, line->account) != line || /* it was counted */
            !map_has_account(check->map, line->account, today) || !opens_anyhow(stack, situation) ||
            !accounts_find(check->accounts, line->account))
            continue;
        count = &counts[condition_of(stack, situation, module) - stack->lines];
        if (count->n++ == 0)
            count->first = line->account;
    }
    for (size_t i = 0; counts && i < stack->n; i++) {
        if (counts[i].n == 0)
            continue;
        snprintf(more, sizeof more, " and %zu more", counts[i].n - 1);
        finding_add(&check->findings, FINDING_PAM_ENROLLED, stack->lines[i].file,
                    stack->lines[i].number, service,
                    "people who are enrolled are never asked for a code, because of this line: "
                    "%s%s",
                    counts[i].first, counts[i].n > 1 ? more : "");
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
        finding_add(&unasked->check->findings, FINDING_PAM_CONDITION, line->file, line->number,
                    unasked->service, "%s gets in without iDIN and with an empty password",
                    account);
        finding_cure(&unasked->check->findings, "passwd %o", account);
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
