/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay runs this on a token from the network. */
#include "pam_idinqr/relay/openid_messages.h"

#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/common/error.h"

#include <jose/b64.h>
#include <jose/jwe.h>
#include <jose/openssl.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define JWE_PARTS     5
#define RSA_BYTES_MAX 512 /* client_key_read takes no longer key */

/* libjose would print the reason to stderr, which is the log. */
static void
say_nothing(void *misc, const char *file, int line, uint64_t error, const char *format, va_list ap)
{
    (void)misc, (void)file, (void)line, (void)error, (void)format, (void)ap;
}

static bool
is_one_of(const json_t *member, const char *const *words)
{
    for (; *words; words++)
        if (json_is_string(member) && json_string_length(member) == strlen(*words) &&
            strcmp(json_string_value(member), *words) == 0)
            return true;
    return false;
}

/* libjose knows more than these: RSA1_5, whose errors tell an attacker the key's secrets;
 * passwords; and a compression, by which a short token becomes a huge one. */
static const char *
check_header(const json_t *header)
{
    static const char *const algs[] = {"RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", NULL};
    static const char *const encs[] = {"A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM",
                                       NULL};
    const char *type = json_string_value(json_object_get(header, "cty"));

    if (!is_one_of(json_object_get(header, "alg"), algs))
        return "it is encrypted with an alg that is not accepted";
    if (!is_one_of(json_object_get(header, "enc"), encs))
        return "it is encrypted with an enc that is not accepted";
    if (json_object_get(header, "zip") || json_object_get(header, "crit"))
        return "its outer header asks for more than is understood";
    /* RFC 7519 5.2. */
    if (!type || strcasecmp(type, "JWT") != 0)
        return "what is encrypted in it is no token";
    return NULL;
}

/* Splits at the dots. Returns how many parts there are; no more than `most` are returned. */
static size_t
split(const char *token, size_t size, const char **ret_parts, size_t *ret_sizes, size_t most)
{
    size_t n = 0;

    for (const char *end = token + size, *dot; token; token = dot ? dot + 1 : NULL) {
        dot = memchr(token, '.', (size_t)(end - token));
        if (n < most) {
            ret_parts[n] = token;
            ret_sizes[n] = (size_t)((dot ? dot : end) - token);
        }
        n++;
    }
    return n;
}

/* Debian's libjose has no RSA-OAEP: OpenSSL decrypts the key of the content. Returns it as a JWK,
 * or NULL. */
static json_t *
unwrap_rsa(const char *part, size_t part_size, const char *alg, EVP_PKEY *key)
{
    const EVP_MD *digest = strcmp(alg, "RSA-OAEP") == 0 ? EVP_sha1() : EVP_sha256();
    SECRET_AUTO *wrapped = base64url_decode(part, part_size);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    unsigned char bytes[RSA_BYTES_MAX];
    size_t size = sizeof bytes;
    json_t *jwk = NULL;

    if (wrapped && context && EVP_PKEY_decrypt_init(context) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
        EVP_PKEY_CTX_set_rsa_oaep_md(context, digest) == 1 &&
        EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) == 1 &&
        EVP_PKEY_decrypt(context, bytes, &size, (unsigned char *)secret_bytes(wrapped),
                         secret_size(wrapped)) == 1)
        jwk = json_pack("{s:s, s:o}", "kty", "oct", "k", jose_b64_enc(bytes, size));
    secret_wipe(bytes, sizeof bytes);
    EVP_PKEY_CTX_free(context);
    return jwk;
}

/* Returns the key of the content, as a JWK, or NULL. */
static json_t *
unwrap(jose_cfg_t *quiet, const json_t *jwe, const json_t *header, const char *part, size_t size,
       EVP_PKEY *key)
{
    const char *alg = json_string_value(json_object_get(header, "alg"));
    bool is_rsa = EVP_PKEY_is_a(key, "RSA");
    JSON_AUTO *jwk = NULL;

    if (is_rsa != (strcmp(alg, "ECDH-ES") != 0))
        return NULL;
    if (is_rsa)
        return unwrap_rsa(part, size, alg, key);
    jwk = jose_openssl_jwk_from_EVP_PKEY(quiet, key);
    return jwk ? jose_jwe_dec_jwk(quiet, jwe, NULL, jwk) : NULL;
}

static const char *
decrypt(const char *const *parts, const size_t *sizes, EVP_PKEY *key, struct secret **ret_token)
{
    SECRET_AUTO *text = base64url_decode(parts[0], sizes[0]);
    JSON_AUTO *header = text ? json_text_read(secret_bytes(text), secret_size(text)) : NULL;
    JSON_AUTO *jwe = json_pack("{s:s%, s:s%, s:s%, s:s%, s:s%}", "protected", parts[0], sizes[0],
                               "encrypted_key", parts[1], sizes[1], "iv", parts[2], sizes[2],
                               "ciphertext", parts[3], sizes[3], "tag", parts[4], sizes[4]);
    const char *trouble = header ? check_header(header) : "its outer header is no JSON object";
    jose_cfg_auto_t *quiet = jose_cfg();
    size_t size = 0;
    char *bytes;

    if (trouble)
        return trouble;
    if (!quiet || !jwe)
        return "memory is short";
    jose_cfg_set_err_func(quiet, say_nothing, NULL);
    JSON_AUTO *content_key = unwrap(quiet, jwe, header, parts[1], sizes[1], key);
    bytes = content_key ? jose_jwe_dec_cek(quiet, jwe, content_key, &size) : NULL;
    if (!bytes)
        return "it cannot be decrypted with decryption_key_file";
    *ret_token = secret_copy(bytes, size);
    secret_wipe(bytes, size);
    free(bytes);
    return *ret_token ? NULL : "memory is short";
}

int
openid_read_token(const char *body, size_t size, EVP_PKEY *decryption_key,
                  struct secret **ret_token, const char **ret_trouble)
{
    JSON_AUTO *object = json_text_read(body, size);
    const json_t *member = json_object_get(object, "id_token");
    const char *token = json_string_value(member);
    const char *parts[JWE_PARTS];
    size_t sizes[JWE_PARTS];
    bool is_encrypted;

    *ret_token = NULL;
    *ret_trouble = object ? "the answer has no id_token" : "the answer is not JSON";
    if (json_string_length(member) == 0)
        return IDQ_REPLY;
    is_encrypted = split(token, json_string_length(member), parts, sizes, JWE_PARTS) == JWE_PARTS;
    *ret_trouble = is_encrypted ? "it is encrypted, and there is no decryption_key_file"
                                : "it is not encrypted, and there is a decryption_key_file";
    if (is_encrypted != (decryption_key != NULL))
        return IDQ_REPLY;
    if (is_encrypted)
        *ret_trouble = decrypt(parts, sizes, decryption_key, ret_token);
    else
        *ret_token = secret_copy(token, json_string_length(member));
    return *ret_token ? 0 : IDQ_REPLY;
}

bool
openid_needs_keys(struct secret *token, const struct key_set *keys)
{
    size_t size = strcspn(secret_bytes(token), "."), at = 0;
    SECRET_AUTO *text = base64url_decode(secret_bytes(token), size);
    JSON_AUTO *header = text ? json_text_read(secret_bytes(text), secret_size(text)) : NULL;
    const char *kid = json_string_value(json_object_get(header, "kid"));
    struct key_message key;

    if (!keys)
        return true;
    while (kid && key_set_next(keys, &at, &key) == 1)
        if (strcmp(key.kid, kid) == 0)
            return false;
    return kid != NULL;
}
