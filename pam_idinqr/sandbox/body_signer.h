/* SPDX-License-Identifier: BSD-3-Clause */
/* Signs the answers of the idin-qr protocol with the sandbox's signing key: by HMAC-SHA256, or by
 * Ed25519 (RFC 8032), for which a desk needs only the public key. */
#ifndef IDQ_SANDBOX_BODY_SIGNER_H
#define IDQ_SANDBOX_BODY_SIGNER_H

#include "pam_idinqr/sandbox/sandbox.h"

#include <stdbool.h>

#define BODY_SIGNER_TEXT_SIZE 89 /* the base64 of an Ed25519 signature, and the closing zero */

/* Makes the signing key the private key of Ed25519, for each answer from now on, and fills in the
 * public one. 0 or IDQ_SYSTEM. */
int body_signer_use_ed25519(struct sandbox *sandbox);

/* The signature of the bytes as x-idin-qr-hash has it: in hexadecimal, or for Ed25519 in base64.
 * With is_wrong, one of the same form that is not right. 0 or IDQ_SYSTEM. */
int body_signer_sign(const struct sandbox *sandbox, const void *body, size_t body_size,
                     bool is_wrong, char ret_text[BODY_SIGNER_TEXT_SIZE]);

#endif
