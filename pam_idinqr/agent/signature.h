/* SPDX-License-Identifier: BSD-3-Clause */
/* The signature of an answer, in the header x-idin-qr-hash: the HMAC-SHA256 of the raw body under
 * the merchant's signing key, in hexadecimal; or, where signing_key is a public key, the Ed25519
 * signature (RFC 8032) of the raw body, in base64. Pure; body and header are untrusted. */
#ifndef IDQ_AGENT_SIGNATURE_H
#define IDQ_AGENT_SIGNATURE_H

#include "pam_idinqr/common/secret.h"

#include <stddef.h>

#define SIGNATURE_HEADER "x-idin-qr-hash"

/* Checks what came as signature: `count` headers, of which `header` is the value. `key` is what
 * signing_key_read made of the setting in this `encoding`, which alone decides how it is checked.
 * 0, or IDQ_SIGNATURE unless there is exactly one, it is right, and it is of exactly 64 hexadecimal
 * digits in either case, or of the 88 characters of base64. IDQ_SYSTEM when it could not be
 * computed. */
int signature_check(struct secret *key, const char *encoding, const void *body, size_t body_size,
                    const char *header, int count);

#endif
