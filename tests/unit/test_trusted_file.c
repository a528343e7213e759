/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests opening the files that a login depends on: a file that another user could have written is
 * rejected. Runs as the user who runs the tests. Tests with another owner's files run only as
 * root. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/trusted_file.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/diag_line.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY_ELSE 61003 /* a uid that owns nothing on the machine */

static void
accepted(const char *path, enum trusted_file_use use)
{
    struct diag diag = {.text = "untouched"};
    int fd = trusted_file_open(path, use, &diag);

    ck_assert_msg(fd >= 0, "%s", diag_line(&diag));
    ck_assert_str_eq(diag_line(&diag), "untouched");
    ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
    close(fd);
}

/* The error names the path, and says why. */
static void
refused(const char *path, enum trusted_file_use use, int error, const char *named,
        const char *reason)
{
    struct diag diag = {.text = ""};
    int fd = trusted_file_open(path, use, &diag);

    ck_assert_msg(fd == -1, "%s was opened", path);
    ck_assert_msg(diag.error == error, "%s: %s", path, strerror(diag.error));
    ck_assert_msg(strncmp(diag_line(&diag), named, strlen(named)) == 0, "%s", diag_line(&diag));
    ck_assert_msg(strstr(diag_line(&diag), reason), "%s", diag_line(&diag));
}

static char *
file_in(const char *dir, mode_t mode)
{
    char *path = scratch_path(dir, "file");

    scratch_write(path, mode, "text");
    return path;
}

TEST_CASE("open");

TEST(modes)
{
    static const struct {
        mode_t mode;
        int is_text, is_secret;
    } rows[] = {
        {0600, 1, 1}, {0400, 1, 1}, {0640, 1, 1}, {0700, 1, 1}, {0644, 1, 0},
        {0604, 1, 0}, {0444, 1, 0}, {0620, 0, 0}, {0602, 0, 0}, {0666, 0, 0},
        {0660, 0, 0}, {0601, 1, 1}, {0777, 0, 0}, {0646, 0, 0}, {01602, 0, 0},
    };
    char *dir = scratch_dir("modes");

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char *path = file_in(dir, rows[i].mode);
        struct diag diag;

        for (int use = TRUSTED_FILE_OPEN_TEXT; use <= TRUSTED_FILE_PROGRAM; use++) {
            int fd = trusted_file_open(path, (enum trusted_file_use)use, &diag);
            int is_good = use == TRUSTED_FILE_SECRET ? rows[i].is_secret : rows[i].is_text;
            ck_assert_msg((fd >= 0) == is_good, "mode %03o, use %d", rows[i].mode, use);
            if (fd >= 0)
                close(fd);
        }
        ck_assert_int_eq(unlink(path), 0);
    }
}

TEST(what_is_no_file)
{
    char *dir = scratch_dir("kinds"), *file = file_in(dir, 0600);
    char *fifo = scratch_path(dir, "fifo"), *link_path = scratch_path(dir, "link");
    char *dangling = scratch_path(dir, "dangling"), *missing = scratch_path(dir, "missing");
    char *below = scratch_path(file, "x"), *far = scratch_path(missing, "x");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char *socket_path = scratch_path(dir, "socket");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert_int_eq(symlink(file, link_path), 0);
    ck_assert_int_eq(symlink(missing, dangling), 0);
    ck_assert_uint_lt(strlen(socket_path), sizeof address.sun_path);
    strcpy(address.sun_path, socket_path);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);

    refused(fifo, TRUSTED_FILE_OPEN_TEXT, EPERM, fifo, "is not a regular file");
    refused(dir, TRUSTED_FILE_OPEN_TEXT, EPERM, dir, "is not a regular file");
    refused("/", TRUSTED_FILE_OPEN_TEXT, EPERM, "/", "is not a regular file");
    refused("/dev/null", TRUSTED_FILE_OPEN_TEXT, EPERM, "/dev/null", "is not a regular file");
    refused(link_path, TRUSTED_FILE_OPEN_TEXT, ELOOP, link_path, "is a symbolic link");
    refused(dangling, TRUSTED_FILE_OPEN_TEXT, ELOOP, dangling, "is a symbolic link");
    refused(socket_path, TRUSTED_FILE_OPEN_TEXT, ENXIO, socket_path, "");
    refused(missing, TRUSTED_FILE_OPEN_TEXT, ENOENT, missing, "No such file");
    refused(fifo, TRUSTED_FILE_PROGRAM, EPERM, fifo, "is not a regular file");
    refused(dir, TRUSTED_FILE_PROGRAM, EPERM, dir, "is not a regular file");
    refused(link_path, TRUSTED_FILE_PROGRAM, ELOOP, link_path, "is a symbolic link");
    refused(dangling, TRUSTED_FILE_PROGRAM, ELOOP, dangling, "is a symbolic link");
    refused(socket_path, TRUSTED_FILE_PROGRAM, EPERM, socket_path, "is not a regular file");
    refused(missing, TRUSTED_FILE_PROGRAM, ENOENT, missing, "No such file");
    refused(far, TRUSTED_FILE_OPEN_TEXT, ENOENT, missing, "No such file");
    refused(below, TRUSTED_FILE_OPEN_TEXT, ENOTDIR, below, "Not a directory");
    close(fd);
}

