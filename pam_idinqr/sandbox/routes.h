/* SPDX-License-Identifier: BSD-3-Clause */
/* Which handler a request goes to. Everything in the request is anybody's. */
#ifndef IDQ_SANDBOX_ROUTES_H
#define IDQ_SANDBOX_ROUTES_H

#include "pam_idinqr/web/http.h"
#include "pam_idinqr/sandbox/sandbox.h"

/* Fills in the reply, or holds the request, as http.h says of handlers. *ret_name is set to what a
 * log may say of the path: the route, without whatever identifies a code. Static. */
int routes_handle(struct sandbox *sandbox, struct http_request *request,
                  struct http_reply *ret_reply, const char **ret_name);

#endif
