/* SPDX-License-Identifier: BSD-3-Clause */
/* A diag is one loggable line that fits, whatever it is made of. Pure; runs as whoever runs the
 * tests. */
#include "pam_idinqr/common/diag.h"
#include "tests/harness/runner.h"

#include <errno.h>
#include <string.h>

START_TEST(it_says_what_was_meant)
{
    struct diag diag;

    diag_set(&diag, "%s:%u: %s", "/etc/idinqr.conf", 7u, "no");
    ck_assert_str_eq(diag.text, "/etc/idinqr.conf:7: no");
    diag_set(&diag, "%s", "");
    ck_assert_str_eq(diag.text, "");
}
END_TEST

START_TEST(nothing_in_it_can_end_the_line_or_move_the_cursor)
{
    struct diag diag;

    diag_set(&diag, "a %s b", "x\ny\r\033[2J\x7F\xC2\x85\xE2\x80\xA6");
    ck_assert_str_eq(diag.text, "a x?y??[2J?????? b");
}
END_TEST

START_TEST(a_long_one_is_cut)
{
    struct diag diag;
    char text[600];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    diag_set(&diag, "%s", text);
    ck_assert_uint_eq(strlen(diag.text), sizeof diag.text - 1);
    text[sizeof diag.text - 1] = '\0';
    diag_set(&diag, "%s", text);
    ck_assert_str_eq(diag.text, text);
}
END_TEST

START_TEST(errno_stays)
{
    struct diag diag;

    errno = ENOENT;
    diag_set(&diag, "%s", strerror(EACCES));
    ck_assert_int_eq(errno, ENOENT);
    /* A conversion that fails, and sets errno, leaves no half line. */
    diag_set(&diag, "half %ls", (const wchar_t[]){0x10FFFFF, 0});
    ck_assert_int_eq(errno, ENOENT);
    ck_assert_str_eq(diag.text, "");
}
END_TEST

static Suite *
diag_suite(void)
{
    Suite *suite = suite_create("diag");
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
    return runner_main(argc, argv, "diag", diag_suite, NULL);
}