TEST(only_absolute_paths)
{
    char *dir = scratch_dir("relative"), long_path[6000];

    file_in(dir, 0600);
    ck_assert_int_eq(chdir(dir), 0);
    refused("file", TRUSTED_FILE_OPEN_TEXT, EINVAL, "file", "is not an absolute path");
    refused("./file", TRUSTED_FILE_OPEN_TEXT, EINVAL, "./file", "is not an absolute path");
    refused("", TRUSTED_FILE_OPEN_TEXT, EINVAL, "", "is not an absolute path");
    memset(long_path, 'x', sizeof long_path);
    for (size_t i = 0; i < sizeof long_path; i += 2)
        memcpy(long_path + i, "/.", 2);
    long_path[sizeof long_path - 1] = '\0';
    refused(long_path, TRUSTED_FILE_OPEN_TEXT, ENAMETOOLONG, "/./.", "");
}

TEST(directories)
{
    static const struct {
        mode_t mode;
        int is_good;
    } rows[] = {
        {0755, 1}, {0700, 1}, {01777, 1}, {01775, 1}, {0777, 0}, {0775, 0}, {0757, 0}, {0720, 0},
    };
    char *top = scratch_dir("directories"), *middle = scratch_path(top, "middle");
    char *inner = scratch_path(middle, "inner"), *file;

    ck_assert_int_eq(mkdir(middle, 0700), 0);
    ck_assert_int_eq(mkdir(inner, 0700), 0);
    file = file_in(inner, 0600);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        ck_assert_int_eq(chmod(middle, rows[i].mode), 0);
        if (rows[i].is_good)
            accepted(file, TRUSTED_FILE_SECRET);
        else
            refused(file, TRUSTED_FILE_SECRET, EPERM, middle, "can be written by others");
    }
}

/* A link on the way is an administrator's choice, if it is the administrator's. */
TEST(a_link_on_the_way)
{
    char *top = scratch_dir("links"), *real = scratch_path(top, "real");
    char *link_path = scratch_path(top, "link"), *through = scratch_path(link_path, "file");

    ck_assert_int_eq(mkdir(real, 0700), 0);
    ck_assert_int_eq(symlink(real, link_path), 0);
    file_in(real, 0600);
    accepted(through, TRUSTED_FILE_SECRET);
    ck_assert_int_eq(chmod(real, 0777), 0);
    refused(through, TRUSTED_FILE_SECRET, EPERM, real, "can be written by others");
}

TEST(a_link_of_somebody_elses, .why_not = geteuid() == 0 ? NULL : "only root can give a file away")
{
    char *top = scratch_dir("links"), *real = scratch_path(top, "real");
    char *link_path = scratch_path(top, "link"), *through = scratch_path(link_path, "file");

    ck_assert_int_eq(mkdir(real, 0700), 0);
    ck_assert_int_eq(symlink(real, link_path), 0);
    file_in(real, 0600);
    ck_assert_int_eq(lchown(link_path, NOBODY_ELSE, NOBODY_ELSE), 0);
    refused(through, TRUSTED_FILE_SECRET, EPERM, link_path, "the link belongs to uid 61003");
    ck_assert_int_eq(lchown(link_path, 0, 0), 0);
    accepted(through, TRUSTED_FILE_SECRET);
}

