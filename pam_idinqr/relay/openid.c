/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this. */
#include "pam_idinqr/relay/openid.h"

#include "pam_idinqr/agent/id_token.h"
#include "pam_idinqr/agent/oidc_device_messages.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/web/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define PROVIDER   "oidc-device" /* in an identity: as at a desk without a relay */
#define NO_LOA     "none"        /* of a token without an acr */
#define STATE_SIZE (STORE_TRX_SIZE + RELAY_DERIVED_SIZE) /* the id, a dot, and its proof */

/* The labels of what is derived. */
#define STATE    "openid state"
#define NONCE    "openid nonce"
#define VERIFIER "openid verifier"

static struct openid *
state_of(const struct relay *relay)
{
    return relay->upstream_state;
}

/* --- to the provider -------------------------------------------------------------------------- */

static int
write_url(struct relay *relay, const struct store_trx *trx, const char *entrance,
          const char *language, struct relay_job *job)
{
    char state[STATE_SIZE], nonce[RELAY_DERIVED_SIZE], verifier[RELAY_DERIVED_SIZE];
    int error;

    snprintf(state, sizeof state, "%s.%s", trx->id, entrance);
    relay_derive(relay, trx, NONCE, nonce);
    relay_derive(relay, trx, VERIFIER, verifier);
    error = openid_write_url(&state_of(relay)->provider, &relay->config->openid,
                             &(struct openid_request){.return_url = state_of(relay)->return_url,
                                                      .language = language,
                                                      .state = state,
                                                      .nonce = nonce,
                                                      .verifier = verifier},
                             job->url, sizeof job->url);
    secret_wipe(verifier, sizeof verifier);
    return error;
}

static int
begin(struct relay *relay, const struct store_login *login, const char *bank, const char *language,
      struct relay_job *job)
{
    struct store_trx trx = {.expires_ms = login->expires_ms};
    char entrance[RELAY_DERIVED_SIZE];
    bool is_done = false;

    if (token_digits(trx.id, sizeof trx.id - 1) != 0)
        return IDQ_SYSTEM;
    snprintf(trx.login, sizeof trx.login, "%s", login->id);
    snprintf(trx.issuer, sizeof trx.issuer, "%s", bank);
    relay_derive(relay, &trx, STATE, entrance);
    relay_hash(entrance, trx.entrance_hash);
    if (write_url(relay, &trx, entrance, language, job) != 0)
        return IDQ_SYSTEM;
    if (store_trx_count(relay->store, login->id, relay->wall_ms, &is_done) != 0)
        return relay_store_failed(relay);
    if (is_done && store_trx_begin(relay->store, &trx, &is_done) != 0)
        return relay_store_failed(relay);
    if (!is_done)
        return IDQ_EXPIRED;
    relay->counts.transactions++;
    relay_wake_at(relay, trx.expires_ms);
    snprintf(job->trx, sizeof job->trx, "%s", trx.id);
    relay_changed(relay, trx.login);
    relay_job_done(relay, job, 0);
    return 0;
}

/* --- back from it ----------------------------------------------------------------------------- */

/* The keys are there, if they can be. */
static int
take_id_token(const struct openid_call *call)
{
    const struct openid_settings *settings = &call->relay->config->openid;
    const struct openid *openid = state_of(call->relay);
    char nonce[RELAY_DERIVED_SIZE];
    const struct id_token_terms terms = {
        .issuer = settings->issuer,
        .client_id = settings->client_id,
        .subject_claim = settings->subject_claim,
        .nonce = nonce,
        .required_acr = settings->acr_values,
        .keys = openid->keys,
        .now = call->relay->wall_ms / 1000,
    };
    const char *trouble = "the provider's keys are not known";
    struct result_message result = {.outcome = 0};
    int error = IDQ_SIGNATURE;

    relay_derive(call->relay, &call->trx, NONCE, nonce);
    if (openid->keys && !openid_needs_keys(call->token, openid->keys))
        error = id_token_read(secret_bytes(call->token), secret_size(call->token), &terms, &result,
                              &trouble);
    else if (openid->keys)
        trouble = "its kid is not one of the provider's keys";
    if (error == 0)
        error = (int)result.outcome;
    if (error == 0 && strlen(result.loa) >= STORE_WORD_SIZE) {
        trouble = "its acr is too long";
        error = IDQ_REPLY;
    }
    if (error != 0)
        relay_log(LOG_WARNING, "ID token: %s: %s", error_text(error), trouble);
    else
        error = relay_verified(call->relay, &call->trx, PROVIDER, result.subject,
                               result.loa[0] ? result.loa : NO_LOA);
    result_wipe(&result);
    return error;
}

