/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the system calls that a map and a key depend on: the flushes around a file's new name,
 * the report of each failure, and another run between two calls. test_tool_killed.c tests a kill
 * before each call. Runs as the user who runs the tests. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/identity/map_edit.h"
#include "pam_idinqr/identity/map_key.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/map_lines.h"
#include "tests/unit/diag_line.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define A   "idin1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define OLD "alice " A "\n"

static char *dir, *map_path, *key_path;

/* A letter for each call: fsync of a file (f) and of a directory (d), rename (r), link (l). */
static char calls[16];
static size_t n_calls;
static int fail_at = -1; /* the call that fails with EIO, from 0 */
static int flock_error;  /* what flock() fails with, when it is not 0 */
static void (*at_flock)(void);

/* Notes the call: whether it fails. */
static int
call(char letter)
{
    ck_assert_uint_lt(n_calls + 1, sizeof calls);
    calls[n_calls] = letter;
    if ((int)n_calls++ != fail_at)
        return 0;
    errno = EIO;
    return 1;
}

/* These four are in libc's place. */
int
fsync(int fd)
{
    int (*libcs)(int);
    struct stat status;

    *(void **)&libcs = dlsym(RTLD_NEXT, "fsync");
    ck_assert_int_eq(fstat(fd, &status), 0);
    return call(S_ISDIR(status.st_mode) ? 'd' : 'f') ? -1 : libcs(fd);
}

int
rename(const char *from, const char *to)
{
    int (*libcs)(const char *, const char *);

    *(void **)&libcs = dlsym(RTLD_NEXT, "rename");
    return call('r') ? -1 : libcs(from, to);
}

int
link(const char *from, const char *to)
{
    int (*libcs)(const char *, const char *);

    *(void **)&libcs = dlsym(RTLD_NEXT, "link");
    return call('l') ? -1 : libcs(from, to);
}

int
flock(int fd, int operation)
{
    int (*libcs)(int, int);
    void (*hook)(void) = at_flock;

    at_flock = NULL;
    if (hook)
        hook();
    if (flock_error != 0) {
        errno = flock_error;
        return -1;
    }
    *(void **)&libcs = dlsym(RTLD_NEXT, "flock");
    return libcs(fd, operation);
}

static void
set_up(void)
{
    dir = scratch_dir("calls");
    map_path = scratch_path(dir, "idinqr.map");
    key_path = scratch_path(dir, "idinqr.key");
}

/* Adds bob to a map that has alice. */
static int
change_map(struct diag *ret_diag)
{
    const struct map_line bob = MAP_LINE(0, "bob", A, "", "", "", "", "");
    MAP_EDIT_AUTO *edit = NULL;

    scratch_write(map_path, 0600, OLD);
    ck_assert_int_eq(map_edit_begin(map_path, 0, &edit, ret_diag), 0);
    ck_assert_int_eq(map_edit_add(edit, &bob, ret_diag), 0);
    return map_edit_commit(edit, ret_diag);
}

static void
ck_map(const char *expected)
{
    char *text = scratch_read(map_path);

    ck_assert_str_eq(text, expected);
}

TEST_CASE("calls", .setup = set_up);

/* Without the first flush, a power failure may leave an empty map, and no user can log in. Without
 * the last flush, it may restore a revoked line. */
TEST(a_map_is_flushed_then_renamed_then_its_directory_flushed)
{
    struct diag diag = {.text = ""};

    ck_assert_int_eq(change_map(&diag), 0);
    ck_assert_str_eq(calls, "frd");
    ck_map(OLD "bob " A "\n");
}

LOOP_TEST(a_map_that_cannot_be_flushed, 3)
{
    static const char *const said[] = {"idinqr.map.new: Input/output error",
                                       "idinqr.map.new: Input/output error",
                                       "idinqr.map: is changed, but a power cut might undo it: "};
    struct diag diag = {.text = ""};
    char *new_path = scratch_path(dir, "idinqr.map.new");

    fail_at = _i;
    ck_assert_int_eq(change_map(&diag), IDQ_MAP);
    ck_assert_msg(strstr(diag_line(&diag), said[_i]) != NULL, "%s", diag_line(&diag));
    ck_map(_i < 2 ? OLD : OLD "bob " A "\n");
    ck_assert_int_eq(access(new_path, F_OK), -1);
}

TEST(a_lock_that_cannot_be_had_at_all)
{
    struct map_edit *edit = NULL;
    struct diag diag = {.text = ""};

    flock_error = ENOLCK;
    ck_assert_int_eq(map_edit_begin(map_path, 0, &edit, &diag), IDQ_MAP);
    ck_assert_ptr_null(edit);
    ck_assert_msg(strstr(diag_line(&diag), "No locks available") != NULL, "%s", diag_line(&diag));
}

TEST(a_key_is_flushed_before_and_after_it_gets_its_name)
{
    struct diag diag = {.text = ""};
    SECRET_AUTO *key = NULL;

    ck_assert_int_eq(map_key_read_or_create(key_path, &key, &diag), 0);
    ck_assert_str_eq(calls, "fld");
}

LOOP_TEST(a_key_that_cannot_be_flushed, 2)
{
    struct diag diag = {.text = ""};
    struct secret *key = NULL;

    fail_at = _i;
    ck_assert_int_eq(map_key_read_or_create(key_path, &key, &diag), IDQ_MAP);
    ck_assert_ptr_null(key);
    ck_assert_msg(strstr(diag_line(&diag), "idinqr.key: Input/output error") != NULL, "%s",
                  diag_line(&diag));
    ck_assert_int_eq(access(key_path, F_OK), -1);
}

/* Another run has taken PATH.new away since it was opened, and one more has made it anew. */
static void
replace_new_key(void)
{
    char *new_path = scratch_path(dir, "idinqr.key.new");

    ck_assert_int_eq(unlink(new_path), 0);
    scratch_write(new_path, 0600, "");
}

TEST(a_key_is_made_in_the_file_that_has_the_name)
{
    struct diag diag = {.text = ""};
    SECRET_AUTO *key = NULL, *read = NULL;

    at_flock = replace_new_key;
    ck_assert_msg(map_key_read_or_create(key_path, &key, &diag) == 0, "%s", diag_line(&diag));
    ck_assert_int_eq(map_key_read(key_path, &read, &diag), 0);
    ck_assert_mem_eq(secret_bytes(key), secret_bytes(read), secret_size(read));
}

RUN_TESTS("map_calls", NULL);
