/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/agent/key_set.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RSA_BITS_MIN     2048
#define COORDINATE_BYTES 32 /* of P-256: half of a point, half of a signature */
#define ED25519_BYTES    32 /* of a key */

struct algorithm {
    enum key_type type;
    const char *alg, *kty, *crv; /* crv NULL: the type has no curves */
    /* the members that form the key; NULL: the first is the only one */
    const char *first, *second;
    EVP_PKEY *(*read)(const json_t *jwk);
    const char *trouble; /* of a key that `read` rejects */
};

struct key {
    char kid[KEY_ID_MAX + 1];          /* "" for a key without one */
    const struct algorithm *algorithm; /* NULL: not a key for supported signatures */
    json_t *jwk;                       /* set if `algorithm` is: the JWK */
    EVP_PKEY *key;
};

struct key_set {
    size_t n_keys;
    struct key keys[KEY_SET_KEYS_MAX];
};

static void
free_parameters(OSSL_PARAM **parameters)
{
    OSSL_PARAM_free(*parameters);
}

static void
free_builder(OSSL_PARAM_BLD **builder)
{
    OSSL_PARAM_BLD_free(*builder);
}

static void
free_key_context(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static void
free_digest_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

static void
free_number(BIGNUM **number)
{
    BN_free(*number);
}

#define NUMBER_AUTO __attribute__((cleanup(free_number))) BIGNUM

/* Returns the bytes of a member in base64url. Returns NULL if it is invalid or empty. */
static struct secret *
read_bytes(const json_t *jwk, const char *name)
{
    const json_t *member = json_object_get(jwk, name);
    size_t size = json_string_length(member); /* 0 if it is not a string */

    return size > 0 ? base64url_decode(json_string_value(member), size) : NULL;
}

static BIGNUM *
read_number(const json_t *jwk, const char *name)
{
    SECRET_AUTO *bytes = read_bytes(jwk, name);

    return bytes ? BN_bin2bn((unsigned char *)secret_bytes(bytes), (int)secret_size(bytes), NULL)
                 : NULL;
}

/* Returns a public key of the builder's parameters that OpenSSL accepts as valid, or NULL. */
static EVP_PKEY *
make_key(const char *type, OSSL_PARAM_BLD *builder)
{
    __attribute__((cleanup(free_parameters))) OSSL_PARAM *parameters =
        OSSL_PARAM_BLD_to_param(builder);
    __attribute__((cleanup(free_key_context))) EVP_PKEY_CTX *made =
        EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    __attribute__((cleanup(free_key_context))) EVP_PKEY_CTX *checked = NULL;
    EVP_PKEY *key = NULL;

    if (!parameters || !made || EVP_PKEY_fromdata_init(made) != 1 ||
        EVP_PKEY_fromdata(made, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        return NULL;
    checked = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (!checked || EVP_PKEY_public_check(checked) != 1) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

/* RFC 7518, 6.3.1. */
static EVP_PKEY *
read_rsa(const json_t *jwk)
{
    NUMBER_AUTO *n = read_number(jwk, "n"), *e = read_number(jwk, "e");
    __attribute__((cleanup(free_builder))) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

    if (!n || !e || !builder || BN_num_bits(n) < RSA_BITS_MIN || BN_num_bits(e) > 64 ||
        !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) ||
        !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e))
        return NULL;
    return make_key("RSA", builder);
}

/* RFC 7518, 6.2.1. */
static EVP_PKEY *
read_ec(const json_t *jwk)
{
    SECRET_AUTO *x = read_bytes(jwk, "x"), *y = read_bytes(jwk, "y");
    unsigned char point[1 + 2 * COORDINATE_BYTES] = {POINT_CONVERSION_UNCOMPRESSED};
    __attribute__((cleanup(free_builder))) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

    if (!x || !y || !builder || secret_size(x) != COORDINATE_BYTES ||
        secret_size(y) != COORDINATE_BYTES)
        return NULL;
    memcpy(point + 1, secret_bytes(x), COORDINATE_BYTES);
    memcpy(point + 1 + COORDINATE_BYTES, secret_bytes(y), COORDINATE_BYTES);
    if (!OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) ||
        !OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point))
        return NULL;
    return make_key("EC", builder);
}

/* RFC 8037, 2. */
static EVP_PKEY *
read_ed25519(const json_t *jwk)
{
    SECRET_AUTO *x = read_bytes(jwk, "x");

    return x && secret_size(x) == ED25519_BYTES
               ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
                                             (unsigned char *)secret_bytes(x), ED25519_BYTES)
               : NULL;
}

