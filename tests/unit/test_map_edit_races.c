/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests idinqr.map with concurrent editors and readers, with killed editors, and with full disks: a
 * reader always finds a complete map. Runs as the user who runs the tests. The full disk is a small
 * file system for root, and a limit on the size of files for any user. */
#include "pam_idinqr/identity/map_edit.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/map_lines.h"
#include "tests/unit/diag_line.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define A       "idin1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define WAIT_MS 50000

static char *dir, *path;

static void
make_dir(void)
{
    dir = scratch_dir("races");
    path = scratch_path(dir, "idinqr.map");
}

static int
add_account(const char *account, const char *note)
{
    const struct map_line line = MAP_LINE(0, account, A, "", "", "", "", note);
    MAP_EDIT_AUTO *edit = NULL;
    struct diag diag;
    int result = map_edit_begin(path, WAIT_MS, &edit, &diag);

    if (result == 0)
        result = map_edit_add(edit, &line, &diag);
    if (result == 0)
        result = map_edit_commit(edit, &diag);
    return result;
}

TEST_CASE("lock", .setup = make_dir);

TEST(a_lock_that_is_taken)
{
    struct map_edit *first = NULL, *second = NULL;
    struct diag diag = {.text = ""};

    ck_assert_int_eq(map_edit_begin(path, 0, &first, &diag), 0);
    ck_assert_int_eq(map_edit_begin(path, 0, &second, &diag), IDQ_LOCKED);
    ck_assert_int_eq(map_edit_begin(path, 60, &second, &diag), IDQ_LOCKED);
    ck_assert_ptr_null(second);
    ck_assert_msg(strncmp(diag_line(&diag), path, strlen(path)) == 0 &&
                      strstr(diag_line(&diag), "another process is changing the file"),
                  "%s", diag_line(&diag));
    map_edit_end(&first);
    ck_assert_int_eq(map_edit_begin(path, 0, &second, &diag), 0);
    map_edit_end(&second);
}

/* Each editor adds a line, all at the same time, and no line may get lost. */
TEST(many_editors)
{
    enum { N = 12 };
    struct diag diag;
    MAP_AUTO *map = NULL;
    int start[2];
    char byte;

    ck_assert_int_eq(pipe(start), 0);
    for (int i = 0; i < N; i++) {
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            char account[20];
            snprintf(account, sizeof account, "user%d", i);
            close(start[1]);
            _exit(read(start[0], &byte, 1) == 0 && add_account(account, "") == 0 ? 0 : 1);
        }
    }
    close(start[0]);
    close(start[1]);
    for (int i = 0, status; i < N; i++) {
        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
    ck_assert_int_eq(map_read(path, &map, &diag), 0);
    ck_assert_uint_eq(map_count(map), N);
    for (int i = 0; i < N; i++) {
        char account[20];
        snprintf(account, sizeof account, "user%d", i);
        ck_assert_int_eq(map_check(map, account, A, "2026-01-01"), 0);
    }
}

/* Adds lines until it is killed, and reports each that is written. */
static void
edit_for_ever(int report, size_t n_before)
{
    for (size_t i = n_before;; i++) {
        char account[30];
        snprintf(account, sizeof account, "user%zu", i);
        if (add_account(account, "") != 0 || write(report, "x", 1) != 1)
            _exit(1);
    }
}

static size_t
count_lines(void)
{
    struct diag diag;
    MAP_AUTO *map = NULL;

    if (map_read(path, &map, &diag) != 0)
        ck_abort_msg("%s", diag_line(&diag));
    return map_count(map);
}

/* At whatever step the editor is when it is read, or killed, the map is whole, and no line that was
 * reported is missing. The next editor finds no lock and no leftover in its way. */
TEST(readers_and_kills)
{
    size_t n_lines = 0;

    ck_assert_int_eq(add_account("first", ""), 0);
    for (int round = 0; round < 12; round++) {
        int report[2], status;
        char byte;
        size_t n_reported = 0, n_before = count_lines();

        ck_assert_int_eq(pipe(report), 0);
        pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            close(report[0]);
            edit_for_ever(report[1], n_before);
        }
        close(report[1]);
        while (n_reported < 5) {
            ck_assert_int_eq(read(report[0], &byte, 1), 1);
            n_reported++;
            n_lines = count_lines();
            ck_assert_uint_ge(n_lines, n_before + n_reported);
        }
        /* Read on without waiting for a report, into the middle of the next change. */
        for (int i = 0; i < 10 * round; i++)
            ck_assert_uint_ge(count_lines(), n_lines);
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        ck_assert_uint_ge(count_lines(), n_lines);
        close(report[0]);
    }
    ck_assert_int_eq(add_account("last", ""), 0);
}

/* A change that does not fit: the old map stands, and is not even shadowed by half a new one. */
static void
ck_no_room(void)
{
    char *before = scratch_read(path), *new_path, *after;
    char note[3000];

    memset(note, 'n', sizeof note);
    note[sizeof note - 1] = '\0';
    ck_assert_int_eq(add_account("big", note), IDQ_MAP);
    after = scratch_read(path);
    ck_assert_str_eq(after, before);
    new_path = scratch_text("%s.new", path);
    ck_assert_int_eq(access(new_path, F_OK), -1);
}

TEST_CASE("room", .setup = make_dir);

TEST(a_file_that_may_not_grow)
{
    struct rlimit before, small;

    ck_assert_int_eq(add_account("alice", "kept"), 0);
    ck_assert_ptr_ne(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){1000, before.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_no_room();
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_eq(add_account("bob", ""), 0);
}

TEST(a_full_disk, .why_not = namespace_why_not())
{
    char note[1500];

    namespace_mount_disk(dir);
    memset(note, 'n', sizeof note);
    note[sizeof note - 1] = '\0';
    ck_assert_int_eq(add_account("alice", note), 0);
    ck_no_room();
    ck_assert_int_eq(add_account("bob", ""), 0);
}

/* A directory that became read-only is a disk without room as well. */
TEST(a_directory_without_write_permission,
     .why_not = geteuid() != 0 ? NULL : "root may write there")
{
    ck_assert_int_eq(add_account("alice", ""), 0);
    ck_assert_int_eq(chmod(dir, 0500), 0);
    ck_no_room();
    ck_assert_int_eq(chmod(dir, 0700), 0);
    ck_assert_int_eq(add_account("bob", ""), 0);
}

RUN_TESTS("map_edit_races", NULL);
