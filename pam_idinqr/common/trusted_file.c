/* SPDX-License-Identifier: BSD-3-Clause */
/* The application runs this, often as root, on paths in the file system. */
#include "pam_idinqr/common/trusted_file.h"

#include "pam_idinqr/common/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define LINKS_MAX 40 /* the kernel's limit */

#define CURE_OWNER   "chown root:"
#define CURE_WRITERS "chmod go-w"
#define CURE_SECRET  "chmod 0600"
#define CURE_PROGRAM "chmod 0711"

/* Refuses a file that must not be used. Returns -1. */
static int __attribute__((format(printf, 4, 5)))
refuse_file(struct diag *diag, const char *path, int error, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    diag_vset(diag, path, 0, error, format, arguments);
    va_end(arguments);
    return -1;
}

/* The same, where a command mends it. */
static int __attribute__((format(printf, 4, 5)))
refuse_mode(struct diag *diag, const char *path, const char *cure, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    diag_vset(diag, path, 0, EPERM, format, arguments);
    va_end(arguments);
    diag->cure = cure;
    return -1;
}

static int
refuse_link(struct diag *diag, const char *path)
{
    return refuse_file(diag, path, ELOOP, "is a symbolic link: copy the file itself there");
}

/* Reports a call that failed. Returns -1. */
static int
fail(struct diag *diag, const char *path, int error)
{
    diag_set_error(diag, path, error);
    return -1;
}

/* The application's user may decide which logins succeed, and so may root. */
static bool
is_trusted_owner(uid_t uid)
{
    return uid == 0 || uid == geteuid();
}

static int
check_directory(const char *path, const struct stat *status, struct diag *diag)
{
    if (!is_trusted_owner(status->st_uid))
        return refuse_mode(diag, path, CURE_OWNER, "the directory belongs to uid %u, not to root",
                           (unsigned)status->st_uid);
    /* In a sticky directory no user can rename another user's file. The files in it are checked
     * too. */
    if ((status->st_mode & (S_IWGRP | S_IWOTH)) && !(status->st_mode & S_ISVTX))
        return refuse_mode(diag, path, CURE_WRITERS,
                           "the directory can be written by others (mode %03o)",
                           (unsigned)status->st_mode & 07777);
    return 0;
}

/* Replaces the link in `way` with its target. The text from `rest` on follows it. */
static int
follow(const char *link_path, const char *rest, char way[PATH_MAX], struct diag *diag)
{
    char target[PATH_MAX], longer[PATH_MAX];
    ssize_t size = readlink(link_path, target, sizeof target - 1);
    int kept;

    if (size < 0)
        return fail(diag, link_path, errno);
    target[size] = '\0';
    kept = target[0] == '/' ? 0 : (int)(strrchr(link_path, '/') + 1 - link_path);
    if (snprintf(longer, sizeof longer, "%.*s%s%s", kept, link_path, target, rest) >=
            (int)sizeof longer ||
        copy_text(way, PATH_MAX, longer))
        return refuse_file(diag, link_path, ENAMETOOLONG, "leads to a path that is too long");
    return 0;
}

/* Checks each directory from / to the file, because a user who can write one can replace the file.
 * Stops at the first link, whose target replaces it in `way`, and returns 1. Returns 0 if there is
 * no link, else -1. */
static int
check_up_to_link(char way[PATH_MAX], struct diag *diag)
{
    char directory[PATH_MAX];
    struct stat status;

    for (const char *slash = way; slash; slash = strchr(slash + 1, '/')) {
        int size = slash == way ? 1 : (int)(slash - way);
        (void)snprintf(directory, sizeof directory, "%.*s", size, way); /* fits, as `way` does */
        if (lstat(directory, &status) != 0)
            return fail(diag, directory, errno);
        /* Any user may create a link in /tmp, and change its target between two checks. */
        if (S_ISLNK(status.st_mode) && !is_trusted_owner(status.st_uid))
            return refuse_mode(diag, directory,
                               "chown -h root:", "the link belongs to uid %u, not to root",
                               (unsigned)status.st_uid);
        if (S_ISLNK(status.st_mode))
            return follow(directory, slash, way, diag) ? -1 : 1;
        if (check_directory(directory, &status, diag) != 0)
            return -1;
    }
    return 0;
}

/* Follows the kernel's path, link by link. A directory that a link leads through counts as much as
 * one in the path itself. */
static int
check_way(const char *path, struct diag *diag)
{
    char way[PATH_MAX];
    int result, n_links = 0;

    if (copy_text(way, sizeof way, path))
        return refuse_file(diag, path, ENAMETOOLONG, "the path is too long");
    while ((result = check_up_to_link(way, diag)) > 0)
        if (++n_links > LINKS_MAX)
            return fail(diag, path, ELOOP);
    return result;
}

/* One command mends all. A secret that only a group could write keeps its readers. */
static const char *
cure_of_mode(enum trusted_file_use use, mode_t mode)
{
    if (use == TRUSTED_FILE_PROGRAM)
        return CURE_PROGRAM;
    if (use == TRUSTED_FILE_DATABASE)
        return CURE_SECRET;
    return use != TRUSTED_FILE_OPEN_TEXT && (mode & S_IRWXO) ? CURE_SECRET : CURE_WRITERS;
}

