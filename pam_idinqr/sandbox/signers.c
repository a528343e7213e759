/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox's handlers run this. */
#include "pam_idinqr/sandbox/signers.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/text.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAC_SIZE     32 /* bytes */
#define ED25519_SIZE 64

static EVP_PKEY *
private_key(const struct sandbox *sandbox)
{
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, sandbox->signing_key,
                                        sizeof sandbox->signing_key);
}

int
body_signer_use_ed25519(struct sandbox *sandbox)
{
    unsigned char bytes[SANDBOX_SIGNING_KEY];
    size_t size = sizeof bytes;
    EVP_PKEY *key = private_key(sandbox);
    bool is_made = key && EVP_PKEY_get_raw_public_key(key, bytes, &size) == 1;

    EVP_PKEY_free(key);
    if (!is_made)
        return IDQ_SYSTEM;
    EVP_EncodeBlock((unsigned char *)sandbox->public_key, bytes, (int)size);
    return 0;
}

static int
sign_ed25519(const struct sandbox *sandbox, const void *body, size_t body_size,
             unsigned char ret_signature[ED25519_SIZE])
{
    size_t size = ED25519_SIZE;
    EVP_PKEY *key = private_key(sandbox);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_made = key && context && EVP_DigestSignInit(context, NULL, NULL, NULL, key) == 1 &&
                   EVP_DigestSign(context, ret_signature, &size, body, body_size) == 1;

    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return is_made ? 0 : IDQ_SYSTEM;
}

int
body_signer_sign(const struct sandbox *sandbox, const void *body, size_t body_size, bool is_wrong,
                 char ret_text[BODY_SIGNER_TEXT_SIZE])
{
    unsigned char signature[ED25519_SIZE];
    size_t size = 0;

    if (sandbox->public_key[0]) {
        if (sign_ed25519(sandbox, body, body_size, signature) < 0)
            return IDQ_SYSTEM;
        if (is_wrong)
            signature[0] ^= 1;
        EVP_EncodeBlock((unsigned char *)ret_text, signature, ED25519_SIZE);
        return 0;
    }
    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, sandbox->signing_key,
                   sizeof sandbox->signing_key, body, body_size, signature, MAC_SIZE, &size))
        return IDQ_SYSTEM;
    if (is_wrong)
        signature[0] ^= 1;
    characters_write_hex(signature, MAC_SIZE, ret_text);
    return 0;
}

/* A token is RANDOM.TIME.HMAC: the time in hexadecimal, and the HMAC over the text before it. */
#define SCHEME   "Bearer "
#define HMAC_HEX (2 * 32)

static int
sign(const struct sandbox *sandbox, const char *text, size_t size, char ret_hex[HMAC_HEX + 1])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned hash_size = 0;

    if (!HMAC(EVP_sha256(), sandbox->token_key, sizeof sandbox->token_key,
              (const unsigned char *)text, size, hash, &hash_size) ||
        hash_size != HMAC_HEX / 2)
        return IDQ_SYSTEM;
    characters_write_hex(hash, hash_size, ret_hex);
    return 0;
}

int
bearer_make(const struct sandbox *sandbox, int64_t expires_ms, char ret_token[BEARER_SIZE])
{
    char random[TOKEN_TEXT_SIZE], hmac[HMAC_HEX + 1];

    if (token_text(random) < 0)
        return IDQ_SYSTEM;
    int size = snprintf(ret_token, BEARER_SIZE, "%s.%" PRIx64, random, (uint64_t)expires_ms);
    if (sign(sandbox, ret_token, (size_t)size, hmac) < 0)
        return IDQ_SYSTEM;
    snprintf(ret_token + size, BEARER_SIZE - (size_t)size, ".%s", hmac);
    return 0;
}

int
bearer_check(const struct sandbox *sandbox, const char *authorization, int64_t now_ms)
{
    char hmac[HMAC_HEX + 1];

    if (strncasecmp(authorization, SCHEME, strlen(SCHEME)) != 0)
        return IDQ_REFUSED;
    const char *token = authorization + strlen(SCHEME);
    const char *end = strrchr(token, '.'), *time = strchr(token, '.');
    if (!end || strlen(end + 1) != HMAC_HEX)
        return IDQ_REFUSED;
    if (sign(sandbox, token, (size_t)(end - token), hmac) < 0)
        return IDQ_SYSTEM;
    if (!secret_equal_bytes(hmac, end + 1, HMAC_HEX))
        return IDQ_REFUSED;
    /* It is one of ours, so there is a time. */
    return strtoll(time + 1, NULL, 16) > now_ms ? 0 : IDQ_EXPIRED;
}
