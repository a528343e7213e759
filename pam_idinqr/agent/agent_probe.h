/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks that a backend is reachable, and compares its clock with ours, for `idinqr check`. Starts
 * no session, and sends no settings. */
#ifndef IDQ_AGENT_AGENT_PROBE_H
#define IDQ_AGENT_AGENT_PROBE_H

#include "pam_idinqr/agent/provider.h"

/* Reads the pinned keys, if there are any (IDQ_CONFIG if they are invalid). Then requests the root
 * page of the host of each URL among the settings. Returns 0 if each answered by HTTP over verified
 * TLS, and IDQ_CLOCK if a clock differs by more than a minute. Else returns the error of the first
 * host that did not answer. Details are in the log. */
int agent_probe_run(const struct provider_context *context);

#endif
