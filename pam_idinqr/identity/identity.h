/* SPDX-License-Identifier: BSD-3-Clause */
/* Hashes a person's identity for idinqr.map: a keyed hash of provider, scope and subject, so that
 * neither the map nor a log contains a BIN. Pure. */
#ifndef IDQ_IDENTITY_IDENTITY_H
#define IDQ_IDENTITY_IDENTITY_H

#include "pam_idinqr/common/subject.h"

#include <stdbool.h>
#include <stddef.h>

#define IDENTITY_KEY_SIZE 32

/* Writes idin1:<base64url HMAC-SHA256(key, provider U+001F scope U+001F subject)>. The separator
 * cannot occur in any of the three, because the configuration and subject_check reject control
 * characters. Returns 0, or IDQ_SYSTEM if memory is short. */
int identity_hash(const unsigned char key[IDENTITY_KEY_SIZE], const char *provider,
                  const char *scope, const char *subject, char ret_hash[IDENTITY_HASH_SIZE]);

/* Writes 16 hex digits that distinguish the key from others, and say nothing else about it: the
 * beginning of an HMAC of a fixed text. */
#define IDENTITY_FINGERPRINT_SIZE (16 + 1)
void identity_fingerprint(const unsigned char key[IDENTITY_KEY_SIZE],
                          char ret_fingerprint[IDENTITY_FINGERPRINT_SIZE]);

#define IDENTITY_PREFIX_LEAST 8 /* the least characters of a hash that a person must give */

/* Returns true if the text is a whole hash, or "idin1:" and at least IDENTITY_PREFIX_LEAST
 * characters of one: enough to select one identity of a machine. */
bool identity_is_beginning(const char *text);

/* Computes HMAC-SHA256 (RFC 2104, FIPS 180-4) over libmd's SHA-256, for the module. OpenSSL would
 * cost every sudo several milliseconds and megabytes. Pure. */

#define HMAC_SHA256_SIZE 32 /* bytes */

void hmac_sha256(const void *key, size_t key_size, const void *message, size_t message_size,
                 unsigned char ret_mac[HMAC_SHA256_SIZE]);

#endif
