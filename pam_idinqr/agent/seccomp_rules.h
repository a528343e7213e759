/* The list of system calls that the agent may make. */
#ifndef IDQ_AGENT_SECCOMP_RULES_H
#define IDQ_AGENT_SECCOMP_RULES_H

/* Makes the filter for this process, and lays it on, for good. no_new_privs must be set. A call
 * that is not on the list raises SIGSYS. 0 or IDQ_SYSTEM. */
int seccomp_rules_load(void);

#endif
