/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads and creates idinqr.key, the key of the hashes in the map: 64 hex digits and a newline, so
 * that it can be read, compared and copied to a fleet. It is secret: with the key, the map and a
 * BIN, anyone can see which accounts that person has. */
#ifndef IDQ_IDENTITY_MAP_KEY_H
#define IDQ_IDENTITY_MAP_KEY_H

#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/identity/map.h"

/* Reads the key of IDENTITY_KEY_SIZE bytes. Returns 0 with a secret that the caller frees, or
 * IDQ_MAP with ret_diag. For a missing file, ret_diag->error is ENOENT. */
int map_key_read(const char *path, struct secret **ret_key, struct diag *ret_diag);

/* Checks that the map was made with this key, of which `path` is the file. A map without a
 * fingerprint is accepted: 0.1.0 writes none. Returns 0, or IDQ_MAP with ret_diag. */
int map_key_check(struct secret *key, const char *path, const struct map *map,
                  struct diag *ret_diag);

/* Returns true with ret_diag if the key exists, and its map is missing (NULL), or has neither a
 * line nor the fingerprint that the first enrollment writes with the key. `path` is the key's file.
 * A key whose directory cannot be read exists. */
bool map_key_has_lost_map(const char *path, const struct map *map, const char *map_path,
                          struct diag *ret_diag);

/* Creates a random key by trusted_file_create. If the file exists, reads it instead. Errors as
 * above. */
int map_key_read_or_create(const char *path, struct secret **ret_key, struct diag *ret_diag);

#endif
