/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent as the module's child: started without rights, ended for certain. Runs in the host,
 * often as root, perhaps with threads: nothing process-wide is changed on any path. */
#ifndef IDQ_LOGIN_AGENT_PROCESS_H
#define IDQ_LOGIN_AGENT_PROCESS_H

#include "pam_idinqr/common/diag.h"

#include <sys/types.h>

/* For agent_process_end. A login is to leave nothing behind 2 s after whatever ended it. Of these
 * the agent takes up to 1 s to tell the backend (PROVIDER_CANCEL_MS); the rest is for a
 * machine that is busy. */
#define AGENT_GRACE_MS 1500

struct agent_process {
    int socket;        /* the wire; -1 once closed */
    pid_t pid;         /* 0 once reaped */
    unsigned n_unread; /* frames that were on their way when agent_process_end closed the wire */
};

/* The programs of one login, by their paths. */
struct agent_paths {
    const char *agent;
    const char *fetch;   /* NULL: none */
    const char *picture; /* NULL: none */
};

/* Starts the agent with the wire as its descriptor 0, an empty environment, no argument, in its own
 * session, as the agent's user (see --with-agent-user), or, in an application without rights, as
 * the application's user. The other programs are started beside it in the same way, each with a
 * socket as descriptor 0, whose other end is the agent's descriptor 3 (fetch) or 4 (picture).
 * Nothing else is open in any of them. The application's SIGCHLD handling neither sees the child
 * nor reaps it. 0; IDQ_AGENT (a program cannot be trusted, or the user is missing or root) or
 * IDQ_SYSTEM with ret_diag. Processes whose application has died end within AGENT_GRACE_MS, as
 * they should or by force. */
int agent_process_start(const struct agent_paths *paths, struct agent_process *ret_agent,
                        struct diag *ret_diag);

/* Lets the agent know that the login is over, and waits for nothing. */
void agent_process_dismiss(struct agent_process *agent);

/* Closes the wire, waits up to grace_ms for the agent to end, then kills it; reaps it. Safe to call
 * again. 0 when it had ended by itself and well; else IDQ_AGENT with ret_diag saying how it
 * ended. */
int agent_process_end(struct agent_process *agent, int grace_ms, struct diag *ret_diag);

#endif
