/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/token_keys.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES 32   /* of P-256 and Ed25519 */
#define BYTES_MAX    1024 /* of a number or a signature */

struct token_key {
    EVP_PKEY *key;
    char alg[8];
    char kid[64]; /* "" for none */
};

/* Freed by the caller. */
static char *
base64url(const void *bytes, size_t size)
{
    char *text = malloc(size * 2 + 8);

    ck_assert_ptr_nonnull(text);
    EVP_EncodeBlock((unsigned char *)text, bytes, (int)size);
    for (char *p = text; *p; p++)
        *p = (char)(*p == '+' ? '-' : *p == '/' ? '_' : *p == '=' ? '\0' : *p);
    return text;
}

struct token_key *
token_key_new(const char *alg, const char *kid, unsigned bits)
{
    struct token_key *key = calloc(1, sizeof *key);

    ck_assert_ptr_nonnull(key);
    snprintf(key->alg, sizeof key->alg, "%s", alg);
    snprintf(key->kid, sizeof key->kid, "%s", kid ? kid : "");
    if (strcmp(alg, "RS256") == 0)
        key->key = EVP_RSA_gen(bits ? bits : 2048);
    else if (strcmp(alg, "ES256") == 0)
        key->key = EVP_EC_gen("P-256");
    else
        key->key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    ck_assert_ptr_nonnull(key->key);
    return key;
}

char *
token_key_pem(const struct token_key *key, const char *passphrase)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *text, *kept;
    long size;

    ck_assert_int_eq(PEM_write_bio_PKCS8PrivateKey(
                         memory, key->key, passphrase ? EVP_aes_256_cbc() : NULL, passphrase,
                         passphrase ? (int)strlen(passphrase) : 0, NULL, NULL),
                     1);
    size = BIO_get_mem_data(memory, &text);
    kept = scratch_text("%.*s", (int)size, text);
    BIO_free(memory);
    return kept;
}

static void
set_bytes(json_t *jwk, const char *name, const void *bytes, size_t size)
{
    char *text = base64url(bytes, size);

    ck_assert_int_eq(json_object_set_new(jwk, name, json_string(text)), 0);
    free(text);
}

static void
set_number(json_t *jwk, const char *name, const EVP_PKEY *key, const char *parameter)
{
    unsigned char bytes[BYTES_MAX];
    BIGNUM *number = NULL;

    ck_assert_int_eq(EVP_PKEY_get_bn_param(key, parameter, &number), 1);
    set_bytes(jwk, name, bytes, (size_t)BN_bn2bin(number, bytes));
    BN_free(number);
}

json_t *
token_key_jwk(const struct token_key *key)
{
    unsigned char point[BYTES_MAX];
    size_t size = sizeof point;
    json_t *jwk = json_pack("{s:s, s:s}", "alg", key->alg, "use", "sig");

    ck_assert_ptr_nonnull(jwk);
    if (key->kid[0])
        json_object_set_new(jwk, "kid", json_string(key->kid));
    if (strcmp(key->alg, "RS256") == 0) {
        json_object_set_new(jwk, "kty", json_string("RSA"));
        set_number(jwk, "n", key->key, OSSL_PKEY_PARAM_RSA_N);
        set_number(jwk, "e", key->key, OSSL_PKEY_PARAM_RSA_E);
    } else if (strcmp(key->alg, "ES256") == 0) {
        json_object_set_new(jwk, "kty", json_string("EC"));
        json_object_set_new(jwk, "crv", json_string("P-256"));
        ck_assert_int_eq(EVP_PKEY_get_octet_string_param(key->key, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                         sizeof point, &size),
                         1);
        ck_assert_uint_eq(size, 1 + 2 * NUMBER_BYTES);
        set_bytes(jwk, "x", point + 1, NUMBER_BYTES);
        set_bytes(jwk, "y", point + 1 + NUMBER_BYTES, NUMBER_BYTES);
    } else {
        json_object_set_new(jwk, "kty", json_string("OKP"));
        json_object_set_new(jwk, "crv", json_string("Ed25519"));
        ck_assert_int_eq(EVP_PKEY_get_raw_public_key(key->key, point, &size), 1);
        set_bytes(jwk, "x", point, size);
    }
    return jwk;
}

/* In place: DER as OpenSSL writes it, for the two numbers of RFC 7518, 3.4. */
static size_t
from_der(unsigned char bytes[BYTES_MAX], size_t size)
{
    const unsigned char *p = bytes;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &p, (long)size);

    ck_assert_ptr_nonnull(signature);
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), bytes, NUMBER_BYTES);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), bytes + NUMBER_BYTES, NUMBER_BYTES);
    ECDSA_SIG_free(signature);
    return 2 * (size_t)NUMBER_BYTES;
}

const char *
token_key_sign(const struct token_key *key, const char *header, const char *claims)
{
    static char token[40000];
    unsigned char signature[BYTES_MAX];
    size_t size = sizeof signature;
    const EVP_MD *digest = strcmp(key->alg, "EdDSA") == 0 ? NULL : EVP_sha256();
    char *first = base64url(header, strlen(header)), *second = base64url(claims, strlen(claims));
    int length = snprintf(token, sizeof token, "%s.%s", first, second);
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    ck_assert_int_lt(length, (int)sizeof token);
    ck_assert_int_eq(EVP_DigestSignInit(context, NULL, digest, NULL, key->key), 1);
    ck_assert_int_eq(
        EVP_DigestSign(context, signature, &size, (unsigned char *)token, (size_t)length), 1);
    EVP_MD_CTX_free(context);
    free(first);
    free(second);
    if (strcmp(key->alg, "ES256") == 0)
        size = from_der(signature, size);
    first = base64url(signature, size);
    ck_assert_uint_lt((size_t)length + 1 + strlen(first), sizeof token);
    snprintf(token + length, sizeof token - (size_t)length, ".%s", first);
    free(first);
    return token;
}

char *
token_key_set(const struct token_key *const *keys)
{
    json_t *array = json_array(), *set = json_pack("{s:o}", "keys", array);
    char *text;

    for (; *keys; keys++)
        ck_assert_int_eq(json_array_append_new(array, token_key_jwk(*keys)), 0);
    text = json_dumps(set, JSON_COMPACT);
    ck_assert_ptr_nonnull(text);
    json_decref(set);
    return scratch_keep(text);
}

void
token_key_free(struct token_key **key)
{
    if (!*key)
        return;
    EVP_PKEY_free((*key)->key);
    free(*key);
    *key = NULL;
}
