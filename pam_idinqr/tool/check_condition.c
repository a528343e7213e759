/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: finds mistakes in the conditions of a stack, as condition.h evaluates them. */
#include "pam_idinqr/pamconf/pam_verdict.h"
#include "pam_idinqr/tool/accounts.h"
#include "pam_idinqr/tool/check.h"
#include "pam_idinqr/tool/condition.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CORRECT_NAME "Correct the name."

/* Gives an advice about the line to the finding that was just added. */
static void
mend_line(struct check *check, const char *advice)
{
    finding_cure(&check->findings, FINDING_EDIT_LINE, "");
    finding_advise(&check->findings, advice);
}

/* Reports a group that does not exist, or that has no members. */
static void
add_group(struct check *check, const char *service, const struct pam_line *line, const char *groups,
          bool is_there)
{
    char like[ACCOUNTS_NAME_SIZE];

    if (!is_there && accounts_like_group(check->accounts, groups, like)) {
        finding_add(&check->findings, FINDING_PAM_GROUP, line->file, line->number, service,
                    "there is no group %s, only %s", groups, like);
        mend_line(check, CORRECT_NAME);
        return;
    }
    finding_add(&check->findings, FINDING_PAM_GROUP, line->file, line->number, service, "%s %s",
                is_there ? "no user is in the group" : "there is no group", groups);
    finding_cure(&check->findings,
                 is_there ? NULL : "groupadd --system %o && usermod -aG %o ACCOUNT", groups);
}

static void
check_group_password(struct check *check, const char *service, const struct pam_line *line,
                     const char *group)
{
    static const char *const whys[] = {
        [ACCOUNTS_VALID] = "",
        [ACCOUNTS_EXPIRED] = " has expired",
        [ACCOUNTS_PASSWORD_EXPIRED] = "'s password has expired",
        [ACCOUNTS_NO_SHELL] = " has no login shell",
    };
    enum accounts_fault fault;
    char account[ACCOUNTS_NAME_SIZE] = "";

    if (accounts_group_has_password(check->accounts, group, &fault, account) != 0)
        return;
    finding_add(&check->findings, FINDING_PAM_GROUP_PASSWORD, line->file, line->number, service,
                "no member of the group %s has a password%s%s%s", group,
                fault == ACCOUNTS_VALID ? "" : " and a valid account: ", account, whys[fault]);
    if (fault == ACCOUNTS_PASSWORD_EXPIRED)
        finding_cure(&check->findings, "passwd %o", account);
    else if (fault != ACCOUNTS_VALID) /* it may be locked on purpose: another member */
        finding_cure(&check->findings, "usermod -aG %o ACCOUNT", group);
}

static void
check_group(struct check *check, const char *service, const struct pam_line *line,
            const char *groups)
{
    int result = accounts_in_groups(check->accounts, groups, NULL);

    if (result <= 0)
        add_group(check, service, line, groups, result == 0);
    else if (!strchr(groups, ':'))
        check_group_password(check, service, line, groups);
}

static bool
is_in_list(const char *names, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = names; (at = strstr(at, name)); at++)
        if ((at == names || at[-1] == ':') && (at[size] == '\0' || at[size] == ':'))
            return true;
    return false;
}

/* Reports a name that is misspelt: it resembles an account that the list does not have. Else it may
 * be an account of another machine that shares the list. */
static void
check_misspelt(struct check *check, const char *service, const struct pam_line *line,
               const char *names, const char *name)
{
    char like[ACCOUNTS_NAME_SIZE];

    if (accounts_find(check->accounts, name) || !accounts_like(check->accounts, name, like) ||
        is_in_list(names, like))
        return;
    finding_add(&check->findings, FINDING_PAM_GROUP, line->file, line->number, service,
                "there is no account %s; there is %s", name, like);
    mend_line(check, CORRECT_NAME);
}

/* Reports a list of accounts of which none exists, or of which one is misspelt. */
static void
check_names(struct check *check, const char *service, const struct pam_line *line,
            const char *names)
{
    char name[ACCOUNTS_NAME_SIZE], like[ACCOUNTS_NAME_SIZE] = "";
    const char *hint = "";
    bool has_any = false;
    size_t length;

    for (const char *next = names; *next; next += length + (next[length] == ':')) {
        length = strcspn(next, ":");
        snprintf(name, sizeof name, "%.*s", (int)length, next);
        has_any |= accounts_find(check->accounts, name) != NULL;
    }
    for (const char *next = names; has_any && *next; next += length + (next[length] == ':')) {
        length = strcspn(next, ":");
        snprintf(name, sizeof name, "%.*s", (int)length, next);
        check_misspelt(check, service, line, names, name);
    }
    if (has_any)
        return;
    if (accounts_in_groups(check->accounts, names, NULL) >= 0)
        hint = "; a group needs user ingroup";
    else if (accounts_like(check->accounts, names, like))
        hint = "; there is ";
    finding_add(&check->findings, FINDING_PAM_GROUP, line->file, line->number, service,
                "there is no account %s%s%s", names, hint, like);
    mend_line(check, CORRECT_NAME);
}

