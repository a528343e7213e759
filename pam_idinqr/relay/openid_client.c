/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this: how it proves itself to an OpenID provider. */
#include "pam_idinqr/relay/openid.h"

#include "pam_idinqr/agent/client_assertion.h"
#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/relay/relay_keys.h"
#include "pam_idinqr/web/tokens.h"

#include <stdio.h>
#include <stdlib.h>

#define FORM_TYPE "application/x-www-form-urlencoded"

static struct openid *
state_of(const struct relay *relay)
{
    return relay->upstream_state;
}

/* "" leaves NULL. */
static int
read_key(const char *path, EVP_PKEY **ret_key, struct diag *ret_diag)
{
    SECRET_AUTO *pem = NULL;
    const char *trouble;
    int error = relay_pem_read(path, TRUSTED_FILE_SECRET, &pem, ret_diag);

    if (error == 0 && pem) {
        error = client_key_read(secret_bytes(pem), ret_key, &trouble);
        if (error != 0)
            diag_set_file(ret_diag, path, 0, "%s", trouble);
    }
    return error;
}

int
openid_open(struct relay *relay, struct diag *ret_diag)
{
    const struct openid_settings *settings = &relay->config->openid;
    struct openid *openid = calloc(1, sizeof *openid);
    int error;

    diag_set(ret_diag, "out of memory");
    if (!openid)
        return IDQ_SYSTEM;
    relay->upstream = &openid_upstream;
    relay->upstream_state = openid;
    snprintf(openid->return_url, sizeof openid->return_url, "%s/return", relay->config->public_url);
    error = read_key(settings->client_key_file, &openid->client_key, ret_diag);
    if (error == 0)
        error = read_key(settings->decryption_key_file, &openid->decryption_key, ret_diag);
    if (error == 0 && settings->client_auth == CLIENT_SECRET_BASIC) {
        openid->authorization = http_form_basic(settings->client_id, settings->client_secret);
        error = openid->authorization ? 0 : IDQ_SYSTEM;
    }
    if (error != 0)
        openid_close(relay);
    return error;
}

void
openid_close(struct relay *relay)
{
    struct openid *openid = state_of(relay);

    if (!openid)
        return;
    EVP_PKEY_free(openid->client_key);
    EVP_PKEY_free(openid->decryption_key);
    secret_free(&openid->authorization);
    key_set_free(&openid->keys);
    free(openid);
    relay->upstream_state = NULL;
}

static struct secret *
sign_proof(const struct relay *relay)
{
    const struct openid_settings *settings = &relay->config->openid;
    char id[TOKEN_UUID_SIZE];
    const struct client_assertion assertion = {
        .key = state_of(relay)->client_key,
        .key_id = settings->client_key_id,
        .client_id = settings->client_id,
        .audience = settings->client_audience == AUDIENCE_ISSUER ? settings->issuer
                                                                 : state_of(relay)->provider.token,
        .id = id,
        .now = relay->wall_ms / 1000,
    };

    return token_uuid(id) == 0 ? client_assertion_write(&assertion) : NULL;
}

int
openid_post_code(struct relay *relay, const char *code, const char *verifier,
                 http_client_done *done, void *context)
{
    const struct openid_settings *settings = &relay->config->openid;
    const struct openid *openid = state_of(relay);
    bool has_proof = settings->client_auth == CLIENT_PRIVATE_KEY_JWT;
    bool is_in_form = settings->client_auth == CLIENT_SECRET_POST;
    SECRET_AUTO *proof = has_proof ? sign_proof(relay) : NULL;
    const struct http_form_field fields[] = {
        {"grant_type", "authorization_code"},
        {"code", code},
        {"redirect_uri", openid->return_url},
        {"code_verifier", verifier},
        {"client_id", settings->client_id},
        {"client_secret", is_in_form ? settings->client_secret : NULL},
        {"client_assertion_type", proof ? CLIENT_ASSERTION_TYPE : NULL},
        {"client_assertion", proof ? secret_bytes(proof) : NULL},
    };
    SECRET_AUTO *form = proof || !has_proof ? http_form_write(fields, ARRAY_LENGTH(fields)) : NULL;

    if (!form)
        return IDQ_SYSTEM;
    return http_client_post(
        relay->client,
        &(struct http_client_request){
            .url = openid->provider.token,
            .content_type = FORM_TYPE,
            .body = secret_bytes(form),
            .body_size = secret_size(form),
            .authorization = openid->authorization ? secret_bytes(openid->authorization) : NULL,
            .ca_file = relay->config->ca_file,
            .proxy = relay->config->proxy,
            .timeout_ms = OPENID_TOKEN_MS,
        },
        done, context);
}
