/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests that fail in every way, for test_harness_runner.c, which reads the TAP of this program.
 * RUNNER_TEST_ROLE in the environment asks for a skip of a case, or of all. */
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
has_role(const char *role)
{
    const char *set = getenv("RUNNER_TEST_ROLE");

    return set != NULL && strcmp(set, role) == 0;
}

TEST_CASE("good");

TEST(passes)
{
    printf("ok 99 - a test's own output\n");
    fflush(stdout);
}

TEST_CASE("bad");

TEST(fails_with_a_treacherous_message)
{
    ck_abort_msg("first # TODO\nok 7 - not a result\n1..9\n");
}

TEST(crashes)
{
    abort();
}

TEST(leaves_a_process_and_a_file)
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
}

TEST_CASE("ugly", .why_not = has_role("skip one") ? "it is Monday" : NULL);

LOOP_TEST(runs, has_role("no rows") ? 0 : 1, .why_not = "it is Tuesday")
{
}

RUN_TESTS("child", has_role("skip") ? "it is Sunday" : NULL);
