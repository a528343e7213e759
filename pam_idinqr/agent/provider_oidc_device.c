/* SPDX-License-Identifier: BSD-3-Clause */
/* The provider oidc-device: OpenID discovery, and the OAuth 2.0 device authorization grant (RFC
 * 8628), which ends with an ID token. The agent runs this, with its user's rights, on answers of
 * the OpenID provider. TLS verifies the provider. With jwks_file, a pinned key must also verify the
 * ID token. All else is untrusted.
 *
 * The grant cannot cancel a code. A code expires by itself, and the result of a late approval is
 * never fetched. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/backend.h"
#include "pam_idinqr/agent/client_assertion.h"
#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/agent/oidc_device_messages.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#define SLOW_DOWN_MS  5000 /* RFC 8628 3.5 */
#define DOUBLINGS_MAX 4    /* of the interval, while the provider does not answer */
#define GRANT_TYPE    "urn:ietf:params:oauth:grant-type:device_code"

struct oidc {
    struct backend backend;
    const struct oidc_settings *settings;
    struct secret *authorization; /* NULL: the client authenticates in the form, or not at all */
    const char *client_secret;    /* of the form; NULL if it is not sent there */
    EVP_PKEY *client_key;         /* NULL: the client has none */
    struct key_set *keys;         /* of jwks_file; NULL: only TLS vouches for an ID token */
    struct oidc_endpoints endpoints;
    struct oidc_device device; /* interval_ms replaces its interval_s */
    int interval_ms;
    int n_failing;      /* failed polls in a row, up to DOUBLINGS_MAX */
    int64_t expires_ms; /* the device code */
    time_t asked;       /* the start of the login */
};

static const char *
null_if_empty(const char *text)
{
    return text[0] ? text : NULL;
}

/* Logs one line for the administrator, and returns the error. */
static int
refuse(const struct oidc *state, int error, const char *what, const char *trouble)
{
    wire_log(state->backend.context->wire, error == IDQ_CONFIG ? LOG_ERR : LOG_WARNING, "%s: %s",
             what, trouble);
    return error;
}

/* Sends one request: a GET, or the POST of a form. Returns 0 with an answer of any HTTP status. */
static int
request_json(const struct oidc *state, const char *url, struct secret *form,
             struct fetch_response *ret_response)
{
    struct fetch_request request = {
        .url = url,
        .accept = "application/json",
        .max_size = BACKEND_ANSWER_MAX,
        .timeout_ms = backend_request_ms(state->backend.context->deadline_ms),
    };

    if (form) {
        request.body = secret_bytes(form);
        request.body_size = secret_size(form);
        request.content_type = "application/x-www-form-urlencoded";
        request.authorization = state->authorization ? secret_bytes(state->authorization) : NULL;
    }
    return fetch_request(state->backend.context->fetch, &request, ret_response);
}

static const char *
find_audience(const struct oidc *state, const char *url)
{
    switch (state->settings->client_audience) {
    case AUDIENCE_ISSUER:
        return state->settings->issuer;
    case AUDIENCE_TOKEN_ENDPOINT:
        return state->endpoints.token;
    case AUDIENCE_ENDPOINT:
        break;
    }
    return url;
}

/* Returns the client's proof for one request, or NULL without memory or random numbers. */
static struct secret *
sign_proof(const struct oidc *state, const char *url)
{
    char id[PROVIDER_NONCE_SIZE];
    const struct client_assertion assertion = {
        .key = state->client_key,
        .key_id = state->settings->client_key_id,
        .client_id = state->settings->client_id,
        .audience = find_audience(state, url),
        .id = id,
        .now = time(NULL),
    };

    return backend_make_nonce(id) ? NULL : client_assertion_write(&assertion);
}

/* Posts a form of two fields, with the proof of this client. The form has the client_id also beside
 * an Authorization header: RFC 6749 3.2.1 allows it, and some providers demand it. */
static int
post_as_client(const struct oidc *state, const char *url, const struct http_form_field fields[2],
               struct fetch_response *ret_response)
{
    SECRET_AUTO *proof = state->client_key ? sign_proof(state, url) : NULL;
    const struct http_form_field all[] = {
        {"client_id", state->settings->client_id},
        {"client_secret", state->client_secret},
        {"client_assertion_type", proof ? CLIENT_ASSERTION_TYPE : NULL},
        {"client_assertion", proof ? secret_bytes(proof) : NULL},
        fields[0],
        fields[1],
    };
    SECRET_AUTO *form =
        proof || !state->client_key ? http_form_write(all, ARRAY_LENGTH(all)) : NULL;

    return form ? request_json(state, url, form, ret_response) : IDQ_SYSTEM;
}

