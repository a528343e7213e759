/* SPDX-License-Identifier: BSD-3-Clause */
/* The limits on tries: how many at once, how many later, which files count. The clock is the
 * test's. */
#include "pam_idinqr/login/tries.h"

#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/sample_config.h"
#include "tests/unit/diag_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOUR_S 3600

static char *dir, *path;
static struct timespec now = {.tv_sec = 1000};

/* In libc's place. Check measures its tests by another clock. */
int
clock_gettime(clockid_t clock, struct timespec *ret_now)
{
    if (clock != CLOCK_BOOTTIME)
        return (int)syscall(SYS_clock_gettime, clock, ret_now);
    *ret_now = now;
    return 0;
}

static void
set_up(void)
{
    dir = scratch_dir("tries");
    path = scratch_path(dir, "idinqr.tries");
}

static struct config *
limits(int per_account, int in_all)
{
    struct config *config;
    char *lines;

    lines = scratch_text("tries_per_account = %d\ntries_in_all = %d", per_account, in_all);
    config = sample_config(dir, lines);
    return config;
}

/* How many of `n` tries are let through. */
static int
take(const struct config *config, const char *account, int is_remote, int n)
{
    struct diag diag;
    int n_taken = 0;

    for (int i = 0; i < n; i++) {
        int result = tries_take(config, account, is_remote, &diag);
        ck_assert_msg(result == 0 || result == IDQ_TRIES, "%s", diag_line(&diag));
        n_taken += result == 0;
    }
    return n_taken;
}

TEST_CASE("counts", .setup = set_up);

TEST(at_once_and_later)
{
    CONFIG_AUTO *config = limits(30, 0);

    ck_assert_int_eq(take(config, "alice", 0, 31), 30);
    now.tv_sec += HOUR_S / 30 - 1;
    ck_assert_int_eq(take(config, "alice", 0, 1), 0);
    now.tv_sec += 1;
    ck_assert_int_eq(take(config, "alice", 0, 2), 1);
    now.tv_sec += HOUR_S / 2;
    ck_assert_int_eq(take(config, "alice", 0, 31), 15);
    now.tv_sec += 5 * HOUR_S; /* rest saves up no more than the limit */
    ck_assert_int_eq(take(config, "alice", 0, 31), 30);
}

TEST(success_costs_nothing)
{
    CONFIG_AUTO *config = limits(2, 3);

    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(take(config, "alice", 0, 1), 1);
        tries_give_back(config, "alice", 0);
        ck_assert_int_eq(take(config, NULL, 0, 1), 1);
        tries_give_back(config, NULL, 0);
    }
    ck_assert_int_eq(take(config, "alice", 0, 3), 2);
    tries_give_back(config, "alice", 0);
    ck_assert_int_eq(take(config, "alice", 0, 3), 1);
}

TEST(a_look_counts_nothing)
{
    CONFIG_AUTO *config = limits(2, 3);
    struct diag diag;

    for (int i = 0; i < 9; i++)
        ck_assert_int_eq(tries_check(config, "alice", &diag), 0);
    ck_assert_int_eq(take(config, "alice", 0, 9), 2);
    ck_assert_int_eq(tries_check(config, "alice", &diag), IDQ_TRIES);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "tries_per_account, 2, is reached"));
    ck_assert_int_eq(tries_check(config, "bob", &diag), 0);
    ck_assert_int_eq(take(config, "bob", 0, 9), 1);
    ck_assert_int_eq(tries_check(config, NULL, &diag), IDQ_TRIES);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "tries_in_all, 3, is reached"));
    now.tv_sec += HOUR_S / 2;
    ck_assert_int_eq(tries_check(config, "alice", &diag), 0);
}

/* A try that one limit refuses does not count for the other. */
TEST(who_counts_for_what)
{
    CONFIG_AUTO *config = limits(2, 5);

    ck_assert_int_eq(take(config, "alice", 1, 9), 2);
    ck_assert_int_eq(take(config, "bob", 1, 9), 2);
    ck_assert_int_eq(take(config, NULL, 1, 9), 1);
    ck_assert_int_eq(take(config, "carol", 1, 9), 0);
    ck_assert_int_eq(take(config, "carol", 0, 9), 2); /* the desk's own */
    ck_assert_int_eq(take(config, NULL, 0, 9), 3);
    now.tv_sec += HOUR_S / 5;
    ck_assert_int_eq(take(config, "carol", 1, 9), 1); /* was refused by the total alone */
}