static void
finish(struct openid_call *call, int error)
{
    struct relay *relay = call->relay;

    /* After an error of the store, the lease ends it. */
    if (error != 0 && error != IDQ_SYSTEM && relay_end_trx(relay, &call->trx, STORE_FAILED) != 0)
        error = IDQ_SYSTEM;
    relay_changed(relay, call->trx.login);
    relay_wake_at(relay, relay->wall_ms);
    if (call->job)
        relay_job_done(relay, call->job, error);
    secret_free(&call->token);
    free(call);
}

void
openid_go_on(struct relay *relay)
{
    struct openid *openid = state_of(relay);

    while (openid->waiting) {
        struct openid_call *call = openid->waiting;
        openid->waiting = call->next;
        finish(call, take_id_token(call));
    }
}

static int
read_answer(struct openid_call *call, const struct http_client_answer *answer)
{
    const struct openid *openid = state_of(call->relay);
    bool is_refusal = answer->status >= 400 && answer->status <= 499;
    char word[OIDC_WORD_SIZE] = "";
    const char *trouble = answer->problem;
    enum oidc_refusal refusal = OIDC_NO_WORD;
    int error = answer->error;

    if (is_refusal)
        refusal = oidc_read_refusal(answer->body, answer->body_size, word);
    if (error == 0)
        error = openid_read_token(answer->body, answer->body_size, openid->decryption_key,
                                  &call->token, &trouble);
    if (error != 0)
        relay_log(refusal == OIDC_CLIENT ? LOG_ERR : LOG_WARNING, "token: %s%s%s", trouble,
                  word[0] ? ": " : "", word);
    return error;
}

static void
on_token(void *context, const struct http_client_answer *answer)
{
    struct openid_call *call = context;
    struct openid *openid = state_of(call->relay);
    int error;

    relay_look_at_clock(call->relay);
    error = read_answer(call, answer);
    relay_monitor_asked(call->relay, RELAY_ASK_STATUS, error, answer->duration_ms);
    if (error == 0 && openid_needs_keys(call->token, openid->keys) &&
        openid_refresh_keys(call->relay)) {
        call->next = openid->waiting;
        openid->waiting = call;
        return;
    }
    finish(call, error == 0 ? take_id_token(call) : error);
}

/* Returns what the response ends the transaction as, or STORE_SUCCESS for one with a code. */
static enum store_state
read_response(const struct relay *relay, const struct store_trx *trx,
              const struct http_request *request)
{
    const struct openid *openid = state_of(relay);
    const char *trouble = "the provider is not known";

    if (!request) {
        relay_log(LOG_WARNING, "response: a relay was stopped while it had the code");
        return STORE_FAILED;
    }
    if (trx->state != STORE_TRX_STARTED)
        trouble = "the code was sent before"; /* by a relay that had no answer */
    else if (relay->n_banks > 0)
        trouble = openid_check_iss(&openid->provider, &relay->config->openid, request->iss);
    if (!trouble && request->error[0]) {
        relay_log(LOG_WARNING, "response: the provider says %.40s", request->error);
        return strcmp(request->error, "access_denied") == 0 ? STORE_REFUSED : STORE_FAILED;
    }
    if (!trouble && request->code[0] == '\0')
        trouble = "there is no code";
    if (trouble)
        relay_log(LOG_WARNING, "response: %s", trouble);
    return trouble ? STORE_FAILED : STORE_SUCCESS;
}

static int
fetch(struct relay *relay, const struct store_trx *trx, const struct http_request *request,
      struct relay_job *job)
{
    enum store_state end = read_response(relay, trx, request);
    char verifier[RELAY_DERIVED_SIZE];
    struct openid_call *call = NULL;
    int error = IDQ_SYSTEM;

    if (end == STORE_SUCCESS)
        call = calloc(1, sizeof *call);
    if (call) {
        *call = (struct openid_call){.relay = relay, .job = job, .trx = *trx};
        relay_derive(relay, trx, VERIFIER, verifier);
        error = openid_post_code(relay, request->code, verifier, on_token, call);
        secret_wipe(verifier, sizeof verifier);
        if (error == 0)
            return 0;
        free(call);
        end = STORE_FAILED;
        relay_log(LOG_ERR, "token: %s", error_text(error));
    }
    error = relay_end_trx(relay, trx, end == STORE_SUCCESS ? STORE_FAILED : end);
    relay_changed(relay, trx->login);
    if (job)
        relay_job_done(relay, job, error);
    return error;
}

/* --- what is due ------------------------------------------------------------------------------ */

/* The code came with the phone alone: nothing can be asked. */
static int
end_due(struct relay *relay, const struct store_trx *trx)
{
    return relay_end_trx(relay, trx,
                         trx->state == STORE_TRX_STARTED ? STORE_EXPIRED
                                                         : read_response(relay, trx, NULL));
}

static int64_t
tick(struct relay *relay, int64_t now_ms)
{
    openid_refresh(relay, now_ms);
    return relay_each_due(relay, end_due) == 0 ? state_of(relay)->discovery_ms : -1;
}

const struct relay_upstream openid_upstream = {begin, fetch, tick, openid_close};
