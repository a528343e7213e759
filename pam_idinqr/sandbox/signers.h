/* SPDX-License-Identifier: BSD-3-Clause */
/* Signs answers of the idin-qr protocol, and access tokens for the API of Signicat. */
#ifndef IDQ_SANDBOX_SIGNERS_H
#define IDQ_SANDBOX_SIGNERS_H

#include "pam_idinqr/sandbox/sandbox.h"

#include <stdbool.h>

/* Answers of the idin-qr protocol are signed with the sandbox's signing key: by HMAC-SHA256, or by
 * Ed25519 (RFC 8032), for which a desk needs only the public key. */
#define BODY_SIGNER_TEXT_SIZE 89 /* the base64 of an Ed25519 signature, and the closing zero */

/* Makes the signing key the private key of Ed25519, for each answer from now on, and fills in the
 * public one. 0 or IDQ_SYSTEM. */
int body_signer_use_ed25519(struct sandbox *sandbox);

/* The signature of the bytes as x-idin-qr-hash has it: in hexadecimal, or for Ed25519 in base64.
 * With is_wrong, one of the same form that is not right. 0 or IDQ_SYSTEM. */
int body_signer_sign(const struct sandbox *sandbox, const void *body, size_t body_size,
                     bool is_wrong, char ret_text[BODY_SIGNER_TEXT_SIZE]);

/* An access token for Signicat's API contains its expiry and is signed, so the sandbox stores none.
 * Pure except for random bytes. */
#define BEARER_SIZE 120 /* with the closing zero */

/* A token that is good until `expires_ms`, by the clock of the caller. 0 or IDQ_SYSTEM. */
int bearer_make(const struct sandbox *sandbox, int64_t expires_ms, char ret_token[BEARER_SIZE]);

/* Checks an Authorization header for a token of this sandbox. Returns 0, IDQ_EXPIRED if the token
 * has expired, or IDQ_REFUSED if it is missing or another server's. */
int bearer_check(const struct sandbox *sandbox, const char *authorization, int64_t now_ms);

#endif
