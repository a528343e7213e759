/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent runs this in its jail. It does not parse the backend's answer, which is untrusted. */
#include "pam_idinqr/agent/agent_probe.h"

#include "pam_idinqr/agent/backend.h"
#include "pam_idinqr/agent/client_assertion.h"
#include "pam_idinqr/agent/key_set.h"
#include "pam_idinqr/agent/oidc_device_messages.h"
#include "pam_idinqr/agent/picture_request.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#define ANSWER_MAX      (64 * 1024) /* bytes; a longer body is an answer too */
#define CLOCK_OFF_MAX_S 60

/* The root of the host, not the URL itself: a request there could start a session. */
static int
ask(const struct https_url *url, const struct provider_context *context)
{
    RESPONSE_AUTO response = {0};
    char root[sizeof url->host + 40];
    struct fetch_request request = {.url = root, .max_size = ANSWER_MAX};
    int error;

    snprintf(root, sizeof root, strchr(url->host, ':') ? "https://[%s]:%u/" : "https://%s:%u/",
             url->host, url->port);
    request.timeout_ms = clock_left_ms(context->deadline_ms);
    error = fetch_request(context->fetch, &request, &response);
    if (error)
        return error == IDQ_REPLY ? 0 : error;
    if (labs(response.clock_ahead_s) <= CLOCK_OFF_MAX_S)
        return 0;
    wire_log(context->wire, LOG_WARNING, "%s: the clock of this machine is %ld seconds %s",
             url->host, labs(response.clock_ahead_s),
             response.clock_ahead_s > 0 ? "ahead" : "behind");
    return IDQ_CLOCK;
}

/* Checks the keys of both kinds that only this process parses, if they are set. */
static int
check_keys(const struct provider_context *context)
{
    const struct oidc_settings *oidc = &context->settings->oidc;
    const char *text = context->start->key_set, *path = oidc->jwks_file, *trouble;
    KEY_SET_AUTO *keys = NULL;
    EVP_PKEY *client_key = NULL;
    int error = 0;

    if (path[0])
        error = key_set_read(text, strlen(text), &keys, &trouble);
    if (!error && oidc->client_key[0]) {
        path = "client_key_file";
        error = client_key_read(oidc->client_key, &client_key, &trouble);
    }
    if (error)
        wire_log(context->wire, LOG_WARNING, "%s: %s", path, trouble);
    EVP_PKEY_free(client_key);
    return error;
}

/* Has the picture reader read a picture without a code. Another program in its place gives no
 * answer. */
static int
check_reader(const struct provider_context *context)
{
    char payload[PAYLOAD_MAX + 1];
    int error;

    if (!picture_has_reader(PICTURE_SOCKET))
        return 0;
    error = picture_request(context->wire, PICTURE_SOCKET, "", 1,
                            clock_left_ms(context->deadline_ms), payload);
    return error == IDQ_PICTURE ? 0 : error;
}

int
agent_probe_run(const struct provider_context *context)
{
    const struct start_message *probe = context->start;
    int error;

    if (check_keys(context))
        return IDQ_CONFIG;
    /* also if no request follows: it checks that the process is in its jail */
    error = fetch_wait(context->fetch);
    if (!error)
        error = check_reader(context);
    for (size_t i = 0; !error && i < probe->n_settings; i++) {
        const char *value = probe->settings[i].value;
        struct https_url url;
        if (https_url_parse(value, strlen(value), &url) == 0)
            error = ask(&url, context);
    }
    return error;
}

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
