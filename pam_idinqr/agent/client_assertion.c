/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/agent/client_assertion.h"

#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/text.h"

#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <string.h>

#define RSA_BITS_MIN     2048
#define RSA_BITS_MAX     4096 /* its PEM is the largest that a setting takes */
#define COORDINATE_BYTES 32   /* of P-256: half of a signature */

/* OpenSSL would ask the terminal for the passphrase of a key. */
static int
give_no_passphrase(char *to, int size, int is_to_write, void *user)
{
    (void)to, (void)size, (void)is_to_write, (void)user;
    return -1;
}

static bool
is_p256(const EVP_PKEY *key)
{
    char group[32];
    size_t size;

    return EVP_PKEY_is_a(key, "EC") &&
           EVP_PKEY_get_group_name(key, group, sizeof group, &size) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

static bool
is_rsa(const EVP_PKEY *key)
{
    return EVP_PKEY_is_a(key, "RSA") && EVP_PKEY_get_bits(key) >= RSA_BITS_MIN &&
           EVP_PKEY_get_bits(key) <= RSA_BITS_MAX;
}

int
client_key_read(const char *pem, EVP_PKEY **ret_key, const char **ret_trouble)
{
    BIO *memory = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = memory ? PEM_read_bio_PrivateKey(memory, NULL, give_no_passphrase, NULL) : NULL;

    BIO_free(memory);
    *ret_trouble = "is not a private key in PEM without a passphrase";
    if (!key)
        return IDQ_CONFIG;
    *ret_trouble = "is neither an RSA key of 2048 to 4096 bits, nor a P-256 key";
    if (!is_p256(key) && !is_rsa(key)) {
        EVP_PKEY_free(key);
        return IDQ_CONFIG;
    }
    *ret_key = key;
    return 0;
}

/* Converts an ES256 signature from the DER that OpenSSL writes to two numbers of a fixed size (RFC
 * 7518, 3.4), in place. Returns 0, or -1. */
static int
from_der(unsigned char *bytes, size_t *size)
{
    const unsigned char *at = bytes;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)*size);
    int error = -1;

    if (signature &&
        BN_bn2binpad(ECDSA_SIG_get0_r(signature), bytes, COORDINATE_BYTES) == COORDINATE_BYTES &&
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), bytes + COORDINATE_BYTES, COORDINATE_BYTES) ==
            COORDINATE_BYTES) {
        *size = 2 * (size_t)COORDINATE_BYTES;
        error = 0;
    }
    ECDSA_SIG_free(signature);
    return error;
}

/* Signs a text, in the form of a JWS. `size` is the room for the signature, then its size. Returns
 * 0, or -1. */
static int
sign(EVP_PKEY *key, struct secret *text, unsigned char *ret_signature, size_t *size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int error = -1;

    /* RS256 is PKCS #1 v1.5, OpenSSL's default padding. */
    if (context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestSign(context, ret_signature, size, (unsigned char *)secret_bytes(text),
                       secret_size(text)) == 1)
        error = EVP_PKEY_is_a(key, "EC") ? from_der(ret_signature, size) : 0;
    EVP_MD_CTX_free(context);
    return error;
}

static json_t *
make_header(const struct client_assertion *assertion)
{
    json_t *header = json_pack(
        "{s:s, s:s}", "alg", EVP_PKEY_is_a(assertion->key, "EC") ? "ES256" : "RS256", "typ", "JWT");

    if (header && assertion->key_id[0] &&
        json_object_set_new(header, "kid", json_string(assertion->key_id)) != 0) {
        json_decref(header);
        return NULL;
    }
    return header;
}

/* RFC 7523, 3. One audience, and as a text: more of them would let one provider pass the assertion
 * on to another. */
static json_t *
make_claims(const struct client_assertion *assertion)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "iss", assertion->client_id, "sub",
                     assertion->client_id, "aud", assertion->audience, "jti", assertion->id, "iat",
                     (json_int_t)assertion->now, "exp",
                     (json_int_t)assertion->now + CLIENT_ASSERTION_S);
}

/* Returns `first`, a dot unless it is NULL, and the base64url of the bytes. Frees `first`. Returns
 * NULL if memory is short. */
static struct secret *
append(struct secret *first, const void *bytes, size_t size)
{
    SECRET_AUTO *before = first;
    size_t at = before ? secret_size(before) + 1 : 0;
    struct secret *both = secret_new(at + CHARACTERS_BASE64URL_SIZE(size) - 1);

    if (!both)
        return NULL;
    if (before) {
        memcpy(secret_bytes(both), secret_bytes(before), at - 1);
        secret_bytes(both)[at - 1] = '.';
    }
    (void)characters_write_base64url(bytes, size, secret_bytes(both) + at);
    return both;
}

struct secret *
client_assertion_write(const struct client_assertion *assertion)
{
    SECRET_AUTO *header = json_text_write(make_header(assertion));
    SECRET_AUTO *claims = json_text_write(make_claims(assertion));
    unsigned char signature[RSA_BITS_MAX / 8];
    size_t size = sizeof signature;
    struct secret *jwt = NULL;

    if (header && claims)
        jwt = append(NULL, secret_bytes(header), secret_size(header));
    if (jwt)
        jwt = append(jwt, secret_bytes(claims), secret_size(claims));
    if (jwt && sign(assertion->key, jwt, signature, &size) != 0)
        secret_free(&jwt);
    return jwt ? append(jwt, signature, size) : NULL;
}
