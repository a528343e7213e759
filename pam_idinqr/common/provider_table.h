/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists the providers and their settings in idinqr.conf. Configuration, agent and manual share this
 * list. The code of a provider is agent/provider_<name>.c. */
#ifndef IDQ_COMMON_PROVIDER_TABLE_H
#define IDQ_COMMON_PROVIDER_TABLE_H

#include "pam_idinqr/common/setting.h"
#include "pam_idinqr/common/signing_key.h"
#include "pam_idinqr/common/subject.h"

#include <stdbool.h>

#define PROVIDER_NAMES        "idin-qr|signicat|oidc-device" /* as a setting's choices */
#define PROVIDERS_MAX         8
#define PROVIDER_SETTINGS_MAX 16 /* of one provider */

enum status_nonce { STATUS_NONCE_REQUIRED, STATUS_NONCE_OFF };

/* The levels of assurance that may be asked for, from the lowest. */
enum requested_loa { LOA_LOW, LOA_SUBSTANTIAL, LOA_HIGH };

/* How an OAuth client proves itself. */
enum client_auth { CLIENT_SECRET_BASIC, CLIENT_SECRET_POST, CLIENT_PRIVATE_KEY_JWT, CLIENT_NONE };

/* The audience of a client's signature, with CLIENT_PRIVATE_KEY_JWT. AUDIENCE_ENDPOINT: the
 * endpoint that gets it. */
enum client_audience { AUDIENCE_ISSUER, AUDIENCE_TOKEN_ENDPOINT, AUDIENCE_ENDPOINT };

#define CLIENT_KEY_MAX 3400 /* bytes of PEM: an RSA key of 4096 bits has 3272 */

struct idin_qr_settings {
    const char *qr_backend_url, *status_url, *cancel_url;
    const char *merchant_token, *signing_key; /* secrets */
    enum signing_key_encoding signing_key_encoding;
    enum status_nonce status_nonce;
    int merchant_sub_id, long_poll_s;
    bool is_relay;    /* the backend is the merchant's own: see relay in idinqr.conf(5) */
    const char *name; /* of where a relay sends people instead of to their bank; "": to it */
};

struct signicat_settings {
    const char *token_url, *api_url, *callback_url, *client_id, *account_id, *request_domain;
    const char *client_secret; /* a secret */
    enum requested_loa requested_loa;
};

struct oidc_settings {
    const char *issuer, *client_id, *oauth_scope, *subject_claim, *required_acr, *jwks_file;
    const char *device_endpoint;            /* "": the one that the issuer's document names */
    const char *client_secret, *client_key; /* secrets; "" for a client without one */
    const char *client_key_id;
    enum client_auth client_auth;
    enum client_audience client_audience;
};

/* The settings of the section of the provider in use. A text that is not set is "", never NULL. The
 * struct of another provider holds its fallbacks. */
struct provider_settings {
    const char *scope, *qr_hosts;
    int poll_interval_s;
    struct idin_qr_settings idin_qr;
    struct signicat_settings signicat;
    struct oidc_settings oidc;
};

struct provider_description {
    const char *name; /* `provider =`, its section, and part of an identity */
    enum subject_rule subject;
    /* Those of its section, for a struct provider_settings; all are sent to the agent. Ends with a
     * NULL keyword. */
    const struct setting *settings;
    /* The URL whose host is the scope, unless the setting `scope` says; and the only host that its
     * codes may lead to, unless `qr_hosts` says. */
    const char *scope_keyword;
    size_t scope_url;  /* its offset in struct provider_settings */
    bool has_pictures; /* its backend sends codes as pictures, so it needs a picture reader */
    bool has_banks;    /* people choose a bank, and approve there */
    const char *brand; /* what texts call it; NULL: the iDIN service, or the host of scope_url */
};

#define PROVIDER_NAME_SIZE 256

/* Whether people choose a bank, and approve there, with these settings. */
bool provider_has_banks(const struct provider_description *provider,
                        const struct provider_settings *settings);

/* Writes how texts for people name the provider in use: its brand, or the host of its scope_url, or
 * the name that its settings have. Writes "" for the iDIN service. */
void provider_table_name(const struct provider_description *provider,
                         const struct provider_settings *settings,
                         char ret_name[PROVIDER_NAME_SIZE]);

/* Returns NULL if no provider has that name. Static. */
const struct provider_description *provider_table_find(const char *name);

/* Returns the i-th provider, or NULL after the last. */
const struct provider_description *provider_table_at(size_t i);

/* The value of scope_keyword. */
const char *provider_scope_url(const struct provider_description *provider,
                               const struct provider_settings *settings);

/* Sets each field to its fallback; one that providers share, to the fallback of this provider. */
void provider_settings_begin(const struct provider_description *provider,
                             struct provider_settings *ret_settings);

#endif
