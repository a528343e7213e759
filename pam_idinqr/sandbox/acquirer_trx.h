/* SPDX-License-Identifier: BSD-3-Clause */
/* The transactions of a relay, in whichever language it asks for them: iDx, or CM.com's JSON. The
 * sandbox runs this on requests that were admitted. */
#ifndef IDQ_SANDBOX_ACQUIRER_TRX_H
#define IDQ_SANDBOX_ACQUIRER_TRX_H

#include "pam_idinqr/sandbox/acquirer_request.h"
#include "pam_idinqr/sandbox/handlers.h"

#define ACQUIRER_ID           "0050"
#define ACQUIRER_ASSERTION_MS 30000 /* after the phone's return, an identity is lost */
#define ACQUIRER_URL_SIZE     (SANDBOX_URL_MAX + sizeof PHONE_PAGES_PATH + TOKEN_TEXT_SIZE)

/* Neither HTTP_REPLY nor HTTP_HOLD: the request may be answered, or the answer is an error. */
#define ACQUIRER_GO_ON 2
#define ACQUIRER_FAIL  3

/* What the faults make of a request for a transaction or for a status. Returns one of the two
 * above, or what was replied, as `content_type`; or HTTP_HOLD. */
int acquirer_trx_spoil(const struct sandbox *sandbox, struct http_request *request,
                       enum acquirer_request_kind kind, const char *content_type,
                       struct http_reply *ret_reply);

/* Returns the bank with this BIC, or NULL. */
const struct bank *acquirer_trx_bank(const char *bic);

/* Begins a transaction at this bank, of which ret_url is the page. Returns 0, IDQ_BUSY or
 * IDQ_SYSTEM. */
int acquirer_trx_begin(struct sandbox *sandbox, const struct acquirer_request *asked,
                       const struct bank *bank, struct code **ret_code,
                       char ret_url[ACQUIRER_URL_SIZE]);

/* A word of iDx, static. */
const char *acquirer_trx_status(const struct sandbox *sandbox, const struct code *code);

/* Whether the identity of a success is lost. */
bool acquirer_trx_is_late(const struct sandbox *sandbox, const struct code *code);

#endif
