/* The signature of the QR backend's answers: the header x-idin-qr-hash is the HMAC-SHA256 of the
 * raw body under the merchant's signing key, in hexadecimal. Pure; body and header are untrusted.
 */
#ifndef IDQ_AGENT_SIGNATURE_H
#define IDQ_AGENT_SIGNATURE_H

#include "pam_idinqr/common/secret.h"

#include <stddef.h>

#define SIGNATURE_HEADER "x-idin-qr-hash"

/* The key as bytes: the setting's own text, or what it says in hexadecimal. `encoding` is "text" or
 * "hex". 0; IDQ_CONFIG for an empty key, an unknown encoding, or text that is no hexadecimal;
 * IDQ_SYSTEM. */
int signature_read_key(const char *setting, const char *encoding, struct secret **ret_key);

/* Checks what came as signature: `count` headers, of which `header` is the value. 0, or
 * IDQ_SIGNATURE unless there is exactly one, of exactly 64 hexadecimal digits in either case, and
 * it is right. IDQ_SYSTEM when it could not be computed. */
int signature_check(struct secret *key, const void *body, size_t body_size, const char *header,
                    int count);

#endif
