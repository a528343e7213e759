/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests what each function of a store does on a full disk, a disk that fails, and a locked file: it
 * says why, nothing is lost, and it works when the cause is gone. Some disks need root. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/diag_line.h"
#include "tests/unit/store_calls.h"
#include "tests/unit/store_fixture.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char *path;
static struct store *store;

/* SQLite's function, with less patience if a test needs many calls to fail. */
static int patience_ms;

int
sqlite3_busy_timeout(sqlite3 *db, int ms)
{
    int (*sqlites)(sqlite3 *, int);

    *(void **)&sqlites = dlsym(RTLD_NEXT, "sqlite3_busy_timeout");
    return sqlites(db, patience_ms != 0 && ms > patience_ms ? patience_ms : ms);
}

/* Libc's, in which SQLite waits for a lock. */
static void (*at_sleep)(void);

int
usleep(useconds_t us)
{
    const struct timespec time = {.tv_nsec = (long)us * 1000};
    void (*hook)(void) = at_sleep;

    at_sleep = NULL;
    if (hook)
        hook();
    return nanosleep(&time, NULL);
}

static void
set_up(void)
{
    path = store_path();
    store = store_must_open(path);
    store_fill(store);
}

static void
tear_down(void)
{
    store_close(&store);
}

TEST_CASE("calls", .setup = set_up, .teardown = tear_down);

TEST(nothing_is_wrong)
{
    store_ck_all_work(store, path);
}

/* --- disks ------------------------------------------------------------------------------------ */

static const char *disk;

/* A small disk of this process, with a store on it. */
static void
mount_disk(void)
{
    disk = scratch_dir("disk");
    ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
    ck_assert_int_eq(mount(NULL, "/", "", MS_REC | MS_PRIVATE, NULL), 0);
    ck_assert_int_eq(mount("none", disk, "tmpfs", 0, "size=6m,mode=0700"), 0);
    path = scratch_path(disk, "relay.db");
}

static void
fill_disk(void)
{
    char page[4096] = "";
    int fd = open(scratch_path(disk, "ballast"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    ck_assert_int_ge(fd, 0);
    while (write(fd, page, sizeof page) > 0)
        continue;
    ck_assert_int_eq(errno, ENOSPC);
    close(fd);
}

TEST_CASE("disk", .why_not = namespace_why_not());

TEST(full)
{
    mount_disk();
    store = store_must_open(path);
    store_fill(store);
    char *before = store_dump(path);
    fill_disk();
    for (size_t i = 0; i < n_store_calls; i++)
        ck_assert_msg(store_calls[i].is_change || store_calls[i].step(store, &(bool){false}) == 0,
                      "%s: %s", store_calls[i].name, store_error(store));
    store_ck_all_fail(store, path, "the disk is full", true, before);
    ck_assert_int_eq(unlink(scratch_path(disk, "ballast")), 0);
    store_ck_all_work(store, path);
    store_close(&store);
}

TEST(full_from_the_start)
{
    mount_disk();
    fill_disk();
    store_ck_does_not_open(path, "the disk is full");
    ck_assert_int_eq(unlink(scratch_path(disk, "ballast")), 0);
    store = store_must_open(path);
    store_fill(store);
    store_ck_all_work(store, path);
    store_close(&store);
}

TEST(read_only)
{
    mount_disk();
    store = store_must_open(path);
    store_fill(store);
    char *before = store_dump(path);
    store_close(&store);
    ck_assert_int_eq(mount(NULL, disk, "", MS_REMOUNT | MS_RDONLY, NULL), 0);
    store_ck_does_not_open(path, "the database cannot be written");
    ck_assert_int_eq(mount(NULL, disk, "", MS_REMOUNT, NULL), 0);
    store = store_must_open(path);
    ck_assert_str_eq(store_dump(path), before);
    store_ck_all_work(store, path);
    store_close(&store);
}

TEST(read_only_from_the_start)
{
    struct diag diag;

    mount_disk();
    ck_assert_int_eq(mount(NULL, disk, "", MS_REMOUNT | MS_RDONLY, NULL), 0);
    ck_assert_int_eq(store_open(path, &store, &diag), IDQ_SYSTEM);
    ck_assert_str_eq(diag_line(&diag), scratch_text("%s: Read-only file system", path));
}

/* A disk that fails under an open file, or that the kernel has made read-only, answers a write so.
 */
static int write_error;

static ssize_t
failing_write(int fd, const void *bytes, size_t size, off_t offset)
{
    if (write_error == 0)
        return pwrite(fd, bytes, size, offset);
    errno = write_error;
    return -1;
}

static const int errors[] = {EIO, EROFS, EDQUOT};

TEST_CASE("failing", .setup = set_up, .teardown = tear_down);

LOOP_TEST(a_write_that_fails, ARRAY_LENGTH(errors))
{
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    char *before = store_dump(path);

    ck_assert_int_eq(vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)failing_write),
                     SQLITE_OK);
    ck_assert_int_eq(vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)failing_write),
                     SQLITE_OK);
    write_error = errors[_i];
    store_ck_all_fail(store, path, strerror(errors[_i]), true, before);
    write_error = 0;
    store_ck_all_work(store, path);
}

