/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this. The timing rules of iDIN: the status is asked once when the phone returns,
 * within 30 s, or once when the transaction's time is over, and never polled. */
#include "pam_idinqr/relay/acquirer.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/relay/relay_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define CONTENT_TYPE      "text/xml; charset=utf-8"
#define RETURN_LIMIT_MS   30000 /* after it, a success has no identity */
#define SKEW_S            60
#define ASSERTION_KEEP_MS ((int64_t)60 * 60 * 1000)

/* A request that is under way. */
struct call {
    struct relay *relay;
    struct relay_job *job; /* or NULL */
    struct store_trx trx;
    char entrance_code[IDX_CODE_SIZE];
};

static struct acquirer *
state_of(const struct relay *relay)
{
    return relay->upstream_state;
}

int
acquirer_open(struct relay *relay, struct diag *ret_diag)
{
    const struct acquirer_settings *settings = &relay->config->acquirer;
    SECRET_AUTO *key = NULL, *certificate = NULL, *saml = NULL, *routing = NULL, *other = NULL;
    struct acquirer *acquirer = calloc(1, sizeof *acquirer);
    int result;

    if (!acquirer || idx_init() != 0) {
        free(acquirer);
        diag_set(ret_diag, "out of memory");
        return IDQ_SYSTEM;
    }
    relay->upstream = &acquirer_upstream;
    relay->upstream_state = acquirer;
    snprintf(acquirer->return_url, sizeof acquirer->return_url, "%s/return",
             relay->config->public_url);
    result = relay_pem_read(settings->merchant_key_file, TRUSTED_FILE_SECRET, &key, ret_diag);
    if (result == 0)
        result = relay_pem_read(settings->merchant_certificate_file, TRUSTED_FILE_OPEN_TEXT,
                                &certificate, ret_diag);
    if (result == 0)
        result = relay_pem_read(settings->saml_key_file, TRUSTED_FILE_SECRET, &saml, ret_diag);
    if (result == 0)
        result =
            relay_pem_read(settings->certificate_file, TRUSTED_FILE_OPEN_TEXT, &routing, ret_diag);
    if (result == 0)
        result = relay_pem_read(settings->alternative_certificate_file, TRUSTED_FILE_OPEN_TEXT,
                                &other, ret_diag);
    if (result == 0)
        result = idx_new(
            &(struct idx_settings){
                .merchant_id = settings->merchant_id,
                .sub_id = (unsigned)settings->sub_id,
                .acquirer_id = settings->acquirer_id,
                .legal_id = settings->legal_id,
                .return_url = acquirer->return_url,
                .service_id = (unsigned)settings->service_id,
                .skew_s = SKEW_S,
                .merchant_key = secret_bytes(key),
                .merchant_certificate = secret_bytes(certificate),
                .saml_key = saml ? secret_bytes(saml) : NULL,
                .routing_certificate = secret_bytes(routing),
                .alternative_certificate = other ? secret_bytes(other) : NULL,
            },
            &acquirer->idx, ret_diag);
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
    idx_free(&acquirer->idx);
    idx_end();
    free(acquirer);
    relay->upstream_state = NULL;
}

