/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent between a module and one of its helpers, fetch process or picture reader: the sockets,
 * what the module hears, and a real helper at the other end. Test code; Check runs each test in a
 * separate process, with a fresh fixture. Trouble fails the running test. */
#ifndef IDQ_TESTS_HELPER_FIXTURE_H
#define IDQ_TESTS_HELPER_FIXTURE_H

#include "pam_idinqr/wire/wire.h"

#include <sys/types.h>

#define HELPER_FIXTURE_LONG_MS 20000 /* longer than any test waits */

struct helper_fixture {
    struct wire wire; /* the agent's, to the module */
    int module;       /* the module's end of that */
    int agents_end;   /* to the helper; does not block, as the watcher makes it */
    int helpers_end;
};

extern struct helper_fixture helper_fixture;

void helper_fixture_begin(void);

/* Another socket between agent and helper: for when a process has copies of the one before. */
void helper_fixture_connect(void);

/* The next line that the module hears must be this. */
void helper_fixture_must_log(const char *line);

/* Starts the real program of this name at the helper's end, as another user than root. */
pid_t helper_fixture_start(const char *name);

/* Its status, once it has ended. */
int helper_fixture_wait(pid_t pid);

#endif
