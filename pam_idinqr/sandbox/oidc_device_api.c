/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on requests from the network. */
#include "pam_idinqr/sandbox/handlers.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/sandbox/oauth_client.h"
#include "pam_idinqr/sandbox/pages.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICE_GRANT        "urn:ietf:params:oauth:grant-type:device_code"
#define DEVICE_LIFETIME_S   600
#define SLOW_DOWN_S         5 /* RFC 8628, 3.5 */
#define ID_TOKEN_LIFETIME_S 300
#define ACCESS_LIFETIME_S   300
#define LEVEL_TOO_LOW       "nl:bvn:bankid:1.0:loa2"
#define OTHER_ISSUER        "https://evil.example"
#define URL_SIZE            (SANDBOX_URL_MAX + 64)

/* `base` and a path of ours as a value of JSON. */
static json_t *
make_url(const char *base, const char *path, const char *query)
{
    char url[URL_SIZE];

    snprintf(url, sizeof url, "%s%s%s", base, path, query);
    return json_string(url);
}

int
oidc_device_api_discovery(struct sandbox *sandbox, struct http_request *request,
                          struct http_reply *ret_reply)
{
    const char *base = sandbox->base_url;
    const char *issuer =
        fault_on(&sandbox->faults, FAULT_OIDC_DISCOVERY_OTHER_ISSUER) ? OTHER_ISSUER : base;
    /* No authorization_endpoint: a provider with only the device grant needs none (RFC 8414, 2). */
    json_t *root =
        json_pack("{s:s, s:o, s:o, s:[s], s:[], s:[s], s:[s], s:[s], s:[s,s], s:[s]}", "issuer",
                  issuer, "token_endpoint", make_url(base, OIDC_TOKEN_PATH, ""), "jwks_uri",
                  make_url(base, OIDC_KEYS_PATH, ""), "grant_types_supported", DEVICE_GRANT,
                  "response_types_supported", "subject_types_supported", "public",
                  "id_token_signing_alg_values_supported", "ES256", "scopes_supported", "openid",
                  "token_endpoint_auth_methods_supported", "client_secret_basic",
                  "client_secret_post", "acr_values_supported", SANDBOX_LEVEL_OF_ASSURANCE);

    (void)request;
    if (root && !fault_on(&sandbox->faults, FAULT_OIDC_NO_DEVICE_ENDPOINT) &&
        json_object_set_new(root, "device_authorization_endpoint",
                            make_url(base, OIDC_DEVICE_PATH, "")) != 0) {
        json_decref(root);
        return IDQ_SYSTEM;
    }
    return json_reply(ret_reply, 200, JSON_TYPE, root);
}

int
oidc_device_api_keys(struct sandbox *sandbox, struct http_request *request,
                     struct http_reply *ret_reply)
{
    (void)request;
    return json_reply(ret_reply, 200, "application/jwk-set+json",
                      token_signer_keys(sandbox->signer));
}

static int
reply_busy(struct http_reply *reply, const char *seconds)
{
    if (http_reply_header(reply, "Retry-After", seconds) < 0)
        return IDQ_SYSTEM;
    return oauth_reply_error(reply, 429, "temporarily_unavailable", "come back later");
}

/* The answer of RFC 8628, 3.2. */
static json_t *
make_device(const struct sandbox *sandbox, const struct code *code)
{
    const char *base = sandbox_code_url(sandbox);
    char query[sizeof "?user_code=" + TOKEN_USER_CODE_SIZE];
    json_t *root =
        json_pack("{s:s, s:s, s:o, s:i, s:i}", "device_code", code->device_code, "user_code",
                  code->user_code, "verification_uri", make_url(base, OIDC_DEVICE_PATH, ""),
                  "expires_in", DEVICE_LIFETIME_S, "interval", code->interval_s);

    snprintf(query, sizeof query, "?user_code=%s", code->user_code);
    if (root && !fault_on(&sandbox->faults, FAULT_OIDC_NO_COMPLETE_URI) &&
        json_object_set_new(root, "verification_uri_complete",
                            make_url(base, OIDC_DEVICE_PATH, query)) != 0) {
        json_decref(root);
        return NULL;
    }
    return root;
}

int
oidc_device_api_device(struct sandbox *sandbox, struct http_request *request,
                       struct http_reply *ret_reply)
{
    static const char *const known[] = {"scope", "acr_values", NULL};
    struct form form;
    struct code *code;
    int admitted =
        oauth_client_admit(sandbox, request, OAUTH_BASIC_OR_POST, known, &form, ret_reply);

