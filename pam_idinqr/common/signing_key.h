/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the setting signing_key of the provider idin-qr, in its encoding. Pure. Used by the
 * application, to refuse a wrong configuration at its file, and by the agent, which checks answers
 * with the key. */
#ifndef IDQ_COMMON_SIGNING_KEY_H
#define IDQ_COMMON_SIGNING_KEY_H

#include "pam_idinqr/common/secret.h"

enum signing_key_encoding {
    SIGNING_KEY_TEXT,    /* a secret for HMAC: the bytes of the setting */
    SIGNING_KEY_HEX,     /* a secret for HMAC, in hex digits */
    SIGNING_KEY_ED25519, /* a public key, in base64 */
};

#define SIGNING_KEY_PUBLIC_SIZE 32 /* bytes */

/* Of a secret for HMAC, in bytes. NIST SP 800-131A allows no key of less than 112 bits. */
#define SIGNING_KEY_MIN 14

/* The key as bytes. 0; IDQ_CONFIG for an empty key, an unknown encoding, or a setting that is not
 * in its encoding; IDQ_SYSTEM. */
int signing_key_read(const char *setting, enum signing_key_encoding encoding,
                     struct secret **ret_key);

#endif
