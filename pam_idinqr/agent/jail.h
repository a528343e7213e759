/* What the agent gives up for good, in three steps: each takes away what the step before still
 * needed. The agent's main() calls them in this order, and nothing else comes between but what is
 * said here.
 *
 *   jail_begin    before the libraries are set up, which read root's own files (openssl.cnf) and
 *                 load what those name
 *   jail_close    before the first byte is read: the module's START
 *   jail_narrow   when START has said what this login needs, and before anything of the network
 *
 * Each returns 0, or IDQ_SYSTEM when something could not be given up; the agent must then end. What
 * a kernel does not have is no error where Landlock is concerned: the administrator is told. */
#ifndef IDQ_AGENT_JAIL_H
#define IDQ_AGENT_JAIL_H

#include "pam_idinqr/agent/link.h"

/* Refuses root; then no new privileges, no core files, no ptrace by its own user, no file written,
 * few descriptors, bounded memory and processor time, no environment. IDQ_AGENT when any of its
 * user ids is root's, with nothing given up. */
int jail_begin(void);

/* Landlock's first layer (landlock.h) and the system calls (seccomp_filter.h): from here on nothing
 * is written, executed, listed or loaded, and no process is made. Refuses a process with more than
 * one thread: the others would stay outside. `link` must live as long as the process. */
int jail_close(struct link *link);

/* Landlock's second layer: the files and ports of jail_list.h, and no others. */
int jail_narrow(struct link *link, const struct start_message *start);

#endif
