/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers idinqr(1): checks for `idinqr check` that a backend is reachable, and compares its clock
 * with ours. Starts no session, and sends no settings. */
#ifndef IDQ_AGENT_AGENT_PROBE_H
#define IDQ_AGENT_AGENT_PROBE_H

#include "pam_idinqr/agent/provider.h"

/* Reads the pinned keys, if there are any (IDQ_CONFIG if they are invalid). Has the picture reader,
 * if there is one, read a picture (IDQ_AGENT if it does not answer). Then requests the root page of
 * the host of each URL among the settings. Returns 0 if each answered by HTTP over verified TLS,
 * and IDQ_CLOCK if a clock differs by more than a minute. Else returns the error of the first host
 * that did not answer. Details are in the log. */
int agent_probe_run(const struct provider_context *context);

/* Fetches the public keys of an OpenID provider, for `idinqr keys`. The agent runs this in its
 * jail. Discovery document and JWK Set are untrusted. No login does this: see DECISIONS.md. */

/* Fetches the discovery document of the setting issuer, and the keys from its jwks_uri. Sends each
 * key that can sign an ID token as KEY. Returns 0 or an enum idq_error, with details in the log:
 * IDQ_CONFIG for an invalid issuer, IDQ_REPLY for a set that would be invalid in jwks_file. */
int key_fetch_run(const struct provider_context *context);

#endif
