/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a backend can be reached, and what it thinks of our clock: for `idinqr check`. Starts no
 * session, and sends nothing of what it knows. */
#ifndef IDQ_AGENT_PROBE_H
#define IDQ_AGENT_PROBE_H

#include "pam_idinqr/agent/fetch_request.h"
#include "pam_idinqr/wire/messages.h"

/* Reads the pinned keys, where there are some (IDQ_CONFIG when they cannot be used), then asks the
 * host of each URL among the settings for its first page, whatever that is. 0 when each has
 * answered by HTTP behind TLS that holds; IDQ_CLOCK when its time and ours are more than a minute
 * apart; else the error of the first that did not answer. The log has the words. */
int probe_run(const struct start_message *probe, struct fetch *fetch, struct link *link);

#endif