/* A user who can rename an entry on a link's path can redirect the link. The targets lead through a
 * directory that all users may write, then through a link in that directory. */
TEST(where_a_link_leads)
{
    static const char *const targets[] = {"open/real", "open/second", "./open/../open/real"};
    char *top = scratch_dir("targets"), *open_dir = scratch_path(top, "open");
    char *real = scratch_path(open_dir, "real"), *second = scratch_path(open_dir, "second");
    char *first = scratch_path(top, "first"), *through = scratch_path(first, "file");

    ck_assert_int_eq(mkdir(open_dir, 0700), 0);
    ck_assert_int_eq(mkdir(real, 0700), 0);
    ck_assert_int_eq(symlink(real, second), 0);
    file_in(real, 0600);
    for (size_t i = 0; i < ARRAY_LENGTH(targets); i++) {
        ck_assert_int_eq(symlink(targets[i], first), 0);
        ck_assert_int_eq(chmod(open_dir, 0777), 0);
        refused(through, TRUSTED_FILE_SECRET, EPERM, top, "/open: the directory can be written");
        ck_assert_int_eq(chmod(open_dir, 0700), 0);
        accepted(through, TRUSTED_FILE_SECRET);
        ck_assert_int_eq(unlink(first), 0);
    }
    ck_assert_int_eq(symlink("first", first), 0);
    refused(through, TRUSTED_FILE_SECRET, ELOOP, first, "");
}

TEST(owners, .why_not = geteuid() == 0 ? NULL : "only root can give a file away")
{
    char *dir = scratch_dir("owners"), *file = file_in(dir, 0644);

    accepted(file, TRUSTED_FILE_OPEN_TEXT);
    ck_assert_int_eq(chown(file, NOBODY_ELSE, 0), 0);
    refused(file, TRUSTED_FILE_OPEN_TEXT, EPERM, file, "belongs to uid 61003, not to root");
    ck_assert_int_eq(chown(file, 0, 0), 0);
    ck_assert_int_eq(chown(dir, NOBODY_ELSE, 0), 0);
    refused(file, TRUSTED_FILE_OPEN_TEXT, EPERM, dir, "the directory belongs to uid 61003");
    /* Sticky does not help where the directory's own owner may do anything. */
    ck_assert_int_eq(chmod(dir, 01755), 0);
    refused(file, TRUSTED_FILE_OPEN_TEXT, EPERM, dir, "the directory belongs to uid 61003");
    /* As that user itself, both that user's and root's files are as good as the process. */
    ck_assert_int_eq(seteuid(NOBODY_ELSE), 0);
    accepted(file, TRUSTED_FILE_OPEN_TEXT);
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(chown(file, NOBODY_ELSE, 0), 0);
    ck_assert_int_eq(seteuid(NOBODY_ELSE), 0);
    accepted(file, TRUSTED_FILE_OPEN_TEXT);
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(seteuid(NOBODY_ELSE + 1), 0);
    refused(file, TRUSTED_FILE_OPEN_TEXT, EPERM, dir, "the directory belongs to uid 61003");
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0); /* or a leak checker may not look */
}

TEST(a_program_need_not_be_readable,
     .why_not = geteuid() == 0 ? NULL : "only root can become another user")
{
    char *dir = scratch_dir("program"), *file = file_in(dir, 0711);

    ck_assert_int_eq(seteuid(NOBODY_ELSE), 0);
    refused(file, TRUSTED_FILE_OPEN_TEXT, EACCES, file, "Permission denied");
    accepted(file, TRUSTED_FILE_PROGRAM);
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(chmod(file, 0733), 0);
    ck_assert_int_eq(seteuid(NOBODY_ELSE), 0);
    refused(file, TRUSTED_FILE_PROGRAM, EPERM, file, "can be written by others (mode 733)");
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(chown(file, NOBODY_ELSE + 1, 0), 0);
    ck_assert_int_eq(seteuid(NOBODY_ELSE), 0);
    refused(file, TRUSTED_FILE_PROGRAM, EPERM, file, "belongs to uid 61004");
    ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1), 0); /* or a leak checker may not look */
}

TEST_CASE("read");

