/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the grammar of idinqr.conf with valid, almost valid and hostile texts. The test records
 * each entry as "section|keyword|value|line;" and compares the whole record. Pure. Runs as the user
 * who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/config/config_file.h"
#include "tests/harness/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
take(void *context, const struct config_entry *entry, char *ret_reason, size_t reason_size)
{
    FILE *taken = context;

    if (strcmp(entry->keyword, "refuse") == 0) {
        snprintf(ret_reason, reason_size, "refused by the taker");
        return -1;
    }
    fprintf(taken, "%s|%s|%s|%u;", entry->section, entry->keyword, entry->value, entry->line);
    return 0;
}

struct outcome {
    int result;
    unsigned line;
    char reason[200];
    char *taken;
};

static struct outcome
read_text(const char *text, size_t size)
{
    struct outcome outcome = {.line = 999};
    size_t taken_size;
    FILE *taken = open_memstream(&outcome.taken, &taken_size);
    char *copy = malloc(size + 1); /* exactly as much, for a sanitizer to see a byte too far */

    ck_assert_ptr_nonnull(taken);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, size);
    copy[size] = '\0';
    outcome.result = config_text_read(copy, size, take, taken, &outcome.line, outcome.reason,
                                      sizeof outcome.reason);
    fclose(taken);
    free(copy);
    return outcome;
}

static const struct {
    const char *text, *taken;
} good[] = {
    {"", ""},
    {"\n\n", ""},
    {"# a comment\n   # another\n", ""},
    {"#", ""},
    {"a = b\n", "|a|b|1;"},
    {"a = b", "|a|b|1;"},
    {"a=b", "|a|b|1;"},
    {"  a  =  b  \n", "|a|b|1;"},
    {"\ta\t=\tb\t\n", "|a|b|1;"},
    {"a = b c  d\n", "|a|b c  d|1;"},
    {"a =\n", "|a||1;"},
    {"a =   # nothing\n", "|a||1;"},
    {"a = b = c\n", "|a|b = c|1;"},
    {"a = b # c\n", "|a|b|1;"},
    {"a = b#c\n", "|a|b#c|1;"},
    {"a = b\t# c\n", "|a|b|1;"},
    {"a = https://x/?y=z#f\n", "|a|https://x/?y=z#f|1;"},
    {"a = \"b # c\"\n", "|a|b # c|1;"},
    {"a = \" b \"  # c\n", "|a| b |1;"},
    {"a = \"\"\n", "|a||1;"},
    {"a = [b]\n", "|a|[b]|1;"},
    {"a0_9 = b\n", "|a0_9|b|1;"},
    {"a = caf\xC3\xA9\n", "|a|caf\xC3\xA9|1;"},
    {"a = 'b'\n", "|a|'b'|1;"},
    {"a = b\r\nc = d\r\n", "|a|b|1;|c|d|2;"},
    {"a = b\r", "|a|b|1;"},
    {"# x\r\n\r\n[s]\r\n", ""},
    {"a = b\n\n# x\nc = d\n", "|a|b|1;|c|d|4;"},
    {"a = 1\n[s]\na = 2\n[t]\na = 3\n", "|a|1|1;s|a|2|3;t|a|3|5;"},
    {"[ s ]  # c\na = 1\n", "s|a|1|2;"},
    {"[service:sudo-i]\na=1\n", "service:sudo-i|a|1|2;"},
    {"[s]\n[t]\na = 1", "t|a|1|3;"},
};

TEST_CASE("right");

LOOP_TEST(what_is_right_is_read, ARRAY_LENGTH(good))
{
    struct outcome outcome = read_text(good[_i].text, strlen(good[_i].text));

    ck_assert_msg(outcome.result == 0, "%s: %u: %s", good[_i].text, outcome.line, outcome.reason);
    ck_assert_str_eq(outcome.taken, good[_i].taken);
    free(outcome.taken);
}

#define ROW(text, line, reason)                                                                    \
    {                                                                                              \
        text, sizeof(text) - 1, line, reason                                                       \
    }

