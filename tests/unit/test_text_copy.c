/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests that a text is copied completely or not at all, and that the copy stays within its field.
 * Pure. Runs as the user who runs the tests. */
#include "pam_idinqr/common/text.h"
#include "tests/harness/runner.h"

#include <string.h>

TEST_CASE("copies");

TEST(what_fits_is_copied_whole)
{
    char field[4];

    memset(field, '#', sizeof field);
    ck_assert_int_eq(copy_text(field, sizeof field, "abc"), 0);
    ck_assert_str_eq(field, "abc");
    ck_assert_int_eq(copy_text(field, sizeof field, ""), 0);
    ck_assert_str_eq(field, "");
}

TEST(what_does_not_fit_leaves_nothing)
{
    char field[6] = "#####";

    ck_assert_int_eq(copy_text(field, 4, "abcd"), -1);
    ck_assert_str_eq(field, "");
    ck_assert_int_eq(copy_text(field, 1, "a"), -1);
    ck_assert_str_eq(field, "");
    ck_assert_str_eq(field + 4, "#");
}

RUN_TESTS("text_copy", NULL);
