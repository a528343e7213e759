/* SPDX-License-Identifier: BSD-3-Clause */
/* Between check_pam.c, which reads PAM's files, and what it asks about each line: check_pam_stack.c
 * and check_module.c. */
#ifndef IDQ_TOOL_CHECK_PAM_H
#define IDQ_TOOL_CHECK_PAM_H

#include "pam_idinqr/tool/check.h"
#include "pam_idinqr/pamconf/pam_stack.h"

/* What the auth lines of a service that uses the module come to. `line` is the first of them that
 * runs it, and where the findings are. */
void check_pam_stack(struct check *check, const char *service, const struct pam_stack *stack,
                     const struct pam_line *line);

/* Whether the module that this line names is there, and nobody else's. */
void check_module(struct check *check, const char *service, const struct pam_line *line);

#endif
