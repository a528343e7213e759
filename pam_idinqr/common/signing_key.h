/* SPDX-License-Identifier: BSD-3-Clause */
/* Decodes the setting signing_key of the provider idin-qr. Pure. The application uses it to reject
 * an invalid configuration by its file's name. The agent uses it to check answers. */
#ifndef IDQ_COMMON_SIGNING_KEY_H
#define IDQ_COMMON_SIGNING_KEY_H

#include "pam_idinqr/common/secret.h"

enum signing_key_encoding {
    SIGNING_KEY_TEXT,    /* a secret for HMAC: the bytes of the setting */
    SIGNING_KEY_HEX,     /* a secret for HMAC, in hex digits */
    SIGNING_KEY_ED25519, /* a public key, in base64; or two, separated by a comma */
};

#define SIGNING_KEY_PUBLIC_SIZE 32 /* bytes */

/* The least size of a secret for HMAC, in bytes. NIST SP 800-131A requires 112 bits. */
#define SIGNING_KEY_MIN 14

/* The key, or both, as bytes. 0; IDQ_CONFIG for an empty key, an unknown encoding, or a setting
 * that is not in its encoding; IDQ_SYSTEM. */
int signing_key_read(const char *setting, enum signing_key_encoding encoding,
                     struct secret **ret_key);

#endif
