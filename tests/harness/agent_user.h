/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent's user, which an installation makes and a machine that only runs the tests has not:
 * without it no application with root's rights starts the agent. Test code: nothing of the
 * machine's is written. */
#ifndef IDQ_TESTS_AGENT_USER_H
#define IDQ_TESTS_AGENT_USER_H

#include <sys/types.h>

/* For RUN_TESTS: makes sure that this process, and all that it starts, has the agent's user. If the
 * machine has no such user, root gets a private /etc/passwd, in a mount namespace that ends with
 * the process. Returns NULL, or why that fails. Returns NULL for users other than root, who need no
 * agent's user. */
const char *agent_user_why_not(void);

/* The mode of a copy of the agent: an installed one's, which the user cannot read. check-valgrind
 * sets another in IDQ_AGENT_MODE, as Valgrind reads each program that is executed. */
mode_t agent_user_mode(void);

/* As root, takes the user away from this process in the same way. Trouble fails the running test.
 */
void agent_user_remove(void);

#endif
