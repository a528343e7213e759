/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests that a diag is one loggable line of limited length, whatever its content. Pure. Runs as the
 * user who runs the tests. */
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/diag_line.h"

#include <errno.h>
#include <string.h>

static void
must_be(const struct diag *diag, const char *file, unsigned number, int error, const char *text,
        const char *line)
{
    ck_assert_str_eq(diag->file, file);
    ck_assert_uint_eq(diag->line, number);
    ck_assert_int_eq(diag->error, error);
    ck_assert_str_eq(diag->text, text);
    ck_assert_str_eq(diag_line(diag), line);
}

TEST_CASE("text");

TEST(it_says_what_was_meant)
{
    struct diag diag;

    diag_set_file(&diag, "/etc/idinqr.conf", 7, "no %s", "word");
    must_be(&diag, "/etc/idinqr.conf", 7, 0, "no word", "/etc/idinqr.conf:7: no word");
    diag_set_error(&diag, "/etc/idinqr.map", ENOENT);
    must_be(&diag, "/etc/idinqr.map", 0, ENOENT, "No such file or directory",
            "/etc/idinqr.map: No such file or directory");
    diag_set(&diag, "no %s", "file");
    must_be(&diag, "", 0, 0, "no file", "no file");
    diag_set_file(&diag, "/etc/idinqr.conf", 7, "%s", "");
    must_be(&diag, "/etc/idinqr.conf", 7, 0, "", "");
}

TEST(nothing_in_it_can_end_the_line_or_move_the_cursor)
{
    struct diag diag;

    diag_set(&diag, "a %s b", "x\ny\r\033[2J\x7F\xC2\x85\xE2\x80\xA6");
    ck_assert_str_eq(diag.text, "a x?y??[2J?????? b");
    diag_set_file(&diag, "/\n\xC2\x85", 0, "a");
    ck_assert_str_eq(diag_line(&diag), "/???: a");
}

TEST(a_long_one_is_cut)
{
    struct diag diag;
    char text[600], path[PATH_MAX + 100];

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    diag_set(&diag, "%s", text);
    ck_assert_uint_eq(strlen(diag.text), sizeof diag.text - 1);
    text[sizeof diag.text - 1] = '\0';
    diag_set(&diag, "%s", text);
    ck_assert_str_eq(diag.text, text);
    diag_set_file(&diag, text, 12, "%s", text);
    ck_assert_uint_eq(strlen(diag_line(&diag)), DIAG_LINE_SIZE - 1);
    memset(path, 'y', sizeof path);
    path[sizeof path - 1] = '\0';
    diag_set_file(&diag, path, 12, "%s", text);
    ck_assert_uint_eq(strlen(diag.file), PATH_MAX - 1);
    ck_assert_uint_eq(strlen(diag_line(&diag)), DIAG_LINE_SIZE - 1);
}

TEST(a_conversion_that_fails_leaves_no_half_line)
{
    struct diag diag;

    diag_set(&diag, "half %ls", (const wchar_t[]){0x10FFFFF, 0});
    ck_assert_str_eq(diag.text, "");
}

RUN_TESTS("diag", NULL);