TEST(reading)
{
    char *dir = scratch_dir("reading"), *path = scratch_path(dir, "file");
    const size_t sizes[] = {0, 1, 99, 100, 101, 100000};

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        struct diag diag = {.error = ENOENT};
        SECRET_AUTO *content = NULL;
        int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

        for (size_t j = 0; j < sizes[i]; j++)
            ck_assert_int_eq(write(fd, j % 2 ? "\0" : "x", 1), 1);
        ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
        content = trusted_file_read(fd, path, 100, &diag);
        ck_assert_msg((content != NULL) == (sizes[i] <= 100), "%zu bytes", sizes[i]);
        if (content) {
            ck_assert_uint_eq(secret_size(content), sizes[i]);
            for (size_t j = 0; j < sizes[i]; j++)
                ck_assert_int_eq(secret_bytes(content)[j], j % 2 ? '\0' : 'x');
            ck_assert_int_eq(secret_bytes(content)[sizes[i]], '\0');
        } else {
            ck_assert_int_eq(diag.error, EFBIG);
            ck_assert_ptr_nonnull(strstr(diag_line(&diag), "is larger than 100 bytes"));
            ck_assert_int_eq(strncmp(diag_line(&diag), path, strlen(path)), 0);
        }
        close(fd);
    }
}

TEST(reading_fails)
{
    struct diag diag = {.text = ""};

    ck_assert_ptr_null(trusted_file_read(-1, "/x", 10, &diag));
    ck_assert_int_eq(diag.error, EBADF);
    ck_assert_str_eq(diag_line(&diag), "/x: Bad file descriptor");
}

/* A file of /proc says that it is empty, and has more to read. */
TEST(a_file_that_grows)
{
    struct diag diag = {.text = ""};
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);

    ck_assert_ptr_null(trusted_file_read(fd, "/x", 100000, &diag));
    ck_assert_int_eq(diag.error, EAGAIN);
    ck_assert_str_eq(diag_line(&diag), "/x: grew while it was read");
    close(fd);
}

TEST_CASE("write");

static int ticks, crowded[2];

/* Most ticks only break the write off. Two of them make room in the pipe. */
static void
tick(int signal_number)
{
    char room[4096];

    (void)signal_number;
    ticks++;
    if ((ticks == 50 || ticks == 51) && read(crowded[0], room, sizeof room) < 0)
        _exit(1);
}

/* Signals break off a write that waits for room. Each byte still gets there, once. */
TEST(a_write_that_signals_break_off)
{
    struct sigaction action = {.sa_handler = tick}, before;
    struct itimerval every_ms = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    char full[4096], text[6001], byte;
    int arrived;

    memset(full, '.', sizeof full);
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    ck_assert_int_eq(pipe2(crowded, O_CLOEXEC), 0);
    ck_assert_int_eq(fcntl(crowded[1], F_SETPIPE_SZ, 8192), 8192);
    ck_assert_int_eq(write(crowded[1], full, sizeof full), sizeof full);
    ck_assert_int_eq(write(crowded[1], full, sizeof full), sizeof full);
    ck_assert_int_eq(sigaction(SIGALRM, &action, &before), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &every_ms, NULL), 0);

    ck_assert_int_eq(trusted_file_write(crowded[1], text), 0);

    ck_assert_int_eq(setitimer(ITIMER_REAL, &never, NULL), 0);
    ck_assert_int_eq(sigaction(SIGALRM, &before, NULL), 0);
    close(crowded[1]);
    for (arrived = 0; read(crowded[0], &byte, 1) == 1;)
        arrived += byte == 'x';
    ck_assert_int_eq(arrived, sizeof text - 1);
    close(crowded[0]);
}

TEST_CASE("open");

/* A daemon has no terminal, and a path that leads to one gives it none. */
TEST(a_terminal_does_not_become_the_own)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status;
    pid_t pid;

    ck_assert_int_ge(terminal, 0);
    ck_assert_int_eq(unlockpt(terminal), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct diag diag;
        if (setsid() < 0 ||
            trusted_file_open(ptsname(terminal), TRUSTED_FILE_OPEN_TEXT, &diag) != -1)
            _exit(1);
        _exit(open("/dev/tty", O_RDWR | O_CLOEXEC) != -1 || errno != ENXIO ? 2 : 0);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    close(terminal);
}

RUN_TESTS("trusted_file", NULL);
