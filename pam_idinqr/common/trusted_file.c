/* See trusted_file.h. */
#include "pam_idinqr/common/trusted_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The line for the administrator, and errno, for a -1. */
#define refuse(problem, error, ...) (problem_set(problem, __VA_ARGS__), errno = (error), -1)

/* Whoever the host acts as may decide who logs in to it, and root may anyway. */
static int
is_trusted_owner(uid_t uid)
{
    return uid == 0 || uid == geteuid();
}

/* Each directory from / to the file: whoever can write one can put another file there. A sticky one
 * lets nobody rename what belongs to another, and what lies in it is checked in its turn. */
static int
check_directories(const char *path, struct problem *problem)
{
    char directory[4096];
    struct stat status;

    for (const char *slash = path; slash; slash = strchr(slash + 1, '/')) {
        int size = slash == path ? 1 : (int)(slash - path);
        if (snprintf(directory, sizeof directory, "%.*s", size, path) >= (int)sizeof directory)
            return refuse(problem, ENAMETOOLONG, "%s: the path is too long", path);
        if (lstat(directory, &status) != 0)
            return refuse(problem, errno, "%s: %s", directory, strerror(errno));
        /* Anybody may put a link into /tmp, and lead it to another directory between two looks. */
        if (S_ISLNK(status.st_mode) && !is_trusted_owner(status.st_uid))
            return refuse(problem, EPERM, "%s: the link belongs to uid %u, not to root", directory,
                          (unsigned)status.st_uid);
        if (stat(directory, &status) != 0)
            return refuse(problem, errno, "%s: %s", directory, strerror(errno));
        if (!is_trusted_owner(status.st_uid))
            return refuse(problem, EPERM, "%s: the directory belongs to uid %u, not to root",
                          directory, (unsigned)status.st_uid);
        if ((status.st_mode & (S_IWGRP | S_IWOTH)) && !(status.st_mode & S_ISVTX))
            return refuse(problem, EPERM, "%s: the directory can be written by others (mode %03o)",
                          directory, (unsigned)status.st_mode & 07777);
    }
    return 0;
}

static int
check_file(int fd, const char *path, enum trusted_file_use use, struct problem *problem)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return refuse(problem, errno, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return refuse(problem, EPERM, "%s: is not a regular file", path);
    if (!is_trusted_owner(status.st_uid))
        return refuse(problem, EPERM, "%s: belongs to uid %u, not to root", path,
                      (unsigned)status.st_uid);
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return refuse(problem, EPERM, "%s: can be written by others (mode %03o)", path,
                      (unsigned)status.st_mode & 07777);
    /* A group of its own may read a secret: that is how an administrator shares one on purpose. */
    if (use == TRUSTED_FILE_SECRET && (status.st_mode & S_IROTH))
        return refuse(problem, EPERM, "%s: holds a secret and can be read by everyone (mode %03o)",
                      path, (unsigned)status.st_mode & 07777);
    return 0;
}

int
trusted_file_open(const char *path, enum trusted_file_use use, struct problem *ret_problem)
{
    int fd;

    if (path[0] != '/')
        return refuse(ret_problem, EINVAL, "%s: is not an absolute path", path);
    if (check_directories(path, ret_problem) != 0)
        return -1;
    /* O_NONBLOCK: a FIFO must not hang a login. */
    fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return refuse(ret_problem, errno, "%s: %s", path,
                      errno == ELOOP ? "is a symbolic link" : strerror(errno));
    if (check_file(fd, path, use, ret_problem) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static struct secret *
fail(const char *path, int error, struct problem *problem)
{
    problem_set(problem, "%s: %s", path, strerror(error));
    errno = error;
    return NULL;
}

struct secret *
trusted_file_read(int fd, const char *path, size_t most, struct problem *ret_problem)
{
    SECRET_AUTO *content = NULL;
    struct secret *whole;
    struct stat status;
    size_t capacity, size = 0;

    if (fstat(fd, &status) != 0)
        return fail(path, errno, ret_problem);
    /* No more memory than the file needs, as all of it is wiped; and one byte, to see its end. */
    capacity = status.st_size < (off_t)most ? (size_t)status.st_size + 1 : most + 1;
    content = secret_new(capacity);
    if (!content)
        return fail(path, ENOMEM, ret_problem);
    while (size < capacity) {
        ssize_t got = read(fd, secret_bytes(content) + size, capacity - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(path, errno, ret_problem);
        if (got == 0)
            break;
        size += (size_t)got;
    }
    if (size > most) {
        problem_set(ret_problem, "%s: is larger than %zu bytes", path, most);
        errno = EFBIG;
        return NULL;
    }
    if (size == capacity) {
        problem_set(ret_problem, "%s: grew while it was read", path);
        errno = EAGAIN;
        return NULL;
    }
    secret_truncate(content, size);
    whole = content;
    content = NULL; /* handed over */
    return whole;
}
