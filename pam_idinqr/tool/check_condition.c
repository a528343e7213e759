/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: reads the conditions of a stack, pam_succeed_if(8) and pam_listfile(8), and
 * evaluates them for an account. Only those about the account's name and groups: the others depend
 * on the login. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/pamconf/pam_verdict.h"
#include "pam_idinqr/tool/accounts.h"
#include "pam_idinqr/tool/check.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Words that are no part of a condition. */
static const char *const options[] = {"debug",         "use_uid", "quiet", "quiet_fail",
                                      "quiet_success", "audit",   NULL};

static const char *const fields[] = {"user",    "login", "uid",   "gid", "shell",   "home", "dir",
                                     "homedir", "ruser", "rhost", "tty", "service", NULL};

static const char *const tests[] = {
    "ingroup", "notingroup", "in", "notin", "innetgr", "notinnetgr", "<",  "lt", "<=", "le", ">",
    "gt",      ">=",         "ge", "eq",    "ne",      "=",          "!=", "=~", "!~", NULL};

struct condition {
    const char *field, *test, *value; /* NULL after the last word of a line */
};

static bool
is_one_of(const char *word, const char *const *list)
{
    for (; *list; list++)
        if (strcasecmp(word, *list) == 0)
            return true;
    return false;
}

/* Returns the value of "NAME=value", or NULL. */
static const char *
argument_of(const struct pam_line *line, const char *name)
{
    size_t size = strlen(name);

    for (int i = 0; i < line->n_arguments; i++)
        if (strncmp(line->arguments[i], name, size) == 0 && line->arguments[i][size] == '=')
            return line->arguments[i] + size + 1;
    return NULL;
}

/* Returns the next condition, from argument *at on. Returns false after the last. */
static bool
next_condition(const struct pam_line *line, int *at, struct condition *ret_condition)
{
    const char *words[3] = {NULL, NULL, NULL};
    size_t n = 0;

    for (; *at < line->n_arguments && n < ARRAY_LENGTH(words); ++*at)
        if (!is_one_of(line->arguments[*at], options))
            words[n++] = line->arguments[*at];
    *ret_condition = (struct condition){words[0], words[1], words[2]};
    return n > 0;
}

/* Returns whether pam_succeed_if can evaluate it. Otherwise it is never true. */
static bool
is_valid(const struct condition *condition)
{
    return condition->value && is_one_of(condition->field, fields) &&
           is_one_of(condition->test, tests);
}

static bool
is_test(const struct condition *condition, const char *test)
{
    return strcasecmp(condition->test, test) == 0;
}

static bool
is_about_name(const struct condition *condition)
{
    return strcasecmp(condition->field, "user") == 0 || strcasecmp(condition->field, "login") == 0;
}

/* Returns whether one of the names between colons is the account's. */
static bool
is_listed(const char *names, const char *account)
{
    size_t size = strlen(account), length;

    for (; *names; names += length + (names[length] == ':')) {
        length = strcspn(names, ":");
        if (length == size && strncmp(names, account, size) == 0)
            return true;
    }
    return false;
}

static enum check_truth
truth_of(bool is_true)
{
    return is_true ? CHECK_TRUE : CHECK_FALSE;
}

static enum check_truth
evaluate(const struct check *check, const struct condition *condition, const char *account)
{
    const char *value = condition->value;

    if (!is_valid(condition))
        return CHECK_FALSE;
    if (is_test(condition, "ingroup"))
        return truth_of(accounts_in_groups(check->accounts, value, account) > 0);
    if (!account)
        return CHECK_UNKNOWN;
    if (is_test(condition, "notingroup"))
        return truth_of(accounts_in_groups(check->accounts, value, account) <= 0);
    if (!is_about_name(condition))
        return CHECK_UNKNOWN;
    if (is_test(condition, "="))
        return truth_of(strcmp(value, account) == 0);
    if (is_test(condition, "!="))
        return truth_of(strcmp(value, account) != 0);
    if (is_test(condition, "in"))
        return truth_of(is_listed(value, account));
    if (is_test(condition, "notin"))
        return truth_of(!is_listed(value, account));
    if (is_test(condition, "=~"))
        return truth_of(fnmatch(value, account, 0) == 0);
    if (is_test(condition, "!~"))
        return truth_of(fnmatch(value, account, 0) != 0);
    return CHECK_UNKNOWN;
}

static enum check_truth
evaluate_succeed_if(const struct check *check, const struct pam_line *line, const char *account)
{
    enum check_truth all = CHECK_TRUE;
    struct condition condition;
    int at = 0;

    if (pam_line_has(line, "use_uid"))
        return CHECK_UNKNOWN;
    while (next_condition(line, &at, &condition)) {
        enum check_truth truth = evaluate(check, &condition, account);
        if (truth == CHECK_FALSE)
            return CHECK_FALSE;
        if (truth == CHECK_UNKNOWN)
            all = CHECK_UNKNOWN;
    }
    return all;
}

