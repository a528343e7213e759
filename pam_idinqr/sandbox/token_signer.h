/* SPDX-License-Identifier: BSD-3-Clause */
/* Signs ID tokens (RFC 7519) with a key that is made at the start and lives as long as the process:
 * ES256, ECDSA with P-256 and SHA-256 (RFC 7518, 3.4). */
#ifndef IDQ_SANDBOX_TOKEN_SIGNER_H
#define IDQ_SANDBOX_TOKEN_SIGNER_H

#include <jansson.h>

struct token_signer;

/* 0 or IDQ_SYSTEM. */
int token_signer_new(struct token_signer **ret_signer);

/* The claims as a signed token, header.claims.signature. Freed by the caller; NULL when memory is
 * short. */
char *token_signer_sign(const struct token_signer *signer, const json_t *claims);

/* The public key as a set of one (RFC 7517). NULL when memory is short. */
json_t *token_signer_keys(const struct token_signer *signer);

/* Accepts a pointer to NULL, and leaves one. */
void token_signer_free(struct token_signer **signer);

#endif
