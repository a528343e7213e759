/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr.map: which identity opens which account. Default deny; read by the module (often root) and
 * by idinqr(1). The file is trusted for what it says, not for its form: any line that is not
 * understood makes the whole map unusable, loudly, with its number. */
#ifndef IDQ_IDENTITY_MAP_H
#define IDQ_IDENTITY_MAP_H

#include "pam_idinqr/common/trusted_file.h"

#include <stddef.h>

#define MAP_SIZE_MAX     (4 * 1024 * 1024) /* bytes of a map */
#define MAP_ACCOUNT_SIZE 257               /* bytes of an account's name, zero byte included */

struct map;

/* One line. The texts are valid until map_free. */
struct map_line {
    unsigned number; /* from 1 */
    const char *account;
    const char *hash;                                    /* an identity_hash */
    const char *enrolled, *by, *issuer, *expires, *note; /* "" when absent; expires: YYYY-MM-DD */
};

/* 0 with a map that the caller frees, or IDQ_MAP with ret_diag. A missing file is IDQ_MAP with
 * errno ENOENT. */
int map_read(const char *path, struct map **ret_map, struct diag *ret_diag);

/* The same from a text of `size` bytes, which is copied; `name` stands in ret_diag. */
int map_parse(const char *text, size_t size, const char *name, struct map **ret_map,
              struct diag *ret_diag);

size_t map_count(const struct map *map);
const struct map_line *map_at(const struct map *map, size_t i);

/* 1 when the line counts on that day ("YYYY-MM-DD"): its expires day has not passed. */
int map_line_is_current(const struct map_line *line, const char *today);

/* 1 when the account has a current line, whatever its identity. */
int map_has_account(const struct map *map, const char *account, const char *today);

/* The accounts that the identity opens. Returns how many there are, and fills in the first
 * `capacity`. */
size_t map_accounts_of(const struct map *map, const char *hash, const char *today,
                       const char **ret_accounts, size_t capacity);

/* 0 when one of the account's current lines has this identity; else IDQ_WRONG_PERSON when some
 * other account has, IDQ_UNKNOWN_IDENTITY when none has. */
int map_check(const struct map *map, const char *account, const char *hash, const char *today);

void map_free(struct map **map);

/* 1 when the text can stand as an account's name in a map: no blank, no control character, no ':',
 * '/' or '"', no '#' or '-' at the start, not empty, short enough. */
int map_is_account(const char *text);

/* 1 when the text can stand as a line's last day: YYYY-MM-DD, with a month and a day of a month. */
int map_is_day(const char *text);

/* Today in UTC as YYYY-MM-DD. */
void map_today(char ret_today[11]);

#define MAP_AUTO __attribute__((cleanup(map_free))) struct map

#endif
