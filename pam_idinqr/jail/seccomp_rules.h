/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists the system calls that each jailed process may make. */
#ifndef IDQ_JAIL_SECCOMP_RULES_H
#define IDQ_JAIL_SECCOMP_RULES_H

#include "pam_idinqr/jail/jail.h"

/* Builds the filter for this process and installs it for good. no_new_privs must be set. A call
 * that is not on the list raises SIGSYS. Returns 0 or IDQ_SYSTEM. */
int seccomp_rules_load(enum jail_kind kind);

#endif
