/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests that a text is copied completely or not at all, and that the copy stays within its field.
 * Tests which word a typed one was probably meant to be. Pure. Runs as the user who runs the tests.
 */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "tests/harness/runner.h"

#include <limits.h>
#include <stdbool.h>
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

static const struct {
    const char *typed, *known;
    unsigned least; /* before */
    bool is_nearer;
} words[] = {
    {"timeuot", "timeout", UINT_MAX, true}, /* two characters have changed places */
    {"timout", "timeout", UINT_MAX, true},
    {"timeoutt", "timeout", UINT_MAX, true},
    {"tmeut", "timeout", UINT_MAX, true},
    {"tmet", "timeout", UINT_MAX, false},
    {"time", "timeout", UINT_MAX, false},
    {"mpa", "map", UINT_MAX, true},
    {"amp", "map", UINT_MAX, true},
    {"mqa", "map", UINT_MAX, false}, /* a short word has one error */
    {"pam", "map", UINT_MAX, false},
    {"mp", "map", UINT_MAX, true},
    {"map", "map", UINT_MAX, true},
    {"timout", "timeout", 2, true},
    {"timout", "timeout", 1, false}, /* another is as near */
    {"", "map", UINT_MAX, false},
    {"x234567890123456789012345678901234567890123456789012345678901",
     "1234567890123456789012345678901234567890123456789012345678901", UINT_MAX, false},
};

TEST(what_was_probably_meant)
{
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        unsigned least = words[i].least;
        bool is_nearer = text_is_nearer(words[i].typed, words[i].known, &least);
        ck_assert_msg(is_nearer == words[i].is_nearer, "%s, %s", words[i].typed, words[i].known);
        ck_assert_int_eq(least != words[i].least, is_nearer);
    }
}

RUN_TESTS("text_copy", NULL);
