/* SPDX-License-Identifier: BSD-3-Clause */
/* The runner itself: runs this program again as a child, with tests that fail in every way, and
 * reads the TAP it writes. Runs as whoever runs the tests. */
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

#define ROLE "RUNNER_TEST_ROLE" /* set in the child: what it plays */

static const char *program; /* this one: argv[0], with a slash in it as a test runs it */

START_TEST(passes)
{
    printf("ok 99 - a test's own output\n");
    fflush(stdout);
}
END_TEST

START_TEST(fails_with_a_treacherous_message)
{
    ck_abort_msg("first # TODO\nok 7 - not a result\n1..9\n");
}
END_TEST

START_TEST(crashes)
{
    abort();
}
END_TEST

START_TEST(leaves_a_process_and_a_file)
{
    char *dir = scratch_dir("left"), *path = scratch_path(dir, "file");

    scratch_write(path, 0600, "x");
    int ready[2];
    char byte;

    ck_assert_int_eq(pipe(ready), 0);
    if (fork() == 0) {
        setsid(); /* out of reach of Check, which kills a test's process group */
        close(ready[0]);
        close(ready[1]);
        for (;;)
            pause();
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 0);
    free(path);
    free(dir);
}
END_TEST

static Suite *
child_suite(void)
{
    Suite *suite = suite_create("child");
    TCase *good = tcase_create("good"), *bad = tcase_create("bad");

    tcase_add_test(good, passes);
    suite_add_tcase(suite, good);
    tcase_add_test(bad, fails_with_a_treacherous_message);
    tcase_add_test(bad, crashes);
    tcase_add_test(bad, leaves_a_process_and_a_file);
    suite_add_tcase(suite, bad);
    return suite;
}

static Suite *
child_suite_with_skips(void)
{
    runner_skip("ugly", "it is Monday");
    return child_suite();
}

static const char *
no_reason(void)
{
    return NULL;
}

static const char *
a_reason(void)
{
    return "it is Sunday";
}

/* Runs this program as `role` with at most one argument. Returns what it wrote on stdout; freed by
 * the caller. */
static char *
run_child(const char *role, const char *argument, int *ret_status)
{
    char command[4200], *text = NULL;
    size_t size = 0;

    /* Its stderr is dropped here: it is what the child's tests print. */
    snprintf(command, sizeof command, ROLE "='%s' '%s' %s 2>/dev/null", role, program, argument);
    FILE *child = popen(command, "re");
    ck_assert_ptr_nonnull(child);
    if (getdelim(&text, &size, '\0', child) < 0)
        text[0] = '\0';
    int status = pclose(child);
    ck_assert_int_ne(WIFEXITED(status), 0);
    *ret_status = WEXITSTATUS(status);
    return text;
}

START_TEST(tap_tells_every_result_and_no_message_is_taken_for_one)
{
    int status;
    char *tap = run_child("tests", "", &status);

    ck_assert_int_eq(status, 0);
    ck_assert_ptr_nonnull(strstr(tap, "\n1..4\nok 1 - good:passes\n"
                                      "not ok 2 - bad:fails_with_a_treacherous_message\n# "));
    ck_assert_ptr_nonnull(strstr(tap, "\n# first # TODO\n# ok 7 - not a result\n# 1..9\n"
                                      "not ok 3 - bad:crashes\n"));
    ck_assert_ptr_nonnull(strstr(tap, "\n# Received signal 6 (Aborted)\n"
                                      "not ok 4 - bad:leaves_a_process_and_a_file\n"));
    ck_assert_ptr_nonnull(strstr(tap, "\n# left behind: "));
    ck_assert_ptr_nonnull(strstr(tap, "\n# 4 run, 3 failed\n"));
    ck_assert_ptr_null(strstr(tap, "ok 99"));
    free(tap);
}
END_TEST

START_TEST(what_a_test_leaves_is_ended_and_removed)
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
END_TEST

START_TEST(one_test_case_runs_alone)
{
    int status;
    char *tap = run_child("tests", "good", &status);

    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(tap, "# child\n1..1\nok 1 - good:passes\n# 1 run, 0 failed\n");
    free(tap);
}
END_TEST

START_TEST(no_test_at_all_is_an_error)
{
    int status;
    char *tap = run_child("tests", "no_such_case", &status);

    ck_assert_int_eq(status, 1);
    ck_assert_ptr_null(strstr(tap, "1.."));
    free(tap);
}
END_TEST

START_TEST(a_wrong_command_line_is_an_error)
{
    int status;

    free(run_child("tests", "--help", &status));
    ck_assert_int_eq(status, 2);
    free(run_child("tests", "good bad", &status));
    ck_assert_int_eq(status, 2);
}
END_TEST

START_TEST(a_reason_to_skip_is_one_skip)
{
    int status;
    char *tap = run_child("skip", "", &status);

    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(tap, "1..0 # SKIP it is Sunday\n");
    free(tap);
}
END_TEST

START_TEST(a_test_case_left_out_is_a_skip_too)
{
    int status;
    char *tap = run_child("skip one", "good", &status);

    ck_assert_int_eq(status, 0);
    ck_assert_str_eq(tap, "# child\n1..2\nok 1 - good:passes\nok 2 - ugly # SKIP it is Monday\n"
                          "# 1 run, 0 failed\n");
    free(tap);
}
END_TEST

static Suite *
runner_suite(void)
{
    Suite *suite = suite_create("harness_runner");
    TCase *tap = tcase_create("tap");

    tcase_add_test(tap, tap_tells_every_result_and_no_message_is_taken_for_one);
    tcase_add_test(tap, what_a_test_leaves_is_ended_and_removed);
    tcase_add_test(tap, one_test_case_runs_alone);
    tcase_add_test(tap, no_test_at_all_is_an_error);
    tcase_add_test(tap, a_wrong_command_line_is_an_error);
    tcase_add_test(tap, a_reason_to_skip_is_one_skip);
    tcase_add_test(tap, a_test_case_left_out_is_a_skip_too);
    suite_add_tcase(suite, tap);
    return suite;
}

int
main(int argc, char **argv)
{
    const char *role = getenv(ROLE);

    program = argv[0];
    if (role != NULL)
        return runner_main(argc, argv, "child",
                           strcmp(role, "skip one") == 0 ? child_suite_with_skips : child_suite,
                           strcmp(role, "skip") == 0 ? a_reason : no_reason);
    return runner_main(argc, argv, "harness_runner", runner_suite, NULL);
}
