/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/sandbox/signers.h"

#include "pam_idinqr/common/error.h"

#include <openssl/evp.h>
#include <stdbool.h>

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
    token_to_hex(signature, MAC_SIZE, ret_text);
    return 0;
}
