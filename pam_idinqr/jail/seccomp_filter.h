/* SPDX-License-Identifier: BSD-3-Clause */
/* Which system calls are left to a jailed process, by seccomp: a list of what is allowed. A few
 * harmless probes of libraries get an error that they can live with; every other call ends the
 * process, and the log says which one it was. */
#ifndef IDQ_JAIL_SECCOMP_FILTER_H
#define IDQ_JAIL_SECCOMP_FILTER_H

#include "pam_idinqr/jail/jail.h"

/* Lays the filter on this process, for good. no_new_privs must be set. From now on a forbidden call
 * sends one line over `link`, which must live as long as the process, and ends the process by
 * SIGSYS; after a RESULT, or where it cannot be said, only that. 0 or IDQ_SYSTEM. */
int seccomp_filter_enter(enum jail_kind kind, struct link *link);

/* The name of a system call of this machine; NULL when its headers knew none of that number. */
const char *seccomp_filter_call_name(int number);

#endif
