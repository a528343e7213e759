/* SPDX-License-Identifier: BSD-3-Clause */
/* Limits by seccomp which system calls a jailed process may make, to a list of allowed ones. A few
 * harmless probes by libraries fail with EPERM. Every other call kills the process, and the log
 * names the call. */
#ifndef IDQ_JAIL_SECCOMP_H
#define IDQ_JAIL_SECCOMP_H

#include "pam_idinqr/jail/jail.h"

/* Installs the filter on this process for good. no_new_privs must be set. A forbidden call then
 * sends one log line over `wire`, which must live as long as the process, and kills the process by
 * SIGSYS. NULL: the line goes to stderr. After a RESULT, or if the line cannot be sent, it only
 * kills. Returns 0 or IDQ_SYSTEM. */
int seccomp_filter_enter(enum jail_kind kind, struct wire *wire);

/* Returns the name of a system call of this machine, or NULL if the build's headers have no such
 * number. */
const char *seccomp_filter_call_name(int number);

/* Builds the filter for this process, from the list of calls that it may make, and installs it for
 * good. no_new_privs must be set. A call that is not on the list raises SIGSYS. Returns 0 or
 * IDQ_SYSTEM. */
int seccomp_rules_load(enum jail_kind kind);

#endif
