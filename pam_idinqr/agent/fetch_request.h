/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent's end of the socket to the fetch process (fetch/main.c), which has the network and no
 * keys: HTTPS as the providers need it. What comes from there is as untrusted as the network. */
#ifndef IDQ_AGENT_FETCH_REQUEST_H
#define IDQ_AGENT_FETCH_REQUEST_H

#include "pam_idinqr/wire/fetch_messages.h"
#include "pam_idinqr/wire/link.h"

/* The descriptor of that socket in the agent. It does not block. */
#define FETCH_SOCKET 3

struct fetch {
    struct link *link; /* to the module: the log, and who cancels */
    int socket;
    int is_ready; /* it has said that it is in its jail */
    int is_lost; /* nothing that it says can be told from an answer to an older question any more */
};

/* Tells the fetch process what START says of this login: the CA, the proxy, and the ports of the
 * URLs and hosts among the settings. Does not wait: what follows may lie in the socket until the
 * fetch process is in its jail. 0; or IDQ_CONFIG or IDQ_AGENT, with a line in the log; or
 * IDQ_SYSTEM. */
int fetch_begin(struct fetch *ret_fetch, struct link *link, int socket,
                const struct start_message *start);

/* Waits until the fetch process is in its jail. 0; or IDQ_AGENT, with a line in the log; or
 * IDQ_CANCELLED. fetch_request does it by itself. */
int fetch_wait(struct fetch *fetch);

/* One request, one answer. 0 with an answer, whatever its HTTP status; or IDQ_UNREACHABLE, IDQ_TLS,
 * IDQ_CLOCK (a certificate that is not valid yet: certificates are made before they are used),
 * IDQ_REPLY (too large or not HTTP), IDQ_CANCELLED (the module has left), IDQ_CONFIG, IDQ_SYSTEM,
 * or IDQ_AGENT (the fetch process has ended, or is not to be trusted), with ret_response left
 * zeroed. What the fetch process has for the log goes there. */
int fetch_request(struct fetch *fetch, const struct request *request,
                  struct response *ret_response);

#endif
