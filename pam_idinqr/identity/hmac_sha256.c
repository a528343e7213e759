/* SPDX-License-Identifier: BSD-3-Clause */
/* The module runs this, often as root, in each login. */
#include "pam_idinqr/identity/hmac_sha256.h"

#include "pam_idinqr/common/secret.h"

#include <sha256.h>
#include <stdint.h>
#include <string.h>

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