/* Prepares the client's proof. The configuration has checked that it has what this takes. */
static int
prepare_client(struct oidc *state)
{
    const struct oidc_settings *settings = state->settings;
    const char *trouble;

    switch (settings->client_auth) {
    case CLIENT_SECRET_BASIC:
        state->authorization = http_form_basic(settings->client_id, settings->client_secret);
        return state->authorization ? 0 : IDQ_SYSTEM;
    case CLIENT_SECRET_POST:
        state->client_secret = settings->client_secret;
        return 0;
    case CLIENT_PRIVATE_KEY_JWT:
        return client_key_read(settings->client_key, &state->client_key, &trouble)
                   ? refuse(state, IDQ_CONFIG, "client_key_file", trouble)
                   : 0;
    case CLIENT_NONE:
        return 0;
    }
    return IDQ_CONFIG;
}

/* Reads the pinned keys. If the file is set but was not sent, the login is refused. */
static int
prepare_keys(struct oidc *state)
{
    const char *text = state->backend.context->start->key_set, *trouble;
    int error;

    if (!state->settings->jwks_file[0])
        return 0;
    error = key_set_read(text, strlen(text), &state->keys, &trouble);
    return error ? refuse(state, error, state->settings->jwks_file, trouble) : 0;
}

/* The issuer decides over TLS on its endpoints. check_host checks the link for the person. */
static int
discover(struct oidc *state, long *ret_retry_after_s)
{
    RESPONSE_AUTO response = {0};
    const char *trouble;
    char url[OIDC_DISCOVERY_URL_SIZE];
    int error = oidc_discovery_url(state->settings->issuer, url, &trouble);

    if (error)
        return refuse(state, error, "issuer", trouble);
    error = request_json(state, url, NULL, &response);
    if (error)
        return error;
    *ret_retry_after_s = response.retry_after_s;
    if (response.status != 200) {
        error = backend_check_status(&state->backend, "discovery", response.status, "");
        return error == IDQ_MERCHANT ? IDQ_REPLY : error; /* the request had no credentials */
    }
    if (backend_check_json(&state->backend, "discovery", &response))
        return IDQ_REPLY;
    error = oidc_read_discovery(response.body, response.body_size, state->settings->issuer,
                                state->settings->device_endpoint, &state->endpoints, &trouble);
    return error ? refuse(state, error, "discovery", trouble) : 0;
}

static int
ask_for_code(struct oidc *state, long *ret_retry_after_s)
{
    const struct http_form_field fields[2] = {
        {"scope", null_if_empty(state->settings->oauth_scope)},
        {"acr_values", null_if_empty(state->settings->required_acr)},
    };
    RESPONSE_AUTO response = {0};
    char word[OIDC_WORD_SIZE];
    const char *trouble;
    int error = post_as_client(state, state->endpoints.device_authorization, fields, &response);

    if (error)
        return error;
    *ret_retry_after_s = response.retry_after_s;
    if (response.status != 200) {
        enum oidc_refusal refusal = oidc_read_refusal(response.body, response.body_size, word);
        if (refusal == OIDC_NO_WORD || response.status >= 500 || response.status == 429)
            return backend_check_status(&state->backend, "device authorization", response.status,
                                        "");
        return refuse(state, refusal == OIDC_CLIENT ? IDQ_MERCHANT : IDQ_REPLY,
                      "device authorization", word);
    }
    if (backend_check_json(&state->backend, "device authorization", &response))
        return IDQ_REPLY;
    error = oidc_read_device(response.body, response.body_size, &state->device, &trouble);
    return error ? refuse(state, error, "device authorization", trouble) : 0;
}

/* Requests a code, and retries if the provider asks for a short wait. */
static int
ask_patiently(struct oidc *state)
{
    const int64_t until_ms = backend_patience_ms(&state->backend);
    long retry_after_s;
    int error;

    do {
        retry_after_s = -1;
        error = state->endpoints.token[0] ? 0 : discover(state, &retry_after_s);
        if (!error)
            error = ask_for_code(state, &retry_after_s);
    } while (backend_retries(&state->backend, until_ms, retry_after_s, &error));
    return error;
}

/* Checks the link for the person: to a host in qr_hosts, or, if that is empty, to the issuer's
 * host. */
static int
check_host(const struct oidc *state)
{
    bool has_hosts = state->backend.context->settings->qr_hosts[0] != '\0';

    return backend_check_host(&state->backend, "code", state->device.url,
                              has_hosts ? NULL : state->settings->issuer);
}

static int
oidc_start(const struct provider_context *context, void **ret_state, struct qr_message *ret_qr,
           int *ret_next_ms)
{
    struct oidc *state = calloc(1, sizeof *state);
    int least_ms, error;

    *ret_state = state;
    if (!state)
        return IDQ_SYSTEM;
    state->backend.context = context;
    state->settings = &context->settings->oidc;
    state->asked = time(NULL);
    error = prepare_client(state);
    if (!error)
        error = prepare_keys(state);
    if (!error)
        error = ask_patiently(state);
    if (!error)
        error = check_host(state);
    if (error)
        return error;
    least_ms = state->backend.context->settings->poll_interval_s * 1000;
    state->interval_ms = state->device.interval_s * 1000;
    if (state->interval_ms < least_ms)
        state->interval_ms = least_ms;
    state->expires_ms = clock_ms() + (int64_t)state->device.expires_in_s * 1000;
    memset(ret_qr, 0, sizeof *ret_qr);
    if (copy_text(ret_qr->payload, sizeof ret_qr->payload, state->device.url) ||
        copy_text(ret_qr->user_code, sizeof ret_qr->user_code, state->device.user_code))
        return IDQ_REPLY;
    ret_qr->lifetime_s = state->device.expires_in_s;
    *ret_next_ms = backend_next_ms(&state->backend, state->interval_ms, -1);
    return 0;
}

