/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs one exchange with a helper of the agent: the fetch process or the picture reader. An
 * attacker may control either of them. So the agent trusts none of its bytes, and limits every
 * wait. */
#ifndef IDQ_AGENT_HELPER_H
#define IDQ_AGENT_HELPER_H

#include "pam_idinqr/wire/wire.h"

#include <limits.h>

#define HELPER_UNCANCELLED INT_MAX

struct helper {
    const char *name, *program; /* for the log: "picture reader", "idinqr-picture" */
    struct wire *wire;
    int socket; /* which does not block */
    int64_t deadline_ms;
    /* How long the exchange continues after the module has closed. HELPER_UNCANCELLED: to its end.
     */
    int grace_ms;
    int n_lines; /* lines that the helper has sent in this exchange */
};

/* Each returns 0, IDQ_CANCELLED, IDQ_SYSTEM, or IDQ_AGENT with a log line. IDQ_AGENT means that the
 * helper has exited, broke the protocol, or missed the deadline. Each forwards a few log lines of
 * the helper. */

/* Call it before a request: a frame that is already there answers no request. */
int helper_check_silence(struct helper *helper);

int helper_send(struct helper *helper, struct frame *frame);
int helper_send_parts(struct helper *helper, const void *bytes, size_t size);

/* Receives the next frame that is not a LOG. */
int helper_receive(struct helper *helper, struct frame *ret_frame);

/* Logs an invalid frame, and returns IDQ_AGENT. */
int helper_breaks_protocol(const struct helper *helper);

#endif
