/* SPDX-License-Identifier: BSD-3-Clause */
/* Fetches the public keys of an OpenID provider, for `idinqr keys`. The agent runs this in its
 * jail. Discovery document and JWK Set are untrusted. No login does this: see DECISIONS.md. */
#ifndef IDQ_AGENT_KEY_FETCH_H
#define IDQ_AGENT_KEY_FETCH_H

#include "pam_idinqr/agent/provider.h"

/* Fetches the discovery document of the setting issuer, and the keys from its jwks_uri. Sends each
 * key that can sign an ID token as KEY. Returns 0 or an enum idq_error, with details in the log:
 * IDQ_CONFIG for an invalid issuer, IDQ_REPLY for a set that would be invalid in jwks_file. */
int key_fetch_run(const struct provider_context *context);

#endif
