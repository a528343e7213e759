/* SPDX-License-Identifier: BSD-3-Clause */
/* Parses and checks an OpenID ID token (a JWT: RFC 7519, OpenID Connect Core 2 and 3.1.3.7). Pure.
 * The token's form is untrusted. Its content is as trustworthy as its source.
 *
 * With keys (jwks_file), one of them must have signed the token. Without keys, the signature is not
 * checked: TLS has verified the token endpoint, which Core 3.1.3.7 item 6 accepts instead. So pass
 * no token from any other source to this file. `alg` must be a signature algorithm in any case.
 * Only a client that registered for "none" may get such a token, and the agent never does. */
#ifndef IDQ_AGENT_ID_TOKEN_H
#define IDQ_AGENT_ID_TOKEN_H

#include "pam_idinqr/agent/key_set.h"
#include "pam_idinqr/wire/messages.h"

#include <time.h>

#define ID_TOKEN_SKEW_S 120 /* by which the two clocks may differ; see also `asked` */

/* The requirements of a token for this client. */
struct id_token_terms {
    const char *issuer, *client_id; /* complete, compared byte by byte */
    const char *subject_claim;      /* the member that identifies the person */
    const char *nonce;              /* that was asked for; NULL: the grant has none */
    const char *required_acr;       /* any one of these, separated by blanks; "": any value */
    const struct key_set *keys;     /* one of them must have signed it; NULL: only TLS vouches */
    /* The start of the login: an older token belongs to another login. With keys and no nonce, no
     * clock skew is allowed. */
    time_t asked;
    time_t now;
};

/* Returns 0 with ret_result, which the caller wipes. Its outcome is 0 if a person is verified,
 * IDQ_NO_SUBJECT or IDQ_TRANSIENT without a usable identity, or IDQ_LOW_ASSURANCE. Returns
 * IDQ_SIGNATURE or IDQ_REPLY, or IDQ_SYSTEM if memory is short, with ret_result wiped. If no person
 * is verified, *ret_trouble is the reason, for the log: static, without personal data. */
int id_token_read(const char *token, size_t size, const struct id_token_terms *terms,
                  struct result_message *ret_result, const char **ret_trouble);

#endif
