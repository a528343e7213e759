/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr.key: the key under which the map's identities are hashed. 64 hex digits and a newline, so
 * that it can be read, copied to a fleet and compared. Secret: with it and the map, whoever knows a
 * BIN can see whose it is. */
#ifndef IDQ_IDENTITY_MAP_KEY_H
#define IDQ_IDENTITY_MAP_KEY_H

#include "pam_idinqr/common/trusted_file.h"

/* Reads the key of IDENTITY_KEY_SIZE bytes. 0 and a secret that the caller frees, or IDQ_MAP with
 * ret_diag (and errno ENOENT when there is no file). */
int map_key_read(const char *path, struct secret **ret_key, struct diag *ret_diag);

/* Makes a new random key, mode 0600, unless the file exists: then that one is read. Whole or not at
 * all, also when two administrators do it at once, or one is killed: what that one may have left,
 * PATH.new, the next one takes away. Errors as above. */
int map_key_read_or_create(const char *path, struct secret **ret_key, struct diag *ret_diag);

#endif
