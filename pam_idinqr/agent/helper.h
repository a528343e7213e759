/* SPDX-License-Identifier: BSD-3-Clause */
/* One exchange with a process that works for the agent: the fetch process or the picture reader.
 * Either may have been taken over, so that nothing it says is believed, and nothing waits for it
 * for ever. */
#ifndef IDQ_AGENT_HELPER_H
#define IDQ_AGENT_HELPER_H

#include "pam_idinqr/wire/link.h"

#include <limits.h>

#define HELPER_UNCANCELLED INT_MAX

struct helper {
    const char *name; /* for the log: "picture reader" */
    struct link *link;
    int socket; /* which does not block */
    int64_t deadline_ms;
    /* For so long the exchange goes on after the module has left; HELPER_UNCANCELLED: to its end.
     */
    int grace_ms;
    int n_lines; /* that it had for the log in this exchange */
};

/* Each returns 0; or IDQ_CANCELLED; or IDQ_AGENT, with a line in the log, when the helper has
 * ended, breaks the protocol, or has not answered by the deadline; or IDQ_SYSTEM. What the helper
 * has for the log goes there on the way, a few lines of it. */

/* Before a question: an answer that is there already is to none. */
int helper_check_silence(struct helper *helper);

int helper_send(struct helper *helper, struct frame *frame);
int helper_send_parts(struct helper *helper, const void *bytes, size_t size);

/* The next frame that is no LOG. */
int helper_receive(struct helper *helper, struct frame *ret_frame);

/* For a frame that cannot be: a line in the log, and IDQ_AGENT. */
int helper_breaks_protocol(const struct helper *helper);

#endif
