/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/agent/key_fetch.h"

#include "pam_idinqr/agent/backend.h"
#include "pam_idinqr/agent/key_set.h"
#include "pam_idinqr/agent/oidc_messages.h"
#include "pam_idinqr/common/error.h"

#include <string.h>
#include <syslog.h>

static int
refuse(const struct backend *backend, int error, const char *what, const char *trouble)
{
    wire_log(backend->context->wire, LOG_WARNING, "%s: %s", what, trouble);
    return error;
}

/* Requests an answer with status 200. The caller checks its content type. */
static int
get(struct backend *backend, const char *what, const char *url, struct fetch_response *ret_response)
{
    const struct fetch_request request = {
        .url = url,
        .accept = "application/json, application/jwk-set+json",
        .max_size = BACKEND_ANSWER_MAX,
        .timeout_ms = backend_request_ms(backend->context->deadline_ms),
    };
    int error = fetch_request(backend->context->fetch, &request, ret_response);

    if (!error)
        error = backend_check_status(backend, what, ret_response->status, "");
    return error == IDQ_MERCHANT ? IDQ_REPLY : error; /* the request had no credentials */
}

static int
discover(struct backend *backend, char ret_url[HTTPS_URL_MAX + 1])
{
    const char *issuer = backend->context->settings->oidc.issuer, *trouble;
    RESPONSE_AUTO response = {0};
    char url[OIDC_DISCOVERY_URL_SIZE];
    int error = oidc_discovery_url(issuer, url, &trouble);

    if (error)
        return refuse(backend, error, "issuer", trouble);
    error = get(backend, "discovery", url, &response);
    if (error)
        return error;
    if (backend_check_json(backend, "discovery", &response))
        return IDQ_REPLY;
    error = oidc_read_jwks_uri(response.body, response.body_size, issuer, ret_url, &trouble);
    return error ? refuse(backend, error, "discovery", trouble) : 0;
}

static int
fetch_set(struct backend *backend, const char *url, struct key_set **ret_set)
{
    RESPONSE_AUTO response = {0};
    const char *trouble;
    int error = get(backend, "jwks_uri", url, &response);

    if (error)
        return error;
    if (strcmp(response.content_type, "application/jwk-set+json") != 0 &&
        backend_check_json(backend, "jwks_uri", &response))
        return IDQ_REPLY;
    error = key_set_read(response.body, response.body_size, ret_set, &trouble);
    if (error)
        return refuse(backend, error == IDQ_CONFIG ? IDQ_REPLY : error, "jwks_uri", trouble);
    return 0;
}

int
key_fetch_run(const struct provider_context *context)
{
    struct backend backend = {.context = context};
    KEY_SET_AUTO *set = NULL;
    struct key_message key;
    char url[HTTPS_URL_MAX + 1];
    int error = discover(&backend, url);

    if (!error)
        error = fetch_set(&backend, url, &set);
    for (size_t at = 0; !error && (error = key_set_next(set, &at, &key)) > 0; error = 0)
        wire_send_key(context->wire, &key);
    return error == IDQ_REPLY && set ? refuse(&backend, error, "jwks_uri", "a key is too long")
                                     : error;
}
