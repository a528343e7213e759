/* SPDX-License-Identifier: BSD-3-Clause */
/* Proves a client to an OpenID provider with a private key: private_key_jwt (OpenID Connect Core 9,
 * RFC 7523). Pure. The agent runs this. The key stays in the agent: what it sends is a JWT that is
 * valid for minutes, and whose `jti` lets a provider refuse it the second time. */
#ifndef IDQ_AGENT_CLIENT_ASSERTION_H
#define IDQ_AGENT_CLIENT_ASSERTION_H

#include "pam_idinqr/common/secret.h"

#include <openssl/evp.h>
#include <time.h>

#define CLIENT_ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

/* The time that an assertion is valid: a minute, and by how much the two clocks may differ. */
#define CLIENT_ASSERTION_S 180

struct client_assertion {
    EVP_PKEY *key;
    const char *key_id;    /* the `kid` of its header; "": none */
    const char *client_id; /* its issuer and its subject */
    const char *audience;  /* the issuer, or one of its endpoints */
    const char *id;        /* its `jti`: never the same twice */
    time_t now;
};

/* Reads a private key in PEM without a passphrase: RSA of 2048 to 4096 bits, which signs
 * with RS256, or P-256, which signs with ES256. Returns 0 with a key that the caller frees, or
 * IDQ_CONFIG with *ret_trouble for the log: static. */
int client_key_read(const char *pem, EVP_PKEY **ret_key, const char **ret_trouble);

/* Returns the signed JWT, or NULL if memory is short. */
struct secret *client_assertion_write(const struct client_assertion *assertion);

#endif
