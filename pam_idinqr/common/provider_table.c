/* SPDX-License-Identifier: BSD-3-Clause */
/* Every process reads this table. */
#include "pam_idinqr/common/provider_table.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/https_url.h"

#include <stdio.h>
#include <string.h>

#define ROW(...) SETTING_ROW(struct provider_settings, __VA_ARGS__)

static const struct setting idin_qr_settings[] = {
    {ROW("qr_backend_url", URL, idin_qr.qr_backend_url), .required = 1},
    {ROW("merchant_token", SECRET, idin_qr.merchant_token), .required = 1},
    {ROW("merchant_sub_id", NUMBER, idin_qr.merchant_sub_id), .fallback = "0", .most = 999999},
    {ROW("signing_key", SECRET, idin_qr.signing_key), .required = 1,
     .least = SIGNING_KEY_MIN, /* config.c also checks it against its encoding */
     .most = 1024},
    {ROW("signing_key_encoding", CHOICE, idin_qr.signing_key_encoding), .fallback = "text",
     .choices = "text|hex|ed25519"},
    {ROW("status_url", URL, idin_qr.status_url), .required = 1},
    {ROW("status_nonce", CHOICE, idin_qr.status_nonce), .fallback = "required",
     .choices = "required|off"},
    {ROW("cancel_url", URL, idin_qr.cancel_url)},
    {ROW("relay", SWITCH, idin_qr.is_relay), .fallback = "no", .choices = "no|yes"},
    {ROW("name", TEXT, idin_qr.name), .most = 63},
    {ROW("qr_hosts", HOSTS, qr_hosts), .fallback = "qrcode.idin.nl", .most = 1024},
    {ROW("scope", TEXT, scope)},
    {ROW("long_poll", NUMBER, idin_qr.long_poll_s), .fallback = "25", .most = 60},
    {ROW("poll_interval", NUMBER, poll_interval_s), .fallback = "2", .least = 1, .most = 60},
    {.keyword = NULL},
};

/* RFC 6749 A.2 allows blanks in a client_secret. */
static const struct setting signicat_settings[] = {
    {ROW("client_id", TEXT, signicat.client_id), .required = 1},
    {ROW("client_secret", SECRET, signicat.client_secret), .required = 1, .may_have_blanks = true},
    {ROW("account_id", TEXT, signicat.account_id), .most = 127},
    {ROW("token_url", URL, signicat.token_url),
     .fallback = "https://api.signicat.com/auth/open/connect/token"},
    {ROW("api_url", URL, signicat.api_url), .fallback = "https://api.signicat.com/auth/rest"},
    {ROW("callback_url", URL, signicat.callback_url), .required = 1},
    {ROW("request_domain", TEXT, signicat.request_domain)},
    {ROW("requested_loa", CHOICE, signicat.requested_loa), .fallback = "substantial",
     .choices = "low|substantial|high"},
    {ROW("qr_hosts", HOSTS, qr_hosts), .required = 1, .most = 1024},
    {ROW("scope", TEXT, scope)},
    {ROW("poll_interval", NUMBER, poll_interval_s), .fallback = "3", .least = 1, .most = 60},
    {.keyword = NULL},
};

/* OAuth's scope has another keyword here, because `scope` is an identity's with every provider. */
static const struct setting oidc_device_settings[] = {
    {ROW("issuer", URL, oidc.issuer), .required = 1},
    {ROW("client_id", TEXT, oidc.client_id), .required = 1},
    {ROW("client_secret", SECRET, oidc.client_secret), .most = 1024, .may_have_blanks = true},
    {ROW("client_auth", CHOICE, oidc.client_auth), .fallback = "client_secret_basic",
     .choices = "client_secret_basic|client_secret_post|private_key_jwt|none"},
    {ROW("client_key", SECRET, oidc.client_key), .most = CLIENT_KEY_MAX, .is_pem = true},
    {ROW("client_key_id", TEXT, oidc.client_key_id)},
    {ROW("client_audience", CHOICE, oidc.client_audience), .fallback = "issuer",
     .choices = "issuer|token_endpoint|endpoint"},
    {ROW("oauth_scope", TEXT, oidc.oauth_scope), .fallback = "openid"},
    {ROW("subject_claim", TEXT, oidc.subject_claim), .fallback = "sub"},
    {ROW("required_acr", TEXT, oidc.required_acr)},
    {ROW("jwks_file", PATH, oidc.jwks_file)},
    {ROW("device_endpoint", URL, oidc.device_endpoint)},
    {ROW("qr_hosts", HOSTS, qr_hosts), .most = 1024},
    {ROW("scope", TEXT, scope)},
    {ROW("poll_interval", NUMBER, poll_interval_s), .fallback = "1", .least = 1, .most = 60},
    {.keyword = NULL},
};

#define SCOPE_URL(name) offsetof(struct provider_settings, name)

static const struct provider_description providers[] = {
    {"idin-qr", SUBJECT_BIN, idin_qr_settings, "status_url", SCOPE_URL(idin_qr.status_url), true,
     true, NULL},
    {"signicat", SUBJECT_BIN, signicat_settings, "api_url", SCOPE_URL(signicat.api_url), false,
     true, "Signicat"},
    {"oidc-device", SUBJECT_CLAIM, oidc_device_settings, "issuer", SCOPE_URL(oidc.issuer), false,
     false, NULL},
};

_Static_assert(ARRAY_LENGTH(providers) <= PROVIDERS_MAX, "who has room for each");

const struct provider_description *
provider_table_at(size_t i)
{
    return i < ARRAY_LENGTH(providers) ? &providers[i] : NULL;
}

const struct provider_description *
provider_table_find(const char *name)
{
    const struct provider_description *provider;

    for (size_t i = 0; (provider = provider_table_at(i)); i++)
        if (strcmp(provider->name, name) == 0)
            return provider;
    return NULL;
}

const char *
provider_scope_url(const struct provider_description *provider,
                   const struct provider_settings *settings)
{
    const char *url;

    memcpy(&url, (const char *)settings + provider->scope_url, sizeof url);
    return url;
}

bool
provider_has_banks(const struct provider_description *provider,
                   const struct provider_settings *settings)
{
    return provider->has_banks &&
           (provider->settings != idin_qr_settings || settings->idin_qr.name[0] == '\0');
}

void
provider_table_name(const struct provider_description *provider,
                    const struct provider_settings *settings, char ret_name[PROVIDER_NAME_SIZE])
{
    const char *url = provider_scope_url(provider, settings);
    struct https_url parsed;

    ret_name[0] = '\0';
    if (!provider_has_banks(provider, settings) && provider->has_banks)
        snprintf(ret_name, PROVIDER_NAME_SIZE, "%s", settings->idin_qr.name);
    else if (provider->brand)
        snprintf(ret_name, PROVIDER_NAME_SIZE, "%s", provider->brand);
    else if (!provider->has_banks && https_url_parse(url, strlen(url), &parsed) == 0)
        snprintf(ret_name, PROVIDER_NAME_SIZE, "%s", parsed.host);
}

static void
fill_with_fallbacks(const struct setting *setting, struct provider_settings *settings)
{
    for (; setting->keyword; setting++)
        (void)setting_fill(setting, NULL, settings);
}

void
provider_settings_begin(const struct provider_description *provider,
                        struct provider_settings *ret_settings)
{
    for (size_t i = 0; i < ARRAY_LENGTH(providers); i++)
        fill_with_fallbacks(providers[i].settings, ret_settings);
    fill_with_fallbacks(provider->settings, ret_settings);
}
