/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay and its administrator's commands run this. */
#include "pam_idinqr/relay/relay_keys.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/identity/map_key.h"

#include <errno.h>
#include <limits.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PEM_MAX      (64 * 1024)
#define PUBLIC_BYTES 32
#define SIGNED_BYTES 64

int
relay_pem_read(const char *path, enum trusted_file_use use, struct secret **ret_pem,
               struct diag *ret_diag)
{
    *ret_pem = NULL;
    if (path[0] == '\0')
        return 0;
    *ret_pem = trusted_file_load(path, use, PEM_MAX, ret_diag);
    return *ret_pem ? 0 : IDQ_CONFIG;
}

EVP_PKEY *
relay_pem_key(struct secret *pem)
{
    char no_passphrase[] = "";
    BIO *bio = BIO_new_mem_buf(secret_bytes(pem), (int)secret_size(pem));
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, NULL, no_passphrase) : NULL;

    BIO_free(bio);
    return key;
}

/* Returns a key that the caller frees, or NULL with ret_diag. */
static EVP_PKEY *
read_signing_key(const char *path, struct diag *ret_diag)
{
    SECRET_AUTO *text = NULL;
    EVP_PKEY *key;

    if (relay_pem_read(path, TRUSTED_FILE_SECRET, &text, ret_diag) != 0)
        return NULL;
    key = relay_pem_key(text);
    if (key && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519)
        return key;
    EVP_PKEY_free(key);
    diag_set_file(ret_diag, path, 0, "is not an Ed25519 private key in PEM");
    return NULL;
}

int
relay_keys_read(struct relay *relay, struct diag *ret_diag)
{
    relay->signing_key = read_signing_key(relay->config->signing_key_file, ret_diag);
    if (!relay->signing_key)
        return IDQ_CONFIG;
    return map_key_read(relay->config->map_key_file, &relay->map_key, ret_diag) == 0 ? 0
                                                                                     : IDQ_CONFIG;
}

static int
write_signing_key(int fd)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    BIO *bio = key ? BIO_new(BIO_s_mem()) : NULL;
    char *pem = NULL;
    long size = bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1 &&
                        BIO_write(bio, "", 1) == 1
                    ? BIO_get_mem_data(bio, &pem)
                    : 0;
    int result = -1, error = ENOMEM;

    if (size > 0) {
        result = trusted_file_write(fd, pem);
        error = errno;
        secret_wipe(pem, (size_t)size);
    }
    BIO_free(bio);
    EVP_PKEY_free(key);
    errno = error;
    return result;
}

int
relay_keys_make(const struct relay_config *config, int *ret_made, struct diag *ret_diag)
{
    SECRET_AUTO *key = NULL;

    *ret_made =
        (access(config->signing_key_file, F_OK) != 0) + (access(config->map_key_file, F_OK) != 0);
    if (trusted_file_create(config->signing_key_file, write_signing_key, ret_diag) != 0)
        return IDQ_CONFIG;
    return map_key_read_or_create(config->map_key_file, &key, ret_diag) == 0 ? 0 : IDQ_CONFIG;
}

static void
path_of_next(const struct relay_config *config, char ret_path[PATH_MAX])
{
    snprintf(ret_path, PATH_MAX, "%s.next", config->signing_key_file);
}

int
relay_keys_make_next(const struct relay_config *config, struct diag *ret_diag)
{
    char next[PATH_MAX];

    path_of_next(config, next);
    return trusted_file_create(next, write_signing_key, ret_diag) == 0 ? 0 : IDQ_CONFIG;
}

int
relay_keys_switch(const struct relay_config *config, struct diag *ret_diag)
{
    char next[PATH_MAX];
    EVP_PKEY *key;

    path_of_next(config, next);
    key = read_signing_key(next, ret_diag);
    if (!key)
        return IDQ_CONFIG;
    EVP_PKEY_free(key);
    if (rename(next, config->signing_key_file) == 0 &&
        trusted_file_flush_directory(config->signing_key_file) == 0)
        return 0;
    diag_set_file(ret_diag, config->signing_key_file, 0, "%s", strerror(errno));
    return IDQ_CONFIG;
}

static int
write_public(const EVP_PKEY *key, char *ret_base64)
{
    unsigned char bytes[PUBLIC_BYTES];
    size_t size = sizeof bytes;

    if (EVP_PKEY_get_raw_public_key(key, bytes, &size) != 1 || size != sizeof bytes)
        return IDQ_SYSTEM;
    return EVP_EncodeBlock((unsigned char *)ret_base64, bytes, sizeof bytes) > 0 ? 0 : IDQ_SYSTEM;
}

int
relay_keys_public(const struct relay *relay, char ret_text[RELAY_PUBLIC_SIZE],
                  struct diag *ret_diag)
{
    char path[PATH_MAX], *end = ret_text;
    EVP_PKEY *next = NULL;
    int error = write_public(relay->signing_key, ret_text);

    path_of_next(relay->config, path);
    if (!error && access(path, F_OK) == 0) {
        next = read_signing_key(path, ret_diag);
        if (!next)
            return IDQ_CONFIG;
        end += strlen(ret_text);
        *end++ = ',';
        error = write_public(next, end);
    }
    EVP_PKEY_free(next);
    if (error)
        diag_set(ret_diag, "out of memory");
    return error ? IDQ_CONFIG : 0;
}

int
relay_keys_sign(const struct relay *relay, const void *body, size_t size,
                char ret_base64[RELAY_SIGNATURE_SIZE])
{
    unsigned char signature[SIGNED_BYTES];
    size_t signature_size = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_made = context &&
                   EVP_DigestSignInit(context, NULL, NULL, NULL, relay->signing_key) == 1 &&
                   EVP_DigestSign(context, signature, &signature_size, body, size) == 1 &&
                   EVP_EncodeBlock((unsigned char *)ret_base64, signature, sizeof signature) > 0;

    EVP_MD_CTX_free(context);
    return is_made ? 0 : IDQ_SYSTEM;
}

void
relay_keys_free(struct relay *relay)
{
    EVP_PKEY_free(relay->signing_key);
    relay->signing_key = NULL;
    secret_free(&relay->map_key);
}