TEST(no_limit)
{
    CONFIG_AUTO *off = limits(0, 0), *in_all = limits(0, 3);

    ck_assert_int_eq(take(off, "alice", 0, 1000), 1000);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(take(in_all, "alice", 0, 9), 3);
}

/* A moment that the clock cannot have said in the hour before is from before a restart. */
TEST(after_a_restart)
{
    CONFIG_AUTO *config = limits(2, 0);

    now.tv_sec = 1000000;
    ck_assert_int_eq(take(config, "alice", 0, 9), 2);
    now.tv_sec = 10;
    ck_assert_int_eq(take(config, "alice", 0, 9), 2);
}

/* Sixteen processes together get no more than one would. Each reads the configuration itself: what
 * is read before a fork is wiped in it. */
TEST(at_the_same_time)
{
    CONFIG_AUTO *config = limits(100, 0);
    char *conf = scratch_path(dir, "idinqr.conf");
    int n_taken = 0, status;

    for (int i = 0; i < 16; i++)
        if (check_fork() == 0) {
            struct diag diag;
            config_free(&config);
            ck_assert_int_eq(config_load(conf, "test", &config, &diag), 0);
            _exit(take(config, "alice", 0, 50));
        }
    while (wait(&status) > 0) {
        ck_assert(WIFEXITED(status));
        n_taken += WEXITSTATUS(status);
    }
    ck_assert_int_eq(n_taken, 100);
}

static void
must_refuse(const struct config *config, const char *text)
{
    struct diag diag = {.text = ""};

    ck_assert_int_eq(tries_check(config, "alice", &diag), IDQ_SYSTEM);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), path));
    ck_assert_int_eq(tries_take(config, "alice", 0, &diag), IDQ_SYSTEM);
    ck_assert_msg(strstr(diag_line(&diag), text) && strstr(diag_line(&diag), path), "%s",
                  diag_line(&diag));
}

static void
make_other_file(int i)
{
    char *other = scratch_path(dir, "other");

    scratch_write(other, 0600, "");
    if (i == 0)
        scratch_write(path, 0644, "");
    else if (i == 1)
        scratch_write(path, 0660, "");
    else if (i == 2)
        scratch_write(path, 0600, "something else");
    else if (i == 3)
        ck_assert_int_eq(link(other, path), 0);
    else if (i == 4)
        ck_assert_int_eq(symlink(other, path), 0);
    else if (i == 5)
        ck_assert_int_eq(mkfifo(path, 0600), 0);
    else if (i == 6)
        ck_assert_int_eq(mkdir(path, 0700), 0);
    if (i == 7) {
        scratch_write(path, 0600, "");
        ck_assert_int_eq(chown(path, 65534, 65534), 0);
    }
}

TEST_CASE("files", .setup = set_up);

LOOP_TEST(a_file_that_is_another, 8)
{
    static const char *const texts[] = {
        "only root can open",  "only root can open",  "not a file of tries", "only root can open",
        "not a file of tries", "not a file of tries", "not a file of tries", "only root can open",
    };
    CONFIG_AUTO *config = limits(2, 2);
    struct stat status;

    make_other_file(_i);
    must_refuse(config, texts[_i]);
    ck_assert_int_eq(lstat(path, &status), 0);
    ck_assert(!S_ISREG(status.st_mode) || status.st_size < 100); /* left as it was */
}

TEST(a_directory_that_is_missing)
{
    CONFIG_AUTO *config = limits(2, 2);

    ck_assert_int_eq(rename(dir, scratch_text("%s.moved", dir)), 0);
    must_refuse(config, "its directory is missing");
}

TEST(a_file_for_root_alone)
{
    CONFIG_AUTO *config = limits(2, 2);
    struct stat status;
    struct diag diag;

    umask(0);
    ck_assert_int_eq(tries_check(config, "alice", &diag), 0);
    ck_assert_int_ne(stat(path, &status), 0); /* a check does not make it */
    ck_assert_int_eq(take(config, "alice", 0, 1), 1);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_uint_eq(status.st_mode, S_IFREG | 0600);
    ck_assert_int_eq(tries_check(config, "alice", &diag), 0);
    ck_assert_int_eq(setresuid(65534, 65534, 65534), 0);
    ck_assert_int_eq(take(config, "alice", 0, 9), 9); /* who cannot count is not counted */
}

RUN_TESTS("tries", geteuid() == 0 ? NULL : "only applications with root's rights are counted");
