/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests a relay that is killed before each of its system calls, in each step of a store, and each
 * of these calls that fails: the step is done or not, in whole, no step is lost that was done, and
 * none is done twice. Needs ptrace(2). */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/store_calls.h"
#include "tests/unit/store_fixture.h"
#include "tests/unit/traced_run.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static char *template, *path;
static char *dumps[40]; /* after so many steps */

/* What the relay says, in memory that outlives it. */
static struct said {
    size_t n_ended; /* steps */
    bool is_done[40];
    int n_failed; /* calls of the store */
} * said;

/* In the relay: every step, each told when it ends. One that fails is taken again. */
static void
run_relay(void)
{
    struct store *store = NULL;
    struct diag diag;

    if (store_open(path, &store, &diag) != 0) {
        said->n_failed++;
        if (store_open(path, &store, &diag) != 0)
            _exit(3);
    }
    for (size_t i = 0; i < n_store_calls; i++) {
        bool is_done = false;
        if (store_calls[i].step(store, &is_done) != 0) {
            said->n_failed++;
            if (is_done || store_calls[i].step(store, &is_done) != 0)
                _exit(4);
        }
        said->is_done[i] = is_done;
        said->n_ended = i + 1;
    }
    store_close(&store);
}

/* A new database, and nothing said. */
static void
begin(void)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    int from = open(template, O_RDONLY | O_CLOEXEC), to;

    for (size_t i = 0; i < ARRAY_LENGTH(endings); i++)
        if (unlink(scratch_text("%s%s", path, endings[i])) != 0)
            ck_assert_int_eq(errno, ENOENT);
    to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ck_assert_int_ge(from, 0);
    ck_assert_int_ge(to, 0);
    ck_assert_int_gt(copy_file_range(from, NULL, to, NULL, 1 << 24, 0), 0);
    close(from);
    close(to);
    memset(said, 0, sizeof *said);
}

/* The dump after each step, of a relay that is not killed. */
static void
set_up(void)
{
    struct store *store;
    char *dir;
    bool is_done;

    said = mmap(NULL, sizeof *said, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(said, MAP_FAILED);
    ck_assert_uint_lt(n_store_calls, ARRAY_LENGTH(dumps));
    /* A disk that does not make the test wait, where there may be one. */
    dir = scratch_dir("killed");
    if (geteuid() == 0) {
        ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
        ck_assert_int_eq(mount(NULL, "/", "", MS_REC | MS_PRIVATE, NULL), 0);
        ck_assert_int_eq(mount("none", dir, "tmpfs", 0, "mode=0700"), 0);
    }
    template = scratch_path(dir, "template.db");
    path = scratch_path(dir, "relay.db");
    store = store_must_open(template);
    store_fill(store);
    store_close(&store);
    begin();
    store = store_must_open(path);
    dumps[0] = store_dump(path);
    for (size_t i = 0; i < n_store_calls; i++) {
        ck_assert_int_eq(store_calls[i].step(store, &is_done), 0);
        ck_assert_msg(is_done, "%s", store_calls[i].name);
        dumps[i + 1] = store_dump(path);
        ck_assert_msg(store_calls[i].is_change == (strcmp(dumps[i], dumps[i + 1]) != 0), "%s",
                      store_calls[i].name);
    }
    store_close(&store);
}

TEST_CASE("killed", .setup = set_up, .timeout_s = 300, .why_not = traced_why_not());

TEST(before_each_call)
{
    unsigned n_calls = 0, n_between = 0, n_after = 0;

    for (;; n_calls++) {
        struct traced traced;
        begin();
        traced = traced_function(run_relay, n_calls, TRACED_KILL);
        size_t n = said->n_ended, i = n;
        ck_assert_int_eq(said->n_failed, 0);
        for (size_t k = 0; k < n; k++)
            ck_assert_msg(said->is_done[k], "call %u: %s", n_calls, store_calls[k].name);
        if (!traced.was_stopped) {
            ck_assert_int_eq(traced.status, 0);
            ck_assert_uint_eq(n, n_store_calls);
            break;
        }
        ck_assert(WIFSIGNALED(traced.status) && WTERMSIG(traced.status) == SIGKILL);

        /* The next relay finds the last step that ended, or the one that was under way, whole. */
        struct store *store = store_must_open(path);
        char *dump = store_dump(path);
        if (strcmp(dump, dumps[n]) != 0) {
            ck_assert_uint_lt(n, n_store_calls);
            ck_assert_msg(strcmp(dump, dumps[++i]) == 0, "killed at call %u (%lu), in %s:\n%s",
                          n_calls, traced.number, store_calls[n].name, dump);
            n_after++;
        } else if (n < n_store_calls && store_calls[n].is_change) {
            n_between++;
        }
        store_ck_sound(path);

        /* It goes on from there, to the same end. */
        for (; i < n_store_calls; i++) {
            bool is_done = false;
            int result = store_calls[i].step(store, &is_done);
            ck_assert_msg(result == 0, "%s: %s", store_calls[i].name, store_error(store));
            ck_assert_msg(is_done, "%s", store_calls[i].name);
        }
        ck_assert_str_eq(store_dump(path), dumps[n_store_calls]);
        store_close(&store);
    }
    fprintf(stderr, "%u calls; %u kills before the moment that counts, %u after it\n", n_calls,
            n_between, n_after);
    ck_assert_uint_gt(n_between, 50);
    ck_assert_uint_gt(n_after, 10);
}

/* A lock on a local file is released, and brk(2) returns no errno. A sanitizer ends the program if
 * a call that it makes itself fails. */
static bool
can_fail(unsigned long call)
{
#ifdef SANITIZER
    if (call == SYS_mmap || call == SYS_munmap || call == SYS_madvise || call == SYS_sigaltstack)
        return false;
#endif
    return call != SYS_exit_group && call != SYS_fcntl && call != SYS_brk;
}

static const int errors[] = {EIO, EINTR};

TEST_CASE("fails", .setup = set_up, .timeout_s = 300, .why_not = traced_why_not());

LOOP_TEST(each_call, ARRAY_LENGTH(errors))
{
    unsigned n_failed = 0;

    for (unsigned n_calls = 0;; n_calls++) {
        struct traced traced;
        begin();
        traced = traced_function(run_relay, n_calls, TRACED_KILL);
        if (!traced.was_stopped)
            break;
        if (!can_fail(traced.number))
            continue;
        begin();
        traced = traced_function(run_relay, n_calls, errors[_i]);
        if (!can_fail(traced.number)) /* the n-th call is not always the same one */
            continue;
        ck_assert_msg(traced.status == 0, "call %u (%lu), %s: status %x after %zu steps", n_calls,
                      traced.number, strerror(errors[_i]), traced.status, said->n_ended);
        for (size_t k = 0; k < n_store_calls; k++)
            ck_assert_msg(said->is_done[k], "call %u (%lu), %s: %s", n_calls, traced.number,
                          strerror(errors[_i]), store_calls[k].name);
        ck_assert_msg(strcmp(store_dump(path), dumps[n_store_calls]) == 0, "call %u (%lu), %s",
                      n_calls, traced.number, strerror(errors[_i]));
        store_ck_sound(path);
        n_failed += (unsigned)said->n_failed;
    }
    fprintf(stderr, "%s: %u calls of the store failed\n", strerror(errors[_i]), n_failed);
    ck_assert_uint_gt(n_failed, errors[_i] == EINTR ? 0 : 50);
}

RUN_TESTS("store_killed", NULL);
