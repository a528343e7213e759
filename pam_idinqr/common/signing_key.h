/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the setting signing_key of the provider idin-qr, in its encoding. Pure. Used by the
 * application, to refuse a wrong configuration at its file, and by the agent, which checks answers
 * with the key. */
#ifndef IDQ_COMMON_SIGNING_KEY_H
#define IDQ_COMMON_SIGNING_KEY_H

#include "pam_idinqr/common/secret.h"

/* The encoding of a public key. The others are those of a secret for HMAC. */
#define SIGNING_KEY_PUBLIC      "ed25519"
#define SIGNING_KEY_PUBLIC_SIZE 32 /* bytes */

/* Of a secret for HMAC, in bytes. NIST SP 800-131A allows no key of less than 112 bits. */
#define SIGNING_KEY_MIN 14

/* The key as bytes. `encoding` is "text": the setting's own bytes; "hex": what its digits stand
 * for; or "ed25519": the public key that it is the base64 of. 0; IDQ_CONFIG for an empty key, an
 * unknown encoding, or a setting that is not in its encoding; IDQ_SYSTEM. */
int signing_key_read(const char *setting, const char *encoding, struct secret **ret_key);

#endif
