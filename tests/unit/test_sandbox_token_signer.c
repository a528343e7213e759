/* SPDX-License-Identifier: BSD-3-Clause */
/* ID tokens of the sandbox, checked as a stranger would: with nothing but the published key. */
#include "pam_idinqr/sandbox/token_signer.h"
#include "tests/harness/runner.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_BYTES 32

/* The bytes of base64url without padding; how many. */
static size_t
from_base64url(const char *text, size_t size, unsigned char *ret_bytes)
{
    char base64[512];
    size_t padded = (size + 3) / 4 * 4;

    ck_assert_uint_le(padded, sizeof base64);
    for (size_t i = 0; i < size; i++) {
        ck_assert_int_ne(text[i], '=');
        base64[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    }
    memset(base64 + size, '=', padded - size);
    int n = EVP_DecodeBlock(ret_bytes, (unsigned char *)base64, (int)padded);
    ck_assert_int_ge(n, 0);
    return (size_t)n - (padded - size);
}

static const char *
member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    ck_assert_msg(text != NULL, "there is no %s", name);
    return text;
}

static EVP_PKEY *
read_key(const json_t *keys)
{
    const json_t *jwk = json_array_get(json_object_get(keys, "keys"), 0);
    unsigned char point[1 + 2 * (NUMBER_BYTES + 2)] = {POINT_CONVERSION_UNCOMPRESSED};
    EVP_PKEY *key = NULL;

    ck_assert_str_eq(member(jwk, "kty"), "EC");
    ck_assert_str_eq(member(jwk, "crv"), "P-256");
    ck_assert_uint_eq(from_base64url(member(jwk, "x"), strlen(member(jwk, "x")), point + 1),
                      NUMBER_BYTES);
    ck_assert_uint_eq(
        from_base64url(member(jwk, "y"), strlen(member(jwk, "y")), point + 1 + NUMBER_BYTES),
        NUMBER_BYTES);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){"P-256"}, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * NUMBER_BYTES),
        OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    ck_assert_int_eq(EVP_PKEY_fromdata_init(context), 1);
    ck_assert_int_eq(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params), 1);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* 1 when the signature behind the last dot is one of what is before it. */
static int
verify(EVP_PKEY *key, const char *token)
{
    const char *dot = strrchr(token, '.');
    unsigned char numbers[2 * NUMBER_BYTES + 2], der[128], *p = der;

    ck_assert_uint_eq(from_base64url(dot + 1, strlen(dot + 1), numbers), 2 * NUMBER_BYTES);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    ck_assert_int_eq(ECDSA_SIG_set0(signature, BN_bin2bn(numbers, NUMBER_BYTES, NULL),
                                    BN_bin2bn(numbers + NUMBER_BYTES, NUMBER_BYTES, NULL)),
                     1);
    int size = i2d_ECDSA_SIG(signature, &p);
    ECDSA_SIG_free(signature);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    ck_assert_int_eq(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
    int verified = EVP_DigestVerify(context, der, (size_t)size, (const unsigned char *)token,
                                    (size_t)(dot - token)) == 1;
    EVP_MD_CTX_free(context);
    return verified;
}

TEST_CASE("tokens");

/* Often: a number of a signature that begins with a zero byte is one in 128. */
TEST(signs)
{
    struct token_signer *signer = NULL;

    ck_assert_int_eq(token_signer_new(&signer), 0);
    json_t *keys = token_signer_keys(signer);
    EVP_PKEY *key = read_key(keys);
    for (int i = 0; i < 500; i++) {
        json_t *claims = json_pack("{s:s, s:i}", "sub", "NL\u00e7", "n", i);
        char *token = token_signer_sign(signer, claims);
        ck_assert_ptr_nonnull(token);
        ck_assert_int_eq(verify(key, token), 1);
        strchr(token, '.')[1] ^= 1;
        ck_assert_int_eq(verify(key, token), 0);
        free(token);
        json_decref(claims);
    }
    EVP_PKEY_free(key);
    json_decref(keys);
    token_signer_free(&signer);
    ck_assert_ptr_null(signer);
}

TEST(says_how_it_signs)
{
    struct token_signer *signer = NULL;
    unsigned char bytes[256];

    ck_assert_int_eq(token_signer_new(&signer), 0);
    json_t *claims = json_object(), *keys = token_signer_keys(signer);
    char *token = token_signer_sign(signer, claims);
    size_t size = from_base64url(token, strcspn(token, "."), bytes);
    json_t *header = json_loadb((char *)bytes, size, 0, NULL);
    ck_assert_str_eq(member(header, "alg"), "ES256");
    ck_assert_str_eq(member(header, "kid"),
                     member(json_array_get(json_object_get(keys, "keys"), 0), "kid"));
    json_decref(header);
    json_decref(keys);
    json_decref(claims);
    free(token);
    token_signer_free(&signer);
}

RUN_TESTS("sandbox_token_signer", NULL);
