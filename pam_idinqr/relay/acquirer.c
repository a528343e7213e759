/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this. The timing rules of iDIN: the status is asked once when the phone returns,
 * within 30 s, or once when the transaction's time is over, and never polled. */
#include "pam_idinqr/relay/acquirer.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define RETURN_LIMIT_MS 30000 /* after it, a success has no identity */

/* A request that is under way. */
struct call {
    struct relay *relay;
    struct relay_job *job; /* or NULL */
    struct store_trx trx;
    char entrance_code[IDX_CODE_SIZE];
    char assertion[IDX_ID_SIZE]; /* that the store could not remember, perhaps; or "" */
    int64_t assertion_ms;
};

static struct acquirer *
state_of(const struct relay *relay)
{
    return relay->upstream_state;
}

static void
set_url(char ret_url[ACQUIRER_URL_SIZE], bool is_cm, const char *base, const char *path,
        const char *own)
{
    snprintf(ret_url, ACQUIRER_URL_SIZE, "%s%s", is_cm ? base : own, is_cm ? path : "");
}

int
acquirer_open(struct relay *relay, struct diag *ret_diag)
{
    const struct relay_config *config = relay->config;
    const struct acquirer_settings *settings = &config->acquirer;
    struct acquirer *acquirer = calloc(1, sizeof *acquirer);
    bool is_cm = config->upstream == RELAY_CM;
    int result = 0;

    if (!acquirer || (!is_cm && idx_init() != 0)) {
        free(acquirer);
        diag_set(ret_diag, "out of memory");
        return IDQ_SYSTEM;
    }
    acquirer->language = is_cm ? &acquirer_cm : &acquirer_idx;
    acquirer->cm = &config->cm;
    /* CM.com has no word for the time at the bank. */
    acquirer->expiration_s = is_cm ? INT_MAX : settings->expiration_s;
    snprintf(acquirer->return_url, sizeof acquirer->return_url, "%s/return", config->public_url);
    set_url(acquirer->directory_url, is_cm, config->cm.url, "/directory", settings->directory_url);
    set_url(acquirer->transaction_url, is_cm, config->cm.url, "/transaction",
            settings->transaction_url);
    set_url(acquirer->status_url, is_cm, config->cm.url, "/status", settings->status_url);
    relay->upstream = &acquirer_upstream;
    relay->upstream_state = acquirer;
    if (!is_cm)
        result = acquirer_idx_open(acquirer, settings, ret_diag);
    if (result != 0)
        acquirer_close(relay);
    return result;
}

void
acquirer_close(struct relay *relay)
{
    struct acquirer *acquirer = state_of(relay);

    if (!acquirer)
        return;
    if (acquirer->language == &acquirer_idx) {
        idx_free(&acquirer->idx);
        idx_end();
    }
    free(acquirer);
    relay->upstream_state = NULL;
}

int
acquirer_post(struct relay *relay, const char *url, const char *text, size_t size, int timeout_ms,
              http_client_done *done, void *context)
{
    const struct http_client_request request = {
        .url = url,
        .content_type = state_of(relay)->language->content_type,
        .body = text,
        .body_size = size,
        .ca_file = relay->config->ca_file,
        .proxy = relay->config->proxy,
        .timeout_ms = timeout_ms,
    };

    return http_client_post(relay->client, &request, done, context);
}

/* Logs why an answer was of no use, and keeps the acquirer's words for the person. */
static void
fail(const struct call *call, const char *what, int error, const char *reason,
     const char *consumer_message)
{
    relay_log(LOG_WARNING, "%s: %s: %s", what, error_text(error), reason);
    if (call->job)
        snprintf(call->job->message, sizeof call->job->message, "%s", consumer_message);
}

/* --- transactions --------------------------------------------------------------------------- */

