/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this. */
#include "pam_idinqr/sandbox/token_signer.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/web/tokens.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES    32 /* of P-256: a coordinate, half of a signature */
#define POINT_BYTES     (1 + 2 * NUMBER_BYTES)
#define DER_BYTES       80 /* of a signature at the most */
#define COORDINATE_SIZE CHARACTERS_BASE64URL_SIZE(NUMBER_BYTES)

struct token_signer {
    EVP_PKEY *key;
    char key_id[TOKEN_TEXT_SIZE];
};

static void
free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

static void
free_text(char **text)
{
    if (*text)
        secret_wipe(*text, strlen(*text));
    free(*text);
}

#define PAGE_AUTO __attribute__((cleanup(free_text))) char

int
token_signer_new(struct token_signer **ret_signer)
{
    struct token_signer *signer = calloc(1, sizeof *signer);

    if (!signer)
        return IDQ_SYSTEM;
    signer->key = EVP_EC_gen("P-256");
    if (!signer->key || token_text(signer->key_id) < 0) {
        token_signer_free(&signer);
        return IDQ_SYSTEM;
    }
    *ret_signer = signer;
    return 0;
}

/* JSON in base64url, as each part of a token is. */
static char *
encode_part(const json_t *part)
{
    PAGE_AUTO *json = json_dumps(part, JSON_COMPACT);
    char *text = json ? malloc(CHARACTERS_BASE64URL_SIZE(strlen(json))) : NULL;

    if (text)
        (void)characters_write_base64url(json, strlen(json), text);
    return text;
}

/* A signature as JWS wants it: the two numbers, one behind the other. OpenSSL makes DER of them. */
static int
sign(const struct token_signer *signer, const char *text,
     char ret[CHARACTERS_BASE64URL_SIZE(2 * NUMBER_BYTES)])
{
    __attribute__((cleanup(free_context))) EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned char der[DER_BYTES], numbers[2 * NUMBER_BYTES];
    const unsigned char *p = der;
    size_t der_size = sizeof der;

    if (!context || EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, signer->key) != 1 ||
        EVP_DigestSign(context, der, &der_size, (const unsigned char *)text, strlen(text)) != 1)
        return IDQ_SYSTEM;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &p, (long)der_size);
    int fits = signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), numbers, NUMBER_BYTES) > 0 &&
               BN_bn2binpad(ECDSA_SIG_get0_s(signature), numbers + NUMBER_BYTES, NUMBER_BYTES) > 0;
    ECDSA_SIG_free(signature);
    if (!fits)
        return IDQ_SYSTEM;
    (void)characters_write_base64url(numbers, sizeof numbers, ret);
    return 0;
}

char *
token_signer_sign(const struct token_signer *signer, const json_t *claims)
{
    char signature[CHARACTERS_BASE64URL_SIZE(2 * NUMBER_BYTES)];
    json_t *header =
        json_pack("{s:s, s:s, s:s}", "alg", "ES256", "typ", "JWT", "kid", signer->key_id);
    PAGE_AUTO *head = header ? encode_part(header) : NULL;
    PAGE_AUTO *body = encode_part(claims);
    char *token = NULL;

    json_decref(header);
    if (!head || !body)
        return NULL;
    size_t size = strlen(head) + strlen(body) + sizeof signature + 2;
    token = malloc(size);
    if (!token)
        return NULL;
    int length = snprintf(token, size, "%s.%s", head, body);
    if (sign(signer, token, signature) < 0) {
        free_text(&token);
        return NULL;
    }
    snprintf(token + length, size - (size_t)length, ".%s", signature);
    return token;
}

json_t *
token_signer_keys(const struct token_signer *signer)
{
    unsigned char point[POINT_BYTES];
    char x[COORDINATE_SIZE], y[COORDINATE_SIZE];
    size_t size = 0;

    if (EVP_PKEY_get_octet_string_param(signer->key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point,
                                        &size) != 1 ||
        size != POINT_BYTES)
        return NULL;
    (void)characters_write_base64url(point + 1, NUMBER_BYTES, x);
    (void)characters_write_base64url(point + 1 + NUMBER_BYTES, NUMBER_BYTES, y);
    return json_pack("{s:[{s:s, s:s, s:s, s:s, s:s, s:s, s:s}]}", "keys", "kty", "EC", "crv",
                     "P-256", "alg", "ES256", "use", "sig", "kid", signer->key_id, "x", x, "y", y);
}

void
token_signer_free(struct token_signer **signer)
{
    if (!*signer)
        return;
    EVP_PKEY_free((*signer)->key);
    free(*signer);
    *signer = NULL;
}
