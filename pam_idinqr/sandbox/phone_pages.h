/* SPDX-License-Identifier: BSD-3-Clause */
/* Shows the phone's pages: choose a bank, choose a test person, approve or refuse. The person who
 * scanned a code comes here, and any other visitor may. A visitor's only permission is knowledge of
 * the random names in the address and the form.
 *
 *   GET  /q/CODE          a scan: makes a visit, sends the browser on to
 *   GET  /q/CODE/VISIT    the page of the step that the visit is at
 *   POST /q/CODE/VISIT    a step: form=TOKEN and bank=, person= or answer=approve|refuse */
#ifndef IDQ_SANDBOX_PHONE_PAGES_H
#define IDQ_SANDBOX_PHONE_PAGES_H

#include "pam_idinqr/web/http.h"
#include "pam_idinqr/sandbox/sandbox.h"

#define PHONE_PAGES_PATH "/q/"

/* Handlers, see http.h. */
int phone_pages_get(struct sandbox *sandbox, struct http_request *request,
                    struct http_reply *ret_reply);
int phone_pages_post(struct sandbox *sandbox, struct http_request *request,
                     struct http_reply *ret_reply);

/* The page for a path that is not there. */
int phone_pages_unknown(struct sandbox *sandbox, struct http_request *request,
                        struct http_reply *ret_reply);

#endif