static int
take_started(struct call *call, const struct http_client_answer *answer)
{
    struct relay *relay = call->relay;
    const struct acquirer *acquirer = state_of(relay);
    struct idx_failure failure = {.reason = ""};
    char url[IDX_URL_SIZE];
    bool is_done = false;
    int error = answer->error;

    if (error == 0)
        error = acquirer->language->read_transaction(acquirer, answer->body, answer->body_size,
                                                     &call->trx, url, &failure);
    relay_monitor_asked(relay, RELAY_ASK_TRANSACTION, error, answer->duration_ms);
    if (error != 0) {
        fail(call, "transaction", error, answer->error ? answer->problem : failure.reason,
             failure.consumer_message);
        return error;
    }
    relay->counts.transactions++;
    if (store_trx_begin(relay->store, &call->trx, &is_done) != 0) {
        relay_log(LOG_ERR, "store: %s; the status of transaction %s will not be asked",
                  store_error(relay->store), call->trx.id);
        return IDQ_SYSTEM;
    }
    relay_wake_at(relay, call->trx.expires_ms);
    if (!is_done) /* the login has ended meanwhile */
        return IDQ_EXPIRED;
    snprintf(call->job->trx, sizeof call->job->trx, "%s", call->trx.id);
    snprintf(call->job->url, sizeof call->job->url, "%s", url);
    relay_changed(relay, call->trx.login);
    return 0;
}

static void
on_started(void *context, const struct http_client_answer *answer)
{
    struct call *call = context;

    relay_look_at_clock(call->relay);
    relay_job_done(call->relay, call->job, take_started(call, answer));
    secret_wipe(call, sizeof *call);
    free(call);
}

static int
begin(struct relay *relay, const struct store_login *login, const char *bank, const char *language,
      struct relay_job *job)
{
    const struct acquirer *acquirer = state_of(relay);
    int64_t left_s = (login->expires_ms - relay->wall_ms) / 1000;
    int timeout_ms = relay->qr_backend ? relay->config->qr_backend.transaction_timeout_s * 1000
                                       : ACQUIRER_TIMEOUT_MS;
    struct call *call = calloc(1, sizeof *call);
    struct idx_request request = {.issuer = bank, .language = language};
    TEXT_AUTO *text = NULL;
    bool is_counted = false;
    size_t size;
    int error = call ? 0 : IDQ_SYSTEM;

    if (left_s < IDX_EXPIRY_MIN)
        error = IDQ_EXPIRED; /* a transaction may not outlive its code */
    request.expiry_s =
        (unsigned)(left_s < acquirer->expiration_s ? left_s : acquirer->expiration_s);
    if (error == 0) {
        *call = (struct call){.relay = relay, .job = job};
        request.entrance_code = call->entrance_code;
        request.reference = call->trx.reference;
        error = idx_new_code(call->entrance_code, sizeof call->entrance_code);
    }
    if (error == 0)
        error = idx_new_code(call->trx.reference, IDX_REFERENCE_SIZE);
    if (error == 0)
        error =
            acquirer->language->build_transaction(acquirer, &request, relay->wall_ms, &text, &size);
    if (error == 0) {
        snprintf(call->trx.login, sizeof call->trx.login, "%s", login->id);
        snprintf(call->trx.issuer, sizeof call->trx.issuer, "%s", bank);
        relay_hash(call->entrance_code, call->trx.entrance_hash);
        call->trx.expires_ms = relay->wall_ms + (int64_t)request.expiry_s * 1000;
        if (store_trx_count(relay->store, login->id, relay->wall_ms, &is_counted) != 0)
            error = relay_store_failed(relay);
        else if (!is_counted)
            error = IDQ_EXPIRED;
    }
    if (error == 0)
        error = acquirer_post(relay, acquirer->transaction_url, text, size, timeout_ms, on_started,
                              call);
    if (error != 0 && call)
        secret_wipe(call, sizeof *call);
    if (error != 0)
        free(call);
    return error;
}

/* While the store is away, this waits: relay_verified_by comes back to it. */
static int
take_assertion(void *context, const char *id)
{
    struct call *call = context;
    int error = relay_assertion(call->relay, id, false, &call->assertion_ms);

    if (error != IDQ_SYSTEM)
        return error;
    return copy_text(call->assertion, sizeof call->assertion, id) == 0 ? 0 : IDQ_SYSTEM;
}

/* The state of a login whose transaction ended without an identity. */
static enum store_state
state_after(enum idx_status status)
{
    switch (status) {
    case IDX_CANCELLED:
        return STORE_REFUSED;
    case IDX_EXPIRED:
        return STORE_EXPIRED;
    case IDX_OPEN: /* the phone came back too early; another bank may be tried */
        return STORE_OPEN;
    default:
        return STORE_FAILED;
    }
}

