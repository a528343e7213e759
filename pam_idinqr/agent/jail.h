/* What the agent gives up for good before it reads its first byte. */
#ifndef IDQ_AGENT_JAIL_H
#define IDQ_AGENT_JAIL_H

/* Refuses root; then no new privileges, no core files, no ptrace by its own user, no file written,
 * few descriptors, bounded memory and processor time, no environment. 0; IDQ_AGENT when any of its
 * user ids is root's, with nothing given up; IDQ_SYSTEM when something could not be given up. */
int jail_enter(void);

#endif