static const struct {
    const char *text;
    size_t size;
    unsigned line;
    const char *reason; /* a part of it */
} bad[] = {
    ROW("a", 1, "neither keyword"),
    ROW("a = 1\nb\n", 2, "neither keyword"),
    ROW("a = 1\n  continued\n", 2, "neither keyword"),
    ROW("= b\n", 1, "no usable keyword"),
    ROW(" = b\n", 1, "no usable keyword"),
    ROW("a b = c\n", 1, "no usable keyword"),
    ROW("A = c\n", 1, "no usable keyword"),
    ROW("a-b = c\n", 1, "no usable keyword"),
    ROW("a. = c\n", 1, "no usable keyword"),
    ROW("caf\xC3\xA9 = c\n", 1, "no usable keyword"),
    ROW("\xEF\xBB\xBF"
        "a = b\n",
        1, "a character that is not text: a byte order mark"),
    ROW("a\xC2\xA0= b\n", 1, "no usable keyword before the =, of a to z, 0 to 9 and _"),
    ROW("a = b\na = c\n", 2, "a is given twice"),
    ROW("a = b\n[s]\na = c\na = d\n", 4, "a is given twice"),
    ROW("[s]\na = b\n[s]\n", 3, "[s] is there twice"),
    ROW("[s]\n[ s ]\n", 2, "[s] is there twice"),
    ROW("a = \"b\n", 1, "quotes around the value of a"),
    ROW("a = b\"\n", 1, "quotes"),
    ROW("a = b\"c\"\n", 1, "quotes"),
    ROW("a = \"b\" c\n", 1, "quotes"),
    ROW("a = \"b\"c\"\n", 1, "quotes"),
    ROW("a = \"\n", 1, "quotes"),
    ROW("[s\n", 1, "not a [section]"),
    ROW("[]\n", 1, "not a [section]"),
    ROW("[ ]\n", 1, "not a [section]"),
    ROW("[s] a = b\n", 1, "not a [section]"),
    ROW("[s]]\n", 1, "not a [section]"),
    ROW("[[s]\n", 1, "not a [section]"),
    ROW("[a b]\n", 1, "not a [section]"),
    ROW("[service other]\n", 1, "not a [section]; that of a service is [service:other]"),
    ROW("[service: other ]\n", 1, "not a [section]; that of a service is [service:other]"),
    ROW("[service no-such]\n", 1, "not a [section]; that of a service is [service:NAME]"),
    ROW("[a\"]\n", 1, "not a [section]"),
    ROW("[a=b]\n", 1, "not a [section]"),
    ROW("[a#b]\n", 1, "not a [section]"),
    ROW("[caf\xC3\xA9]\n", 1, "not a [section]"),
    ROW("a = b\0c\n", 0, "zero byte"),
    ROW("a = b\n\0", 0, "zero byte"),
    ROW("a = \033[2J\n", 1, "not text"),
    ROW("# \033[2J\n", 1, "not text"),
    ROW("a = b\n\x7F\n", 2, "not text"),
    ROW("a = \xC2\x85\n", 1, "not text"),
    ROW("a = \xC3\n\xA9\n", 1, "not text: the file is not in UTF-8"),
    ROW("a = \xED\xA0\x80\n", 1, "not text"),
    ROW("a = \xC0\xA3\n", 1, "not text"),
    ROW("a = b\rc = d\n", 1, "not text: a carriage return"),
    ROW("a = b\r\r\n", 1, "not text"),
    ROW("a = 1\nrefuse = 2\n", 2, "refused by the taker"),
};

TEST_CASE("wrong");

LOOP_TEST(what_is_wrong_is_named_with_its_line, ARRAY_LENGTH(bad))
{
    struct outcome outcome = read_text(bad[_i].text, bad[_i].size);

    ck_assert_msg(outcome.result == -1, "%s was read as %s", bad[_i].text, outcome.taken);
    ck_assert_msg(outcome.line == bad[_i].line, "%s: line %u", bad[_i].text, outcome.line);
    ck_assert_msg(strstr(outcome.reason, bad[_i].reason), "%s: %s", bad[_i].text, outcome.reason);
    free(outcome.taken);
}

TEST(no_reason_repeats_a_value)
{
    const char *const texts[] = {
        "a = \"hunter2\n", "a = hunter2\"\n", "a = hunter2\na = hunter2\n", "a = hunter2\033\n",
        "hunter2\n",       "a b = hunter2\n", "a = \"hunter2\"!\n",         "[hunter2\n",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct outcome outcome = read_text(texts[i], strlen(texts[i]));

        ck_assert_msg(outcome.result == -1, "%s", texts[i]);
        ck_assert_msg(!strstr(outcome.reason, "hunter"), "%s", outcome.reason);
        free(outcome.taken);
    }
}

/* 200 lines with a meaning are read, one more is refused: and is not called a second mention. */
TEST(a_file_has_a_limit)
{
    for (int n = 200; n <= 201; n++) {
        char text[201 * 16] = "";
        size_t size = 0;

        for (int i = 0; i < n; i++)
            size += (size_t)snprintf(text + size, sizeof text - size, "k%d = v\n", i);
        struct outcome outcome = read_text(text, size);
        ck_assert_int_eq(outcome.result, n == 200 ? 0 : -1);
        if (n == 201) {
            ck_assert_uint_eq(outcome.line, 201);
            ck_assert_msg(strstr(outcome.reason, "more than 200"), "%s", outcome.reason);
        }
        free(outcome.taken);
    }
}

TEST(a_long_reason_is_cut)
{
    char text[2000], reason[20];
    FILE *taken = fopen("/dev/null", "we");
    unsigned line;

    memset(text, 'k', sizeof text);
    text[900] = '=';
    text[999] = '\n';
    memcpy(text + 1000, text, 900);
    memcpy(text + 1900, "=", 2);
    ck_assert_int_eq(
        config_text_read(text, strlen(text), take, taken, &line, reason, sizeof reason), -1);
    ck_assert_uint_eq(line, 2);
    ck_assert_uint_eq(strlen(reason), sizeof reason - 1);
    fclose(taken);
}

RUN_TESTS("config_file_grammar", NULL);
