/* SPDX-License-Identifier: BSD-3-Clause */
/* A token is RANDOM.TIME.HMAC: the time in hexadecimal, and the HMAC over the text before it. */
#include "pam_idinqr/sandbox/signers.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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
    token_to_hex(hash, hash_size, ret_hex);
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
