/* SPDX-License-Identifier: BSD-3-Clause */
/* An OpenID ID token (a JWT: RFC 7519, OpenID Connect Core 2 and 3.1.3.7): taken apart and checked.
 * Pure. The token is untrusted in its form; in what it says it is as good as the way it came.
 *
 * With keys (jwks_file), one of them must have signed it. Without, its signature is not checked:
 * the token comes straight from the token endpoint, over TLS that has verified who that is, which
 * Core 3.1.3.7 item 6 lets take the signature's place. So nothing that came another way may be
 * given to this file. `alg` must all the same be one that signs: only a client that has registered
 * for "none" may be sent such a token, and we never do. */
#ifndef IDQ_AGENT_ID_TOKEN_H
#define IDQ_AGENT_ID_TOKEN_H

#include "pam_idinqr/agent/key_set.h"
#include "pam_idinqr/wire/messages.h"

#include <time.h>

#define ID_TOKEN_SKEW_S 120 /* by which the two clocks may differ; see also `asked` */

/* What a token must be to be ours. */
struct id_token_terms {
    const char *issuer, *client_id; /* whole and exact */
    const char *subject_claim;      /* the member that identifies the person */
    const char *required_acr;       /* any one of these, with blanks between them; "" for any */
    const struct key_set *keys;     /* of which one must have signed it; NULL: TLS alone vouches */
    /* When the login began: an older token is another login's. With keys there is no room for
     * clocks that differ. */
    time_t asked;
    time_t now;
};

/* 0 with ret_result, which the caller wipes: somebody is verified, or its outcome is IDQ_NO_SUBJECT
 * or IDQ_TRANSIENT (no usable identity) or IDQ_LOW_ASSURANCE. Or IDQ_SIGNATURE, IDQ_REPLY, or
 * IDQ_SYSTEM when memory is short, with ret_result wiped. Whenever nobody is verified, *ret_trouble
 * is why, for the log: static, nothing personal. */
int id_token_read(const char *token, size_t size, const struct id_token_terms *terms,
                  struct result_message *ret_result, const char **ret_trouble);

#endif
