/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads /etc/idinqr-relay.conf: the grammar of idinqr.conf, with the sections [acquirer], [cm],
 * [qr-backend] and [openid]. The relay runs this once, at its start. */
#ifndef IDQ_RELAY_RELAY_CONFIG_H
#define IDQ_RELAY_RELAY_CONFIG_H

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/provider_table.h"
#include "pam_idinqr/common/setting.h"

#include <jansson.h>
#include <stdbool.h>

enum relay_confirm { RELAY_CONFIRM_NUMBER, RELAY_CONFIRM_NONE };
enum relay_upstream_kind { RELAY_ACQUIRER, RELAY_QR_BACKEND, RELAY_OPENID, RELAY_CM };

struct acquirer_settings {
    const char *merchant_id, *acquirer_id, *legal_id;
    int sub_id, service_id, expiration_s;
    const char *directory_url, *transaction_url, *status_url;
    const char *merchant_key_file, *merchant_certificate_file, *saml_key_file;
    const char *certificate_file, *alternative_certificate_file; /* of the acquirer */
};

struct cm_settings {
    const char *url;            /* of its API */
    const char *merchant_token; /* a secret */
};

struct qr_backend_settings {
    const char *url;
    const char *merchant_token, *signing_key; /* secrets */
    int signing_key_encoding;
    const char *qr_id_names, *issuer_names, *transaction_id_names; /* lists of words */
    const char *status_words;                                      /* six */
    const char *error_body; /* a JSON object, with ' in place of " */
    int transaction_timeout_s;
    bool status_is_return;
};

struct openid_settings {
    const char *issuer, *name, *client_id, *client_key_id, *scope, *acr_values, *subject_claim;
    const char *client_secret; /* a secret; "" for a client with a key */
    const char *client_key_file, *decryption_key_file;
    enum client_auth client_auth;
    enum client_audience client_audience;
};

struct relay_config {
    const char *listen, *metrics_listen, *public_url, *certificate_file, *key_file;
    bool behind_proxy;
    const char *database, *map_key_file, *signing_key_file, *scope;
    enum relay_confirm confirm;
    enum relay_upstream_kind upstream;
    int codes_per_desk, codes_in_all; /* in ten minutes; 0: no limit */
    int connections_per_address;      /* at once; 0: no limit */
    const char *ca_file, *proxy;
    struct acquirer_settings acquirer;
    struct cm_settings cm;
    struct qr_backend_settings qr_backend;
    struct openid_settings openid;

    char host[256];                     /* of public_url */
    char scope_host[256];               /* the default of scope */
    struct relay_config_values *values; /* the source of the fields above */
};

/* Returns 0 with a config that the caller frees, or IDQ_CONFIG with ret_diag, which names the file
 * and the line. */
int relay_config_load(const char *path, struct relay_config **ret_config, struct diag *ret_diag);

/* Returns the keyword whose value is in this field of the config, and its line, or 0 for a default.
 */
const char *relay_config_keyword(const struct relay_config *config, const void *field,
                                 unsigned *ret_line);

/* Takes the next word of a list of words, which *list then is behind. Returns false at its end, or
 * if the word is too long. */
#define RELAY_CONFIG_WORD_SIZE 64
bool relay_config_word(const char **list, char ret_word[RELAY_CONFIG_WORD_SIZE]);

/* Returns error_body as an object that the caller frees, or NULL. */
json_t *relay_config_error_body(const struct qr_backend_settings *settings);

/* Wipes the secrets. */
void relay_config_free(struct relay_config **config);

#define RELAY_CONFIG_AUTO __attribute__((cleanup(relay_config_free))) struct relay_config

#endif