static int
store_outcome(struct call *call, const struct idx_result *result)
{
    return result->status == IDX_SUCCESS
               ? relay_verified_by(call->relay, &call->trx, call->assertion, call->assertion_ms,
                                   "idin-qr", secret_bytes(result->bin), IDX_LOA)
               : relay_end_trx(call->relay, &call->trx, state_after(result->status));
}

static bool
is_refusal(const struct acquirer_language *language, const struct http_client_answer *answer)
{
    return language->refuses_by_http && (answer->status == 400 || answer->status == 403);
}

/* What the acquirer has said, or its silence. A transport failure ends nothing: the lease does, and
 * then it is asked once more, or the time of the identity is over. */
static int
take_status(struct call *call, const struct http_client_answer *answer)
{
    struct relay *relay = call->relay;
    const struct acquirer *acquirer = state_of(relay);
    struct idx_result result = {.bin = NULL};
    struct idx_failure failure = {.reason = ""};
    const struct idx_asked asked = {.transaction = call->trx.id,
                                    .reference = call->trx.reference,
                                    .issuer = call->trx.issuer,
                                    .received_ms = relay->wall_ms,
                                    .take_assertion = take_assertion,
                                    .context = call};
    int error = answer->error;

    if (error == 0)
        error = acquirer->language->read_status(acquirer, answer->body, answer->body_size, &asked,
                                                &result, &failure);
    relay_monitor_asked(relay, RELAY_ASK_STATUS, error, answer->duration_ms);
    if (error == 0) {
        error = store_outcome(call, &result);
    } else {
        fail(call, "status", error, answer->error != 0 ? answer->problem : failure.reason,
             failure.consumer_message);
        if (answer->error != 0 && !is_refusal(acquirer->language, answer))
            return error;
        if (relay_end_trx(relay, &call->trx, STORE_FAILED) != 0)
            error = IDQ_SYSTEM;
    }
    idx_result_wipe(&result);
    return error;
}

static void
on_status(void *context, const struct http_client_answer *answer)
{
    struct call *call = context;
    int error;

    relay_look_at_clock(call->relay);
    error = take_status(call, answer);
    relay_changed(call->relay, call->trx.login);
    relay_wake_at(call->relay, call->relay->wall_ms); /* the login's time may be over */
    if (call->job)
        relay_job_done(call->relay, call->job, error);
    free(call);
}

static int
fetch(struct relay *relay, const struct store_trx *trx, const struct http_request *request,
      struct relay_job *job)
{
    const struct acquirer *acquirer = state_of(relay);
    struct call *call = calloc(1, sizeof *call);
    TEXT_AUTO *text = NULL;
    size_t size;
    int error;

    (void)request;
    if (!call)
        return IDQ_SYSTEM;
    *call = (struct call){.relay = relay, .job = job, .trx = *trx};
    error = acquirer->language->build_status(acquirer, trx, relay->wall_ms, &text, &size);
    if (error == 0)
        error = acquirer_post(relay, acquirer->status_url, text, size, ACQUIRER_TIMEOUT_MS,
                              on_status, call);
    if (error != 0)
        free(call);
    return error;
}

static int
ask_again(struct relay *relay, const struct store_trx *trx)
{
    int64_t now_ms = relay->wall_ms;
    bool is_done = false;
    int error;

    if ((trx->returned_ms != 0 && now_ms - trx->returned_ms > RETURN_LIMIT_MS) ||
        now_ms - trx->expires_ms > RETURN_LIMIT_MS)
        return relay_end_trx(relay, trx, STORE_FAILED);
    if (store_trx_take(relay->store, trx->id, now_ms, now_ms + RELAY_LEASE_MS, false, &is_done) !=
        0)
        return relay_store_failed(relay);
    error = is_done ? fetch(relay, trx, NULL, NULL) : 0;
    if (error != 0)
        relay_log(LOG_ERR, "status: %s", error_text(error));
    return error;
}

static int64_t
tick(struct relay *relay, int64_t now_ms)
{
    acquirer_refresh(relay, now_ms);
    return relay_each_due(relay, ask_again) == 0 ? state_of(relay)->directory_ms : -1;
}

const struct relay_upstream acquirer_upstream = {begin, fetch, tick, acquirer_close};
