/* SPDX-License-Identifier: BSD-3-Clause */
/* The module runs this, often as root, on a subject from the agent. */
#include "pam_idinqr/identity/identity.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/text.h"

#include <sha256.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int
identity_hash(const unsigned char key[IDENTITY_KEY_SIZE], const char *provider, const char *scope,
              const char *subject, char ret_hash[IDENTITY_HASH_SIZE])
{
    size_t capacity = strlen(provider) + strlen(scope) + strlen(subject) + 3;
    SECRET_AUTO *message = secret_new(capacity);
    unsigned char mac[HMAC_SHA256_SIZE];
    int size;

    if (!message)
        return IDQ_SYSTEM;
    size = snprintf(secret_bytes(message), capacity, "%s\x1f%s\x1f%s", provider, scope, subject);
    hmac_sha256(key, IDENTITY_KEY_SIZE, secret_bytes(message), (size_t)size, mac);
    memcpy(ret_hash, IDENTITY_PREFIX, sizeof IDENTITY_PREFIX - 1);
    (void)characters_write_base64url(mac, sizeof mac, ret_hash + sizeof IDENTITY_PREFIX - 1);
    return 0;
}

void
identity_fingerprint(const unsigned char key[IDENTITY_KEY_SIZE],
                     char ret_fingerprint[IDENTITY_FINGERPRINT_SIZE])
{
    /* No identity_hash is of this text: it has no separator. */
    static const char text[] = "fingerprint of idinqr.key";
    unsigned char mac[HMAC_SHA256_SIZE];

    hmac_sha256(key, IDENTITY_KEY_SIZE, text, sizeof text - 1, mac);
    characters_write_hex(mac, (IDENTITY_FINGERPRINT_SIZE - 1) / 2, ret_fingerprint);
}

bool
identity_is_beginning(const char *text)
{
    const size_t prefix_size = sizeof IDENTITY_PREFIX - 1;
    size_t size = 0;

    if (strncmp(text, IDENTITY_PREFIX, prefix_size) != 0)
        return false;
    while (characters_base64_digit(text[prefix_size + size], "-_") >= 0)
        size++;
    return size >= IDENTITY_PREFIX_LEAST && size < IDENTITY_HASH_SIZE - prefix_size &&
           text[prefix_size + size] == '\0';
}

#define BLOCK_SIZE 64 /* bytes, of SHA-256 */

static void
start_with_pad(SHA2_CTX *hash, const unsigned char key[BLOCK_SIZE], unsigned char pad)
{
    unsigned char block[BLOCK_SIZE];

    for (size_t i = 0; i < sizeof block; i++)
        block[i] = key[i] ^ pad;
    SHA256Init(hash);
    SHA256Update(hash, block, sizeof block);
    secret_wipe(block, sizeof block);
}

void
hmac_sha256(const void *key, size_t key_size, const void *message, size_t message_size,
            unsigned char ret_mac[HMAC_SHA256_SIZE])
{
    unsigned char block[BLOCK_SIZE] = {0}, inner[HMAC_SHA256_SIZE];
    SHA2_CTX hash;

    if (key_size > sizeof block) {
        SHA256Init(&hash);
        SHA256Update(&hash, key, key_size);
        SHA256Final(block, &hash);
    } else {
        memcpy(block, key, key_size);
    }
    start_with_pad(&hash, block, 0x36);
    SHA256Update(&hash, message, message_size);
    SHA256Final(inner, &hash);
    start_with_pad(&hash, block, 0x5c);
    SHA256Update(&hash, inner, sizeof inner);
    SHA256Final(ret_mac, &hash);
    secret_wipe(&hash, sizeof hash);
    secret_wipe(inner, sizeof inner);
    secret_wipe(block, sizeof block);
}
