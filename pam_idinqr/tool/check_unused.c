/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: finds services whose line with the module was commented out or deleted. */
#include "pam_idinqr/pamconf/pam_file.h"
#include "pam_idinqr/pamconf/pam_verdict.h"
#include "pam_idinqr/tool/check.h"

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Returns the number of the last line of a service's file in which an auth line with this module is
 * a comment, or 0. */
static unsigned
find_comment(const struct check *check, const char *service, char ret_path[PATH_MAX])
{
    char *path = pam_file_find(check->root, service), *line = NULL;
    FILE *file = path ? fopen(path, "re") : NULL;
    unsigned found = 0;
    size_t capacity = 0;

    snprintf(ret_path, PATH_MAX, "%s", path ? path : "");
    for (unsigned number = 1; file && getline(&line, &capacity, file) >= 0; number++) {
        const char *type = line + strspn(line, "# \t-");
        if (line[strspn(line, " \t")] == '#' && strncmp(type, "auth", 4) == 0 &&
            strchr(" \t", type[4]) && strstr(type, "pam_idinqr"))
            found = number;
    }
    free(line);
    free(path);
    if (file)
        fclose(file);
    return found;
}

/* Returns whether the users who do not meet a condition reach the end, past lines that decide
 * nothing. A line that refuses them would be meant so. */
static bool
leads_to_end(const struct pam_stack *stack, const struct pam_line *condition)
{
    size_t i = (size_t)(condition - stack->lines);
    long next = pam_stack_jump(stack, i, condition->control.actions[PAM_AUTH_ERR]);

    if (condition->control.actions[PAM_AUTH_ERR] <= 0 || next < 0)
        return false;
    for (; (size_t)next < stack->n; next++) {
        enum pam_module_kind kind = pam_module_kind_of(&stack->lines[next]);
        if (kind != PAM_MODULE_GATE && kind != PAM_MODULE_COMPANION && kind != PAM_MODULE_IGNORED)
            return false;
    }
    return true;
}

/* The lines around iDIN's may let in only those who have the way in: without iDIN's line, they
 * refuse all others. */
void
check_lines_left(struct check *check, const char *service, const struct pam_stack *stack)
{
    char path[PATH_MAX];
    unsigned number = find_comment(check, service, path);
    const struct pam_line *condition = check_pam_only_condition(check, stack);
    const char *advice = number > 0 ? finding_describe(FINDING_PAM_COMMENTED)->advice
                                    : "Write iDIN's line again, or put back the file as it was "
                                      "before iDIN.";

    if (check_repairs(service) && check_jumps(check, service, stack))
        finding_advise(&check->findings, advice);
    if (!condition)
        return;
    if (number > 0)
        finding_add(&check->findings, FINDING_PAM_NEVER_OPENS, path, number, service,
                    "iDIN's line is commented out, and users who do not meet the condition of line "
                    "%u are refused",
                    condition->number);
    else if (check_repairs(service) && leads_to_end(stack, condition))
        finding_add(&check->findings, FINDING_PAM_NEVER_OPENS, condition->file, condition->number,
                    service,
                    "users who do not meet this condition are refused: no line such as iDIN's "
                    "follows");
    else
        return;
    finding_advise(&check->findings, advice);
}

void
check_unused(struct check *check, const struct pam_names *services)
{
    char path[PATH_MAX];
    unsigned number;

    for (size_t i = 0; i < services->n; i++)
        if (finding_is_about(&check->findings, FINDING_PAM_NEVER_OPENS, services->names[i]))
            return; /* its line is commented out */
    for (size_t i = 0; check->map && map_count(check->map) > 0 && i < services->n; i++) {
        number = find_comment(check, services->names[i], path);
        if (number == 0)
            continue;
        finding_add(&check->findings, FINDING_PAM_COMMENTED, path, number, services->names[i],
                    "people are enrolled, and no service uses iDIN: its line is commented out");
        return;
    }
    if (check->map && map_count(check->map) > 0)
        finding_add(&check->findings, FINDING_PAM_GONE, "", 0, "",
                    "people are enrolled, and no service uses iDIN");
    else
        finding_add(&check->findings, FINDING_PAM_UNUSED, "", 0, "", "no service uses iDIN");
}