static void
add_mistake(struct check *check, const char *service, const struct pam_line *line,
            const char *mistake)
{
    finding_add(&check->findings, FINDING_PAM_ARGUMENTS, line->file, line->number, service, "%s",
                mistake);
}

static void
check_succeed_if(struct check *check, const char *service, const struct pam_line *line)
{
    char mistake[CONDITION_MISTAKE_SIZE];
    struct condition condition;
    int at = 0;

    while (condition_next(line, &at, &condition))
        if (condition_is_mistaken(&condition, mistake))
            add_mistake(check, service, line, mistake);
        else if (condition_is_test(&condition, "ingroup"))
            check_group(check, service, line, condition.value);
        else if (condition_is_about_name(&condition) &&
                 (condition_is_test(&condition, "=") || condition_is_test(&condition, "in")))
            check_names(check, service, line, condition.value);
}

/* The file decides who gets in, as PAM's own do. */
static void
check_list_file(struct check *check, const char *service, const struct pam_line *line,
                const struct condition_list *list)
{
    char *names = condition_list_names(check, list), path[PATH_MAX];
    bool is_missing = !names && errno == ENOENT, is_refused = !names && errno == EPERM;
    struct stat status;

    if (check_path(check, list->file, path) != 0)
        return;
    if (is_refused && lstat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        finding_add(&check->findings, FINDING_PAM_GROUP, line->file, line->number, service,
                    "pam_listfile refuses %s: it is not a regular file", path);
        mend_line(check, "Name the file itself.");
    } else if (is_missing && !list->opens_on_error) {
        finding_add(&check->findings, FINDING_PAM_GROUP, line->file, line->number, service,
                    "%s: %s", path, strerror(ENOENT));
        mend_line(check, "Correct the name, or write the file.");
    } else if (is_refused) {
        finding_add(&check->findings, FINDING_PAM_FILE, path, 0, service,
                    "others can write it, so pam_listfile refuses all users");
        finding_cure(&check->findings, "chmod go-w %f", "");
    } else if (!is_missing) {
        check_pam_file(check, path);
    }
    if (names && !list->is_denial && names[0] == '\0') {
        finding_add(&check->findings, FINDING_PAM_GROUP, line->file, line->number, service,
                    "%s names no account", path);
        finding_cure(&check->findings, "${EDITOR:-vi} %o", path);
        finding_advise(&check->findings, "Write an administrator into the file.");
    } else if (names && !list->is_denial && strcmp(list->item, "user") == 0) {
        check_names(check, service, line, names);
    }
    free(names);
}

static void
check_list(struct check *check, const char *service, const struct pam_line *line)
{
    char mistake[CONDITION_MISTAKE_SIZE];
    struct condition_list list;

    if (condition_read_list(line, &list, mistake) != 0)
        add_mistake(check, service, line, mistake);
    else
        check_list_file(check, service, line, &list);
}

static bool
may_ask(const struct pam_line *line)
{
    enum pam_module_kind kind = pam_module_kind_of(line);

    return kind == PAM_MODULE_VERIFIES || kind == PAM_MODULE_REMOTE || kind == PAM_MODULE_COMPANION;
}

void
check_conditions(struct check *check, const char *service, const struct pam_stack *stack)
{
    bool is_asked = false;

    for (size_t i = 0; i < stack->n; i++) {
        const struct pam_line *line = &stack->lines[i];
        if (pam_line_runs(line, "pam_succeed_if"))
            check_succeed_if(check, service, line);
        if (pam_line_runs(line, "pam_listfile"))
            check_list(check, service, line);
        if (pam_line_runs(line, "pam_unix") && pam_line_has(line, "use_first_pass") && !is_asked)
            finding_add(&check->findings, FINDING_PAM_ARGUMENTS, line->file, line->number, service,
                        "use_first_pass, and no line before it asks for a password");
        is_asked |= line->kind == PAM_LINE_BROKEN || may_ask(line);
    }
}
