/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/agent/key_fetch.h"

#include "pam_idinqr/agent/inquiry.h"
#include "pam_idinqr/agent/key_set.h"
#include "pam_idinqr/agent/oidc_messages.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"

#include <string.h>
#include <syslog.h>

static int
refuse(const struct inquiry *inquiry, int error, const char *what, const char *trouble)
{
    link_log(inquiry->context->link, LOG_WARNING, "%s: %s", what, trouble);
    return error;
}

/* Requests an answer with status 200. The caller checks its content type. */
static int
get(struct inquiry *inquiry, const char *what, const char *url, struct response *ret_response)
{
    const struct request request = {
        .url = url,
        .accept = "application/json, application/jwk-set+json",
        .max_size = INQUIRY_ANSWER_MAX,
        .timeout_ms = inquiry_request_ms(inquiry->context->deadline_ms),
    };
    int error = fetch_request(inquiry->context->fetch, &request, ret_response);

    if (!error)
        error = inquiry_check_status(inquiry, what, ret_response->status, "");
    return error == IDQ_MERCHANT ? IDQ_REPLY : error; /* the request had no credentials */
}

static int
discover(struct inquiry *inquiry, char ret_url[HTTPS_URL_MAX + 1])
{
    const char *issuer = inquiry_setting(inquiry, "issuer"), *trouble;
    RESPONSE_AUTO response = {0};
    char url[OIDC_DISCOVERY_URL_SIZE];
    int error = oidc_discovery_url(issuer, url, &trouble);

    if (error)
        return refuse(inquiry, error, "issuer", trouble);
    error = get(inquiry, "discovery", url, &response);
    if (error)
        return error;
    if (inquiry_check_json(inquiry, "discovery", &response))
        return IDQ_REPLY;
    error = oidc_read_jwks_uri(response.body, response.body_size, issuer, ret_url, &trouble);
    return error ? refuse(inquiry, error, "discovery", trouble) : 0;
}

static int
fetch_set(struct inquiry *inquiry, const char *url, struct key_set **ret_set)
{
    RESPONSE_AUTO response = {0};
    const char *trouble;
    int error = get(inquiry, "jwks_uri", url, &response);

    if (error)
        return error;
    if (strcmp(response.content_type, "application/jwk-set+json") != 0 &&
        inquiry_check_json(inquiry, "jwks_uri", &response))
        return IDQ_REPLY;
    error = key_set_read(response.body, response.body_size, ret_set, &trouble);
    if (error)
        return refuse(inquiry, error == IDQ_CONFIG ? IDQ_REPLY : error, "jwks_uri", trouble);
    return 0;
}

int
key_fetch_run(const struct start_message *start, struct fetch *fetch, struct link *link)
{
    const struct provider_context context = {.start = start,
                                             .fetch = fetch,
                                             .link = link,
                                             .deadline_ms = clock_ms() + start->timeout_ms};
    struct inquiry inquiry = {.context = &context};
    KEY_SET_AUTO *set = NULL;
    struct key_message key;
    char url[HTTPS_URL_MAX + 1];
    int error = discover(&inquiry, url);

    if (!error)
        error = fetch_set(&inquiry, url, &set);
    for (size_t at = 0; !error && (error = key_set_next(set, &at, &key)) > 0; error = 0)
        link_send_key(link, &key);
    return error == IDQ_REPLY && set ? refuse(&inquiry, error, "jwks_uri", "a key is too long")
                                     : error;
}
