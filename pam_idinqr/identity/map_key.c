/* SPDX-License-Identifier: BSD-3-Clause */
/* The module reads the key in each login, often as root. idinqr(1) creates it. */
#include "pam_idinqr/identity/map_key.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/identity/identity.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#define HEX_SIZE (2 * IDENTITY_KEY_SIZE)

/* Returns whether nothing but a newline follows the digits, also as a Windows editor writes it. */
static bool
is_newline(const char *text, size_t size)
{
    return size == HEX_SIZE || (size == HEX_SIZE + 1 && text[HEX_SIZE] == '\n') ||
           (size == HEX_SIZE + 2 && memcmp(text + HEX_SIZE, "\r\n", 2) == 0);
}

int
map_key_read(const char *path, struct secret **ret_key, struct diag *ret_diag)
{
    SECRET_AUTO *key = NULL,
                *text = trusted_file_load(path, TRUSTED_FILE_SECRET, HEX_SIZE + 2, ret_diag);

    if (!text && ret_diag->error == ENOENT) {
        diag_set_file(ret_diag, path, 0, "is missing: restore it from a backup");
        ret_diag->error = ENOENT;
    }
    if (!text && ret_diag->error != EFBIG)
        return IDQ_MAP;
    key = secret_new(IDENTITY_KEY_SIZE);
    if (text && key && is_newline(secret_bytes(text), secret_size(text)) &&
        characters_read_hex(secret_bytes(text), (unsigned char *)secret_bytes(key),
                            IDENTITY_KEY_SIZE) == 0) {
        *ret_key = key;
        key = NULL; /* moved */
        return 0;
    }
    diag_set_file(ret_diag, path, 0, "is not a key of %d hex digits: restore it from a backup",
                  HEX_SIZE);
    return IDQ_MAP;
}

int
map_key_check(struct secret *key, const char *path, const struct map *map, struct diag *ret_diag)
{
    char fingerprint[IDENTITY_FINGERPRINT_SIZE];

    if (map_fingerprint(map)[0] == '\0')
        return 0;
    identity_fingerprint((const unsigned char *)secret_bytes(key), fingerprint);
    if (strcmp(map_fingerprint(map), fingerprint) == 0)
        return 0;
    diag_set_file(ret_diag, path, 0,
                  "is another key (%s) than the map was made with (%s): restore it from a backup",
                  fingerprint, map_fingerprint(map));
    return IDQ_MAP;
}

bool
map_key_has_lost_map(const char *path, const struct map *map, const char *map_path,
                     struct diag *ret_diag)
{
    struct stat status;

    if ((map && (map_count(map) > 0 || map_fingerprint(map)[0] != '\0')) ||
        (lstat(path, &status) != 0 && errno == ENOENT))
        return false;
    if (map)
        diag_set_file(ret_diag, map_path, 0,
                      "has neither a line nor the fingerprint of its key %s: it was lost: restore "
                      "it from a backup. If no one was ever enrolled: idinqr enroll ACCOUNT",
                      path);
    else
        diag_set_file(
            ret_diag, map_path, 0,
            "is missing, and its key %s is not: it was lost: restore it from a backup. If "
            "no one was ever enrolled: install -m 0600 /dev/null %s",
            path, map_path);
    return true;
}

static int
write_new_key(int fd)
{
    unsigned char key[IDENTITY_KEY_SIZE];
    char hex[HEX_SIZE + 2];
    int result;

    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        return -1;
    characters_write_hex(key, sizeof key, hex);
    memcpy(hex + HEX_SIZE, "\n", 2);
    result = trusted_file_write(fd, hex);
    secret_wipe(key, sizeof key);
    secret_wipe(hex, sizeof hex);
    return result;
}

int
map_key_read_or_create(const char *path, struct secret **ret_key, struct diag *ret_diag)
{
    return trusted_file_create(path, write_new_key, ret_diag) == 0
               ? map_key_read(path, ret_key, ret_diag)
               : IDQ_MAP;
}
