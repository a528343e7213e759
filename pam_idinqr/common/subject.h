/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks whether a backend's identity may open an account. Pure. The subject is untrusted. Source:
 * iDIN's BIN, reference pattern ^[A-Za-z]{2}\P{Cc}{0,1024}$. */
#ifndef IDQ_COMMON_SUBJECT_H
#define IDQ_COMMON_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

#define SUBJECT_MAX 4104 /* bytes of UTF-8: a BIN of 1026 code points, four bytes each */

/* The kind of identity that a provider sends. */
enum subject_rule { SUBJECT_BIN = 1, SUBJECT_CLAIM };

/* Returns whether iDIN issued this for one visit: "TRANS" and 1 to 251 printable characters. It
 * matches the BIN's pattern too, and another person may get it later. */
bool subject_is_transient(const char *subject);

/* Returns 0, IDQ_TRANSIENT, or IDQ_NO_SUBJECT if the text is not a BIN. */
int subject_check_bin(const char *subject);

/* Checks a claim of an ID token: 1 to SUBJECT_MAX bytes of UTF-8 without control characters, else
 * IDQ_NO_SUBJECT. */
int subject_check_claim(const char *subject);

/* An identity as the map has it: the keyed hash of a subject (identity/identity.h). */
#define IDENTITY_PREFIX "idin1:" /* the version of this hash */
#define IDENTITY_HASH_SIZE                                                                         \
    (sizeof IDENTITY_PREFIX - 1 + 43 + 1) /* base64url of 32 bytes, zero byte */

/* Returns true if the text has the form of one. */
bool subject_is_hash(const char *text, size_t size);

/* Checks by the rule of this provider in provider_table.h. Returns IDQ_NO_SUBJECT for an unknown
 * provider. */
int subject_check(const char *provider, const char *subject);

#endif
