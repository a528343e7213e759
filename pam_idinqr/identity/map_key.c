/* See map_key.h. */
#include "pam_idinqr/identity/map_key.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define HEX_SIZE (2 * IDENTITY_KEY_SIZE)

static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static int
from_hex(const char *hex, unsigned char *ret_key)
{
    for (size_t i = 0; i < IDENTITY_KEY_SIZE; i++) {
        int high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return -1;
        ret_key[i] = (unsigned char)(high << 4 | low);
    }
    return 0;
}

int
map_key_read(const char *path, struct secret **ret_key, struct problem *ret_problem)
{
    SECRET_AUTO *text = NULL, *key = NULL;
    int fd = trusted_file_open(path, TRUSTED_FILE_SECRET, ret_problem);

    if (fd < 0)
        return IDQ_MAP;
    text = trusted_file_read(fd, path, HEX_SIZE + 1, ret_problem);
    close(fd);
    if (!text)
        return IDQ_MAP;
    key = secret_new(IDENTITY_KEY_SIZE);
    if (key &&
        (secret_size(text) == HEX_SIZE ||
         (secret_size(text) == HEX_SIZE + 1 && secret_bytes(text)[HEX_SIZE] == '\n')) &&
        from_hex(secret_bytes(text), (unsigned char *)secret_bytes(key)) == 0) {
        *ret_key = key;
        key = NULL; /* handed over */
        return 0;
    }
    problem_set(ret_problem, "%s: is not a key of %d hex digits", path, HEX_SIZE);
    errno = EINVAL;
    return IDQ_MAP;
}

/* A complete key in a file of its own beside the real one. */
static int
write_new_key(const char *path)
{
    unsigned char key[IDENTITY_KEY_SIZE];
    char hex[HEX_SIZE + 2];
    int fd, result;

    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        return -1;
    for (size_t i = 0; i < sizeof key; i++)
        snprintf(hex + 2 * i, 3, "%02x", key[i]);
    hex[HEX_SIZE] = '\n';
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    errno = fd >= 0 ? ENOSPC : errno; /* what a write that stops half-way means, and does not say */
    result = fd >= 0 && write(fd, hex, HEX_SIZE + 1) == HEX_SIZE + 1 && fsync(fd) == 0 ? 0 : -1;
    if (fd >= 0 && close(fd) != 0)
        result = -1;
    secret_wipe(key, sizeof key);
    secret_wipe(hex, sizeof hex);
    return result;
}

int
map_key_read_or_create(const char *path, struct secret **ret_key, struct problem *ret_problem)
{
    char new_path[4096];
    int result = map_key_read(path, ret_key, ret_problem);

    if (result == 0 || errno != ENOENT)
        return result;
    if (snprintf(new_path, sizeof new_path, "%s.new-%ld", path, (long)getpid()) >=
        (int)sizeof new_path)
        return IDQ_MAP;
    /* link() fails where rename() would replace: the first of two administrators wins, and the
     * other reads what the first one made. */
    if (write_new_key(new_path) != 0 || (link(new_path, path) != 0 && errno != EEXIST)) {
        problem_set(ret_problem, "%s: %s", path, strerror(errno));
        unlink(new_path);
        return IDQ_MAP;
    }
    unlink(new_path);
    return map_key_read(path, ret_key, ret_problem);
}
