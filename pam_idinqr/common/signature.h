/* SPDX-License-Identifier: BSD-3-Clause */
/* Verifies the signature of a message of a QR backend, in the header x-idin-qr-hash. It is the
 * HMAC-SHA256 of the raw body under the merchant's signing key, in hexadecimal. If signing_key is a
 * public key, it is the Ed25519 signature (RFC 8032) of the raw body, in base64. Pure. Body and
 * header are untrusted. */
#ifndef IDQ_COMMON_SIGNATURE_H
#define IDQ_COMMON_SIGNATURE_H

#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/signing_key.h"

#include <stddef.h>

#define SIGNATURE_HEADER "x-idin-qr-hash"

/* Checks the signature: `count` headers, the last with the value `header`. `key` is the result of
 * signing_key_read for this `encoding`, which alone selects the algorithm. Returns 0, or IDQ_SYSTEM
 * if it could not be computed. Returns IDQ_SIGNATURE unless there is exactly one header, and it is
 * valid. It must have exactly 64 hexadecimal digits in either case, or the 88 characters of base64.
 */
int signature_check(struct secret *key, enum signing_key_encoding encoding, const void *body,
                    size_t body_size, const char *header, int count);

#endif
