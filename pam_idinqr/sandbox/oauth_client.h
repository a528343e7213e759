/* SPDX-License-Identifier: BSD-3-Clause */
/* Implements the part of OAuth 2.0 (RFC 6749) that both token endpoints of the sandbox share: a
 * form, client authentication, and errors. The bytes are untrusted. */
#ifndef IDQ_SANDBOX_OAUTH_CLIENT_H
#define IDQ_SANDBOX_OAUTH_CLIENT_H

#include "pam_idinqr/web/http.h"
#include "pam_idinqr/sandbox/sandbox.h"

/* Where a client may put its name and its secret (2.3.1). */
enum oauth_client_auth {
    OAUTH_BASIC,         /* the Authorization header */
    OAUTH_BASIC_OR_POST, /* or the form; its client_id may be there in either case */
};

/* What every such request must be: a form, none of its fields empty, with no other fields than
 * `known` (which ends with NULL) and those of the client, and from the sandbox's client. 1 when it
 * is; else HTTP_REPLY with the reply filled in, or IDQ_SYSTEM. */
int oauth_client_admit(const struct sandbox *sandbox, const struct http_request *request,
                       enum oauth_client_auth auth, const char *const *known, struct form *ret_form,
                       struct http_reply *reply);

/* An error of 5.2. HTTP_REPLY or IDQ_SYSTEM. */
int oauth_reply_error(struct http_reply *reply, unsigned status, const char *error,
                      const char *description);

/* The same, about one field: "FIELD WHY". */
int oauth_reply_field(struct http_reply *reply, const char *error, const char *field,
                      const char *why);

/* An answer with a secret in it: `root`, which is taken over, and stored nowhere. */
int oauth_reply(struct http_reply *reply, json_t *root);

#endif
