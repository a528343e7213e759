/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this on answers from the network. */
#include "pam_idinqr/relay/openid_messages.h"

#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/agent/oidc_device_messages.h"
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/text.h"

#include <stdio.h>
#include <string.h>

static bool
has_word(const json_t *list, const char *word)
{
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        if (json_is_string(one) && strcmp(json_string_value(one), word) == 0)
            return true;
    }
    return false;
}

static bool
has_any(const json_t *list, const char *const *words)
{
    for (; *words; words++)
        if (has_word(list, *words))
            return true;
    return false;
}

/* Discovery 3: what may be missing has a default. */
static const char *
find_mismatch(const json_t *object, const struct openid_settings *settings)
{
    static const char *const signs[] = {"RS256", "ES256", "EdDSA", NULL};
    static const char *const proofs[] = {"client_secret_basic", "client_secret_post",
                                         "private_key_jwt"};
    static const char *const encrypts[] = {"RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", NULL};
    const json_t *methods = json_object_get(object, "token_endpoint_auth_methods_supported");

    if (!has_word(json_object_get(object, "response_types_supported"), "code"))
        return "the provider has no authorization code flow";
    if (!has_any(json_object_get(object, "id_token_signing_alg_values_supported"), signs))
        return "the provider signs with none of RS256, ES256 and EdDSA";
    if (methods ? !has_word(methods, proofs[settings->client_auth])
                : settings->client_auth != CLIENT_SECRET_BASIC)
        return "the provider does not take this client_auth";
    if (settings->decryption_key_file[0] &&
        !has_any(json_object_get(object, "id_token_encryption_alg_values_supported"), encrypts))
        return "the provider encrypts with none of RSA-OAEP, RSA-OAEP-256 and ECDH-ES";
    return NULL;
}

int
openid_read_provider(const char *body, size_t size, const struct openid_settings *settings,
                     struct openid_provider *ret_provider, const char **ret_trouble)
{
    JSON_AUTO *object = oidc_read_document(body, size, settings->issuer, ret_trouble);
    struct openid_provider provider;
    struct https_url url;

    if (!object)
        return IDQ_REPLY;
    *ret_trouble = "an endpoint is not an https URL at the issuer's port";
    if (oidc_read_endpoint(object, "token_endpoint", settings->issuer, provider.token) != 0 ||
        oidc_read_endpoint(object, "jwks_uri", settings->issuer, provider.keys) != 0)
        return IDQ_REPLY;
    /* The phone goes there: any port. */
    *ret_trouble = "authorization_endpoint is not an https URL";
    if (json_text_required(object, "authorization_endpoint", provider.authorization,
                           sizeof provider.authorization) != 0 ||
        https_url_parse(provider.authorization, strlen(provider.authorization), &url) != 0 ||
        strchr(provider.authorization, '#'))
        return IDQ_REPLY;
    provider.has_iss =
        json_is_true(json_object_get(object, "authorization_response_iss_parameter_supported"));
    provider.has_pkce =
        has_word(json_object_get(object, "code_challenge_methods_supported"), "S256");
    provider.mismatch = find_mismatch(object, settings);
    *ret_provider = provider;
    return 0;
}

int
openid_write_url(const struct openid_provider *provider, const struct openid_settings *settings,
                 const struct openid_request *request, char *ret_url, size_t capacity)
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    char challenge[CHARACTERS_BASE64URL_SIZE(EVP_MAX_MD_SIZE)];
    const struct http_form_field fields[] = {
        {"response_type", "code"},
        {"client_id", settings->client_id},
        {"redirect_uri", request->return_url},
        {"scope", settings->scope},
        {"state", request->state},
        {"nonce", request->nonce},
        {"code_challenge", challenge},
        {"code_challenge_method", "S256"},
        {"acr_values", settings->acr_values[0] ? settings->acr_values : NULL},
        {"ui_locales", request->language},
    };
    unsigned size = 0;
    int length;

    if (EVP_Digest(request->verifier, strlen(request->verifier), hash, &size, EVP_sha256(), NULL) !=
        1)
        return IDQ_SYSTEM;
    (void)characters_write_base64url(hash, size, challenge);
    SECRET_AUTO *query = http_form_write(fields, ARRAY_LENGTH(fields));
    if (!query)
        return IDQ_SYSTEM;
    length = snprintf(ret_url, capacity, "%s%c%s", provider->authorization,
                      strchr(provider->authorization, '?') ? '&' : '?', secret_bytes(query));
    return length > 0 && (size_t)length < capacity ? 0 : IDQ_SYSTEM;
}

const char *
openid_check_iss(const struct openid_provider *provider, const struct openid_settings *settings,
                 const char *iss)
{
    if (iss[0] ? strcmp(iss, settings->issuer) != 0 : provider->has_iss)
        return "the response is another issuer's";
    return NULL;
}
