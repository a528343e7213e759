/* SPDX-License-Identifier: BSD-3-Clause */
/* See providers.h. Bodies are written by the agent's own code: curl sends what the agent sends. */
#include "tests/bench/providers.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/agent/idin_qr_messages.h"
#include "pam_idinqr/agent/provider.h"
#include "pam_idinqr/agent/signicat_messages.h"
#include "pam_idinqr/common/secret.h"

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORM       "application/x-www-form-urlencoded"
#define LIFETIME_S 600 /* longer than the bench looks at one provider's codes */

static char *
member(const char *answer, const char *name)
{
    json_t *root = json_loads(answer, 0, NULL);
    const char *value = json_string_value(json_object_get(root, name));

    ck_assert_msg(value != NULL, "no %s in %s", name, answer);
    char *copy = strdup(value);
    json_decref(root);
    return copy;
}

static void
add_idin_qr(const struct desk *desk, struct curl_script *script)
{
    char *token = desk_setting(desk, "merchant_token"), *url = desk_setting(desk, "qr_backend_url");
    const struct generate_request generate = {.merchant_token = token,
                                              .expiration = time(NULL) + LIFETIME_S};
    SECRET_AUTO *body = idin_qr_write_generate(&generate);
    const struct curl_request request = {
        .url = url, .body = secret_bytes(body), .content_type = "application/json"};
    char *answer = curl_ask(qr_backend_ca_file(desk->backend), &request);
    char *picture = member(answer, "qr_url");

    curl_script_add(script, &request);
    curl_script_add(script, &(struct curl_request){.url = picture});
    free(picture);
}

/* A client's credentials, as HTTP Basic. */
static struct secret *
credentials(const struct desk *desk)
{
    char *id = desk_setting(desk, "client_id"), *password = desk_setting(desk, "client_secret");
    struct secret *basic = http_form_basic(id, password);

    ck_assert_ptr_nonnull(basic);
    return basic;
}

static void
add_signicat(const struct desk *desk, struct curl_script *script)
{
    SECRET_AUTO *basic = credentials(desk), *bearer = NULL;
    char *token_url = desk_setting(desk, "token_url"), *api_url = desk_setting(desk, "api_url");
    char *account = desk_setting(desk, "account_id"), *back = desk_setting(desk, "callback_url");
    const struct signicat_request session = {.callback_url = back,
                                             .requested_loa = LOA_SUBSTANTIAL,
                                             .request_domain = "",
                                             .language = "en",
                                             .reference = "0123456789abcdef0123456789abcdef",
                                             .lifetime_s = LIFETIME_S};
    SECRET_AUTO *body = signicat_write_session(&session);
    const struct curl_request token = {.url = token_url,
                                       .body = "grant_type=client_credentials&scope=signicat-api",
                                       .content_type = FORM,
                                       .authorization = secret_bytes(basic)};
    char *answer = curl_ask(qr_backend_ca_file(desk->backend), &token), *url;
    long lifetime_s;

    ck_assert_int_eq(signicat_read_token(answer, strlen(answer), &bearer, &lifetime_s), 0);
    ck_assert_int_gt(asprintf(&url, "%s/sessions?signicat-accountId=%s", api_url, account), 0);
    curl_script_add(script, &token);
    curl_script_add(script, &(struct curl_request){.url = url,
                                                   .body = secret_bytes(body),
                                                   .content_type = "application/json",
                                                   .authorization = secret_bytes(bearer)});
    free(url);
}

static void
add_oidc_device(const struct desk *desk, struct curl_script *script)
{
    SECRET_AUTO *basic = credentials(desk);
    char *issuer = desk_setting(desk, "issuer"), *acr = desk_setting(desk, "required_acr");
    char *url;

    ck_assert_int_gt(asprintf(&url, "%s/.well-known/openid-configuration", issuer), 0);
    const struct curl_request discovery = {.url = url};
    const struct http_form_field fields[] = {{"scope", "openid"}, {"acr_values", acr}};
    SECRET_AUTO *form = http_form_write(fields, ARRAY_LENGTH(fields));
    char *answer = curl_ask(qr_backend_ca_file(desk->backend), &discovery);
    char *device_url = member(answer, "device_authorization_endpoint");

    curl_script_add(script, &discovery);
    curl_script_add(script, &(struct curl_request){.url = device_url,
                                                   .body = secret_bytes(form),
                                                   .content_type = FORM,
                                                   .authorization = secret_bytes(basic)});
    free(device_url);
    free(url);
}

static const struct bench_provider providers[] = {
    {"idin-qr", "status", add_idin_qr},
    {"signicat", "session-status", add_signicat},
    {"oidc-device", "device-poll", add_oidc_device},
};

const struct bench_provider *
bench_provider_at(size_t index)
{
    for (size_t i = 0; i < ARRAY_LENGTH(providers); i++)
        if (provider_find(providers[i].name) && index-- == 0)
            return &providers[i];
    return NULL;
}