static const struct algorithm algorithms[] = {
    {KEY_RSA, "RS256", "RSA", NULL, "n", "e", read_rsa,
     "an RSA key is malformed, or has fewer than 2048 bits"},
    {KEY_P256, "ES256", "EC", "P-256", "x", "y", read_ec, "a P-256 key is malformed"},
    {KEY_ED25519, "EdDSA", "OKP", "Ed25519", "x", NULL, read_ed25519,
     "an Ed25519 key is malformed"},
};

#define N_ALGORITHMS ARRAY_LENGTH(algorithms)

static bool
is_text(const json_t *member, const char *text)
{
    return json_is_string(member) && json_string_length(member) == strlen(text) &&
           memcmp(json_string_value(member), text, strlen(text)) == 0;
}

/* Checks a member that may be absent, and must otherwise be this text. */
static bool
allows(const json_t *jwk, const char *name, const char *text)
{
    const json_t *member = json_object_get(jwk, name);

    return !member || is_text(member, text);
}

/* RFC 7517, 4.3. */
static bool
allows_verifying(const json_t *jwk)
{
    const json_t *operations = json_object_get(jwk, "key_ops"), *one;
    size_t i;

    json_array_foreach(operations, i, one)
    {
        if (is_text(one, "verify"))
            return true;
    }
    return !operations;
}

/* Returns NULL for a key of another type, of another use, or for another algorithm. */
static const struct algorithm *
find_algorithm(const json_t *jwk)
{
    if (!allows(jwk, "use", "sig") || !allows_verifying(jwk))
        return NULL;
    for (size_t i = 0; i < N_ALGORITHMS; i++) {
        const struct algorithm *algorithm = &algorithms[i];
        if (is_text(json_object_get(jwk, "kty"), algorithm->kty) &&
            (!algorithm->crv || is_text(json_object_get(jwk, "crv"), algorithm->crv)) &&
            allows(jwk, "alg", algorithm->alg))
            return algorithm;
    }
    return NULL;
}

static bool
has_twin(const struct key_set *set, const struct key *key)
{
    for (size_t i = 0; i < set->n_keys; i++)
        if (set->keys[i].algorithm == key->algorithm && strcmp(set->keys[i].kid, key->kid) == 0)
            return true;
    return false;
}

/* Appends one key. Returns NULL, or the reason why the key is invalid. */
static const char *
add_key(struct key_set *set, json_t *jwk)
{
    struct key *key = &set->keys[set->n_keys];
    const json_t *kid = json_object_get(jwk, "kid");

    if (!json_is_object(jwk))
        return "a key is not an object";
    if (json_object_get(jwk, "d") || json_object_get(jwk, "k"))
        return "it holds a secret key; only public ones belong there";
    if (kid && json_text_required(jwk, "kid", key->kid, sizeof key->kid))
        return "a kid is not a short text of visible ASCII";
    key->algorithm = find_algorithm(jwk);
    if (key->algorithm) {
        if (key->kid[0] && has_twin(set, key))
            return "two of its keys have the same kid";
        key->key = key->algorithm->read(jwk);
        if (!key->key)
            return key->algorithm->trouble;
        key->jwk = json_incref(jwk);
    }
    set->n_keys++;
    return NULL;
}

static const char *
add_keys(struct key_set *set, const json_t *keys)
{
    json_t *jwk;
    int n_fit = 0;
    size_t i;

    if (!json_is_array(keys))
        return "it is not a JWK Set in JSON";
    if (json_array_size(keys) > KEY_SET_KEYS_MAX)
        return "it holds more than 32 keys";
    json_array_foreach(keys, i, jwk)
    {
        const char *trouble = add_key(set, jwk);
        if (trouble)
            return trouble;
        n_fit += set->keys[i].algorithm != NULL;
    }
    return n_fit > 0 ? NULL : "it holds no key for RS256, ES256 or EdDSA";
}

int
key_set_read(const char *text, size_t size, struct key_set **ret_set, const char **ret_trouble)
{
    JSON_AUTO *object = json_text_read(text, size);
    KEY_SET_AUTO *set = calloc(1, sizeof *set);

    *ret_trouble = "memory is short";
    if (!set)
        return IDQ_SYSTEM;
    *ret_trouble = add_keys(set, json_object_get(object, "keys"));
    if (*ret_trouble)
        return IDQ_CONFIG;
    *ret_set = set;
    set = NULL; /* moved */
    return 0;
}

int
key_set_next(const struct key_set *set, size_t *at, struct key_message *ret_key)
{
    const struct algorithm *algorithm;

    while (*at < set->n_keys && !set->keys[*at].algorithm)
        (*at)++;
    if (*at == set->n_keys)
        return 0;
    algorithm = set->keys[*at].algorithm;
    memset(ret_key, 0, sizeof *ret_key);
    ret_key->type = algorithm->type;
    if (copy_text(ret_key->kid, sizeof ret_key->kid, set->keys[*at].kid) ||
        json_text_required(set->keys[*at].jwk, algorithm->first, ret_key->first,
                           sizeof ret_key->first) ||
        (algorithm->second && json_text_required(set->keys[*at].jwk, algorithm->second,
                                                 ret_key->second, sizeof ret_key->second)))
        return IDQ_REPLY;
    (*at)++;
    return 1;
}

