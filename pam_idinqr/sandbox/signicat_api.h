/* SPDX-License-Identifier: BSD-3-Clause */
/* Implements Signicat's side of the sandbox: the token endpoint and the sessions of its
 * Authentication REST API, as far as an iDIN login needs them. Any client on the network may call
 * it. The secret identifies a client, and then its token does. */
#ifndef IDQ_SANDBOX_SIGNICAT_API_H
#define IDQ_SANDBOX_SIGNICAT_API_H

#include "pam_idinqr/web/http.h"
#include "pam_idinqr/sandbox/sandbox.h"

#define SIGNICAT_API_PATH      "/auth/rest"
#define SIGNICAT_TOKEN_PATH    "/auth/open/connect/token"
#define SIGNICAT_SESSIONS_PATH SIGNICAT_API_PATH "/sessions"
#define SIGNICAT_SESSION_PATH  SIGNICAT_SESSIONS_PATH "/"

/* Handlers, see http.h. */
int signicat_api_token(struct sandbox *sandbox, struct http_request *request,
                       struct http_reply *ret_reply);
int signicat_api_create(struct sandbox *sandbox, struct http_request *request,
                        struct http_reply *ret_reply);
int signicat_api_status(struct sandbox *sandbox, struct http_request *request,
                        struct http_reply *ret_reply);
int signicat_api_cancel(struct sandbox *sandbox, struct http_request *request,
                        struct http_reply *ret_reply);

#endif
