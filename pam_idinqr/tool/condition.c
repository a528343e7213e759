/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this on PAM's files. The rules are those of Linux-PAM's modules. */
#include "pam_idinqr/tool/condition.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"

#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* Words that are no part of a condition. */
static const char *const options[] = {"debug",         "use_uid", "quiet", "quiet_fail",
                                      "quiet_success", "audit",   NULL};

static const char *const fields[] = {"user", "login",   "name",  "uid",   "gid", "shell",   "home",
                                     "dir",  "homedir", "ruser", "rhost", "tty", "service", NULL};

static const char *const names[] = {"user", "login", "name", NULL};
static const char *const numbers[] = {"uid", "gid", NULL};
static const char *const homes[] = {"home", "dir", "homedir", NULL};

static const char *const tests[] = {
    "ingroup", "notingroup", "in", "notin", "innetgr", "notinnetgr", "<",  "lt",
    "<=",      "le",         ">",  "gt",    ">=",      "ge",         "eq", "ne",
    "=",       "!=",         "=~", "!~",    "glob",    "noglob",     NULL};

/* The tests that compare numbers, and the order of the account's that they accept. */
static const struct {
    const char *test;
    bool less, equal, more;
} orders[] = {
    {"<", true, false, false}, {"lt", true, false, false}, {"<=", true, true, false},
    {"le", true, true, false}, {">", false, false, true},  {"gt", false, false, true},
    {">=", false, true, true}, {"ge", false, true, true},  {"eq", false, true, false},
    {"ne", true, false, true},
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

bool
condition_next(const struct pam_line *line, int *at, struct condition *ret_condition)
{
    const char *words[3] = {NULL, NULL, NULL};
    size_t n = 0;

    for (; *at < line->n_arguments && n < ARRAY_LENGTH(words); ++*at)
        if (!is_one_of(line->arguments[*at], options))
            words[n++] = line->arguments[*at];
    *ret_condition = (struct condition){words[0], words[1], words[2]};
    return n > 0;
}

bool
condition_is_test(const struct condition *condition, const char *test)
{
    return strcasecmp(condition->test, test) == 0;
}

bool
condition_is_about_name(const struct condition *condition)
{
    return is_one_of(condition->field, names);
}

/* Returns the index of the test in the table of orders, or -1. */
static int
order_of(const struct condition *condition)
{
    for (size_t i = 0; i < ARRAY_LENGTH(orders); i++)
        if (condition_is_test(condition, orders[i].test))
            return (int)i;
    return -1;
}

/* As pam_succeed_if reads it: hexadecimal and octal numbers too. */
static bool
read_number(const char *text, long long *ret_number)
{
    char *end;

    errno = 0;
    *ret_number = strtoll(text, &end, 0);
    return end > text && *end == '\0' && errno == 0;
}

/* Returns whether the names between colons have no number, as a uid must be. */
static bool
has_no_number(const char *values)
{
    char value[32];
    size_t length;
    long long number;

    for (; *values; values += length + (values[length] == ':')) {
        length = strcspn(values, ":");
        snprintf(value, sizeof value, "%.*s", (int)length, values);
        if (read_number(value, &number))
            return false;
    }
    return true;
}

static bool
compares_text(const struct condition *condition)
{
    static const char *const texts[] = {"=", "!=", "in", "notin", NULL};

    return is_one_of(condition->test, texts);
}

bool
condition_is_mistaken(const struct condition *condition, char ret_mistake[CONDITION_MISTAKE_SIZE])
{
    bool is_field = condition->value && !is_one_of(condition->field, fields);
    bool is_number = is_one_of(condition->field, numbers);
    const char *typed = is_field ? condition->field : condition->test, *like = NULL;
    unsigned least = UINT_MAX;

    if (!condition->value) {
        snprintf(ret_mistake, CONDITION_MISTAKE_SIZE,
                 "a condition of pam_succeed_if has three words");
    } else if (is_field || !is_one_of(condition->test, tests)) {
        for (const char *const *known = is_field ? fields : tests; *known; known++)
            if (text_is_nearer(typed, *known, &least))
                like = *known;
        snprintf(ret_mistake, CONDITION_MISTAKE_SIZE, "pam_succeed_if has no %s %s%s%s",
                 is_field ? "field" : "test", typed, like ? "; there is " : "", like ? like : "");
    } else if (is_number && (order_of(condition) >= 0 || compares_text(condition)) &&
               has_no_number(condition->value)) {
        snprintf(ret_mistake, CONDITION_MISTAKE_SIZE, "%s is a number, and %s is not",
                 condition->field, condition->value);
    } else if (!is_number && order_of(condition) >= 0) {
        snprintf(ret_mistake, CONDITION_MISTAKE_SIZE,
                 "%s compares numbers, and %s is a text; there are = and !=", condition->test,
                 condition->field);
    } else {
        return false;
    }
    return true;
}

/* Returns whether one of the names between colons is the account's. */
static bool
is_listed(const char *list, const char *account)
{
    size_t size = strlen(account), length;

    for (; *list; list += length + (list[length] == ':')) {
        length = strcspn(list, ":");
        if (length == size && strncmp(list, account, size) == 0)
            return true;
    }
    return false;
}

static enum condition_truth
truth_of(bool is_true)
{
    return is_true ? CONDITION_TRUE : CONDITION_FALSE;
}

/* Returns the field's text for the account, or NULL if it depends on the login. */
static const char *
text_of(const struct condition *condition, const struct accounts_entry *entry, char number[24])
{
    if (condition_is_about_name(condition))
        return entry->name;
    if (strcasecmp(condition->field, "shell") == 0)
        return entry->shell;
    if (is_one_of(condition->field, homes))
        return entry->home;
    if (!is_one_of(condition->field, numbers))
        return NULL;
    snprintf(number, 24, "%lu",
             (unsigned long)(strcasecmp(condition->field, "uid") == 0 ? entry->uid : entry->gid));
    return number;
}

static bool
is_in_order(const char *text, const char *value, int order)
{
    long long left, right;

    if (!read_number(text, &left) || !read_number(value, &right))
        return false;
    return left < right   ? orders[order].less
           : left > right ? orders[order].more
                          : orders[order].equal;
}

static enum condition_truth
compare(const struct condition *condition, const char *text)
{
    const char *value = condition->value;
    int order = order_of(condition);

    if (order >= 0)
        return truth_of(is_in_order(text, value, order));
    if (condition_is_test(condition, "="))
        return truth_of(strcmp(value, text) == 0);
    if (condition_is_test(condition, "!="))
        return truth_of(strcmp(value, text) != 0);
    if (condition_is_test(condition, "in"))
        return truth_of(is_listed(value, text));
    if (condition_is_test(condition, "notin"))
        return truth_of(!is_listed(value, text));
    if (condition_is_test(condition, "=~") || condition_is_test(condition, "glob"))
        return truth_of(fnmatch(value, text, 0) == 0);
    if (condition_is_test(condition, "!~") || condition_is_test(condition, "noglob"))
        return truth_of(fnmatch(value, text, 0) != 0);
    return CONDITION_UNKNOWN; /* a netgroup */
}

static enum condition_truth
evaluate(const struct check *check, const struct condition *condition, const char *account)
{
    struct accounts *accounts = check->accounts;
    const struct accounts_entry *entry;
    char mistake[CONDITION_MISTAKE_SIZE], number[24];
    const char *text;

    if (!condition->value || !is_one_of(condition->field, fields) ||
        !is_one_of(condition->test, tests))
        return CONDITION_FALSE;
    if (condition_is_test(condition, "ingroup"))
        return truth_of(accounts_in_groups(accounts, condition->value, account) > 0);
    if (!account)
        return condition_is_mistaken(condition, mistake) && !condition_is_test(condition, "!=") &&
                       !condition_is_test(condition, "notin")
                   ? CONDITION_FALSE
                   : CONDITION_UNKNOWN;
    if (condition_is_test(condition, "notingroup"))
        return truth_of(accounts_in_groups(accounts, condition->value, account) <= 0);
    entry = accounts_find(accounts, account);
    if (!entry)
        return condition_is_about_name(condition) ? compare(condition, account) : CONDITION_FALSE;
    text = text_of(condition, entry, number);
    return text ? compare(condition, text) : CONDITION_UNKNOWN;
}

static enum condition_truth
evaluate_succeed_if(const struct check *check, const struct pam_line *line, const char *account)
{
    enum condition_truth all = CONDITION_TRUE;
    struct condition condition;
    int at = 0;

    if (pam_line_has(line, "use_uid"))
        return CONDITION_UNKNOWN;
    while (condition_next(line, &at, &condition)) {
        enum condition_truth truth = evaluate(check, &condition, account);
        if (truth == CONDITION_FALSE)
            return CONDITION_FALSE;
        if (truth == CONDITION_UNKNOWN)
            all = CONDITION_UNKNOWN;
    }
    return all;
}

/* Returns whether an argument is one that pam_listfile knows, with a value that it takes. Else
 * finds the word that was probably meant, or NULL. */
static bool
is_list_argument(const char *argument, const char **ret_like)
{
    unsigned least = UINT_MAX;

    static const char *const words[] = {"quiet",      "onerr=succeed", "onerr=fail", "sense=allow",
                                        "sense=deny", "item=user",     "item=tty",   "item=rhost",
                                        "item=ruser", "item=group",    "item=shell", NULL};

    *ret_like = NULL;
    for (const char *const *word = words; *word; word++) {
        if (strcmp(argument, *word) == 0)
            return true;
        if (text_is_nearer(argument, *word, &least))
            *ret_like = *word;
    }
    return strncmp(argument, "file=", 5) == 0 || strncmp(argument, "apply=", 6) == 0;
}

int
condition_read_list(const struct pam_line *line, struct condition_list *ret_list,
                    char ret_mistake[CONDITION_MISTAKE_SIZE])
{
    static const char *const needed[] = {"item", "sense", "file"};
    const char *sense = argument_of(line, "sense"), *on_error = argument_of(line, "onerr"), *like;

    *ret_list = (struct condition_list){
        .file = argument_of(line, "file"),
        .item = argument_of(line, "item"),
        .is_denial = sense && strcmp(sense, "deny") == 0,
        .opens_on_error = on_error && strcmp(on_error, "succeed") == 0,
    };
    for (int i = 0; i < line->n_arguments; i++)
        if (!is_list_argument(line->arguments[i], &like)) {
            snprintf(ret_mistake, CONDITION_MISTAKE_SIZE, "pam_listfile does not know %s%s%s",
                     line->arguments[i], like ? "; there is " : "", like ? like : "");
            return -1;
        }
    for (size_t i = 0; i < ARRAY_LENGTH(needed); i++)
        if (!argument_of(line, needed[i])) {
            snprintf(ret_mistake, CONDITION_MISTAKE_SIZE, "pam_listfile needs %s=", needed[i]);
            return -1;
        }
    return 0;
}

/* Returns the lines with colons between them, or NULL with errno. */
static char *
read_names(const char *path)
{
    char *line = NULL, *found = NULL;
    size_t capacity = 0, size;
    FILE *file = fopen(path, "re"), *stream = file ? open_memstream(&found, &size) : NULL;

    while (stream && getline(&line, &capacity, file) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0])
            fprintf(stream, "%s%s", ftell(stream) > 0 ? ":" : "", line);
    }
    if (stream)
        fclose(stream);
    free(line);
    if (file)
        fclose(file);
    return found;
}