static int
check_file(int fd, const char *path, enum trusted_file_use use, struct diag *diag)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return fail(diag, path, errno);
    if (S_ISLNK(status.st_mode)) /* O_PATH opens the link itself */
        return refuse_link(diag, path);
    if (!S_ISREG(status.st_mode))
        return refuse_file(diag, path, EPERM, "is not a regular file");
    if (!is_trusted_owner(status.st_uid))
        return refuse_mode(diag, path, CURE_OWNER, "belongs to uid %u, not to root",
                           (unsigned)status.st_uid);
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return refuse_mode(diag, path, cure_of_mode(use, status.st_mode),
                           "can be written by others (mode %03o)",
                           (unsigned)status.st_mode & 07777);
    /* A group may read a secret: an administrator shares one this way on purpose. */
    if (use == TRUSTED_FILE_SECRET && (status.st_mode & S_IROTH))
        return refuse_mode(diag, path, CURE_SECRET,
                           "holds a secret and can be read by everyone (mode %03o)",
                           (unsigned)status.st_mode & 07777);
    return 0;
}

int
trusted_file_open(const char *path, enum trusted_file_use use, struct diag *ret_diag)
{
    int access = use >= TRUSTED_FILE_PROGRAM ? O_PATH : O_RDONLY, fd;

    if (path[0] != '/')
        return refuse_file(ret_diag, path, EINVAL, "is not an absolute path");
    if (check_way(path, ret_diag) != 0)
        return -1;
    /* O_NONBLOCK: a FIFO must not hang a login. */
    fd = open(path, access | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno == ELOOP ? refuse_link(ret_diag, path) : fail(ret_diag, path, errno);
    if (check_file(fd, path, use, ret_diag) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static struct secret *
fail_to_read(struct diag *diag, const char *path, int error)
{
    diag_set_error(diag, path, error);
    return NULL;
}

struct secret *
trusted_file_read(int fd, const char *path, size_t most, struct diag *ret_diag)
{
    SECRET_AUTO *content = NULL;
    struct secret *whole;
    struct stat status;
    size_t capacity, size = 0;

    if (fstat(fd, &status) != 0)
        return fail_to_read(ret_diag, path, errno);
    /* Allocates no more than the file needs, because all of it is wiped, and one byte to detect its
     * end. */
    capacity = status.st_size < (off_t)most ? (size_t)status.st_size + 1 : most + 1;
    content = secret_new(capacity);
    if (!content)
        return fail_to_read(ret_diag, path, ENOMEM);
    while (size < capacity) {
        ssize_t got = read(fd, secret_bytes(content) + size, capacity - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_to_read(ret_diag, path, errno);
        if (got == 0)
            break;
        size += (size_t)got;
    }
    if (size > most) {
        (void)refuse_file(ret_diag, path, EFBIG, "is larger than %zu bytes", most);
        return NULL;
    }
    if (size == capacity) {
        (void)refuse_file(ret_diag, path, EAGAIN, "grew while it was read");
        return NULL;
    }
    secret_truncate(content, size);
    whole = content;
    content = NULL; /* moved */
    return whole;
}

struct secret *
trusted_file_load(const char *path, enum trusted_file_use use, size_t most, struct diag *ret_diag)
{
    struct secret *content;
    int fd = trusted_file_open(path, use, ret_diag);

    if (fd < 0)
        return NULL;
    content = trusted_file_read(fd, path, most, ret_diag);
    close(fd);
    return content;
}

bool
trusted_file_is_within_reach(const char *path, size_t from, char ret_directory[PATH_MAX])
{
    struct stat status;

    for (const char *slash = strchr(path + from + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(ret_directory, PATH_MAX, "%.*s", (int)(slash - path), path);
        if (stat(ret_directory, &status) != 0 || !(status.st_mode & S_IXOTH))
            return false;
    }
    return true;
}

int
trusted_file_write(int fd, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        ssize_t written = write(fd, text, left);
        if (written == 0 || (written < 0 && errno != EINTR))
            return -1;
        if (written > 0) {
            text += written;
            left -= (size_t)written;
        }
    }
    return 0;
}

int
trusted_file_flush_directory(const char *path)
{
    char directory[4096];
    const char *slash = strrchr(path, '/');
    int fd, result;

    snprintf(directory, sizeof directory, "%.*s", slash == path ? 1 : (int)(slash - path), path);
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    result = fsync(fd);
    close(fd);
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
        /* A killed process left it. It may be a second name of the file, so it is removed, and
         * never overwritten. */
        result = unlink(new_path) == 0 || errno == ENOENT ? 0 : -1;
    } else {
        *ret_fd = fd;
        return 1;
    }
    close(fd);
    return result;
}

/* Makes one attempt. Returns 0 if there is a file now, or if the caller must try again. */
static int
create_once(const char *path, const char *new_path, int (*write_text)(int fd))
{
    int fd = -1, result = take_new_file(new_path, &fd), error;

    if (result <= 0)
        return result;
    /* link() fails if the file exists, and rename() would replace it. */
    result = access(path, F_OK) == 0 ||
                     (write_text(fd) == 0 && fsync(fd) == 0 && link(new_path, path) == 0 &&
                      trusted_file_flush_directory(path) == 0) ||
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
trusted_file_create(const char *path, int (*write_text)(int fd), struct diag *ret_diag)
{
    char new_path[4096];
    int fd;

    if (snprintf(new_path, sizeof new_path, "%s.new", path) >= (int)sizeof new_path) {
        diag_set_file(ret_diag, path, 0, "the path is too long");
        return -1;
    }
    while ((fd = trusted_file_open(path, TRUSTED_FILE_SECRET, ret_diag)) < 0) {
        if (ret_diag->error != ENOENT)
            return -1;
        if (create_once(path, new_path, write_text) != 0) {
            diag_set_error(ret_diag, path, errno);
            return -1;
        }
    }
    close(fd);
    /* A run that was killed just after the file got its name left this one. */
    unlink(new_path);
    return 0;
}
