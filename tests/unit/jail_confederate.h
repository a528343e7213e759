/* SPDX-License-Identifier: BSD-3-Clause */
/* A process outside the jail that helps an agent that an attacker has taken over, and the agent's
 * side of it. It listens on a datagram socket that has a path: Landlock has no rule for those.
 * Test code. */
#ifndef IDQ_TESTS_JAIL_CONFEDERATE_H
#define IDQ_TESTS_JAIL_CONFEDERATE_H

/* Starts it, with the rights of the test, as a thread of the running test. Trouble fails the test.
 */
void jail_confederate_begin(const char *path);

/* The agent's side; 0, or errno. By one end of a pair of datagram sockets, the first sends a few
 * bytes. The second also sends one end of a stream, over which the confederate opens `file` for
 * the agent, and reads from it. */
int jail_confederate_send(const char *path);
int jail_confederate_fetch(const char *path, const char *file);

#endif