char *
condition_list_names(const struct check *check, const struct condition_list *list)
{
    char path[PATH_MAX];
    struct stat status;

    if (check_path(check, list->file, path) != 0) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    if (lstat(path, &status) != 0)
        return NULL;
    if (S_ISREG(status.st_mode) && !(status.st_mode & S_IWOTH))
        return read_names(path);
    errno = EPERM;
    return NULL;
}

static enum condition_truth
evaluate_list(const struct check *check, const struct pam_line *line, const char *account)
{
    struct condition_list list;
    char mistake[CONDITION_MISTAKE_SIZE], *listed;
    enum condition_truth truth = CONDITION_UNKNOWN;
    bool is_group;

    if (condition_read_list(line, &list, mistake) != 0)
        return list.opens_on_error ? CONDITION_UNKNOWN : CONDITION_FALSE;
    is_group = strcmp(list.item, "group") == 0;
    if (!is_group && strcmp(list.item, "user") != 0)
        return CONDITION_UNKNOWN;
    listed = condition_list_names(check, &list);
    if (!listed && (errno == EPERM || errno == ENOENT))
        return truth_of(list.opens_on_error && errno == ENOENT);
    if (listed && account)
        truth = truth_of((is_group ? accounts_in_groups(check->accounts, listed, account) > 0
                                   : is_listed(listed, account)) != list.is_denial);
    free(listed);
    return truth;
}

