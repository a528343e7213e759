/* SPDX-License-Identifier: BSD-3-Clause */
/* Linux-PAM keeps a state while it runs the lines: none yet, good, or bad. Bad never changes. So
 * only a few of the paths to a line differ: the set of states that can reach it is enough, and many
 * lines do not make this slow. */
#include "pam_idinqr/pamconf/pam_verdict.h"

#include "pam_idinqr/common/array.h"

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *module;
    enum pam_module_kind kind;
} modules[] = {
    {"pam_idinqr", PAM_MODULE_IDINQR},      {"pam_krb5", PAM_MODULE_REMOTE},
    {"pam_ldap", PAM_MODULE_REMOTE},        {"pam_radius_auth", PAM_MODULE_REMOTE},
    {"pam_sss", PAM_MODULE_REMOTE},         {"pam_winbind", PAM_MODULE_REMOTE},
    {"pam_listfile", PAM_MODULE_SELECTS},   {"pam_localuser", PAM_MODULE_SELECTS},
    {"pam_succeed_if", PAM_MODULE_SELECTS}, {"pam_usertype", PAM_MODULE_SELECTS},
    {"pam_access", PAM_MODULE_GATE},        {"pam_faillock", PAM_MODULE_GATE},
    {"pam_nologin", PAM_MODULE_GATE},       {"pam_securetty", PAM_MODULE_GATE},
    {"pam_shells", PAM_MODULE_GATE},        {"pam_tally2", PAM_MODULE_GATE},
    {"pam_time", PAM_MODULE_GATE},          {"pam_wheel", PAM_MODULE_GATE},
    {"pam_ecryptfs", PAM_MODULE_COMPANION}, {"pam_gnome_keyring", PAM_MODULE_COMPANION},
    {"pam_kwallet", PAM_MODULE_COMPANION},  {"pam_kwallet5", PAM_MODULE_COMPANION},
    {"pam_mount", PAM_MODULE_COMPANION},    {"pam_cap", PAM_MODULE_COMPANION},
    {"pam_echo", PAM_MODULE_IGNORED},       {"pam_env", PAM_MODULE_IGNORED},
    {"pam_faildelay", PAM_MODULE_IGNORED},  {"pam_group", PAM_MODULE_IGNORED},
    {"pam_issue", PAM_MODULE_IGNORED},      {"pam_mail", PAM_MODULE_IGNORED},
    {"pam_warn", PAM_MODULE_IGNORED},       {"pam_permit", PAM_MODULE_PERMITS},
    {"pam_deny", PAM_MODULE_DENIES},
};

enum pam_module_kind
pam_module_kind_of(const struct pam_line *line)
{
    /* `trust` treats a check for a group's members as a login method for them. */
    if (pam_line_runs(line, "pam_wheel") && pam_line_has(line, "trust"))
        return PAM_MODULE_SELECTS;
    for (size_t i = 0; i < ARRAY_LENGTH(modules); i++)
        if (pam_line_runs(line, modules[i].module))
            return modules[i].kind;
    return PAM_MODULE_VERIFIES;
}

enum impression {
    NONE,
    GOOD, /* and the deciding answer is PAM_SUCCESS */
    /* the action was ok for another answer: PAM returns that answer, which opens nothing */
    GOOD_OTHER,
    BAD,
};

/* A path that reaches a line: the state there, and the state at the start of its substack, which
 * the action `reset` restores. */
struct way {
    enum impression now, at_start;
};

#define WAYS 16

static unsigned
bit_of(struct way way)
{
    return 1U << (4 * way.at_start + way.now);
}

static enum impression
impression_after(struct way way, int action, int answer)
{
    switch (action) {
    case PAM_ACTION_OK:
    case PAM_ACTION_DONE:
        if (way.now == NONE || way.now == GOOD)
            return answer == PAM_SUCCESS ? GOOD : GOOD_OTHER;
        return way.now;
    case PAM_ACTION_BAD:
    case PAM_ACTION_DIE:
        return BAD;
    case PAM_ACTION_RESET:
        return way.at_start;
    default:
        return way.now; /* ignored, or a jump: the answer does not change the state */
    }
}

/* Returns the next line after the substack of line `i`, or the end if it is in none. */
static size_t
end_of_level(const struct pam_stack *stack, size_t i)
{
    unsigned level = stack->lines[i].level;

    while (i < stack->n && stack->lines[i].level >= level)
        i++;
    return i;
}

/* Follows one answer of line `i` on this path. */
static void
follow(const struct pam_stack *stack, size_t i, struct way way, int answer, unsigned *reached)
{
    const struct pam_line *line = &stack->lines[i];
    int action = line->control.actions[answer];
    struct way after = {impression_after(way, action, answer), way.at_start};
    size_t next = i + 1;

    if (action > 0) {
        long landing = pam_stack_jump(stack, i, action);
        if (landing < 0)
            after.now = BAD; /* PAM continues after the last line that it reached */
        next = landing < 0 ? end_of_level(stack, i) : (size_t)landing;
    } else if (action == PAM_ACTION_DIE ||
               (action == PAM_ACTION_DONE && (after.now == GOOD || after.now == GOOD_OTHER))) {
        next = end_of_level(stack, i);
    }
    if (next < stack->n && stack->lines[next].level > line->level)
        after.at_start = after.now;
    else if (next >= stack->n || stack->lines[next].level < line->level)
        after.at_start = NONE;
    reached[next] |= bit_of(after);
}

/* What a line can return. PAM skips the line of a substack, and a broken line fails. */
static uint32_t
answers_of(const struct pam_line *line, pam_answers_function *answers, const void *context)
{
    if (line->kind == PAM_LINE_MODULE)
        return answers(context, line);
    return 1U << (line->kind == PAM_LINE_SUBSTACK ? PAM_IGNORE : PAM_AUTH_ERR);
}

bool
pam_verdict_may_open(const struct pam_stack *stack, pam_answers_function *answers,
                     const void *context)
{
    /* For each line, and for the end: the paths that reach it. */
    unsigned *reached = calloc(stack->n + 1, sizeof *reached);
    struct way begin = {NONE, NONE};
    bool opens;

    if (!reached)
        return false;
    reached[0] = bit_of(begin);
    for (size_t i = 0; i < stack->n; i++) {
        const struct pam_line *line = &stack->lines[i];
        uint32_t possible = answers_of(line, answers, context);
        for (unsigned j = 0; j < WAYS; j++) {
            struct way way = {j % 4, j / 4};
            for (int answer = 0; reached[i] >> j & 1 && answer < PAM_CODES; answer++)
                if (possible >> answer & 1)
                    follow(stack, i, way, answer, reached);
        }
    }
    opens = (reached[stack->n] & bit_of((struct way){GOOD, NONE})) != 0;
    free(reached);
    return opens;
}
