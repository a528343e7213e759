/* SPDX-License-Identifier: BSD-3-Clause */
/* See scratch.h. */
#include "tests/harness/scratch.h"

#include "pam_idinqr/common/array.h"

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PARENT_SIZE_MAX 60 /* a socket in it has a path of at most 107 */

static char top[PARENT_SIZE_MAX + sizeof "/idinqr-test.XXXXXX"];

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    if (remove(path) != 0)
        fprintf(stderr, "left behind: %s: %s\n", path, strerror(errno));
    return 0;
}

/* Whether another user gets to it: only root's tests have one. */
static int
is_reachable(const char *dir)
{
    char path[PARENT_SIZE_MAX];
    struct stat status;

    snprintf(path, sizeof path, "%s", dir);
    for (char *end = path + strlen(path); geteuid() == 0 && end != NULL; end = strrchr(path, '/')) {
        *end = '\0';
        if (path[0] != '\0' && (stat(path, &status) != 0 || !(status.st_mode & S_IXOTH)))
            return 0;
    }
    return 1;
}

static int
is_usable(const char *dir)
{
    struct statvfs system;

    return dir != NULL && dir[0] == '/' && strlen(dir) < PARENT_SIZE_MAX &&
           access(dir, W_OK | X_OK) == 0 && statvfs(dir, &system) == 0 &&
           !(system.f_flag & ST_NOEXEC) && is_reachable(dir);
}

int
scratch_begin(void)
{
    const char *const parents[] = {getenv("TMPDIR"), "/tmp", "/var/tmp"};
    size_t i = 0;

    while (i < ARRAY_LENGTH(parents) && !is_usable(parents[i]))
        i++;
    if (i == ARRAY_LENGTH(parents)) {
        errno = EACCES;
        return -1;
    }
    snprintf(top, sizeof top, "%s/idinqr-test.XXXXXX", parents[i]);
    if (mkdtemp(top) == NULL || chmod(top, 0711) != 0 || setenv("HOME", top, 1) != 0)
        return -1;
    return setenv("TMPDIR", top, 1);
}

void
scratch_end(void)
{
    if (top[0] != '\0')
        nftw(top, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    top[0] = '\0';
}

struct kept {
    struct kept *before;
    char *text;
};

static struct kept *last; /* so that a leak checker finds them all */

char *
scratch_keep(char *text)
{
    struct kept *kept = malloc(sizeof *kept);

    if (kept == NULL)
        ck_abort_msg("no memory");
    *kept = (struct kept){.before = last, .text = text};
    last = kept;
    return text;
}

const void *
scratch_mark(void)
{
    return last;
}

void
scratch_release(const void *mark)
{
    while (last != mark) {
        struct kept *kept = last;
        last = kept->before;
        free(kept->text);
        free(kept);
    }
}

char *
scratch_text(const char *format, ...)
{
    va_list arguments;
    char *text;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        ck_abort_msg("no memory");
    va_end(arguments);
    return scratch_keep(text);
}

char *
scratch_path(const char *dir, const char *name)
{
    return scratch_text("%s/%s", dir, name);
}

char *
scratch_dir(const char *name)
{
    ck_assert_msg(top[0] != '\0', "a test needs RUN_TESTS, which makes its directory");
    char *dir = scratch_text("%s/%s.XXXXXX", top, name);
    if (mkdtemp(dir) == NULL || chmod(dir, 0711) != 0)
        ck_abort_msg("%s: %s", dir, strerror(errno));
    return dir;
}

void
scratch_write(const char *path, mode_t mode, const char *text)
{
    FILE *file = fopen(path, "we");

    if (file == NULL)
        ck_abort_msg("%s: %s", path, strerror(errno));
    /* The mode first: what follows may be a secret. */
    int failed = fchmod(fileno(file), mode) != 0 || fputs(text, file) < 0;
    if (fclose(file) != 0 || failed)
        ck_abort_msg("%s: %s", path, strerror(errno));
}

char *
scratch_read(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "re");

    if (file == NULL)
        ck_abort_msg("%s: %s", path, strerror(errno));
    /* No file has a zero byte that a test wants to read on behind: getdelim takes it whole. */
    if (getdelim(&text, &size, '\0', file) < 0) {
        if (ferror(file))
            ck_abort_msg("%s: %s", path, strerror(errno));
        free(text);
        text = strdup("");
    }
    fclose(file);
    return scratch_keep(text);
}
