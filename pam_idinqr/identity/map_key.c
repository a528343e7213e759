/* SPDX-License-Identifier: BSD-3-Clause */
/* The module reads the key in each login, often as root. idinqr(1) creates it. */
#include "pam_idinqr/identity/map_key.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/identity/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#define HEX_SIZE (2 * IDENTITY_KEY_SIZE)

int
map_key_read(const char *path, struct secret **ret_key, struct diag *ret_diag)
{
    SECRET_AUTO *key = NULL,
                *text = trusted_file_load(path, TRUSTED_FILE_SECRET, HEX_SIZE + 1, ret_diag);

    if (!text)
        return IDQ_MAP;
    key = secret_new(IDENTITY_KEY_SIZE);
    if (key &&
        (secret_size(text) == HEX_SIZE ||
         (secret_size(text) == HEX_SIZE + 1 && secret_bytes(text)[HEX_SIZE] == '\n')) &&
        characters_read_hex(secret_bytes(text), (unsigned char *)secret_bytes(key),
                            IDENTITY_KEY_SIZE) == 0) {
        *ret_key = key;
        key = NULL; /* moved */
        return 0;
    }
    diag_set_file(ret_diag, path, 0, "is not a key of %d hex digits", HEX_SIZE);
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
    diag_set_file(ret_diag, path, 0, "is another key (%s) than the map was made with (%s)",
                  fingerprint, map_fingerprint(map));
    return IDQ_MAP;
}

static int
write_new_key(int fd)
{
    unsigned char key[IDENTITY_KEY_SIZE];
    char hex[HEX_SIZE + 2];
    int result;

    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        return -1;
    for (size_t i = 0; i < sizeof key; i++)
        snprintf(hex + 2 * i, 3, "%02x", key[i]);
    snprintf(hex + HEX_SIZE, 2, "\n");
    result = trusted_file_write(fd, hex) == 0 && fsync(fd) == 0 ? 0 : -1;
    secret_wipe(key, sizeof key);
    secret_wipe(hex, sizeof hex);
    return result;
}

/* Creates and locks PATH.new. All processes use one name, so that no file of a killed run stays
 * forever. Returns 1 with an empty file that no other process writes to. Returns 0 if the caller
 * must check again from the start, or -1 with errno. */
static int
take_new_file(const char *new_path, int *ret_fd)
{
    int fd = open(new_path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct stat locked, named;
    int result = 0;

    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX) != 0 || fstat(fd, &locked) != 0 || lstat(new_path, &named) != 0) {
        result = errno == EINTR || errno == ENOENT ? 0 : -1;
    } else if (locked.st_ino != named.st_ino || locked.st_dev != named.st_dev) {
        result = 0; /* another process was faster */
    } else if (locked.st_size > 0) {
        /* A killed process left it. It may be a second name of the key, so it is removed, and never
         * overwritten. */
        result = unlink(new_path) == 0 || errno == ENOENT ? 0 : -1;
    } else {
        *ret_fd = fd;
        return 1;
    }
    close(fd);
    return result;
}

/* Makes one attempt. Returns 0 if there is a key now, or if the caller must try again. */
static int
create_key(const char *path, const char *new_path)
{
    int fd = -1, result = take_new_file(new_path, &fd), error;

    if (result <= 0)
        return result;
    /* link() fails if the key exists, and rename() would replace it. */
    result = access(path, F_OK) == 0 || (write_new_key(fd) == 0 && link(new_path, path) == 0) ||
                     errno == EEXIST
                 ? 0
                 : -1;
    error = errno;
    unlink(new_path);
    close(fd);
    errno = error;
    return result;
}

int
map_key_read_or_create(const char *path, struct secret **ret_key, struct diag *ret_diag)
{
    char new_path[4096];
    int result;

    if (snprintf(new_path, sizeof new_path, "%s.new", path) >= (int)sizeof new_path) {
        diag_set_file(ret_diag, path, 0, "the path is too long");
        return IDQ_MAP;
    }
    while ((result = map_key_read(path, ret_key, ret_diag)) != 0 && ret_diag->error == ENOENT)
        if (create_key(path, new_path) != 0) {
            diag_set_error(ret_diag, path, errno);
            return IDQ_MAP;
        }
    /* A run that was killed just after the key got its name left this file. */
    if (result == 0)
        unlink(new_path);
    return result;
}
