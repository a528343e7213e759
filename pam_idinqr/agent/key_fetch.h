/* SPDX-License-Identifier: BSD-3-Clause */
/* Fetches the public keys of an OpenID provider, for `idinqr keys`. Run by the agent, in its jail;
 * discovery document and JWK Set are untrusted. No login does this: see DECISIONS.md. */
#ifndef IDQ_AGENT_KEY_FETCH_H
#define IDQ_AGENT_KEY_FETCH_H

#include "pam_idinqr/agent/fetch_request.h"
#include "pam_idinqr/wire/messages.h"

/* Asks the setting issuer for its discovery document, and the jwks_uri in it for the keys. Sends
 * each key that can sign an ID token as KEY. 0; or an enum idq_error, and the log has the words:
 * IDQ_CONFIG for an issuer that cannot be one, IDQ_REPLY for a set that jwks_file could not be. */
int key_fetch_run(const struct start_message *start, struct fetch *fetch, struct link *link);

#endif
