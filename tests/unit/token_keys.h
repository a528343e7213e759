/* SPDX-License-Identifier: BSD-3-Clause */
/* Key pairs that sign ID tokens, and JWK Sets of their public halves. Test code; trouble fails the
 * running test. */
#ifndef IDQ_TESTS_TOKEN_KEYS_H
#define IDQ_TESTS_TOKEN_KEYS_H

#include <jansson.h>

struct token_key;

/* A fresh key pair. `alg`: RS256, ES256 or EdDSA; `kid` may be NULL; `bits`: of an RSA key, 0 for
 * 2048. */
struct token_key *token_key_new(const char *alg, const char *kid, unsigned bits);

/* The public key as a JWK, with alg, use and, where it has one, kid. Freed by the caller. */
json_t *token_key_jwk(const struct token_key *key);

/* The private key in PEM, encrypted with a passphrase unless that is NULL. Kept (scratch.h). */
char *token_key_pem(const struct token_key *key, const char *passphrase);

/* The token of these two texts, signed. Valid until the next call. */
const char *token_key_sign(const struct token_key *key, const char *header, const char *claims);

/* The text of a JWK Set of the keys, up to a NULL. Kept (scratch.h). */
char *token_key_set(const struct token_key *const *keys);

/* Accepts a pointer to NULL, and leaves one. */
void token_key_free(struct token_key **key);

#define TOKEN_KEY_AUTO __attribute__((cleanup(token_key_free))) struct token_key

#endif
