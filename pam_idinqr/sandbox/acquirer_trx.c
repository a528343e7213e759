/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on requests of a relay. */
#include "pam_idinqr/sandbox/acquirer_trx.h"

#include "pam_idinqr/common/error.h"

#include <stdio.h>
#include <string.h>

#define SLOW_MS 1000

/* The faults of a kind of request. */
struct spoils {
    enum fault silent, slow, garbage, error;
};

static const struct spoils transaction_spoils = {FAULT_ACQUIRER_SILENT, FAULT_ACQUIRER_SLOW,
                                                 FAULT_ACQUIRER_GARBAGE, FAULT_ACQUIRER_ERROR};
static const struct spoils status_spoils = {
    FAULT_ACQUIRER_STATUS_SILENT, FAULT_ACQUIRER_STATUS_SLOW, FAULT_ACQUIRER_STATUS_GARBAGE,
    FAULT_ACQUIRER_STATUS_ERROR};

int
acquirer_trx_spoil(const struct sandbox *sandbox, struct http_request *request,
                   enum acquirer_request_kind kind, const char *content_type,
                   struct http_reply *ret_reply)
{
    const struct spoils *spoils = kind == ACQUIRER_STATUS ? &status_spoils : &transaction_spoils;
    static const uint64_t never; /* changes */
    const struct faults *faults = &sandbox->faults;

    request->watched = &never;
    if (fault_on(faults, spoils->silent) && !sandbox->stopping) {
        request->hold_until_ms = INT64_MAX;
        return HTTP_HOLD;
    }
    if (fault_on(faults, spoils->slow) && request->hold_until_ms == 0 && !sandbox->stopping) {
        request->hold_until_ms = request->now_ms + SLOW_MS;
        return HTTP_HOLD;
    }
    if (fault_on(faults, spoils->garbage))
        return http_reply_copy(ret_reply, 200, content_type, "<html>", strlen("<html>"));
    return fault_on(faults, spoils->error) ? ACQUIRER_FAIL : ACQUIRER_GO_ON;
}

const struct bank *
acquirer_trx_bank(const char *bic)
{
    const struct bank *bank;

    for (size_t i = 0; (bank = bank_at(i)); i++)
        if (strcmp(bank->bic, bic) == 0)
            return bank;
    return NULL;
}

int
acquirer_trx_begin(struct sandbox *sandbox, const struct acquirer_request *asked,
                   const struct bank *bank, struct code **ret_code, char ret_url[ACQUIRER_URL_SIZE])
{
    struct code *code;
    int error =
        codes_add(&sandbox->codes, CODE_ACQUIRER, CODE_USE_MANY, asked->expiry_s * 1000LL, &code);
    if (error < 0)
        return error;
    memcpy(code->transaction_id, ACQUIRER_ID, strlen(ACQUIRER_ID));
    if (token_digits(code->transaction_id + strlen(ACQUIRER_ID),
                     CODE_TRANSACTION_SIZE - 1 - strlen(ACQUIRER_ID)) < 0)
        return IDQ_SYSTEM;
    code->issuer = bank;
    snprintf(code->reference, sizeof code->reference, "%s", asked->reference);
    snprintf(code->return_url, sizeof code->return_url, "%s%strxid=%s&ec=%s", asked->return_url,
             strchr(asked->return_url, '?') ? "&" : "?", code->transaction_id,
             asked->entrance_code);
    snprintf(ret_url, ACQUIRER_URL_SIZE, "%s" PHONE_PAGES_PATH "%s", sandbox->public_url,
             code->path);
    *ret_code = code;
    return 0;
}

const char *
acquirer_trx_status(const struct sandbox *sandbox, const struct code *code)
{
    if (fault_on(&sandbox->faults, FAULT_ACQUIRER_OPEN))
        return "Open";
    if (fault_on(&sandbox->faults, FAULT_ACQUIRER_PENDING))
        return "Pending";
    switch (code->status) {
    case CODE_SUCCESS:
    case CODE_USED:
        return "Success";
    case CODE_REFUSED:
    case CODE_CANCELLED:
        return "Cancelled";
    case CODE_EXPIRED:
        return "Expired";
    case CODE_FAILURE:
        return "Failure";
    default:
        return "Open";
    }
}

bool
acquirer_trx_is_late(const struct sandbox *sandbox, const struct code *code)
{
    return code->status == CODE_USED ||
           sandbox->codes.now_ms - code->approved_ms > ACQUIRER_ASSERTION_MS ||
           fault_on(&sandbox->faults, FAULT_ACQUIRER_LATE);
}
