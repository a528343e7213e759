/* SPDX-License-Identifier: BSD-3-Clause */
/* The file of jwks_file as `idinqr keys` writes it, and what it shows of a key. Runs in idinqr(1);
 * the keys come from the agent, checked by messages.h, and are untrusted beyond that. */
#ifndef IDQ_TOOL_KEY_FILE_H
#define IDQ_TOOL_KEY_FILE_H

#include "pam_idinqr/common/diag.h"
#include "pam_idinqr/wire/messages.h"

#define KEY_FILE_THUMBPRINT_SIZE 44 /* 256 bits in base64url, and the closing zero */

/* The alg of ID tokens that the key signs. Static. */
const char *key_file_alg(const struct key_message *key);

/* The thumbprint of RFC 7638, by SHA-256: the same for every way to write a key down. 0, or
 * IDQ_SYSTEM when memory is short. */
int key_file_thumbprint(const struct key_message *key, char ret[KEY_FILE_THUMBPRINT_SIZE]);

/* A JWK Set of the keys, with the members that verification needs. NULL when memory is short; freed
 * by the caller. */
char *key_file_text(const struct key_message *keys, size_t n_keys);

/* Puts the text at an absolute path, mode 0644, whole or not at all. 0, or IDQ_SYSTEM with
 * ret_diag, and the file that was there is as it was. */
int key_file_write(const char *path, const char *text, struct diag *ret_diag);

#endif
