/* SPDX-License-Identifier: BSD-3-Clause */
/* See jwe_tokens.h. */
#include "tests/unit/jwe_tokens.h"

#include "tests/harness/scratch.h"

#include <check.h>
#include <jose/b64.h>
#include <jose/jwe.h>
#include <jose/openssl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <string.h>

EVP_PKEY *
jwe_key(const char *pem)
{
    BIO *memory = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(memory, NULL, NULL, NULL);

    BIO_free(memory);
    ck_assert_ptr_nonnull(key);
    return key;
}

static const char *
text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

/* Debian's libjose has no RSA-OAEP. */
static json_t *
wrap_oaep(EVP_PKEY *key, json_t *jwe, const char *alg, const char *enc)
{
    const EVP_MD *digest = strcmp(alg, "RSA-OAEP") == 0 ? EVP_sha1() : EVP_sha256();
    size_t cek_size = strstr(enc, "HS512")                             ? 64
                      : strstr(enc, "HS384")                           ? 48
                      : strstr(enc, "HS256") || strstr(enc, "A256GCM") ? 32
                                                                       : 16;
    unsigned char cek[64], wrapped[1024];
    size_t size = sizeof wrapped;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

    ck_assert_int_eq(RAND_bytes(cek, sizeof cek), 1);
    ck_assert(EVP_PKEY_encrypt_init(context) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
              EVP_PKEY_CTX_set_rsa_oaep_md(context, digest) == 1 &&
              EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) == 1 &&
              EVP_PKEY_encrypt(context, wrapped, &size, cek, cek_size) == 1);
    EVP_PKEY_CTX_free(context);
    ck_assert_int_eq(json_object_set_new(jwe, "encrypted_key", jose_b64_enc(wrapped, size)), 0);
    return json_pack("{s:s, s:o}", "kty", "oct", "k", jose_b64_enc(cek, cek_size));
}

char *
jwe_of(EVP_PKEY *key, const char *header, const char *content)
{
    json_t *outer = json_loads(header, 0, NULL), *jwe = json_pack("{s:O}", "protected", outer);
    json_t *jwk = jose_openssl_jwk_from_EVP_PKEY(NULL, key), *cek = json_object();
    const char *alg = text_of(outer, "alg");
    char *token;

    ck_assert(outer && jwe && jwk && cek);
    if (strncmp(alg, "RSA-OAEP", 8) == 0) {
        json_decref(cek);
        cek = wrap_oaep(key, jwe, alg, text_of(outer, "enc"));
    } else {
        ck_assert(jose_jwe_enc_jwk(NULL, jwe, NULL, jwk, cek));
        /* One header is all that a token has. */
        json_object_update(outer, json_object_get(jwe, "header"));
        json_object_del(jwe, "header");
    }
    ck_assert(jose_jwe_enc_cek(NULL, jwe, cek, content, strlen(content)));
    token = scratch_text("%s.%s.%s.%s.%s", text_of(jwe, "protected"), text_of(jwe, "encrypted_key"),
                         text_of(jwe, "iv"), text_of(jwe, "ciphertext"), text_of(jwe, "tag"));
    json_decref(outer);
    json_decref(jwe);
    json_decref(jwk);
    json_decref(cek);
    return token;
}
