/* SPDX-License-Identifier: BSD-3-Clause */
/* Shows the page where a person types the code of a device (RFC 8628, 3.3), and the page of a link
 * that contains the code. Any browser may request them: a code's letters are its only protection.
 */
#ifndef IDQ_SANDBOX_OIDC_PAGES_H
#define IDQ_SANDBOX_OIDC_PAGES_H

#include "pam_idinqr/web/http.h"
#include "pam_idinqr/sandbox/sandbox.h"

/* A handler, see http.h: GET OIDC_DEVICE_PATH, with user_code=… in the query or without. */
int oidc_pages_get(struct sandbox *sandbox, struct http_request *request,
                   struct http_reply *ret_reply);

#endif