/* --- another process ---------------------------------------------------------------------------
 */

static pid_t other;
static int to_other = -1, from_other = -1;

/* The other process: runs the SQL that it is sent, says so, and ends at the end of the pipe. */
static void
run_other(int in, int out)
{
    char sql[200];
    ssize_t size = read(in, sql, sizeof sql - 1);
    sqlite3 *db = NULL;

    if (size <= 0)
        _exit(0);
    sql[size] = '\0';
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK || write(out, "r", 1) != 1 ||
        read(in, sql, sizeof sql) != 0 || sqlite3_close(db) != SQLITE_OK)
        _exit(1);
    _exit(0);
}

/* It is started before this process has the file open, as SQLite asks. */
static void
set_up_two(void)
{
    int in[2], out[2];

    path = store_path();
    ck_assert_int_eq(pipe(in), 0);
    ck_assert_int_eq(pipe(out), 0);
    other = fork();
    ck_assert_int_ge(other, 0);
    if (other == 0) {
        close(in[1]);
        close(out[0]);
        run_other(in[0], out[1]);
    }
    close(in[0]);
    close(out[1]);
    to_other = in[1];
    from_other = out[0];
    store = store_must_open(path);
    store_fill(store);
}

/* What the SQL begins lasts until unlock(). */
static void
lock(const char *sql)
{
    char byte;

    ck_assert_int_eq(write(to_other, sql, strlen(sql)), (ssize_t)strlen(sql));
    ck_assert_int_eq(read(from_other, &byte, 1), 1);
}

static void
unlock(void)
{
    int status;

    close(to_other);
    ck_assert_int_eq(waitpid(other, &status, 0), other);
    ck_assert_int_eq(status, 0);
}

static void
set_up_impatiently(void)
{
    patience_ms = 20;
    set_up_two();
}

TEST_CASE("locked", .setup = set_up_impatiently, .teardown = tear_down);

TEST(by_a_writer)
{
    char *before = store_dump(path);

    lock("BEGIN EXCLUSIVE");
    store_ck_all_fail(store, path, "another process keeps the database locked", true, before);
    store_ck_does_not_open(path, "another process keeps the database locked");
    unlock();
    store_ck_all_work(store, path);
}

/* Not even a reader may then open the file. */
TEST(for_one_process_alone)
{
    char *before = store_dump(path);

    store_close(&store);
    lock("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    store_ck_does_not_open(path, "another process keeps the database locked");
    unlock();
    store = store_must_open(path);
    ck_assert_str_eq(store_dump(path), before);
    store_ck_all_work(store, path);
}

/* SQLite drops a lock of this process if it is careless with descriptors. The lock that would be
 * dropped tells other processes that the log is in use. */
TEST(by_this_process_with_two_stores)
{
    struct store *second = store_must_open(path);
    struct stat status;

    store_close(&second);
    ck_assert(STORE_DOES(store, store_assertion_add, "a", 5, false));
    lock("SELECT * FROM desk");
    unlock();
    ck_assert_int_eq(stat(scratch_text("%s-wal", path), &status), 0);
    store_ck_all_work(store, path);
}

TEST_CASE("patient", .setup = set_up_two, .teardown = tear_down);

/* A lock that is released while a call waits costs that call time, and nothing else. */
TEST(a_lock_that_is_released)
{
    lock("BEGIN EXCLUSIVE");
    at_sleep = unlock;
    ck_assert(STORE_DOES(store, store_assertion_add, "a", 5, false));
    ck_assert_ptr_null(at_sleep);
    store_ck_all_work(store, path);
}

RUN_TESTS("store_faults", NULL);
