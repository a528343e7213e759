/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes and starts the programs that tests of the module's side use as the agent. Test code: runs
 * as the user who runs the tests. */
#ifndef IDQ_TESTS_FAKE_AGENTS_H
#define IDQ_TESTS_FAKE_AGENTS_H

#include "pam_idinqr/login/agent_process.h"

/* Copies fake_agent.c's program into a new directory, under a name that lists its actions
 * ("start+qr+result"). Returns the path, which scratch.h keeps. An error fails the running test. */
char *fake_agents_make(const char *words);

/* Waits until an agent has come to its word "gate", and lets it go on: what it said before is all
 * that it has said. */
void fake_agents_let_through(const char *path);

#define FAKE_AGENTS_LONG_MS 600000 /* a grace that no test lives to see the end of */

/* agent_process_start and agent_process_end (with the long grace), which must succeed. */
void fake_agents_start(const char *path, struct agent_process *ret_agent);
void fake_agents_end(struct agent_process *agent);

/* Waits until the agent has said something, or has ended. */
void fake_agents_await(const struct agent_process *agent);

#endif
