/* SPDX-License-Identifier: BSD-3-Clause */
/* Implements OpenID's side of the sandbox: discovery, the keys of its ID tokens, and the device
 * authorization grant (RFC 8628). Any client on the network may call it. The secret identifies the
 * OAuth client. */
#ifndef IDQ_SANDBOX_OIDC_API_H
#define IDQ_SANDBOX_OIDC_API_H

#include "pam_idinqr/sandbox/sandbox.h"
#include "pam_idinqr/web/http.h"

#define OIDC_DISCOVERY_PATH "/.well-known/openid-configuration"
#define OIDC_KEYS_PATH      "/oidc/keys"
#define OIDC_DEVICE_PATH    "/oidc/device" /* GET: see oidc_pages_get */
#define OIDC_TOKEN_PATH     "/oidc/token"

#define OIDC_INTERVAL_S 1 /* the shortest that a client has to take: tests wait for it */

/* Handlers, see http.h. */
int oidc_api_discovery(struct sandbox *sandbox, struct http_request *request,
                       struct http_reply *ret_reply);
int oidc_api_keys(struct sandbox *sandbox, struct http_request *request,
                  struct http_reply *ret_reply);
int oidc_api_device(struct sandbox *sandbox, struct http_request *request,
                    struct http_reply *ret_reply);
int oidc_api_token(struct sandbox *sandbox, struct http_request *request,
                   struct http_reply *ret_reply);

/* Shows the page where a person types the code of a device (RFC 8628, 3.3), and the page of a link
 * that contains the code. Any browser may request them: a code's letters are its only protection.
 */

/* A handler, see http.h: GET OIDC_DEVICE_PATH, with user_code=… in the query or without. */
int oidc_pages_get(struct sandbox *sandbox, struct http_request *request,
                   struct http_reply *ret_reply);

#endif
