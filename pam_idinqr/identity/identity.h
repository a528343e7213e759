/* SPDX-License-Identifier: BSD-3-Clause */
/* A person as idinqr.map knows one: a keyed hash of (provider, scope, subject), so that neither the
 * map nor a log holds a BIN. Pure. */
#ifndef IDQ_IDENTITY_IDENTITY_H
#define IDQ_IDENTITY_IDENTITY_H

#include <stddef.h>

#define IDENTITY_PREFIX "idin1:" /* the version of this hash */
#define IDENTITY_HASH_SIZE                                                                         \
    (sizeof IDENTITY_PREFIX - 1 + 43 + 1) /* base64url of 32 bytes, zero byte */
#define IDENTITY_KEY_SIZE 32

/* idin1:<base64url HMAC-SHA256(key, provider U+001F scope U+001F subject)>. The separator cannot
 * stand in any of the three: the configuration and subject_check refuse control characters. 0, or
 * IDQ_SYSTEM when memory is short. */
int identity_hash(const unsigned char key[IDENTITY_KEY_SIZE], const char *provider,
                  const char *scope, const char *subject, char ret_hash[IDENTITY_HASH_SIZE]);

/* Writes the bytes in base64url (RFC 4648, 5) without padding: four characters for three bytes, and
 * a zero byte. */
void identity_to_base64url(const unsigned char *bytes, size_t size, char *ret_text);

/* 1 when the text has the form of an identity_hash. */
int identity_is_hash(const char *text, size_t size);

#define IDENTITY_PREFIX_LEAST 8 /* characters of a hash that a person has to give */

/* 1 when the text is the beginning of one that is long enough to mean one of a machine's, or a
 * whole one: "idin1:" and IDENTITY_PREFIX_LEAST characters or more. */
int identity_is_beginning(const char *text);

#endif