static int
take_token(const struct oidc *state, const struct fetch_response *response,
           struct provider_status *ret_status)
{
    const struct id_token_terms terms = {
        .issuer = state->settings->issuer,
        .client_id = state->settings->client_id,
        .subject_claim = state->settings->subject_claim,
        .required_acr = state->settings->required_acr,
        .keys = state->keys,
        .asked = state->asked,
        .now = time(NULL),
    };
    const long ahead_s = response->clock_ahead_s;
    const char *trouble;
    int error;

    if (backend_check_json(&state->backend, "token", response))
        return IDQ_REPLY;
    error =
        oidc_read_token(response->body, response->body_size, &terms, &ret_status->result, &trouble);
    if (error || ret_status->result.outcome)
        wire_log(state->backend.context->wire, LOG_WARNING,
                 "ID token: %s (this machine's clock is %ld s ahead of the provider's)", trouble,
                 ahead_s);
    if (error == IDQ_REPLY && (ahead_s > ID_TOKEN_SKEW_S || ahead_s < -ID_TOKEN_SKEW_S))
        return IDQ_CLOCK; /* its times are those of another clock */
    if (!error)
        ret_status->state = PROVIDER_DONE;
    return error;
}

static int
end_as(struct provider_status *ret_status, int outcome)
{
    ret_status->state = PROVIDER_DONE;
    ret_status->result.outcome = outcome;
    return 0;
}

/* Translates the 4xx answer to a poll: not yet approved, or the outcome. */
static int
take_refusal(struct oidc *state, const struct fetch_response *response,
             struct provider_status *ret_status)
{
    char word[OIDC_WORD_SIZE];

    switch (oidc_read_refusal(response->body, response->body_size, word)) {
    case OIDC_SLOW_DOWN:
        state->interval_ms += SLOW_DOWN_MS;
        return 0;
    case OIDC_PENDING:
        return 0;
    case OIDC_DENIED:
        return end_as(ret_status, IDQ_REFUSED);
    case OIDC_EXPIRED:
        return end_as(ret_status, IDQ_EXPIRED);
    case OIDC_CLIENT:
        return refuse(state, IDQ_MERCHANT, "token", word);
    case OIDC_FAILED:
        /* Rate-limited, by a provider with a nonstandard error. */
        if (response->status == 429)
            return IDQ_BUSY;
        (void)refuse(state, 0, "token", word);
        return end_as(ret_status, IDQ_BANK_FAILED);
    case OIDC_NO_WORD:
        break;
    }
    return backend_check_status(&state->backend, "token", response->status, "");
}

static int
look(struct oidc *state, struct provider_status *ret_status, long *ret_retry_after_s)
{
    const struct http_form_field fields[2] = {
        {"grant_type", GRANT_TYPE},
        {"device_code", state->device.device_code},
    };
    RESPONSE_AUTO response = {0};
    int error = post_as_client(state, state->endpoints.token, fields, &response);

    if (error)
        return error;
    *ret_retry_after_s = response.retry_after_s;
    if (response.status == 200)
        return take_token(state, &response, ret_status);
    if (response.status >= 400 && response.status <= 499)
        return take_refusal(state, &response, ret_status);
    return backend_check_status(&state->backend, "token", response.status, "");
}

static int
oidc_poll(void *opaque, struct provider_status *ret_status)
{
    struct oidc *state = opaque;
    long retry_after_s = -1;
    int64_t interval_ms;
    int error;

    memset(ret_status, 0, sizeof *ret_status);
    if (clock_ms() >= state->expires_ms)
        return end_as(ret_status, IDQ_EXPIRED);
    error = look(state, ret_status, &retry_after_s);
    if (error != IDQ_UNREACHABLE && error != IDQ_BUSY)
        state->n_failing = 0;
    else if (state->n_failing < DOUBLINGS_MAX)
        state->n_failing++;
    /* The interval begins with the answer. RFC 8628 3.5: polls that fail must get further apart. */
    interval_ms = (int64_t)state->interval_ms << state->n_failing;
    ret_status->next_ms = backend_next_ms(&state->backend, interval_ms, retry_after_s);
    return error;
}

static void
oidc_end(void **opaque)
{
    struct oidc *state = *opaque;

    if (state) {
        secret_free(&state->authorization);
        EVP_PKEY_free(state->client_key);
        key_set_free(&state->keys);
    }
    provider_free(opaque, sizeof *state);
}

const struct provider provider_oidc_device = {
    .name = "oidc-device",
    .start = oidc_start,
    .poll = oidc_poll,
    .end = oidc_end,
};
