/* SPDX-License-Identifier: BSD-3-Clause */
/* Changing idinqr.map, by idinqr(1): under a lock, and whole or not at all. Comments and the order
 * of the lines stay as the administrator wrote them. */
#ifndef IDQ_IDENTITY_MAP_EDIT_H
#define IDQ_IDENTITY_MAP_EDIT_H

#include "pam_idinqr/identity/map.h"

/* A map that is being changed; nobody else can change it until map_edit_end. */
struct map_edit;

/* Takes the lock (a file beside the map, PATH.lock, which stays), waiting up to wait_ms for another
 * administrator; then reads the map. A map that does not exist yet is an empty one.
 * 0, IDQ_LOCKED, or IDQ_MAP with ret_diag. */
int map_edit_begin(const char *path, int wait_ms, struct map_edit **ret_edit,
                   struct diag *ret_diag);

/* The map as it was when the change began. */
const struct map *map_edit_map(const struct map_edit *edit);

/* Notes a new line. Its texts are checked as a reader would: IDQ_MAP when map_read would refuse it.
 */
int map_edit_add(struct map_edit *edit, const struct map_line *line, struct diag *ret_diag);

/* Notes that line i of map_edit_map becomes this one, in its place. Errors as above. */
int map_edit_replace(struct map_edit *edit, size_t i, const struct map_line *line,
                     struct diag *ret_diag);

/* Notes that line `number` of the old map goes. 0 or IDQ_SYSTEM. */
int map_edit_remove(struct map_edit *edit, unsigned number);

/* Puts the new map in the old one's place: a new file (owner, group and mode as before, 0600 for a
 * first map), written and flushed, then renamed over the old one. After an error the old map
 * stands; but for one, when the directory could not be flushed, and ret_diag says so. */
int map_edit_commit(struct map_edit *edit, struct diag *ret_diag);

/* Gives the lock back and frees; what was not committed is dropped. */
void map_edit_end(struct map_edit **edit);

#define MAP_EDIT_AUTO __attribute__((cleanup(map_edit_end))) struct map_edit

#endif
