/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes idinqr.map for idinqr(1), and the file of refused identities for refused.h, under a lock.
 * A change is applied completely or not at all. Comments and the order of the lines stay unchanged.
 */
#ifndef IDQ_IDENTITY_MAP_EDIT_H
#define IDQ_IDENTITY_MAP_EDIT_H

#include "pam_idinqr/identity/map.h"

/* A change of the map. No other process can change the map before map_edit_end. */
struct map_edit;

/* Locks the map (PATH.lock, a file beside it, which stays) and waits up to wait_ms for another
 * administrator. Then reads the map. A missing map is an empty one. Returns 0, IDQ_LOCKED, or
 * IDQ_MAP with ret_diag. */
int map_edit_begin(const char *path, int wait_ms, struct map_edit **ret_edit,
                   struct diag *ret_diag);

/* The same for a file of this kind. */
int map_edit_begin_kind(enum map_kind kind, const char *path, int wait_ms,
                        struct map_edit **ret_edit, struct diag *ret_diag);

/* Returns the map as it was at the start of the change. */
const struct map *map_edit_map(const struct map_edit *edit);

/* Adds a line to the change. Returns 0, or IDQ_MAP if map_read would reject its texts. */
int map_edit_add(struct map_edit *edit, const struct map_line *line, struct diag *ret_diag);

/* Replaces line i of map_edit_map in the change. Errors as above. */
int map_edit_replace(struct map_edit *edit, size_t i, const struct map_line *line,
                     struct diag *ret_diag);

/* Removes line `number` of the old map in the change. Returns 0 or IDQ_SYSTEM. */
int map_edit_remove(struct map_edit *edit, unsigned number);

/* Writes the fingerprint of the key into the change, unless it is "" or the map has one. */
void map_edit_set_fingerprint(struct map_edit *edit, const char *fingerprint);

/* Writes the origin of provider and scope into the change, unless the map has it. */
void map_edit_set_origin(struct map_edit *edit, const char *provider, const char *scope);

/* Writes the new map to a new file, flushes it, and renames it over the old one. Owner, group and
 * mode stay, and a first map gets mode 0600. After an error the old map is unchanged, with one
 * exception: if the directory could not be flushed, which ret_diag then says. */
int map_edit_commit(struct map_edit *edit, struct diag *ret_diag);

/* Returns whether the new map is in place. */
bool map_edit_is_changed(const struct map_edit *edit);

/* Unlocks and frees. Changes without a commit are discarded. */
void map_edit_end(struct map_edit **edit);

#define MAP_EDIT_AUTO __attribute__((cleanup(map_edit_end))) struct map_edit

#endif
