/* SPDX-License-Identifier: BSD-3-Clause */
/* A problem is one loggable line that fits, whatever it is made of. Pure; runs as whoever runs the
 * tests. */
#include "pam_idinqr/common/problem.h"
#include "tests/harness/runner.h"

#include <errno.h>
#include <string.h>

START_TEST(it_says_what_was_meant)
{
    struct problem problem;

    problem_set(&problem, "%s:%u: %s", "/etc/idinqr.conf", 7u, "no");
    ck_assert_str_eq(problem.text, "/etc/idinqr.conf:7: no");
    problem_set(&problem, "%s", "");
    ck_assert_str_eq(problem.text, "");
}
END_TEST

START_TEST(nothing_in_it_can_end_the_line_or_move_the_cursor)
{
    struct problem problem;

    problem_set(&problem, "a %s b", "x\ny\r\033[2J\x7F\xC2\x85\xE2\x80\xA6");
    ck_assert_str_eq(problem.text, "a x?y??[2J?????? b");
}
END_TEST

START_TEST(a_long_one_is_cut)
{
    struct problem problem;
    char text[600];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    problem_set(&problem, "%s", text);
    ck_assert_uint_eq(strlen(problem.text), sizeof problem.text - 1);
    text[sizeof problem.text - 1] = '\0';
    problem_set(&problem, "%s", text);
    ck_assert_str_eq(problem.text, text);
}
END_TEST

START_TEST(errno_stays)
{
    struct problem problem;

    errno = ENOENT;
    problem_set(&problem, "%s", strerror(EACCES));
    ck_assert_int_eq(errno, ENOENT);
    /* A conversion that fails, and sets errno, leaves no half line. */
    problem_set(&problem, "half %ls", (const wchar_t[]){0x10FFFFF, 0});
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_str_eq(problem.text, "");
}
END_TEST

static Suite *
problem_suite(void)
{
    Suite *suite = suite_create("problem");
    TCase *text = tcase_create("text");

    tcase_add_test(text, it_says_what_was_meant);
    tcase_add_test(text, nothing_in_it_can_end_the_line_or_move_the_cursor);
    tcase_add_test(text, a_long_one_is_cut);
    tcase_add_test(text, errno_stays);
    suite_add_tcase(suite, text);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "problem", problem_suite, NULL);
}
