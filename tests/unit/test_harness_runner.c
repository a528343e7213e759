/* SPDX-License-Identifier: BSD-3-Clause */
/* The runner itself: runs failing_tests.c, whose tests fail in every way, and reads its TAP. Runs
 * as the tests' user. */
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILD BUILD_DIR "/tests/unit/failing_tests"

/* Runs the child as `role` with at most one argument. Returns what it wrote on stdout; freed by
 * the caller. */
static char *
run_child(const char *role, const char *argument, int *ret_status)
{
    char command[4200], *text = NULL;
    size_t size = 0;

    /* Its stderr is dropped here: it is what the child's tests print. */
    snprintf(command, sizeof command, "RUNNER_TEST_ROLE='%s' '" CHILD "' %s 2>/dev/null", role,
             argument);
    FILE *child = popen(command, "re");
    ck_assert_ptr_nonnull(child);
    if (getdelim(&text, &size, '\0', child) < 0)
        text[0] = '\0';
    int status = pclose(child);
    ck_assert_int_ne(WIFEXITED(status), 0);
    *ret_status = WEXITSTATUS(status);
    return text;
}

TEST_CASE("tap");

TEST(tap_tells_every_result_and_no_message_is_taken_for_one)
{
    int status;
    char *tap = run_child("tests", "", &status);

    ck_assert_int_eq(status, 0);
    ck_assert_ptr_nonnull(strstr(tap, "\n1..5\nok 1 - good:passes\n"
                                      "not ok 2 - bad:fails_with_a_treacherous_message\n# "));
    ck_assert_ptr_nonnull(strstr(tap, "\n# first # TODO\n# ok 7 - not a result\n# 1..9\n"
                                      "not ok 3 - bad:crashes\n"));
    ck_assert_ptr_nonnull(strstr(tap, "\n# Received signal 6 (Aborted)\n"
                                      "not ok 4 - bad:leaves_a_process_and_a_file\n"));
    ck_assert_ptr_nonnull(strstr(tap, "\n# left behind: "));
    ck_assert_ptr_nonnull(strstr(tap, "\nok 5 - ugly:runs # SKIP it is Tuesday\n"));
    ck_assert_ptr_nonnull(strstr(tap, "\n# 4 run, 3 failed\n"));
    ck_assert_ptr_null(strstr(tap, "ok 99"));
    free(tap);
}

TEST(what_a_test_leaves_is_ended_and_removed)
{
    int status;
    char *tap = run_child("tests", "bad", &status);
    const char *named = strstr(tap, "# left behind, and killed: ");

    ck_assert_ptr_nonnull(named);
    pid_t pid = (pid_t)strtol(named + strlen("# left behind, and killed: "), NULL, 10);
    ck_assert_int_gt(pid, 1);
    ck_assert_int_eq(kill(pid, 0), -1);
    ck_assert_int_eq(errno, ESRCH);
    /* The child's directory was made in ours, and nothing is in ours now: it can be removed. */
    ck_assert_int_eq(rmdir(getenv("TMPDIR")), 0);
    ck_assert_int_eq(mkdir(getenv("TMPDIR"), 0711), 0);
    free(tap);
}

TEST(one_test_case_runs_alone)
{
    int status;
    char *tap = run_child("tests", "good", &status);

    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(tap, "# child\n1..2\nok 1 - good:passes\nok 2 - ugly:runs # SKIP it is "
                          "Tuesday\n# 1 run, 0 failed\n");
    free(tap);
}

TEST(no_test_at_all_is_an_error)
{
    int status;
    char *tap = run_child("tests", "no_such_case", &status);

    ck_assert_int_eq(status, 1);
    ck_assert_ptr_null(strstr(tap, "1.."));
    free(tap);
}

TEST(a_wrong_command_line_is_an_error)
{
    int status;

    free(run_child("tests", "--help", &status));
    ck_assert_int_eq(status, 2);
    free(run_child("tests", "good bad", &status));
    ck_assert_int_eq(status, 2);
}

TEST(a_reason_to_skip_is_one_skip)
{
    int status;
    char *tap = run_child("skip", "", &status);

    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(tap, "1..0 # SKIP it is Sunday\n");
    free(tap);
}

TEST(a_test_case_left_out_is_a_skip_too)
{
    int status;
    char *tap = run_child("skip one", "good", &status);

    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(tap, "# child\n1..2\nok 1 - good:passes\nok 2 - ugly # SKIP it is Monday\n"
                          "# 1 run, 0 failed\n");
    free(tap);
}

TEST(a_test_without_a_row_is_an_error)
{
    int status;
    char *tap = run_child("no rows", "good", &status);

    ck_assert_int_ne(status, 0);
    ck_assert_ptr_null(strstr(tap, "1.."));
    free(tap);
}

RUN_TESTS("harness_runner", NULL);
