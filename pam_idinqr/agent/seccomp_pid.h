/* Between the rules that the build makes and the process that lays them on itself. */
#ifndef IDQ_AGENT_SECCOMP_PID_H
#define IDQ_AGENT_SECCOMP_PID_H

/* What stands in the rules in the place of the process's own number. No number of a process, which
 * end at 2^22, and of no system call; 32 bits of an argument. */
#define SECCOMP_PID 0x7E57A6E7u

#endif
