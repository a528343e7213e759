/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads idinqr.map, which lists the identities that open each account. Denies by default. The
 * module (often root) and idinqr(1) run it. The file's content is trusted, its form is not: any
 * invalid line makes the whole map invalid, and the error names its number. The file of refused
 * identities (refused.h) has the same lines with other fields. */
#ifndef IDQ_IDENTITY_MAP_H
#define IDQ_IDENTITY_MAP_H

#include "pam_idinqr/common/trusted_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define MAP_SIZE_MAX     (4 * 1024 * 1024) /* bytes of a map */
#define MAP_ACCOUNT_SIZE 257               /* bytes of an account's name, with the zero byte */

/* The account of a refused identity whose login named no account. */
#define MAP_NO_ACCOUNT "-"

/* Which of the fields below a line may have. */
enum map_kind {
    MAP_OF_ENROLLED = 1, /* idinqr.map */
    MAP_OF_REFUSED = 2,
};

struct map;

/* One line. The texts are valid until map_free; a field that the line does not have is "". */
struct map_line {
    unsigned number; /* from 1 */
    const char *account;
    const char *hash;                                    /* an identity_hash */
    const char *enrolled, *by, *issuer, *expires, *note; /* expires: YYYY-MM-DD */
    /* Of a refused identity. refused: YYYY-MM-DDThh:mm:ssZ. The rest: of the login, as the log has
     * it. */
    const char *refused, *service, *provider, *scope, *session, *uid, *loginuid;
};

/* Returns 0 with a map that the caller frees, or IDQ_MAP with ret_diag. For a missing
 * file, ret_diag->error is ENOENT. */
int map_read(const char *path, struct map **ret_map, struct diag *ret_diag);

/* Parses a text of `size` bytes, which is copied, with the same results. ret_diag contains `name`.
 */
int map_parse(const char *text, size_t size, const char *name, struct map **ret_map,
              struct diag *ret_diag);

/* The same for a file of this kind. Only a map of enrolled identities must not have the same
 * account and identity twice. */
int map_read_kind(enum map_kind kind, const char *path, struct map **ret_map,
                  struct diag *ret_diag);
int map_parse_kind(enum map_kind kind, const char *text, size_t size, const char *name,
                   struct map **ret_map, struct diag *ret_diag);

/* Writes the line, with a newline. Returns 0, or -1 if the stream did not accept it. */
int map_line_write(enum map_kind kind, const struct map_line *line, FILE *stream);

/* Returns true if both have the same account, identity and fields. */
bool map_line_is_same(enum map_kind kind, const struct map_line *left,
                      const struct map_line *right);

/* A comment of this form in the map says which key its hashes were made with. */
#define MAP_FINGERPRINT "key-fingerprint:"

/* Returns the identity_fingerprint in the map, or "" if it has none. */
const char *map_fingerprint(const struct map *map);

/* And one of this form, with a blank between, for each provider and scope that identities were
 * enrolled of: an "origin". */
#define MAP_ORIGIN      "identities-of:"
#define MAP_ORIGIN_SIZE 300 /* of the text, with its zero byte */
#define MAP_ORIGINS_MAX 16  /* further ones are not kept */

/* Returns the i-th origin in the map, or NULL after the last. */
const char *map_origin_at(const struct map *map, size_t i);

size_t map_count(const struct map *map);
const struct map_line *map_at(const struct map *map, size_t i);

/* Returns true if the line is valid on that day ("YYYY-MM-DD"): its expires day has not passed. */
bool map_line_is_current(const struct map_line *line, const char *today);

/* Returns true if the account has a current line, with any identity. */
bool map_has_account(const struct map *map, const char *account, const char *today);

/* Returns its first line, also one whose last day has passed, or NULL. */
const struct map_line *map_had_account(const struct map *map, const char *account);

/* Finds the accounts that the identity opens. Returns their number, and stores the first
 * `capacity`. */
size_t map_accounts_of(const struct map *map, const char *hash, const char *today,
                       const char **ret_accounts, size_t capacity);

/* Returns 0 if a current line of the account has this identity. Otherwise returns IDQ_WRONG_PERSON
 * if a current line of another account has it, else IDQ_UNKNOWN_IDENTITY. */
int map_check(const struct map *map, const char *account, const char *hash, const char *today);

void map_free(struct map **map);

/* Returns true if the text is valid as an account's name in a map: not empty, not too long, without
 * blanks, control characters, ':', '/' and '"', and without '#' or '-' at the start. */
bool map_is_account(const char *text);

/* Writes today's date in UTC as YYYY-MM-DD. */
void map_today(char ret_today[11]);

#define MAP_AUTO __attribute__((cleanup(map_free))) struct map

#endif
