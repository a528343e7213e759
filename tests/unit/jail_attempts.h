/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists the attempts of an attacker who has taken over the agent: a function for each, and its
 * required result. Test code: runs in a process that has entered the jail, and in one that has
 * not. */
#ifndef IDQ_TESTS_JAIL_ATTEMPTS_H
#define IDQ_TESTS_JAIL_ATTEMPTS_H

#include <stddef.h>
#include <sys/types.h>

/* What is there to be tried on. */
struct jail_world {
    const char *file;          /* that everybody may read and write */
    const char *directory;     /* in which everybody may make files */
    const char *confederate;   /* the path of its socket: see jail_confederate.h */
    pid_t parent;              /* of the process that tries */
    unsigned port, other_port; /* on 127.0.0.1, with a listener each; SETUP names the first */
};

struct jail_attempt {
    const char *name;
    /* 0 when it worked, else errno. */
    int (*try)(const struct jail_world *world);
    const char *call;  /* the filter ends the process, and says it was this call; else NULL */
    int error;         /* errno, where it does not */
    int needs_abi;     /* of Landlock, without which it works */
    int works_outside; /* for anybody: so what refuses it inside is the jail and nothing else */
};

/* The i-th; NULL past the last. */
const struct jail_attempt *jail_attempt_at(size_t i);
size_t jail_attempt_count(void);

#endif
