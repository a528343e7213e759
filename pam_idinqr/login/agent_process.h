/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts and ends the agent, as a child of the module without rights. Runs in the application,
 * often as root, perhaps with threads. Nothing process-wide changes on any path. */
#ifndef IDQ_LOGIN_AGENT_PROCESS_H
#define IDQ_LOGIN_AGENT_PROCESS_H

#include "pam_idinqr/common/error.h"

#include <sys/types.h>

/* For agent_process_end. Nothing of a login may be left 2 s after its end. The agent takes up to 1
 * s of this to cancel at the backend (PROVIDER_CANCEL_MS). The rest is for a busy machine. */
#define AGENT_GRACE_MS 1500

struct agent_process {
    int socket;        /* the wire; -1 once closed */
    pid_t pid;         /* 0 once reaped */
    unsigned n_unread; /* frames that were unread when agent_process_end closed the wire */
};

/* The programs of one login, by their paths. */
struct agent_paths {
    const char *agent;
    const char *fetch;   /* NULL: none */
    const char *picture; /* NULL: none */
};

/* Starts the agent with the wire as its descriptor 0, an empty environment, no argument, and a new
 * session. It runs as the agent's user (see --with-agent-user), or, in an application without
 * root's rights, as the application's user. The other programs are started beside it in the same
 * way. Each has a socket as descriptor 0, whose other end is the agent's descriptor 3 (fetch) or 4
 * (picture). No other descriptors are open. The application's SIGCHLD handling neither sees the
 * child nor reaps it. Returns 0, IDQ_AGENT or IDQ_SYSTEM with ret_diag. IDQ_AGENT: a program cannot
 * be trusted, or the user is missing or root. If the application dies, the processes exit within
 * AGENT_GRACE_MS, or are killed. */
int agent_process_start(const struct agent_paths *paths, struct agent_process *ret_agent,
                        struct diag *ret_diag);

/* Tells the agent that the login has ended. Does not wait. */
void agent_process_dismiss(struct agent_process *agent);

/* Closes the wire, waits up to grace_ms for the agent to exit, then kills it, and reaps it. May be
 * called again. Returns 0 if it exited by itself with status 0, else IDQ_AGENT with the reason in
 * ret_diag. */
int agent_process_end(struct agent_process *agent, int grace_ms, struct diag *ret_diag);

#endif
