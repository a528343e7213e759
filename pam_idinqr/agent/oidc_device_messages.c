/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent runs this on answers from the network. */
#include "pam_idinqr/agent/oidc_device_messages.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define INTERVAL_S       5 /* RFC 8628 3.2, if the provider sends none */
#define EXPIRES_IN_MAX_S 86400

/* An endpoint is an https URL. Its host may differ from the issuer's, as with large providers. Its
 * port may not, because the jail of the fetch process allows no other ports. */
static bool
is_endpoint(const char *text, const char *issuer)
{
    struct https_url url, issuer_url;

    return https_url_parse(text, strlen(text), &url) == 0 &&
           https_url_parse(issuer, strlen(issuer), &issuer_url) == 0 && url.port == issuer_url.port;
}

int
oidc_read_endpoint(const json_t *object, const char *name, const char *issuer,
                   char ret_url[HTTPS_URL_MAX + 1])
{
    return json_text_required(object, name, ret_url, HTTPS_URL_MAX + 1) ||
                   !is_endpoint(ret_url, issuer)
               ? IDQ_REPLY
               : 0;
}

/* The identity contains the whole issuer. One that is too long is rejected here, where the log can
 * say so. */
int
oidc_discovery_url(const char *issuer, char ret_url[OIDC_DISCOVERY_URL_SIZE],
                   const char **ret_trouble)
{
    size_t size = strlen(issuer);

    *ret_trouble = "has a query or a fragment, as no issuer has";
    if (strpbrk(issuer, "?#"))
        return IDQ_CONFIG;
    *ret_trouble = size > 0 ? "is too long" : "is not set";
    if (size == 0 || size > ISSUER_MAX)
        return IDQ_CONFIG;
    if (issuer[size - 1] == '/')
        size--;
    snprintf(ret_url, OIDC_DISCOVERY_URL_SIZE, "%.*s" OIDC_DISCOVERY_PATH, (int)size, issuer);
    return 0;
}

/* Discovery 4.3: otherwise one tenant of a provider could pose as another. */
json_t *
oidc_read_document(const char *body, size_t size, const char *issuer, const char **ret_trouble)
{
    json_t *object = json_text_read(body, size);
    char other_issuer[HTTPS_URL_MAX + 1] = "";

    *ret_trouble = "another issuer's document";
    if (json_text_required(object, "issuer", other_issuer, sizeof other_issuer))
        *ret_trouble = "not an issuer's document";
    if (strcmp(other_issuer, issuer) == 0)
        return object;
    json_decref(object);
    return NULL;
}

int
oidc_read_jwks_uri(const char *body, size_t size, const char *issuer,
                   char ret_url[HTTPS_URL_MAX + 1], const char **ret_trouble)
{
    JSON_AUTO *object = oidc_read_document(body, size, issuer, ret_trouble);

    if (!object)
        return IDQ_REPLY;
    *ret_trouble = "jwks_uri is not an https URL at the issuer's port";
    return oidc_read_endpoint(object, "jwks_uri", issuer, ret_url);
}

int
oidc_read_discovery(const char *body, size_t size, const char *issuer, const char *device_endpoint,
                    struct oidc_endpoints *ret_endpoints, const char **ret_trouble)
{
    JSON_AUTO *object = oidc_read_document(body, size, issuer, ret_trouble);
    struct oidc_endpoints endpoints;

    if (!object)
        return IDQ_REPLY;
    *ret_trouble = "the provider names no device_authorization_endpoint: see device_endpoint";
    if (!device_endpoint[0] && !json_object_get(object, "device_authorization_endpoint"))
        return IDQ_CONFIG;
    *ret_trouble = "device_endpoint is not at the issuer's port";
    if (device_endpoint[0] && (!is_endpoint(device_endpoint, issuer) ||
                               copy_text(endpoints.device_authorization,
                                         sizeof endpoints.device_authorization, device_endpoint)))
        return IDQ_CONFIG;
    *ret_trouble = "an endpoint is not an https URL at the issuer's port";
    if ((!device_endpoint[0] && oidc_read_endpoint(object, "device_authorization_endpoint", issuer,
                                                   endpoints.device_authorization)) ||
        oidc_read_endpoint(object, "token_endpoint", issuer, endpoints.token))
        return IDQ_REPLY;
    *ret_endpoints = endpoints;
    return 0;
}

