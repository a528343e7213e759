/* SPDX-License-Identifier: BSD-3-Clause */
/* See state_dir.h. */
#include "pam_idinqr/sandbox/state_dir.h"

#include "pam_idinqr/common/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
open_temporary(struct state_dir *dir)
{
    const char *parent = getenv("TMPDIR");
    char path[PATH_MAX];

    if (!parent || parent[0] == '\0')
        parent = "/tmp";
    int size = snprintf(path, sizeof path, "%s/idinqr-sandbox.XXXXXX", parent);
    if (size >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return IDQ_SYSTEM;
    }
    if (!mkdtemp(path))
        return IDQ_SYSTEM;
    dir->is_temporary = 1;
    /* chmod, because the umask must not keep the agent away from ca.pem. */
    return realpath(path, dir->path) && chmod(dir->path, 0711) == 0 ? 0 : IDQ_SYSTEM;
}

int
state_dir_open(const char *path, struct state_dir *ret_dir)
{
    *ret_dir = (struct state_dir){.is_temporary = 0};
    if (!path)
        return open_temporary(ret_dir);
    if (mkdir(path, 0711) == 0) {
        if (chmod(path, 0711) != 0)
            return IDQ_SYSTEM;
    } else if (errno != EEXIST) {
        return IDQ_SYSTEM;
    }
    return realpath(path, ret_dir->path) ? 0 : IDQ_SYSTEM;
}

int
state_dir_path(const struct state_dir *dir, const char *name, char ret_path[PATH_MAX])
{
    if (snprintf(ret_path, PATH_MAX, "%s/%s", dir->path, name) < PATH_MAX)
        return 0;
    errno = ENAMETOOLONG;
    return IDQ_SYSTEM;
}

static int
write_all(int fd, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t written = write(fd, text, left);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return IDQ_SYSTEM;
        text += written;
        left -= (size_t)written;
    }
    return 0;
}

int
state_dir_write(const struct state_dir *dir, const char *name, mode_t mode, const char *text)
{
    char path[PATH_MAX], fresh[PATH_MAX];

    if (state_dir_path(dir, name, path) < 0)
        return IDQ_SYSTEM;
    if (snprintf(fresh, sizeof fresh, "%s.XXXXXX", path) >= (int)sizeof fresh) {
        errno = ENAMETOOLONG;
        return IDQ_SYSTEM;
    }
    int fd = mkstemp(fresh); /* 0600 until it is whole */
    if (fd < 0)
        return IDQ_SYSTEM;
    int error = write_all(fd, text);
    if (error == 0 && fchmod(fd, mode) != 0)
        error = IDQ_SYSTEM;
    if (close(fd) != 0)
        error = IDQ_SYSTEM;
    if (error == 0 && rename(fresh, path) != 0)
        error = IDQ_SYSTEM;
    if (error < 0) {
        int why = errno;
        unlink(fresh);
        errno = why;
    }
    return error;
}

void
state_dir_close(struct state_dir *dir)
{
    if (!dir->is_temporary || dir->path[0] == '\0')
        return;
    /* Nothing but plain files was ever put here, and only the owner can put more. */
    DIR *entries = opendir(dir->path);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        unlinkat(dirfd(entries), entry->d_name, 0);
    if (entries)
        closedir(entries);
    rmdir(dir->path);
    dir->path[0] = '\0';
}
