/* SPDX-License-Identifier: BSD-3-Clause */
/* See files.h. Test code. */
#include "tests/fuzz/files.h"

#include "tests/fuzz/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *
directory(void)
{
    static char path[4096];
    const char *parent = getenv("TMPDIR");

    if (path[0] == '\0') {
        MUST(snprintf(path, sizeof path, "%s/fuzz.XXXXXX", parent ? parent : "/tmp") <
             (int)sizeof path);
        MUST(mkdtemp(path));
    }
    return path;
}

char *
files_path(const char *name)
{
    char *path = NULL;

    MUST(asprintf(&path, "%s/%s", directory(), name) > 0);
    return path;
}

void
files_make_directory(const char *name)
{
    char *path = files_path(name);

    MUST(mkdir(path, 0700) == 0 || errno == EEXIST);
    free(path);
}

void
files_write(const char *name, mode_t mode, const void *bytes, size_t size)
{
    char *path = files_path(name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    MUST(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    MUST(fchmod(fd, mode) == 0); /* whatever the umask is */
    MUST(close(fd) == 0);
    free(path);
}
