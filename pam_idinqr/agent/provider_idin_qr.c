/* SPDX-License-Identifier: BSD-3-Clause */
/* The provider idin-qr: generates a code and fetches its picture at the QR backend, polls and
 * cancels at the merchant's endpoint. A relay is both, and may send the link. The agent runs this,
 * with its user's rights, on answers of both. An answer without a valid signature can only delay a
 * login or end it. */
#include "pam_idinqr/agent/backend.h"
#include "pam_idinqr/agent/idin_qr_messages.h"
#include "pam_idinqr/agent/picture_request.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/signature.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#define LIFETIME_LEAST_S  60
#define LIFETIME_MOST_S   900 /* use case 01 allows no more */
#define BANK_LEAST_S      60  /* that a relay's acquirer gives a person at the bank */
#define CLOCK_TOLERANCE_S 30

struct idin_qr {
    struct backend backend;
    const struct idin_qr_settings *settings;
    struct secret *key;
    struct generate_answer code;     /* its qr_id is "" until there is a code */
    char nonce[PROVIDER_NONCE_SIZE]; /* of this login; "" if the endpoint supports none */
    int scanned;                     /* `scanned` was reported */
    unsigned tries_most;             /* of the next answer that asks for a number */
    char number[NUMBER_SIZE];        /* for the next question; "": none */
};

static int
least(int a, int b)
{
    return a < b ? a : b;
}

/* How long a code lives. A relay lets no person begin in the last minute, so its code outlives the
 * login by that. The desk cancels it before. */
static uint32_t
lifetime_of_code(const struct idin_qr *state, uint32_t lifetime_s)
{
    uint32_t more_s = state->settings->is_relay ? BANK_LEAST_S : 0;

    return lifetime_s + more_s < LIFETIME_MOST_S ? lifetime_s + more_s : LIFETIME_MOST_S;
}

static int
check_signature(struct idin_qr *state, const char *what, const struct fetch_response *response)
{
    const char *which = "more than one";
    int error =
        signature_check(state->key, state->settings->signing_key_encoding, response->body,
                        response->body_size, response->signature, response->signature_count);

    if (response->signature_count == 0)
        which = "no";
    else if (response->signature_count == 1)
        which = "a wrong";
    if (error)
        wire_log(state->backend.context->wire, LOG_WARNING, "%s: %s " SIGNATURE_HEADER, what,
                 which);
    return error;
}

/* Sends one request in JSON, and checks the answer before it is parsed: status, signature, type, in
 * this order. */
static int
ask(struct idin_qr *state, const char *what, const char *url, struct secret *body, int timeout_ms,
    struct fetch_response *ret_response)
{
    struct fetch_request request = {
        .url = url,
        .content_type = "application/json",
        .accept = "application/json",
        .signature_name = SIGNATURE_HEADER,
        .max_size = BACKEND_ANSWER_MAX,
        .timeout_ms = timeout_ms,
    };
    int error;

    if (!body)
        return IDQ_SYSTEM;
    request.body = secret_bytes(body);
    request.body_size = secret_size(body);
    error = fetch_request(state->backend.context->fetch, &request, ret_response);
    if (!error)
        error = backend_check_status(&state->backend, what, ret_response->status, "");
    if (!error)
        error = check_signature(state, what, ret_response);
    return error ? error : backend_check_json(&state->backend, what, ret_response);
}

/* A code's expiration is in UTC. A wrong clock is the usual reason for codes that expire early. */
static void
compare_clocks(struct idin_qr *state, const struct fetch_response *response)
{
    long ahead_s = response->clock_ahead_s;

    if (ahead_s > CLOCK_TOLERANCE_S || ahead_s < -CLOCK_TOLERANCE_S)
        wire_log(state->backend.context->wire, LOG_WARNING,
                 "this machine's clock is %ld seconds %s", ahead_s > 0 ? ahead_s : -ahead_s,
                 ahead_s > 0 ? "ahead of the QR backend's" : "behind the QR backend's");
}

/* Returns whether our clock is the reason for the refusal: the backend's expiration is in our past,
 * or later than the protocol allows. */
static bool
is_clocks_fault(const struct fetch_response *response, uint32_t lifetime_s)
{
    long left_s = response->clock_ahead_s + (long)lifetime_s;

    return response->status >= 400 && response->status <= 499 &&
           (left_s <= 0 || left_s > LIFETIME_MOST_S);
}