/* The members of a group. The person who types the command counts, who mostly is the account. */
static enum condition_truth
evaluate_wheel(const struct check *check, const struct pam_line *line, const char *account)
{
    const char *group = argument_of(line, "group");
    bool is_denial = pam_line_has(line, "deny");
    int result;

    if (pam_line_has(line, "use_uid") || pam_line_has(line, "root_only"))
        return CONDITION_UNKNOWN;
    if (!group)
        group = accounts_in_group(check->accounts, "wheel", NULL) < 0 ? "root" : "wheel";
    result = accounts_in_group(check->accounts, group, account);
    if (result < 0 || (!account && result == 0 && !is_denial))
        return CONDITION_FALSE;
    return account ? truth_of((result > 0) != is_denial) : CONDITION_UNKNOWN;
}

enum condition_truth
condition_evaluate(const struct check *check, const struct pam_line *line, const char *account)
{
    const struct accounts_entry *entry;

    if (pam_line_runs(line, "pam_succeed_if"))
        return evaluate_succeed_if(check, line, account);
    if (pam_line_runs(line, "pam_listfile"))
        return evaluate_list(check, line, account);
    if (pam_line_runs(line, "pam_wheel"))
        return evaluate_wheel(check, line, account);
    if (!pam_line_runs(line, "pam_localuser") || !account || argument_of(line, "file"))
        return CONDITION_UNKNOWN;
    entry = accounts_find(check->accounts, account);
    return truth_of(entry && entry->is_local);
}
