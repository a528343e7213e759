/* SPDX-License-Identifier: BSD-3-Clause */
/* Every system call that each of the jailed processes may make, frozen: a change of
 * seccomp_rules.c changes this list too, and says why. It is kept apart from the rules on purpose.
 * Test code. */
#ifndef IDQ_TESTS_JAIL_CALLS_H
#define IDQ_TESTS_JAIL_CALLS_H

#include "pam_idinqr/jail/jail.h"

#include <stddef.h>
#include <sys/types.h>

enum jail_outcome {
    JAIL_ENDS, /* the process; also every call that is not on the list */
    JAIL_ALLOWS,
    JAIL_EPERM,
    JAIL_ENOSYS,
};

#define JAIL_CALL_ARGUMENTS 5

struct jail_call {
    const char *name;
    unsigned in;               /* a bit for each enum jail_kind that has it */
    enum jail_outcome outcome; /* whatever the arguments are */
    /* The call's outcome depends on its arguments: this has the word, and not `outcome`. */
    enum jail_outcome (*by_arguments)(const unsigned long *arguments, pid_t self);
    /* Arguments as libraries have them; each is varied. Ends with a row whose first is NO_BASE. */
    const unsigned long (*bases)[JAIL_CALL_ARGUMENTS];
};

#define NO_BASE 0xBA5EUL
#define SELF    0x5E1FUL /* in a base: the id of the process that calls */

/* The i-th call of the list; NULL past the last. Ordered by name. Some exist on 32 bits alone. */
const struct jail_call *jail_call_at(size_t i);

/* The call as one of the processes has it. */
const struct jail_call *jail_call_of(enum jail_kind kind, const struct jail_call *call);

#endif
