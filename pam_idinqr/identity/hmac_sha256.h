/* SPDX-License-Identifier: BSD-3-Clause */
/* Computes HMAC-SHA256 (RFC 2104, FIPS 180-4) over libmd's SHA-256, for the module. OpenSSL would
 * cost every sudo several milliseconds and megabytes. Pure. */
#ifndef IDQ_IDENTITY_HMAC_SHA256_H
#define IDQ_IDENTITY_HMAC_SHA256_H

#include <stddef.h>

#define HMAC_SHA256_SIZE 32 /* bytes */

void hmac_sha256(const void *key, size_t key_size, const void *message, size_t message_size,
                 unsigned char ret_mac[HMAC_SHA256_SIZE]);

#endif