int
acquirer_post(struct relay *relay, const char *url, const char *xml, size_t size, int timeout_ms,
              http_client_done *done, void *context)
{
    const struct http_client_request request = {
        .url = url,
        .content_type = CONTENT_TYPE,
        .body = xml,
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
    struct idx_started started;
    struct idx_failure failure = {.reason = ""};
    bool is_done = false;
    int error = answer->error;

    if (error == 0)
        error = idx_read_transaction(state_of(relay)->idx, answer->body, answer->body_size,
                                     &started, &failure);
    relay_monitor_asked(relay, RELAY_ASK_TRANSACTION, error, answer->duration_ms);
    if (error != 0) {
        fail(call, "transaction", error, answer->error ? answer->problem : failure.reason,
             failure.consumer_message);
        return error;
    }
    relay->counts.transactions++;
    snprintf(call->trx.id, sizeof call->trx.id, "%s", started.transaction);
    if (store_trx_begin(relay->store, &call->trx, &is_done) != 0) {
        relay_log(LOG_ERR, "store: %s; the status of transaction %s will not be asked",
                  store_error(relay->store), call->trx.id);
        return IDQ_SYSTEM;
    }
    relay_wake_at(relay, call->trx.expires_ms);
    if (!is_done) /* the login has ended meanwhile */
        return IDQ_EXPIRED;
    snprintf(call->job->trx, sizeof call->job->trx, "%s", started.transaction);
    snprintf(call->job->url, sizeof call->job->url, "%s", started.url);
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
    const struct acquirer_settings *settings = &relay->config->acquirer;
    int64_t left_s = (login->expires_ms - relay->wall_ms) / 1000;
    int timeout_ms = relay->qr_backend ? relay->config->qr_backend.transaction_timeout_s * 1000
                                       : ACQUIRER_TIMEOUT_MS;
    struct call *call = calloc(1, sizeof *call);
    struct idx_request request = {.issuer = bank, .language = language};
    TEXT_AUTO *xml = NULL;
    bool is_counted = false;
    size_t size;
    int error = call ? 0 : IDQ_SYSTEM;

    if (left_s < IDX_EXPIRY_MIN)
        error = IDQ_EXPIRED; /* a transaction may not outlive its code */
    request.expiry_s =
        (unsigned)(left_s < settings->expiration_s ? left_s : settings->expiration_s);
    if (error == 0) {
        *call = (struct call){.relay = relay, .job = job};
        request.entrance_code = call->entrance_code;
        request.reference = call->trx.reference;
        error = idx_new_code(call->entrance_code, sizeof call->entrance_code);
    }
    if (error == 0)
        error = idx_new_code(call->trx.reference, IDX_REFERENCE_SIZE);
    if (error == 0)
        error = idx_build_transaction(state_of(relay)->idx, &request, relay->wall_ms, &xml, &size);
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
        error = acquirer_post(relay, settings->transaction_url, xml, size, timeout_ms, on_started,
                              call);
    if (error != 0 && call)
        secret_wipe(call, sizeof *call);
    if (error != 0)
        free(call);
    return error;
}

static int
take_assertion(void *context, const char *id)
{
    struct relay *relay = context;
    bool is_done = false;

    if (store_assertion_add(relay->store, id, relay->wall_ms + ASSERTION_KEEP_MS, &is_done) != 0)
        return relay_store_failed(relay);
    return is_done ? 0 : IDQ_OTHER_CODE;
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
               ? relay_verified(call->relay, &call->trx, "idin-qr", secret_bytes(result->bin),
                                IDX_LOA)
               : relay_end_trx(call->relay, &call->trx, state_after(result->status));
}

/* What the acquirer has said, or its silence. A transport failure ends nothing: the lease does, and
 * then it is asked once more, or the time of the identity is over. */
static int
take_status(struct call *call, const struct http_client_answer *answer)
{
    struct relay *relay = call->relay;
    struct idx_result result = {.bin = NULL};
    struct idx_failure failure = {.reason = ""};
    const struct idx_asked asked = {.transaction = call->trx.id,
                                    .reference = call->trx.reference,
                                    .issuer = call->trx.issuer,
                                    .received_ms = relay->wall_ms,
                                    .take_assertion = take_assertion,
                                    .context = relay};
    int error = answer->error;

    if (error == 0)
        error = idx_read_status(state_of(relay)->idx, answer->body, answer->body_size, &asked,
                                &result, &failure);
    relay_monitor_asked(relay, RELAY_ASK_STATUS, error, answer->duration_ms);
    if (answer->error != 0) {
        fail(call, "status", error, answer->problem, "");
        return error;
    }
    if (error == 0) {
        error = store_outcome(call, &result);
    } else {
        fail(call, "status", error, failure.reason, failure.consumer_message);
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
    struct call *call = calloc(1, sizeof *call);
    TEXT_AUTO *xml = NULL;
    size_t size;
    int error;

    (void)request;
    if (!call)
        return IDQ_SYSTEM;
    *call = (struct call){.relay = relay, .job = job, .trx = *trx};
    error = idx_build_status(state_of(relay)->idx, trx->id, relay->wall_ms, &xml, &size);
    if (error == 0)
        error = acquirer_post(relay, relay->config->acquirer.status_url, xml, size,
                              ACQUIRER_TIMEOUT_MS, on_status, call);
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
