/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends HTTPS requests through the fetch process (fetch/fetch_main.c), which has the network and no
 * keys. This is the agent's end of their socket. All bytes from it are as untrusted as the network.
 */
#ifndef IDQ_AGENT_FETCH_REQUEST_H
#define IDQ_AGENT_FETCH_REQUEST_H

#include "pam_idinqr/wire/fetch_messages.h"
#include "pam_idinqr/wire/wire.h"

#include <stdbool.h>

/* The descriptor of that socket in the agent. It does not block. */
#define FETCH_SOCKET 3

struct fetch {
    struct wire *wire; /* to the module, which receives log lines and may cancel */
    int socket;
    bool is_ready; /* it has sent READY: it is in its jail */
    bool is_lost;  /* from now on a late answer could be mistaken for that of another request */
};

/* Sends SETUP: the CA, the proxy, and the ports of the URLs and hosts among the settings of START.
 * Does not wait: frames may stay in the socket until the fetch process is in its jail. Returns 0,
 * IDQ_CONFIG or IDQ_AGENT with a log line, or IDQ_SYSTEM. */
int fetch_begin(struct fetch *ret_fetch, struct wire *wire, int socket,
                const struct start_message *start);

/* Waits until the fetch process is in its jail. fetch_request calls this itself. Returns 0,
 * IDQ_AGENT with a log line, or IDQ_CANCELLED. */
int fetch_wait(struct fetch *fetch);

/* Sends one request and waits for its answer. Returns 0 with an answer of any HTTP status, or an
 * error with ret_response zeroed. IDQ_UNREACHABLE, IDQ_TLS, IDQ_CLOCK, IDQ_REPLY, IDQ_CONFIG and
 * IDQ_SYSTEM are those of transport_request. IDQ_CANCELLED: the module has closed. IDQ_AGENT: the
 * fetch process has exited, or broke the protocol. Forwards the log lines of the fetch process. */
int fetch_request(struct fetch *fetch, const struct fetch_request *request,
                  struct fetch_response *ret_response);

#endif
