/* SPDX-License-Identifier: BSD-3-Clause */
/* See provider_table.h. */
#include "pam_idinqr/common/provider_table.h"

#include "pam_idinqr/common/signing_key.h"

#include <string.h>

static const struct setting idin_qr_settings[] = {
    {.keyword = "qr_backend_url", .kind = SETTING_URL, .required = 1},
    {.keyword = "merchant_token", .kind = SETTING_SECRET, .required = 1},
    {.keyword = "merchant_sub_id", .kind = SETTING_NUMBER, .fallback = "0", .most = 999999},
    {.keyword = "signing_key",
     .kind = SETTING_SECRET,
     .required = 1,
     .least = SIGNING_KEY_MIN, /* config.c also holds it against its encoding */
     .most = 1024},
    {.keyword = "signing_key_encoding",
     .kind = SETTING_CHOICE,
     .fallback = "text",
     .choices = "text|hex|" SIGNING_KEY_PUBLIC},
    {.keyword = "status_url", .kind = SETTING_URL, .required = 1},
    {.keyword = "status_nonce",
     .kind = SETTING_CHOICE,
     .fallback = "required",
     .choices = "required|off"},
    {.keyword = "cancel_url", .kind = SETTING_URL},
    {.keyword = "qr_hosts", .kind = SETTING_HOSTS, .fallback = "qrcode.idin.nl", .most = 1024},
    {.keyword = "scope", .kind = SETTING_TEXT},
    {.keyword = "long_poll", .kind = SETTING_NUMBER, .fallback = "25", .most = 60},
    {.keyword = "poll_interval", .kind = SETTING_NUMBER, .fallback = "2", .least = 1, .most = 60},
    {.keyword = NULL},
};

static const struct setting signicat_settings[] = {
    {.keyword = "client_id", .kind = SETTING_TEXT, .required = 1},
    {.keyword = "client_secret", .kind = SETTING_SECRET, .required = 1},
    {.keyword = "account_id", .kind = SETTING_TEXT, .most = 127},
    {.keyword = "token_url",
     .kind = SETTING_URL,
     .fallback = "https://api.signicat.com/auth/open/connect/token"},
    {.keyword = "api_url", .kind = SETTING_URL, .fallback = "https://api.signicat.com/auth/rest"},
    {.keyword = "callback_url", .kind = SETTING_URL, .required = 1},
    {.keyword = "request_domain", .kind = SETTING_TEXT},
    {.keyword = "requested_loa",
     .kind = SETTING_CHOICE,
     .fallback = "substantial",
     .choices = "low|substantial|high"},
    {.keyword = "qr_hosts", .kind = SETTING_HOSTS, .required = 1, .most = 1024},
    {.keyword = "scope", .kind = SETTING_TEXT},
    {.keyword = "poll_interval", .kind = SETTING_NUMBER, .fallback = "3", .least = 1, .most = 60},
    {.keyword = NULL},
};

/* The scope of OAuth has a name of its own here: `scope` is an identity's, with every provider. */
static const struct setting oidc_device_settings[] = {
    {.keyword = "issuer", .kind = SETTING_URL, .required = 1},
    {.keyword = "client_id", .kind = SETTING_TEXT, .required = 1},
    {.keyword = "client_secret", .kind = SETTING_SECRET, .most = 1024},
    {.keyword = "client_auth",
     .kind = SETTING_CHOICE,
     .fallback = "client_secret_basic",
     .choices = "client_secret_basic|client_secret_post|none"},
    {.keyword = "oauth_scope", .kind = SETTING_TEXT, .fallback = "openid"},
    {.keyword = "subject_claim", .kind = SETTING_TEXT, .fallback = "sub"},
    {.keyword = "required_acr", .kind = SETTING_TEXT},
    {.keyword = "jwks_file", .kind = SETTING_PATH},
    {.keyword = "qr_hosts", .kind = SETTING_HOSTS, .most = 1024},
    {.keyword = "scope", .kind = SETTING_TEXT},
    {.keyword = "poll_interval", .kind = SETTING_NUMBER, .fallback = "1", .least = 1, .most = 60},
    {.keyword = NULL},
};

static const struct provider_description providers[] = {
    {"idin-qr", SUBJECT_BIN, idin_qr_settings, "status_url", "qr_hosts", 1},
    {"signicat", SUBJECT_BIN, signicat_settings, "api_url", "qr_hosts", 0},
    {"oidc-device", SUBJECT_CLAIM, oidc_device_settings, "issuer", "qr_hosts", 0},
};

_Static_assert(sizeof providers / sizeof providers[0] <= PROVIDERS_MAX, "who has room for each");

const struct provider_description *
provider_table_at(size_t i)
{
    return i < sizeof providers / sizeof providers[0] ? &providers[i] : NULL;
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
