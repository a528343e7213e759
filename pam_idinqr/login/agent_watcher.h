/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent's parent: a child of the host, between the host and the agent, that executes nothing.
 * It gives up everything of the host's and the agent's rights with it, starts the agent, and ends
 * as the agent does. Runs with the host's rights, often root's; reads nothing that the agent says.
 */
#ifndef IDQ_LOGIN_AGENT_WATCHER_H
#define IDQ_LOGIN_AGENT_WATCHER_H

#include <sys/types.h>

/* Whom the agent runs as when the host is root. */
struct agent_user {
    uid_t uid;
    gid_t gid;
};

/* What is executed, as descriptors. */
struct agent_programs {
    int agent;
    int fetch;   /* -1: none */
    int picture; /* -1: none */
};

/* What the watcher exits with when there was no agent, and, from AGENT_EXIT_SIGNAL on, which signal
 * ended it; anything else is the agent's own exit code. */
enum agent_exit {
    AGENT_EXIT_DESCRIPTORS = 120,
    AGENT_EXIT_PROCESS,
    AGENT_EXIT_IDENTITY,
    AGENT_EXIT_SIGNAL = 128,
    AGENT_EXIT_EXEC = 192, /* and the errno of the exec, 1 to AGENT_EXIT_ERRNO_MAX, on top */
};
#define AGENT_PICTURES_MAX   10 /* as many as the agent asks for codes in one login */
#define AGENT_EXIT_ERRNO_MAX (255 - AGENT_EXIT_EXEC) /* stands for all that are higher */

/* The whole life of the watcher, in a process that was forked for it, with all signals blocked, and
 * that is a copy of one thread of the host, which cannot be canceled: makes system calls and
 * nothing else. `wire` becomes the agent's descriptor 0. When the application has died, the agent
 * has AGENT_GRACE_MS to end by itself.
 *
 * A picture reader ends after one picture. The watcher starts another one when the agent has
 * written to the socket once more: it looks whether there is something, and reads nothing. After
 * one that has failed, and after AGENT_PICTURES_MAX, the agent finds the socket closed. */
_Noreturn void agent_watcher_run(int wire, struct agent_programs programs, struct agent_user user);

#endif