/* *ret_retry_after_s is the answer's time until a retry, or -1. */
static int
generate(struct idin_qr *state, uint32_t lifetime_s, struct generate_answer *ret_answer,
         long *ret_retry_after_s)
{
    const struct provider_context *context = state->backend.context;
    struct generate_request request = {
        .merchant_token = state->settings->merchant_token,
        .merchant_sub_id = state->settings->merchant_sub_id,
        .expiration = time(NULL) + (time_t)lifetime_of_code(state, lifetime_s),
    };
    const char *problem;

    if (state->settings->is_relay) {
        request.is_relay = true;
        request.nonce = state->nonce;
        request.station = context->start->station;
        request.service = context->start->service;
        request.account = context->start->account[0] ? context->start->account : NULL;
    }
    SECRET_AUTO *body = idin_qr_write_generate(&request);
    RESPONSE_AUTO response = {0};
    int error = ask(state, "generate", state->settings->qr_backend_url, body,
                    backend_request_ms(context->deadline_ms), &response);

    *ret_retry_after_s = response.body ? response.retry_after_s : -1;
    compare_clocks(state, &response); /* also of a refusal, which it may explain */
    if (error == IDQ_REPLY && is_clocks_fault(&response, lifetime_of_code(state, lifetime_s)))
        return IDQ_CLOCK;
    if (error)
        return error;
    error =
        idin_qr_read_generate(response.body, response.body_size, &request, ret_answer, &problem);
    if (error)
        wire_log(context->wire, LOG_WARNING, "generate: %s", problem);
    return error;
}

/* Requests a code, and retries if the backend asks for a short wait. */
static int
generate_patiently(struct idin_qr *state, uint32_t lifetime_s, struct generate_answer *ret_answer)
{
    const int64_t until_ms = backend_patience_ms(&state->backend);
    long retry_after_s;
    int error;

    do
        error = generate(state, lifetime_s, ret_answer, &retry_after_s);
    while (backend_retries(&state->backend, until_ms, retry_after_s, &error));
    return error;
}

static int
check_link(const struct idin_qr *state, const char *payload)
{
    return backend_check_host(&state->backend, "code", payload, NULL);
}

/* Fetches the picture and reads its code. The link is never built from qr_id, because the backend
 * decides its content. */
static int
read_picture(struct idin_qr *state, const char *qr_url, char ret_payload[PAYLOAD_MAX + 1])
{
    const struct provider_context *context = state->backend.context;
    struct fetch_request request = {
        .url = qr_url,
        .accept = "image/png",
        .signature_name = SIGNATURE_HEADER,
        .max_size = PICTURE_MAX,
        .timeout_ms = backend_request_ms(context->deadline_ms),
    };
    RESPONSE_AUTO response = {0};
    int error =
        backend_check_host(&state->backend, "picture", qr_url, state->settings->qr_backend_url);

    if (!error) {
        error = fetch_request(context->fetch, &request, &response);
        if (!error)
            error = backend_check_status(&state->backend, "picture", response.status, "");
        /* The code is made, and perhaps paid for: it is the picture that has failed. */
        if (error == IDQ_MERCHANT || error == IDQ_REPLY || error == IDQ_UNREACHABLE ||
            error == IDQ_BUSY)
            error = IDQ_PICTURE;
    }
    /* Any file server may serve the pictures, and the signed qr_url vouches for them. If a picture
     * has a signature, it must be valid. */
    if (!error && response.signature_count > 0)
        error = check_signature(state, "picture", &response);
    if (error)
        return error;
    error = strcmp(response.content_type, "image/png") == 0
                ? picture_request(context->wire, PICTURE_SOCKET, response.body, response.body_size,
                                  backend_request_ms(context->deadline_ms), ret_payload)
                : IDQ_PICTURE;
    if (error == IDQ_PICTURE)
        wire_log(context->wire, LOG_WARNING, "picture: not a PNG with one QR code");
    return error ? error : check_link(state, ret_payload);
}

/* A relay's link is covered by the signature of its answer. */
static int
take_link(struct idin_qr *state, char ret_payload[PAYLOAD_MAX + 1])
{
    if (state->code.qr_payload[0] == '\0')
        return read_picture(state, state->code.qr_url, ret_payload);
    memcpy(ret_payload, state->code.qr_payload, sizeof state->code.qr_payload);
    return check_link(state, ret_payload);
}

static int
interval_ms(const struct idin_qr *state)
{
    return state->backend.context->settings->poll_interval_s * 1000;
}

