/* SPDX-License-Identifier: BSD-3-Clause */
/* Connects check_pam.c, which reads PAM's files, with its checks of each line: check_pam_stack.c
 * and check_module.c. */
#ifndef IDQ_TOOL_CHECK_PAM_H
#define IDQ_TOOL_CHECK_PAM_H

#include "pam_idinqr/tool/check.h"
#include "pam_idinqr/pamconf/pam_stack.h"

/* Checks the auth lines of a service that uses the module. `line` is the first that runs it, and
 * the place of the findings. */
void check_pam_stack(struct check *check, const char *service, const struct pam_stack *stack,
                     const struct pam_line *line);

/* Checks that the module of this line exists, and that it is this project's. */
void check_module(struct check *check, const char *service, const struct pam_line *line);

#endif