/* Reads a number, which may have a fraction: RFC 8628 3.2 names no integer. Returns it between
 * `least` and `most`, `fallback` if it is absent or null, or a negative number if it is invalid. */
static double
read_seconds(const json_t *object, const char *name, double least, double most, double fallback)
{
    const json_t *member = json_object_get(object, name);
    double seconds = json_is_number(member) ? json_number_value(member) : -1;

    if (!member || json_is_null(member))
        return fallback;
    if (seconds < least)
        return -1;
    return seconds < most ? seconds : most;
}

/* Reads the link for the phone, with the user code if the provider offers that. */
static int
read_link(const json_t *object, char *ret_url, size_t capacity)
{
    const json_t *whole = json_object_get(object, "verification_uri_complete");
    bool is_absent =
        !whole || json_is_null(whole) || (json_is_string(whole) && json_string_length(whole) == 0);

    return json_text_required(object, is_absent ? "verification_uri" : "verification_uri_complete",
                              ret_url, capacity);
}

int
oidc_read_device(const char *body, size_t size, struct oidc_device *ret_device,
                 const char **ret_trouble)
{
    JSON_AUTO *object = json_text_read(body, size);
    OIDC_DEVICE_AUTO device = {.device_code = ""};
    double expires_in_s, interval_s;

    *ret_trouble = "no usable device_code";
    if (!object ||
        json_text_required(object, "device_code", device.device_code, sizeof device.device_code))
        return IDQ_REPLY;
    *ret_trouble = "no usable user_code: text of at most 64 characters";
    if (json_text_optional(object, "user_code", device.user_code, sizeof device.user_code) ||
        device.user_code[0] == '\0' ||
        !characters_are_printable_ascii(device.user_code, strlen(device.user_code)))
        return IDQ_REPLY;
    *ret_trouble = "no usable verification_uri";
    if (read_link(object, device.url, sizeof device.url))
        return IDQ_REPLY;
    *ret_trouble = "no usable expires_in";
    expires_in_s = read_seconds(object, "expires_in", 1, EXPIRES_IN_MAX_S, -1);
    if (expires_in_s < 0)
        return IDQ_REPLY;
    *ret_trouble = "no usable interval";
    interval_s = read_seconds(object, "interval", 0, OIDC_INTERVAL_MAX_S, INTERVAL_S);
    if (interval_s < 0)
        return IDQ_REPLY;
    device.expires_in_s = (uint32_t)expires_in_s;
    device.interval_s = (int)interval_s;
    if (device.interval_s < interval_s)
        device.interval_s++; /* never polls too early */
    *ret_device = device;
    return 0;
}

int
oidc_read_token(const char *body, size_t size, const struct id_token_terms *terms,
                struct result_message *ret_result, const char **ret_trouble)
{
    JSON_AUTO *object = json_text_read(body, size);
    const json_t *id_token = json_object_get(object, "id_token");

    memset(ret_result, 0, sizeof *ret_result);
    *ret_trouble = object ? "there is none; is openid in oauth_scope?" : "the answer is not JSON";
    if (json_string_length(id_token) == 0)
        return IDQ_REPLY;
    return id_token_read(json_string_value(id_token), json_string_length(id_token), terms,
                         ret_result, ret_trouble);
}

static const struct {
    const char *word;
    enum oidc_refusal refusal;
} refusals[] = {
    {"authorization_pending", OIDC_PENDING}, {"slow_down", OIDC_SLOW_DOWN},
    {"access_denied", OIDC_DENIED},          {"expired_token", OIDC_EXPIRED},
    {"invalid_client", OIDC_CLIENT},         {"unauthorized_client", OIDC_CLIENT},
};

enum oidc_refusal
oidc_read_refusal(const char *body, size_t size, char ret_word[OIDC_WORD_SIZE])
{
    JSON_AUTO *object = json_text_read(body, size);
    const char *word = json_string_value(json_object_get(object, "error"));

    ret_word[0] = '\0';
    if (!word || word[0] == '\0')
        return OIDC_NO_WORD;
    snprintf(ret_word, OIDC_WORD_SIZE, "%s", word);
    characters_make_loggable(ret_word);
    for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++)
        if (strcmp(refusals[i].word, word) == 0)
            return refusals[i].refusal;
    return OIDC_FAILED;
}

void
oidc_device_wipe(struct oidc_device *device)
{
    secret_wipe(device, sizeof *device);
}
