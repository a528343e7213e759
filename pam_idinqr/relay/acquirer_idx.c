/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this: the acquirer's own language, by idx.h. */
#include "pam_idinqr/relay/acquirer.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/relay/relay_keys.h"

#include <stdio.h>

#define SKEW_S 60

int
acquirer_idx_open(struct acquirer *acquirer, const struct acquirer_settings *settings,
                  struct diag *ret_diag)
{
    SECRET_AUTO *key = NULL, *certificate = NULL, *saml = NULL, *routing = NULL, *other = NULL;
    int result = relay_pem_read(settings->merchant_key_file, TRUSTED_FILE_SECRET, &key, ret_diag);

    if (result == 0)
        result = relay_pem_read(settings->merchant_certificate_file, TRUSTED_FILE_OPEN_TEXT,
                                &certificate, ret_diag);
    if (result == 0)
        result = relay_pem_read(settings->saml_key_file, TRUSTED_FILE_SECRET, &saml, ret_diag);
    if (result == 0)
        result =
            relay_pem_read(settings->certificate_file, TRUSTED_FILE_OPEN_TEXT, &routing, ret_diag);
    if (result == 0)
        result = relay_pem_read(settings->alternative_certificate_file, TRUSTED_FILE_OPEN_TEXT,
                                &other, ret_diag);
    if (result == 0)
        result = idx_new(
            &(struct idx_settings){
                .merchant_id = settings->merchant_id,
                .sub_id = (unsigned)settings->sub_id,
                .acquirer_id = settings->acquirer_id,
                .legal_id = settings->legal_id,
                .return_url = acquirer->return_url,
                .service_id = (unsigned)settings->service_id,
                .skew_s = SKEW_S,
                .merchant_key = secret_bytes(key),
                .merchant_certificate = secret_bytes(certificate),
                .saml_key = saml ? secret_bytes(saml) : NULL,
                .routing_certificate = secret_bytes(routing),
                .alternative_certificate = other ? secret_bytes(other) : NULL,
            },
            &acquirer->idx, ret_diag);
    return result;
}

static int
build_directory(const struct acquirer *acquirer, int64_t now_ms, char **ret_text, size_t *ret_size)
{
    return idx_build_directory(acquirer->idx, now_ms, ret_text, ret_size);
}

static int
build_transaction(const struct acquirer *acquirer, const struct idx_request *request,
                  int64_t now_ms, char **ret_text, size_t *ret_size)
{
    return idx_build_transaction(acquirer->idx, request, now_ms, ret_text, ret_size);
}

static int
build_status(const struct acquirer *acquirer, const struct store_trx *trx, int64_t now_ms,
             char **ret_text, size_t *ret_size)
{
    return idx_build_status(acquirer->idx, trx->id, now_ms, ret_text, ret_size);
}

static int
read_directory(const struct acquirer *acquirer, const char *body, size_t size,
               struct idx_directory **ret_directory, struct idx_failure *ret_failure)
{
    return idx_read_directory(acquirer->idx, body, size, ret_directory, ret_failure);
}

static int
read_transaction(const struct acquirer *acquirer, const char *body, size_t size,
                 struct store_trx *ret_trx, char ret_url[IDX_URL_SIZE],
                 struct idx_failure *ret_failure)
{
    struct idx_started started;
    int error = idx_read_transaction(acquirer->idx, body, size, &started, ret_failure);

    if (error == 0) {
        snprintf(ret_trx->id, sizeof ret_trx->id, "%s", started.transaction);
        snprintf(ret_url, IDX_URL_SIZE, "%s", started.url);
    }
    return error;
}

static int
read_status(const struct acquirer *acquirer, const char *body, size_t size,
            const struct idx_asked *asked, struct idx_result *ret_result,
            struct idx_failure *ret_failure)
{
    return idx_read_status(acquirer->idx, body, size, asked, ret_result, ret_failure);
}

const struct acquirer_language acquirer_idx = {
    .content_type = "text/xml; charset=utf-8",
    .list_ms = (int64_t)7 * 24 * 60 * 60 * 1000,
    .list_max_ms = INT64_MAX,
    .build_directory = build_directory,
    .build_transaction = build_transaction,
    .build_status = build_status,
    .read_directory = read_directory,
    .read_transaction = read_transaction,
    .read_status = read_status,
};