    if (admitted != 1)
        return admitted;
    if (strcmp(form_value(&form, "scope"), "openid") != 0)
        return oauth_reply_field(ret_reply, "invalid_scope", "scope", "must be openid");
    int error = codes_add(&sandbox->codes, CODE_OIDC, CODE_USE_LOGIN,
                          (int64_t)DEVICE_LIFETIME_S * 1000, &code);
    if (error == IDQ_BUSY)
        return reply_busy(ret_reply, "60");
    if (error < 0)
        return error;
    code->interval_s = OIDC_INTERVAL_S;
    return oauth_reply(ret_reply, make_device(sandbox, code));
}

/* Returns the claims about the person. Returns NULL if memory is short. */
static json_t *
make_claims(const struct sandbox *sandbox, const struct code *code)
{
    const struct faults *faults = &sandbox->faults;
    json_int_t now_s = sandbox_wall_clock_s(sandbox);
    json_int_t issued_s = fault_on(faults, FAULT_OIDC_ID_TOKEN_EXPIRED) ? now_s - 3600 : now_s;
    json_t *claims = json_pack(
        "{s:s, s:s, s:s, s:I, s:I, s:I}", "iss",
        fault_on(faults, FAULT_OIDC_OTHER_ISSUER) ? OTHER_ISSUER : sandbox->base_url, "aud",
        fault_on(faults, FAULT_OIDC_AUD_WRONG) ? "another-client" : sandbox->client_id, "acr",
        fault_on(faults, FAULT_OIDC_ACR_LOW) ? LEVEL_TOO_LOW : SANDBOX_LEVEL_OF_ASSURANCE, "iat",
        issued_s, "auth_time", issued_s, "exp", issued_s + ID_TOKEN_LIFETIME_S);

    if (claims && code->bin[0] && !fault_on(faults, FAULT_STATUS_NO_BIN) &&
        json_object_set_new(claims, "sub", json_string(code->bin)) != 0) {
        json_decref(claims);
        return NULL;
    }
    return claims;
}

/* The answer of a success. NULL when memory is short. */
static json_t *
make_tokens(const struct sandbox *sandbox, const struct code *code)
{
    char access[TOKEN_TEXT_SIZE];
    json_t *claims = make_claims(sandbox, code);
    char *id_token = claims ? token_signer_sign(sandbox->signer, claims) : NULL;
    json_t *root = NULL;

    /* The access token opens nothing: there is nothing here that it could be for. */
    if (id_token && token_text(access) == 0)
        root = json_pack("{s:s, s:s, s:i, s:s}", "access_token", access, "token_type", "Bearer",
                         "expires_in", ACCESS_LIFETIME_S, "scope", "openid");
    if (root && !fault_on(&sandbox->faults, FAULT_OIDC_NO_ID_TOKEN) &&
        json_object_set_new(root, "id_token", json_string(id_token)) != 0) {
        json_decref(root);
        root = NULL;
    }
    if (id_token)
        secret_wipe(id_token, strlen(id_token));
    free(id_token);
    json_decref(claims);
    return root;
}

/* Whether this poll keeps the distance that the client was told; sets when the next may come. */
static bool
keeps_interval(struct sandbox *sandbox, struct code *code, int64_t now_ms)
{
    bool is_forced = fault_on(&sandbox->faults, FAULT_OIDC_SLOW_DOWN) && code->next_poll_ms == 0;
    bool keeps = now_ms >= code->next_poll_ms && !is_forced;

    if (!keeps) {
        code->interval_s += SLOW_DOWN_S;
        events_add(&sandbox->events, now_ms, EVENT_SLOW_DOWN, code->qr_id,
                   code_status_word(code->status));
    }
    code->next_poll_ms = now_ms + code->interval_s * 1000;
    return keeps;
}

