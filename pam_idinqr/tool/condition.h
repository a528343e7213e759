/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: evaluates the conditions of a stack for an account: pam_succeed_if(8),
 * pam_listfile(8), pam_localuser(8), and pam_wheel(8) with `trust`. Only those about the account
 * and its groups: the others depend on the login. */
#ifndef IDQ_TOOL_CONDITION_H
#define IDQ_TOOL_CONDITION_H

#include "pam_idinqr/tool/check.h"

#include <stdbool.h>

enum condition_truth { CONDITION_FALSE, CONDITION_TRUE, CONDITION_UNKNOWN };

/* Evaluates the condition of a line for an account. NULL stands for any account: the condition is
 * false if no account meets it. */
enum condition_truth condition_evaluate(const struct check *check, const struct pam_line *line,
                                        const char *account);

/* For check_condition.c, which finds mistakes in them. */

/* One of the conditions of pam_succeed_if. */
struct condition {
    const char *field, *test, *value; /* NULL after the last word of a line */
};

/* Returns the next condition, from argument *at on. Returns false after the last. */
bool condition_next(const struct pam_line *line, int *at, struct condition *ret_condition);

bool condition_is_test(const struct condition *condition, const char *test);

bool condition_is_about_name(const struct condition *condition);

#define CONDITION_MISTAKE_SIZE 300

/* Returns true, and says why, if pam_succeed_if cannot evaluate it, or if it holds for no account
 * or for all. */
bool condition_is_mistaken(const struct condition *condition,
                           char ret_mistake[CONDITION_MISTAKE_SIZE]);

/* The arguments of pam_listfile. */
struct condition_list {
    const char *file, *item; /* NULL if missing */
    bool is_denial;          /* sense=deny */
    bool opens_on_error;     /* onerr=succeed */
};

/* Returns 0, or -1 and a text if an argument is missing or unknown. */
int condition_read_list(const struct pam_line *line, struct condition_list *ret_list,
                        char ret_mistake[CONDITION_MISTAKE_SIZE]);

/* Returns the lines of the list, with colons between them, or NULL with errno. It is EPERM if
 * pam_listfile refuses the file: others can write it, or it is not a regular file. The caller frees
 * the names. */
char *condition_list_names(const struct check *check, const struct condition_list *list);

#endif
