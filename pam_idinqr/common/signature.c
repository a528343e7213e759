/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent runs this on answers from the network, and the relay on requests and answers. */
#include "pam_idinqr/common/signature.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/text.h"

#include <openssl/evp.h>
#include <string.h>

#define MAC_SIZE     32 /* bytes */
#define ED25519_SIZE 64

static int
check_hmac(struct secret *key, const void *body, size_t body_size, const char *header)
{
    unsigned char claimed[MAC_SIZE], computed[MAC_SIZE];
    size_t computed_size = 0;
    int equal;

    if (strlen(header) != 2 * sizeof claimed ||
        characters_read_hex(header, claimed, sizeof claimed))
        return IDQ_SIGNATURE;
    if (!EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret_bytes(key), secret_size(key), body,
                   body_size, computed, sizeof computed, &computed_size) ||
        computed_size != sizeof computed)
        return IDQ_SYSTEM;
    equal = secret_equal_bytes(claimed, computed, sizeof computed);
    /* Wiped: the valid signature of a body is as good as the key, for that body. */
    secret_wipe(computed, sizeof computed);
    return equal ? 0 : IDQ_SIGNATURE;
}

static void
free_key(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void
free_context(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

/* OpenSSL rejects an S that is not below the order of the group, as RFC 8032 requires. */
static int
check_with(const unsigned char key[SIGNING_KEY_PUBLIC_SIZE],
           const unsigned char claimed[ED25519_SIZE], const void *body, size_t body_size)
{
    __attribute__((cleanup(free_key))) EVP_PKEY *public_key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, key, SIGNING_KEY_PUBLIC_SIZE);
    __attribute__((cleanup(free_context))) EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (!public_key || !context || EVP_DigestVerifyInit(context, NULL, NULL, NULL, public_key) != 1)
        return IDQ_SYSTEM;
    return EVP_DigestVerify(context, claimed, ED25519_SIZE, body, body_size) == 1 ? 0
                                                                                  : IDQ_SIGNATURE;
}

/* With one of two keys, while a server changes its key. */
static int
check_ed25519(struct secret *key, const void *body, size_t body_size, const char *header)
{
    const unsigned char *keys = (const unsigned char *)secret_bytes(key);
    unsigned char claimed[ED25519_SIZE];
    int error = IDQ_SIGNATURE;

    if (characters_read_base64(header, claimed, sizeof claimed))
        return IDQ_SIGNATURE;
    for (size_t at = 0; error == IDQ_SIGNATURE && at < secret_size(key);
         at += SIGNING_KEY_PUBLIC_SIZE)
        error = check_with(keys + at, claimed, body, body_size);
    return error;
}

int
signature_check(struct secret *key, enum signing_key_encoding encoding, const void *body,
                size_t body_size, const char *header, int count)
{
    if (count != 1)
        return IDQ_SIGNATURE;
    return encoding == SIGNING_KEY_ED25519 ? check_ed25519(key, body, body_size, header)
                                           : check_hmac(key, body, body_size, header);
}