static int
idin_qr_start(const struct provider_context *context, void **ret_state, struct qr_message *ret_qr,
              int *ret_next_ms)
{
    struct idin_qr *state = calloc(1, sizeof *state);
    uint32_t lifetime_s = context->start->timeout_ms / 1000;
    int error;

    *ret_state = state;
    if (!state)
        return IDQ_SYSTEM;
    state->backend.context = context;
    state->settings = &context->settings->idin_qr;
    state->tries_most = NUMBER_TRIES_MAX;
    lifetime_s = lifetime_s < LIFETIME_LEAST_S ? LIFETIME_LEAST_S : lifetime_s;
    lifetime_s = lifetime_s > LIFETIME_MOST_S ? LIFETIME_MOST_S : lifetime_s;
    error = signing_key_read(state->settings->signing_key, state->settings->signing_key_encoding,
                             &state->key);
    if (!error && secret_size(state->key) < SIGNING_KEY_MIN)
        error = IDQ_CONFIG;
    if (error) {
        wire_log(context->wire, LOG_ERR, "signing_key is too short, or not in its encoding");
        return error;
    }
    if (state->settings->is_relay || state->settings->status_nonce != STATUS_NONCE_OFF)
        error = backend_make_nonce(state->nonce);
    if (!error)
        error = generate_patiently(state, lifetime_s, &state->code);
    if (error)
        return error;
    memset(ret_qr, 0, sizeof *ret_qr);
    ret_qr->lifetime_s = lifetime_s;
    error = take_link(state, ret_qr->payload);
    /* A backend that holds the answer may be polled at once. */
    *ret_next_ms = state->settings->long_poll_s > 0
                       ? 0
                       : backend_next_ms(&state->backend, interval_ms(state), -1);
    return error;
}

static int
idin_qr_poll(void *opaque, struct provider_status *ret_status)
{
    struct idin_qr *state = opaque;
    int64_t asked_ms = clock_ms();
    int left_ms = clock_left_ms(state->backend.context->deadline_ms);
    bool has_number = state->number[0] != '\0';
    int wait_s = has_number ? 0 : least(state->settings->long_poll_s, left_ms / 1000);
    /* The backend needs the usual time in addition to the time that it holds the answer. */
    int timeout_ms = least(wait_s * 1000 + BACKEND_REQUEST_MS, left_ms > 0 ? left_ms : 1);
    const struct status_request request = {
        .merchant_token = state->settings->merchant_token,
        .qr_id = state->code.qr_id,
        .nonce = state->nonce[0] ? state->nonce : NULL,
        .wait_s = wait_s,
        .is_relay = state->settings->is_relay,
        .tries_most = state->tries_most,
        .number = has_number ? state->number : NULL,
    };
    SECRET_AUTO *body = idin_qr_write_status(&request);
    RESPONSE_AUTO response = {0};
    const char *problem;
    long in_header_s, in_body_s = -1;
    int error;

    memset(ret_status, 0, sizeof *ret_status);
    error = ask(state, "status", state->settings->status_url, body, timeout_ms, &response);
    in_header_s = response.body ? response.retry_after_s : -1;
    if (!error) {
        error = idin_qr_read_status(response.body, response.body_size, &request, ret_status,
                                    &in_body_s, &problem);
        if (error)
            wire_log(state->backend.context->wire, LOG_WARNING, "status: %s", problem);
        secret_wipe(state->number, sizeof state->number); /* without an answer it is sent again */
    }
    if (!error && ret_status->state == PROVIDER_NUMBER) {
        state->tries_most = ret_status->tries_left - 1;
        return 0; /* the number is the news: it does not wait */
    }
    if (!error && ret_status->state == PROVIDER_SCANNED && !state->scanned) {
        state->scanned = 1;
        return 0; /* the state changed: poll again at once */
    }
    /* The interval begins with the request. It limits polls of a backend that ignores `wait`, and a
     * backend that held the answer causes no delay. */
    ret_status->next_ms =
        backend_next_ms(&state->backend, asked_ms + interval_ms(state) - clock_ms(),
                        in_body_s > in_header_s ? in_body_s : in_header_s);
    return error;
}

static void
idin_qr_take_number(void *opaque, const char number[NUMBER_SIZE])
{
    struct idin_qr *state = opaque;

    memcpy(state->number, number, NUMBER_SIZE);
}

static void
idin_qr_cancel(void *opaque, int timeout_ms)
{
    struct idin_qr *state = opaque;
    const char *url = state ? state->settings->cancel_url : "";
    RESPONSE_AUTO response = {0};

    if (url[0] == '\0' || state->code.qr_id[0] == '\0')
        return;
    SECRET_AUTO *body = idin_qr_write_cancel(state->settings->merchant_token, state->code.qr_id);
    if (!body)
        return;
    const struct fetch_request request = {
        .url = url,
        .body = secret_bytes(body),
        .body_size = secret_size(body),
        .content_type = "application/json",
        .accept = "application/json",
        .max_size = BACKEND_ANSWER_MAX,
        .timeout_ms = timeout_ms,
        .uncancelled = true,
    };
    /* The result has no effect: the code also ends at its expiration. */
    (void)fetch_request(state->backend.context->fetch, &request, &response);
}

static void
idin_qr_end(void **opaque)
{
    struct idin_qr *state = *opaque;

    if (state)
        secret_free(&state->key);
    provider_free(opaque, sizeof *state);
}

const struct provider provider_idin_qr = {
    .name = "idin-qr",
    .start = idin_qr_start,
    .poll = idin_qr_poll,
    .take_number = idin_qr_take_number,
    .cancel = idin_qr_cancel,
    .end = idin_qr_end,
};