/* How it stands with a code, in the words of RFC 8628, 3.5. */
static int
reply_poll(struct sandbox *sandbox, struct code *code, struct http_reply *reply)
{
    struct codes *codes = &sandbox->codes;
    enum code_status status = code->status;

    if (status == CODE_SUCCESS) {
        json_t *tokens = make_tokens(sandbox, code);
        code_told(codes, code);
        return oauth_reply(reply, tokens);
    }
    code_told(codes, code);
    if (fault_on(&sandbox->faults, FAULT_OIDC_UNKNOWN_ERROR) && status == CODE_PENDING)
        return oauth_reply_error(reply, 400, "sandbox_error", "an error that no RFC has");
    switch (status) {
    case CODE_OPEN:
    case CODE_PENDING:
        return oauth_reply_error(reply, 400, "authorization_pending", "not approved yet");
    case CODE_REFUSED:
    case CODE_CANCELLED:
        return oauth_reply_error(reply, 400, "access_denied", "refused");
    case CODE_FAILURE:
        return oauth_reply_error(reply, 400, "server_error", "the bank failed");
    case CODE_EXPIRED:
        return oauth_reply_error(reply, 400, "expired_token", "the device_code has expired");
    case CODE_SUCCESS:
    case CODE_USED:
    case CODE_NUMBER: /* this and the next are a relay's */
    case CODE_WRONG_NUMBER:
        break;
    }
    return oauth_reply_error(reply, 400, "invalid_grant", "the device_code was used");
}

int
oidc_device_api_token(struct sandbox *sandbox, struct http_request *request,
                      struct http_reply *ret_reply)
{
    static const char *const known[] = {"grant_type", "device_code", NULL};
    struct form form;
    int admitted =
        oauth_client_admit(sandbox, request, OAUTH_BASIC_OR_POST, known, &form, ret_reply);

    if (admitted != 1)
        return admitted;
    if (form_value(&form, "grant_type")[0] == '\0')
        return oauth_reply_field(ret_reply, "invalid_request", "grant_type", "is missing");
    if (strcmp(form_value(&form, "grant_type"), DEVICE_GRANT) != 0)
        return oauth_reply_field(ret_reply, "unsupported_grant_type", "grant_type",
                                 "must be " DEVICE_GRANT);
    if (form_value(&form, "device_code")[0] == '\0')
        return oauth_reply_field(ret_reply, "invalid_request", "device_code", "is missing");
    struct code *code = codes_by_device_code(&sandbox->codes, form_value(&form, "device_code"));
    if (!code)
        return oauth_reply_field(ret_reply, "invalid_grant", "device_code", "is not known");
    if (!keeps_interval(sandbox, code, request->now_ms))
        return oauth_reply_error(ret_reply, 400, "slow_down", "from now on, 5 seconds more");
    if (sandbox_asked(sandbox, code, 0) == IDQ_BUSY)
        return reply_busy(ret_reply, "1");
    return reply_poll(sandbox, code, ret_reply);
}

#define GROUP 4 /* letters before the hyphen, and behind it */

/* Normalizes a code that a person typed: small letters, without the hyphen and blanks. Returns 0,
 * or IDQ_REPLY if it cannot be a code. */
static int
read_user_code(const char *typed, char ret_code[TOKEN_USER_CODE_SIZE])
{
    size_t size = 0;

    for (; *typed; typed++) {
        char c = *typed;

        if (c == '-' || c == ' ')
            continue;
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (c < 'A' || c > 'Z' || size == TOKEN_USER_CODE_SIZE - 1)
            return IDQ_REPLY;
        if (size == GROUP)
            ret_code[size++] = '-';
        ret_code[size++] = c;
    }
    ret_code[size] = '\0';
    return size == TOKEN_USER_CODE_SIZE - 1 ? 0 : IDQ_REPLY;
}

int
oidc_pages_get(struct sandbox *sandbox, struct http_request *request, struct http_reply *ret_reply)
{
    char user_code[TOKEN_USER_CODE_SIZE], path[sizeof PHONE_PAGES_PATH + TOKEN_TEXT_SIZE];
    bool is_typed = request->user_code[0] != '\0';
    struct code *code = NULL;
    enum page_language language;
    HTML_AUTO page = {.text = NULL};

    if (is_typed && read_user_code(request->user_code, user_code) == 0)
        code = codes_by_user_code(&sandbox->codes, user_code);
    if (code) {
        snprintf(path, sizeof path, PHONE_PAGES_PATH "%s", code->path);
        return page_redirect(ret_reply, sandbox->style_hash, path);
    }
    if (language_find(request->language, &language) < 0)
        language = language_from_header(request->accept_language);
    page_step_user_code(&page, language, OIDC_DEVICE_PATH, is_typed);
    return page_reply(ret_reply, is_typed ? 404 : 200, sandbox->style_hash, &page);
}