/* Returns the file of a pam_listfile that lets in the accounts in it, or NULL for another line. */
static const char *
list_of_accounts(const struct pam_line *line)
{
    const char *item = argument_of(line, "item"), *sense = argument_of(line, "sense");
    const char *onerr = argument_of(line, "onerr");

    if (!pam_line_runs(line, "pam_listfile") || !item || strcmp(item, "user") != 0 || !sense ||
        strcmp(sense, "allow") != 0 || argument_of(line, "apply") ||
        (onerr && strcmp(onerr, "succeed") == 0))
        return NULL;
    return argument_of(line, "file");
}

static enum check_truth
evaluate_list(const struct check *check, const char *name, const char *account)
{
    char path[PATH_MAX], *line = NULL;
    size_t capacity = 0;
    bool is_found = false;
    FILE *file;

    if (check_path(check, name, path) != 0)
        return CHECK_UNKNOWN;
    file = fopen(path, "re");
    if (!file)
        return errno == ENOENT ? CHECK_FALSE : CHECK_UNKNOWN;
    while (account && !is_found && getline(&line, &capacity, file) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        is_found = strcmp(line, account) == 0;
    }
    free(line);
    fclose(file);
    return account ? truth_of(is_found) : CHECK_UNKNOWN;
}

enum check_truth
check_condition(const struct check *check, const struct pam_line *line, const char *account)
{
    const char *list = list_of_accounts(line);

    if (pam_line_runs(line, "pam_succeed_if"))
        return evaluate_succeed_if(check, line, account);
    return list ? evaluate_list(check, list, account) : CHECK_UNKNOWN;
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
        finding_cure(&check->findings, FINDING_EDIT_LINE, "");
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

/* Reports a list of accounts of which none exists. */
static void
check_names(struct check *check, const char *service, const struct pam_line *line,
            const char *names)
{
    char name[ACCOUNTS_NAME_SIZE], like[ACCOUNTS_NAME_SIZE] = "";
    const char *hint = "";
    size_t length;

    for (const char *next = names; *next; next += length + (next[length] == ':')) {
        length = strcspn(next, ":");
        snprintf(name, sizeof name, "%.*s", (int)length, next);
        if (accounts_find(check->accounts, name))
            return;
    }
    if (accounts_in_groups(check->accounts, names, NULL) >= 0)
        hint = "; a group needs user ingroup";
    else if (accounts_like(check->accounts, names, like))
        hint = "; there is ";
    finding_add(&check->findings, FINDING_PAM_GROUP, line->file, line->number, service,
                "there is no account %s%s%s", names, hint, like);
    finding_cure(&check->findings, FINDING_EDIT_LINE, "");
}

static void
add_invalid(struct check *check, const char *service, const struct pam_line *line,
            const struct condition *condition)
{
    bool is_field = condition->value && !is_one_of(condition->field, fields);
    const char *typed = is_field ? condition->field : condition->test, *like = NULL;
    unsigned least = UINT_MAX;

    if (!condition->value) {
        finding_add(&check->findings, FINDING_PAM_ARGUMENTS, line->file, line->number, service,
                    "a condition of pam_succeed_if has three words");
        return;
    }
    for (const char *const *known = is_field ? fields : tests; *known; known++)
        if (text_is_nearer(typed, *known, &least))
            like = *known;
    finding_add(&check->findings, FINDING_PAM_ARGUMENTS, line->file, line->number, service,
                "pam_succeed_if has no %s %s%s%s", is_field ? "field" : "test", typed,
                like ? "; there is " : "", like ? like : "");
}

static void
check_succeed_if(struct check *check, const char *service, const struct pam_line *line)
{
    struct condition condition;
    int at = 0;

    while (next_condition(line, &at, &condition))
        if (!is_valid(&condition))
            add_invalid(check, service, line, &condition);
        else if (is_test(&condition, "ingroup"))
            check_group(check, service, line, condition.value);
        else if (is_about_name(&condition) &&
                 (is_test(&condition, "=") || is_test(&condition, "in")))
            check_names(check, service, line, condition.value);
}

static void
check_list(struct check *check, const char *service, const struct pam_line *line, const char *list)
{
    if (evaluate_list(check, list, NULL) != CHECK_FALSE)
        return;
    finding_add(&check->findings, FINDING_PAM_GROUP, line->file, line->number, service, "%s%s: %s",
                check->root, list, strerror(ENOENT));
    finding_cure(&check->findings, FINDING_EDIT_LINE, "");
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
        const char *list = list_of_accounts(line);
        if (pam_line_runs(line, "pam_succeed_if"))
            check_succeed_if(check, service, line);
        if (list)
            check_list(check, service, line, list);
        if (pam_line_runs(line, "pam_unix") && pam_line_has(line, "use_first_pass") && !is_asked)
            finding_add(&check->findings, FINDING_PAM_ARGUMENTS, line->file, line->number, service,
                        "use_first_pass, and no line before it asks for a password");
        is_asked |= line->kind == PAM_LINE_BROKEN || may_ask(line);
    }
}
