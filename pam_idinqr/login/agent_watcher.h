/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts the agent, and exits with its status. The watcher is a child of the application that
 * executes no program. It drops the rights of the application for itself and the agent. Runs with
 * the application's rights, often root's. It reads no data of the agent. */
#ifndef IDQ_LOGIN_AGENT_WATCHER_H
#define IDQ_LOGIN_AGENT_WATCHER_H

#include <sys/types.h>

/* The user of the agent if the application is root. */
struct agent_user {
    uid_t uid;
    gid_t gid;
};

/* The programs to execute, as descriptors. */
struct agent_programs {
    int agent;
    int fetch;   /* -1: none */
    int picture; /* -1: none */
};

/* The watcher's exit codes without an agent. AGENT_EXIT_SIGNAL and above: the signal that killed
 * the agent. Any other is the agent's exit code. */
enum agent_exit {
    AGENT_EXIT_DESCRIPTORS = 120,
    AGENT_EXIT_PROCESS,
    AGENT_EXIT_IDENTITY,
    AGENT_EXIT_SIGNAL = 128,
    AGENT_EXIT_EXEC = 192, /* plus the errno of the exec, 1 to AGENT_EXIT_ERRNO_MAX */
};
#define AGENT_PICTURES_MAX   10 /* as many as the codes that the agent requests in one login */
#define AGENT_EXIT_ERRNO_MAX (255 - AGENT_EXIT_EXEC) /* used for all higher values */

/* Runs the watcher until it exits, in a process that was forked for it, with all signals blocked.
 * The process is a copy of one thread of the application, which cannot be canceled, so it makes
 * only system calls. `wire` becomes the agent's descriptor 0. After the application's death the
 * agent has AGENT_GRACE_MS to exit by itself.
 *
 * A picture reader exits after one picture. The watcher starts the next one when the agent has
 * written to the socket again: it polls the socket and reads nothing. After a reader that failed,
 * and after AGENT_PICTURES_MAX, the agent sees that the socket is closed. */
_Noreturn void agent_watcher_run(int wire, struct agent_programs programs, struct agent_user user);

#endif
