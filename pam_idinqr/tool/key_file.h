/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the file of jwks_file for `idinqr keys`, and describes its keys. Runs in idinqr(1). The
 * keys come from the agent. messages.h checks them, and they are otherwise untrusted. */
#ifndef IDQ_TOOL_KEY_FILE_H
#define IDQ_TOOL_KEY_FILE_H

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/wire/messages.h"

#define KEY_FILE_THUMBPRINT_SIZE 44 /* 256 bits in base64url, and the zero byte */

/* Returns the alg of ID tokens that the key signs. Static. */
const char *key_file_alg(const struct key_message *key);

/* Writes the SHA-256 thumbprint of RFC 7638, which does not depend on the key's notation. Returns
 * 0, or IDQ_SYSTEM if memory is short. */
int key_file_thumbprint(const struct key_message *key, char ret[KEY_FILE_THUMBPRINT_SIZE]);

/* Returns a JWK Set of the keys, with the members that verification needs. Returns NULL if memory
 * is short. The caller frees it. */
char *key_file_text(const struct key_message *keys, size_t n_keys);

/* Writes the text to an absolute path with mode 0644, completely or not at all. Returns 0, or
 * IDQ_SYSTEM with ret_diag and the old file unchanged. */
int key_file_write(const char *path, const char *text, struct diag *ret_diag);

#endif
