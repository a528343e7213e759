/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds and reads the messages of an OpenID provider with the code flow (OpenID Connect Core 3.1,
 * Discovery, RFC 7636, RFC 9207), and opens encrypted ID tokens (RFC 7516) with libjose. Pure.
 * Answers are untrusted. The signature of an ID token is the business of agent/id_token.h. */
#ifndef IDQ_RELAY_OPENID_MESSAGES_H
#define IDQ_RELAY_OPENID_MESSAGES_H

#include "pam_idinqr/agent/key_set.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/relay/relay_config.h"

#include <jansson.h>
#include <openssl/evp.h>

/* What a provider's document says. */
struct openid_provider {
    char authorization[HTTPS_URL_MAX + 1], token[HTTPS_URL_MAX + 1], keys[HTTPS_URL_MAX + 1];
    bool has_iss;  /* in its responses: RFC 9207 */
    bool has_pkce; /* with S256 */
    /* What the settings cannot use: a static text for the administrator; or NULL. */
    const char *mismatch;
};

/* Returns 0, or IDQ_REPLY with the reason in *ret_trouble, for the log: static. */
int openid_read_provider(const char *body, size_t size, const struct openid_settings *settings,
                         struct openid_provider *ret_provider, const char **ret_trouble);

/* What one login asks a provider for. */
struct openid_request {
    const char *return_url, *language;
    const char *state, *nonce;
    const char *verifier; /* RFC 7636, of which the URL has the hash */
};

/* Writes the address of the provider's page. Returns 0, or IDQ_SYSTEM if memory is short or the
 * address is longer than `capacity`. */
int openid_write_url(const struct openid_provider *provider, const struct openid_settings *settings,
                     const struct openid_request *request, char *ret_url, size_t capacity);

/* Checks the iss of a response. Returns NULL, or the reason for the log: static. */
const char *openid_check_iss(const struct openid_provider *provider,
                             const struct openid_settings *settings, const char *iss);

/* Reads the answer of the token endpoint, and opens its ID token with this key, if there is one:
 * then an ID token that is not encrypted is refused. Returns 0 with the signed token, which the
 * caller frees, or IDQ_REPLY or IDQ_SYSTEM with *ret_trouble, as above. */
int openid_read_token(const char *body, size_t size, EVP_PKEY *decryption_key,
                      struct secret **ret_token, const char **ret_trouble);

/* Whether a signed token names a key that is not in the set, or the set is NULL: the provider may
 * have new ones. */
bool openid_needs_keys(struct secret *token, const struct key_set *keys);

#endif
