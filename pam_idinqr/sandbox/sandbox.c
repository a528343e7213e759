/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this. */
#include "pam_idinqr/sandbox/sandbox.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/sandbox/handlers.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CLOCK_FAULT_S 3600

/* A client of OAuth 2.0 with a fresh secret. The secret has characters in it that a client must
 * escape in a form, and also in an Authorization header (RFC 6749, 2.3.1): one that does not is not
 * let in. */
static int
make_client(struct sandbox *sandbox)
{
    char id[TOKEN_TEXT_SIZE], secret[TOKEN_TEXT_SIZE], account[TOKEN_TEXT_SIZE];

    if (token_text(id) < 0 || token_text(secret) < 0 || token_text(account) < 0)
        return IDQ_SYSTEM;
    snprintf(sandbox->client_id, sizeof sandbox->client_id, "sandbox-%s", id);
    snprintf(sandbox->client_secret, sizeof sandbox->client_secret, "%s:%%+/&=", secret);
    snprintf(sandbox->account_id, sizeof sandbox->account_id, "a-sandbox-%s", account);
    secret_wipe(secret, sizeof secret);
    return token_bytes(sandbox->token_key, sizeof sandbox->token_key);
}

struct sandbox *
sandbox_new(int64_t now_ms)
{
    SANDBOX_AUTO *sandbox = calloc(1, sizeof *sandbox);

    if (!sandbox || token_uuid(sandbox->merchant_token) < 0 ||
        token_bytes(sandbox->signing_key, sizeof sandbox->signing_key) < 0 ||
        make_client(sandbox) < 0 || token_signer_new(&sandbox->signer) < 0)
        return NULL;
    sandbox->codes.events = &sandbox->events;
    events_begin(&sandbox->events, now_ms);
    codes_tick(&sandbox->codes, now_ms);

    struct sandbox *made = sandbox;
    sandbox = NULL;
    return made;
}

int64_t
sandbox_wall_clock_s(const struct sandbox *sandbox)
{
    int64_t now_s = (int64_t)time(NULL);

    if (fault_on(&sandbox->faults, FAULT_CLOCK_AHEAD))
        now_s += CLOCK_FAULT_S;
    if (fault_on(&sandbox->faults, FAULT_CLOCK_BEHIND))
        now_s -= CLOCK_FAULT_S;
    return now_s;
}

const char *
sandbox_code_url(const struct sandbox *sandbox)
{
    return fault_on(&sandbox->faults, FAULT_PICTURE_OTHER_HOST) ? "https://evil.example"
                                                                : sandbox->public_url;
}

int
sandbox_asked(struct sandbox *sandbox, struct code *code, int again)
{
    if (!again)
        code->status_requests++;
    if (code->status_requests == 1 && fault_on(&sandbox->faults, FAULT_BUSY_ONCE))
        return IDQ_BUSY;
    if (code == &sandbox->codes.slots[0] && fault_on(&sandbox->faults, FAULT_EXPIRED_ONCE))
        code_end(&sandbox->codes, code, CODE_EXPIRED);
    sandbox_auto_step(sandbox, code);
    return 0;
}

int
sandbox_cancel(struct sandbox *sandbox, struct http_request *request, struct code *code)
{
    if (request->hold_until_ms == 0) /* once, however often a held request comes by */
        code_cancel(&sandbox->codes, code);
    if (!fault_on(&sandbox->faults, FAULT_CANCEL_STALLS) || sandbox->stopping)
        return HTTP_REPLY;
    request->hold_until_ms = INT64_MAX;
    request->watched = &code->changes;
    return HTTP_HOLD;
}

int
sandbox_scan(struct sandbox *sandbox, struct code *code, struct visit **ret_visit)
{
    struct codes *codes = &sandbox->codes;
    int error = code_scan(codes, code, ret_visit);

    if (error < 0)
        return error;
    if (fault_on(&sandbox->faults, FAULT_STATUS_EXPIRED))
        code_end(codes, code, CODE_EXPIRED);
    if (fault_on(&sandbox->faults, FAULT_STATUS_FAILURE))
        code_end(codes, code, CODE_FAILURE);
    if (fault_on(&sandbox->faults, FAULT_STATUS_CANCELLED))
        code_end(codes, code, CODE_CANCELLED);
    return 0;
}

void
sandbox_auto_step(struct sandbox *sandbox, struct code *code)
{
    struct codes *codes = &sandbox->codes;
    struct visit *visit;

    if (!sandbox->auto_person || !code->picture_fetched)
        return;
    /* Each step waits until the merchant has seen the previous one, so that a person at the
     * merchant's screen sees all of them. If a real phone scanned a code first, only that phone
     * continues. */
    if (code->status == CODE_OPEN && sandbox_scan(sandbox, code, &visit) == 0) {
        visit->is_auto = true;
        code_choose_bank(codes, code, visit, sandbox->auto_bank);
        code_choose_person(code, visit, sandbox->auto_person);
    } else if (code->told == CODE_PENDING && code->visits[0].is_auto) {
        code_approve(codes, code, &code->visits[0]);
    }
}

void
sandbox_free(struct sandbox **sandbox)
{
    if (!*sandbox)
        return;
    token_signer_free(&(*sandbox)->signer);
    acquirer_api_close(*sandbox);
    secret_wipe(*sandbox, sizeof **sandbox);
    free(*sandbox);
    *sandbox = NULL;
}
