/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: finds users that a stack of auth lines lets in or locks out by mistake. Each
 * check chooses results of the modules (struct situation), and evaluates whether the stack can then
 * open. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/login/account.h"
#include "pam_idinqr/tool/check.h"

#include "pam_idinqr/pamconf/pam_verdict.h"
#include "pam_idinqr/tool/accounts.h"

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

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
    const char *root;
    const char *account;            /* the account whose groups count; NULL: any account */
    const struct pam_line *refuses; /* whatever its module is, or NULL */
};

static uint32_t
select_answers(const struct situation *situation, const struct pam_line *line)
{
    const char *groups = pam_line_groups(line);

    if (groups && (situation->selects & YES))
        return accounts_in_groups(situation->root, groups, situation->account) > 0
                   ? situation->selects
                   : situation->selects & ~YES;
    return situation->selects;
}

static uint32_t
answers(const void *context, const struct pam_line *line)
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
        return situation->verifies;
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

static bool
opens(const struct pam_stack *stack, const struct situation *situation)
{
    return pam_verdict_may_open(stack, answers, situation);
}

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
        if (opens(stack, &situation))
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
        if (!opens(stack, &situation))
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
            if ((answers(situation, line) >> answer & 1) && action > 0 &&
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
    if (!opens(stack, &situation))
        return false;
    line = line_that_opens_before(stack, situation, module);
    if (line) {
        /* It was probably meant to jump over the line. */
        condition = condition_before(stack, line);
        if (condition)
            snprintf(also, sizeof also, ", also without the condition of line %u",
                     condition->number);
        finding_add(&check->findings, kind, line->file, line->number, service,
                    "this line lets users in by %s before iDIN is asked%s", means, also);
        return true;
    }
    line = line_that_jumps_over(stack, &situation, module);
    if (line)
        finding_add(&check->findings, kind, line->file, line->number, service,
                    "users get in by %s: this line jumps over iDIN's line %u", means,
                    module->number);
    return line != NULL;
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
            struct situation situation = {YES,         passwords[i], passwords[i], YES | NO,
                                          check->root, NULL,         NULL};
            if (line < module && !may_refuse(line))
                continue;
            situation.refuses = line == module ? NULL : line;
            if (!opens(stack, &situation))
                continue;
            situation.idinqr = 0;
            if (!opens(stack, &situation))
                return true;
        }
    return false;
}

/* Reports a module that no login depends on. Returns whether it does. */
static bool
check_effect(struct check *check, const char *service, const struct pam_stack *stack,
             const struct pam_line *module)
{
    const struct situation any = {0, YES | NO, YES | NO, YES | NO, check->root, NULL, NULL};
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
    struct situation situation = {NO_IDIN | NOT_YET, NO, NO, NO, check->root, NULL, NULL};
    const char *word;

    if (check_ways_past(check, FINDING_PAM_ANYBODY, service, stack, situation, line))
        return true;
    if (opens(stack, &situation)) {
        word = answer_that_opens(stack, situation);
        finding_add(&check->findings, FINDING_PAM_ANYBODY, line->file, line->number, service,
                    "a login that iDIN refuses (%s) succeeds without any password", word);
        return true;
    }
    situation.idinqr = NO_IDIN;
    situation.verifies = situation.remote = YES | NO;
    if (check_ways_past(check, FINDING_PAM_PASSWORD_ENOUGH, service, stack, situation, line))
        return true;
    if (opens(stack, &situation)) {
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
    if (opens(stack, &situation))
        finding_add(&check->findings, FINDING_PAM_CONDITION, line->file, line->number, service,
                    "users who meet a condition get in without iDIN and without a password");
    return false;
}

enum check_passwords
check_pam_passwords(const struct check *check, const struct pam_stack *stack)
{
    struct situation situation = {NO_IDIN, YES | NO, YES | NO, NO, check->root, NULL, NULL};

    if (opens(stack, &situation))
        return CHECK_PASSWORDS_ALWAYS;
    situation.idinqr = NOT_YET;
    return opens(stack, &situation) ? CHECK_PASSWORDS_NOT_YET : CHECK_PASSWORDS_NEVER;
}

bool
check_pam_has_way_in(const struct check *check, const struct pam_stack *stack, const char *account)
{
    const struct situation situation = {NO_IDIN,     YES | NO, YES | NO, YES | NO,
                                        check->root, account,  NULL};

    return opens(stack, &situation);
}

static void
check_without_network(struct check *check, const char *service, const struct pam_stack *stack,
                      const struct pam_line *line)
{
    /* The services that an administrator needs to repair a machine. */
    static const char *const repairs[] = {"login", "su", "su-l", "sudo", "sudo-i", NULL};
    const struct situation situation = {NO_NETWORK,  YES | NO, NO,  YES | NO,
                                        check->root, NULL,     NULL};
    enum finding_kind kind = FINDING_PAM_NO_OTHER_WAY;

    if (opens(stack, &situation))
        return;
    for (const char *const *name = repairs; *name; name++)
        if (strcmp(*name, service) == 0)
            kind = FINDING_PAM_LOCKED_OUT;
    finding_add(&check->findings, kind, line->file, line->number, service,
                "no user gets in while the network, the backend or the bank is down");
}

/* su authenticates the target account: mostly root. */
static void
check_root(struct check *check, const char *service, const struct pam_stack *stack,
           const struct pam_line *line, const struct config *config)
{
    struct situation situation = {
        ANSWER(PAM_USER_UNKNOWN), YES | NO, YES | NO, YES | NO, check->root, "root", NULL};
    char today[11];

    map_today(today);
    if (config && account_is_rollout(config, today))
        situation.idinqr |= NOT_YET;
    if ((strcmp(service, "su") != 0 && strcmp(service, "su-l") != 0) || !check->map ||
        map_has_account(check->map, "root", today) || opens(stack, &situation))
        return;
    finding_add(&check->findings, FINDING_PAM_ROOT_BY_SU, line->file, line->number, service,
                "no user becomes root here: no identity is enrolled for root");
}

void
check_pam_stack(struct check *check, const char *service, const struct pam_stack *stack,
                const struct pam_line *line, const struct config *config)
{
    const struct situation all = {YES | NO_IDIN, YES | NO, YES | NO, YES | NO,
                                  check->root,   NULL,     NULL};

    if (opens(stack, &all) && check_who_gets_in(check, service, stack, line))
        return;
    if (check_is_broken(check, service)) /* it may be why a user does not get in */
        return;
    if (!opens(stack, &all)) {
        finding_add(&check->findings, FINDING_PAM_NEVER_OPENS, line->file, line->number, service,
                    "no user gets in, with any result of iDIN");
        return;
    }
    if (check_effect(check, service, stack, line))
        return;
    check_without_network(check, service, stack, line);
    check_root(check, service, stack, line, config);
}