/* Returns the only key of this algorithm, with any kid, or NULL if there are several. */
static const struct key *
find_only_key(const struct key_set *set, const struct algorithm *algorithm)
{
    const struct key *found = NULL;

    for (size_t i = 0; i < set->n_keys; i++) {
        if (set->keys[i].algorithm != algorithm)
            continue;
        if (found)
            return NULL;
        found = &set->keys[i];
    }
    return found;
}

static const char *
find_key(const struct key_set *set, const json_t *header, const struct key **ret_key)
{
    const json_t *alg = json_object_get(header, "alg"), *kid = json_object_get(header, "kid");
    const struct algorithm *algorithm = NULL;
    const char *trouble =
        "its kid is not in jwks_file: if the provider has new keys, run idinqr keys --fetch";

    for (size_t i = 0; i < N_ALGORITHMS; i++)
        if (is_text(alg, algorithms[i].alg))
            algorithm = &algorithms[i];
    if (!algorithm)
        return "its alg is not RS256, ES256 or EdDSA";
    if (!kid) {
        *ret_key = find_only_key(set, algorithm);
        return *ret_key ? NULL : "it has no kid, and jwks_file not exactly one key for its alg";
    }
    if (json_string_length(kid) == 0)
        return "its kid is not a text";
    for (size_t i = 0; i < set->n_keys; i++) {
        if (!is_text(kid, set->keys[i].kid))
            continue;
        *ret_key = &set->keys[i];
        if ((*ret_key)->algorithm == algorithm)
            return NULL;
        trouble = (*ret_key)->algorithm ? "the key of its kid is not one for its alg"
                                        : "the key of its kid is not one for signatures";
    }
    return trouble;
}

/* Converts an ES256 signature from two numbers of a fixed size to the DER that OpenSSL reads.
 * Returns its length, or 0 if the signature has another size. */
static size_t
to_der(const unsigned char *numbers, size_t size, unsigned char **ret_der)
{
    ECDSA_SIG *signature = size == 2 * COORDINATE_BYTES ? ECDSA_SIG_new() : NULL;
    NUMBER_AUTO *r = signature ? BN_bin2bn(numbers, COORDINATE_BYTES, NULL) : NULL;
    NUMBER_AUTO *s =
        signature ? BN_bin2bn(numbers + COORDINATE_BYTES, COORDINATE_BYTES, NULL) : NULL;
    int length = 0;

    if (r && s && ECDSA_SIG_set0(signature, r, s)) {
        r = s = NULL; /* moved */
        length = i2d_ECDSA_SIG(signature, ret_der);
    }
    ECDSA_SIG_free(signature);
    return length > 0 ? (size_t)length : 0;
}

static bool
verify_digest(const struct key *key, const char *text, size_t text_size,
              const unsigned char *signature, size_t signature_size)
{
    __attribute__((cleanup(free_digest_context))) EVP_MD_CTX *context = EVP_MD_CTX_new();
    /* Ed25519 includes the hash. RS256 is PKCS #1 v1.5, OpenSSL's default padding. */
    const EVP_MD *digest = key->algorithm->read == read_ed25519 ? NULL : EVP_sha256();

    return context && EVP_DigestVerifyInit(context, NULL, digest, NULL, key->key) == 1 &&
           EVP_DigestVerify(context, signature, signature_size, (const unsigned char *)text,
                            text_size) == 1;
}

const char *
key_set_verify(const struct key_set *set, const json_t *header, const char *text, size_t text_size,
               const void *signature, size_t signature_size)
{
    const struct key *key = NULL;
    const char *trouble = find_key(set, header, &key);
    unsigned char *der = NULL;
    int verified;

    if (trouble)
        return trouble;
    if (key->algorithm->read == read_ec) {
        size_t der_size = to_der(signature, signature_size, &der);
        verified = der_size > 0 && verify_digest(key, text, text_size, der, der_size);
        OPENSSL_free(der);
    } else {
        verified = verify_digest(key, text, text_size, signature, signature_size);
    }
    return verified ? NULL : "its signature is wrong";
}

void
key_set_free(struct key_set **set)
{
    if (!*set)
        return;
    for (size_t i = 0; i < (*set)->n_keys; i++) {
        EVP_PKEY_free((*set)->keys[i].key);
        json_decref((*set)->keys[i].jwk);
    }
    free(*set);
    *set = NULL;
}
