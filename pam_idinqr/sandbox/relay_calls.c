/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this as the QR backend of a relay. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/sandbox/handlers.h"
#include "pam_idinqr/sandbox/signers.h"
#include "pam_idinqr/web/http_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 10000

/* Keeps what the relay says, if it has the form of an answer. */
static void
on_answer(void *context, const struct http_client_answer *answer)
{
    struct relay_call *call = context;
    json_t *root = json_loadb(answer->body, answer->body_size, JSON_REJECT_DUPLICATES, NULL);
    const char *url = json_string_value(json_object_get(root, "issuer_authentication_url"));
    const char *id = json_string_value(json_object_get(root, "transaction_id"));
    const char *status = json_string_value(json_object_get(root, "status"));

    if (answer->error == 0) {
        snprintf(call->url, sizeof call->url, "%s", url ? url : "");
        snprintf(call->transaction_id, sizeof call->transaction_id, "%s", id ? id : "");
        snprintf(call->status, sizeof call->status, "%s", status ? status : "");
    }
    json_decref(root);
    call->is_done = true;
    call->changes++;
}

static int
post(struct sandbox *sandbox, const char *url, const char *body, struct relay_call *call)
{
    char hash[BODY_SIGNER_TEXT_SIZE];
    const struct http_client_request request = {
        .url = url,
        .content_type = JSON_TYPE,
        .body = body,
        .body_size = strlen(body),
        .signature = hash,
        .ca_file = sandbox->relay_ca_file,
        .proxy = "",
        .timeout_ms = TIMEOUT_MS,
    };

    if (body_signer_sign(sandbox, body, strlen(body), false, hash) < 0)
        return IDQ_SYSTEM;
    return sandbox->post(sandbox->client, &request, on_answer, call);
}

struct relay_call *
relay_call_begin(struct sandbox *sandbox, const char *path, json_t *body)
{
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    char url[SANDBOX_URL_MAX + 64];
    struct relay_call *call = NULL;

    json_decref(body);
    snprintf(url, sizeof url, "%s%s", sandbox->relay_url, path);
    for (size_t i = 0; text && i < RELAY_CALLS_MAX; i++)
        if (sandbox->relay_calls[i].changes == 0 ||
            (!call && sandbox->relay_calls[i].is_done)) /* its phone has gone */
            call = &sandbox->relay_calls[i];
    if (call) {
        *call = (struct relay_call){.changes = 1};
        if (post(sandbox, url, text, call) < 0) {
            relay_call_free(call);
            call = NULL;
        }
    }
    free(text);
    return call;
}

struct relay_call *
relay_call_of(struct sandbox *sandbox, const uint64_t *watched)
{
    for (size_t i = 0; i < RELAY_CALLS_MAX; i++)
        if (watched == &sandbox->relay_calls[i].changes)
            return &sandbox->relay_calls[i];
    return NULL;
}

void
relay_call_free(struct relay_call *call)
{
    *call = (struct relay_call){.changes = 0};
}
