/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests idinqr.map as a reader sees it: valid lines, lines that make the whole map unusable, and
 * who may log in. Pure except for map_read and map_today. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/identity/map.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/map_lines.h"
#include "tests/unit/diag_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define A "idin1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define B "idin1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define C "idin1:-_09azAZCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"

/* The identities that are nearest to A: they differ from it in the last character only. */
#define NEAR_A  "idin1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"
#define SHORT_A "idin1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define LONG_A  A "A"

static struct map *
parse(const char *text)
{
    struct diag diag;
    struct map *map = NULL;

    if (map_parse(text, strlen(text), "map", &map, &diag) != 0)
        ck_abort_msg("%s: %s", text, diag_line(&diag));
    return map;
}

/* A NULL account stands for a map without a line. */
static const struct {
    const char *text;
    struct map_line line;
} good[] = {
    {"", {0}},
    {"\n \n\t\n", {0}},
    {"# " A "\n  # x \"\n", {0}},
    {"alice " A "\n", MAP_LINE(1, "alice", A, "", "", "", "", "")},
    {"  alice\t\t" A "  \n", MAP_LINE(1, "alice", A, "", "", "", "", "")},
    {"\n# x\nalice " C "\n", MAP_LINE(3, "alice", C, "", "", "", "", "")},
    {"alice " A " enrolled=2026-01-02 by=root issuer=INGBNL2A expires=2027-12-31 note=x\n",
     MAP_LINE(1, "alice", A, "2026-01-02", "root", "INGBNL2A", "2027-12-31", "x")},
    {"alice " A " note=x by=root\n", MAP_LINE(1, "alice", A, "", "root", "", "", "x")},
    {"alice " A " note=\"a b  c\" by=\"root\"\n",
     MAP_LINE(1, "alice", A, "", "root", "", "", "a b  c")},
    {"alice " A " note=\"a=b # c\"\n", MAP_LINE(1, "alice", A, "", "", "", "", "a=b # c")},
    {"alice " A " note=a=b\n", MAP_LINE(1, "alice", A, "", "", "", "", "a=b")},
    {"alice " A " note=#\n", MAP_LINE(1, "alice", A, "", "", "", "", "#")},
    {"alice " A " note=\" \"\n", MAP_LINE(1, "alice", A, "", "", "", "", " ")},
    {"caf\xC3\xA9@dom.example\\x$ " A "\n",
     MAP_LINE(1, "caf\xC3\xA9@dom.example\\x$", A, "", "", "", "", "")},
};

TEST_CASE("lines");

LOOP_TEST(a_line_that_is_understood, ARRAY_LENGTH(good))
{
    MAP_AUTO *map = parse(good[_i].text);
    const struct map_line *meant = &good[_i].line;

    ck_assert_uint_eq(map_count(map), meant->account ? 1 : 0);
    if (!meant->account)
        return;
    ck_assert_uint_eq(map_at(map, 0)->number, meant->number);
    ck_assert_str_eq(map_at(map, 0)->account, meant->account);
    ck_assert_str_eq(map_at(map, 0)->hash, meant->hash);
    ck_assert_str_eq(map_at(map, 0)->enrolled, meant->enrolled);
    ck_assert_str_eq(map_at(map, 0)->by, meant->by);
    ck_assert_str_eq(map_at(map, 0)->issuer, meant->issuer);
    ck_assert_str_eq(map_at(map, 0)->expires, meant->expires);
    ck_assert_str_eq(map_at(map, 0)->note, meant->note);
}

#define ROW(text, diag)                                                                            \
    {                                                                                              \
        text, sizeof(text) - 1, diag                                                               \
    }
#define NO_ACCOUNT  ":1: this is not the name of an account"
#define NO_IDENTITY ":1: an identity, idin1: and 43 characters, must follow the account: "

static const struct {
    const char *text;
    size_t size;
    const char *diag; /* how it goes on behind the name */
} bad[] = {
    ROW("alice " A, ":1: there is no newline at the end of the file"),
    ROW("bob " B "\nali", ":2: there is no newline at the end of the file"),
    ROW("alice\n", NO_IDENTITY),
    ROW("alice " A "x\n", NO_IDENTITY),
    ROW("alice idin1:AAAA\n", NO_IDENTITY),
    ROW("alice idin2:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", NO_IDENTITY),
    ROW("alice idin1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n", NO_IDENTITY),
    ROW("alice \"" A "\"\n", NO_IDENTITY),
    ROW("alice # " A "\n", NO_IDENTITY),
    ROW("alice note=x " A "\n", NO_IDENTITY),
    ROW(A " alice\n", NO_ACCOUNT),
    ROW("-alice " A "\n", NO_ACCOUNT),
    ROW("a/b " A "\n", NO_ACCOUNT),
    ROW("a:b " A "\n", NO_ACCOUNT),
    ROW("a\"b " A "\n", NO_ACCOUNT),
    ROW("a=\"x y\" " A "\n", NO_ACCOUNT),
    ROW("alice " A "\r\n", ":1: a character that is not text: a carriage return"),
    ROW("# \xFF\n", ":1: a character that is not text: the file is not in UTF-8"),
    ROW("\xEF\xBB\xBF# people\n", ":1: a character that is not text: a byte order mark"),
    ROW("\nalice " A " note=\033[2J\n", ":2: a character that is not text"),
    ROW("alice " A " note=\xC2\x85\n", ":1: a character that is not text"),
    ROW("al\0ice " A "\n", ": has a zero byte in it"),
    ROW("alice " A "\n\0", ": has a zero byte in it"),
    ROW("alice " A " x\n", ":1: field x has no value"),
    ROW("alice " A " # x\n", ":1: field # has no value"),
    ROW("alice " A " " B "\n", ":1: field idin1:"),
    ROW("alice " A " Note=x\n", ":1: field Note is not known"),
    ROW("alice " A " notes=x\n", ":1: field notes is not known"),
    ROW("alice " A " =x\n", ":1: field  is not known"),
    ROW("alice " A " note\n", ":1: field note has no value"),
    ROW("alice " A " note=\n", ":1: field note has no value"),
    ROW("alice " A " note=\"\"\n", ":1: field note has no value"),
    ROW("alice " A " note=\"a b\n", ":1: field note"),
    ROW("alice " A " note=\"a b\"c\n", ":1: field note"),
    ROW("alice " A " note=a\"b\"\n", ":1: field note"),
    ROW("alice " A " \"note=a b\"\n", ":1: field "),
    ROW("alice " A " note=a note=b\n", ":1: field note is given twice"),
    ROW("# key-fingerprint: 0123456789abcdef\nalice " A "\n# key-fingerprint: 0123456789abcdee\n",
        ":3: the fingerprint of another key than above"),
    ROW("alice " A "\nalice " B "\nalice " A "\n", ":3: the same account and identity as line 1"),
    ROW("alice " A "\nbob " B "\nalice " A " note=x\n",
        ":3: the same account and identity as line 1"),
};

LOOP_TEST(a_line_that_is_not_understood, ARRAY_LENGTH(bad))
{
    struct diag diag = {.text = ""};
    struct map *map = NULL;
    char *copy = malloc(bad[_i].size); /* exactly as much, for a sanitizer to see a byte too far */

    memcpy(copy, bad[_i].text, bad[_i].size);
    ck_assert_msg(map_parse(copy, bad[_i].size, "/m", &map, &diag) == IDQ_MAP, "%s", bad[_i].text);
    ck_assert_int_eq(diag.error, 0);
    ck_assert_ptr_null(map);
    ck_assert_msg(strncmp(diag_line(&diag), "/m", 2) == 0 &&
                      strncmp(diag_line(&diag) + 2, bad[_i].diag, strlen(bad[_i].diag)) == 0,
                  "%s", diag_line(&diag));
    free(copy);
}

/* Days are compared as text. A day in another format would compare incorrectly, and could extend an
 * enrollment. */
/* In a comment, which 0.1.0 reads over. */
static const struct {
    const char *text, *fingerprint;
} fingerprints[] = {
    {"", ""},
    {"# key-fingerprint: 0123456789abcdef\nalice " A "\n", "0123456789abcdef"},
    {"alice " A "\n  #\tkey-fingerprint:  0123456789abcdef \n", "0123456789abcdef"},
    {"# key-fingerprint: 0123456789abcdef\n# key-fingerprint: 0123456789abcdef\n",
     "0123456789abcdef"},
    {"# key-fingerprint: 0123456789abcde\n", ""},
    {"# key-fingerprint: 0123456789abcdef0\n", ""},
    {"# the key-fingerprint: 0123456789abcdef\n", ""},
    {"#key-fingerprint: 0123456789abcdef\n", ""},
    {"# key-fingerprint:\n", ""},
    {"#\n", ""},
    {"# \"\n# x=\"a b\" \"\n", ""},
};

LOOP_TEST(a_fingerprint_of_the_key, ARRAY_LENGTH(fingerprints))
{
    MAP_AUTO *map = parse(fingerprints[_i].text);

    ck_assert_str_eq(map_fingerprint(map), fingerprints[_i].fingerprint);
}

static const struct {
    const char *text, *first, *second;
} origins[] = {
    {"alice " A "\n", NULL, NULL},
    {"# identities-of: idin-qr status.example\nalice " A "\n", "idin-qr status.example", NULL},
    {"  #\tidentities-of:\tidin-qr  two words \"x\"\n", "idin-qr  two words \"x\"", NULL},
    {"# identities-of: a b\nalice " A "\n# identities-of: c d\n", "a b", "c d"},
    {"# the identities-of: a b\n#identities-of: a b\n", NULL, NULL},
    {"# identities-of:\n", "", NULL},
};

LOOP_TEST(an_origin_of_identities, ARRAY_LENGTH(origins))
{
    MAP_AUTO *map = parse(origins[_i].text);

    ck_assert_pstr_eq(map_origin_at(map, 0), origins[_i].first);
    ck_assert_pstr_eq(map_origin_at(map, 1), origins[_i].second);
    ck_assert_ptr_null(map_origin_at(map, 2));
}

TEST(more_origins_than_are_kept)
{
    char *text = scratch_text("%s", "");

    for (int i = 0; i < MAP_ORIGINS_MAX + 1; i++)
        text = scratch_text("%s# identities-of: p s%d\n", text, i);
    MAP_AUTO *map = parse(text);
    ck_assert_str_eq(map_origin_at(map, MAP_ORIGINS_MAX - 1), "p s15");
    ck_assert_ptr_null(map_origin_at(map, MAP_ORIGINS_MAX));
}

TEST(days)
{
    static const struct {
        const char *day;
        int is_good;
    } rows[] = {
        {"2026-01-01", 1},  {"2026-12-31", 1},  {"0000-01-01", 1}, {"9999-12-31", 1},
        {"2026-1-1", 0},    {"2026-00-01", 0},  {"2026-13-01", 0}, {"2026-01-00", 0},
        {"2026-01-32", 0},  {"2026-1- 01", 0},  {" 2026-1-01", 0}, {"2026- 1-01", 0},
        {"2026-01-1 ", 0},  {"2026/01/01", 0},  {"2026-01-0x", 0}, {"02026-1-01", 0},
        {"2026-01-010", 0}, {"2026-01-01T", 0}, {"20260101", 0},   {"never", 0},
        {"-026-01-01", 0},  {"2026-01-01 ", 0},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct diag diag;
        MAP_AUTO *map = NULL;
        char text[200];

        snprintf(text, sizeof text, "alice " A " expires=\"%s\"\n", rows[i].day);
        ck_assert_msg(map_parse(text, strlen(text), "m", &map, &diag) ==
                          (rows[i].is_good ? 0 : IDQ_MAP),
                      "\"%s\"", rows[i].day);
    }
}

TEST(names_of_accounts)
{
    static const struct {
        const char *name;
        int is_good;
    } rows[] = {
        {"a", 1},     {"alice", 1}, {"a-b", 1},       {"a#b", 1}, {"_a.b+c", 1}, {"a@b", 1},
        {"1", 1},     {"", 0},      {"-a", 0},        {"#a", 0},  {" a", 0},     {"a b", 0},
        {"a\t", 0},   {"a\n", 0},   {"a:b", 0},       {"a/b", 0}, {"../a", 0},   {"a\"b", 0},
        {"a\x7F", 0}, {"a\xFF", 0}, {"a\xC2\x85", 0},
    };
    char name[300];

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        ck_assert_msg(map_is_account(rows[i].name) == rows[i].is_good, "\"%s\"", rows[i].name);
    memset(name, 'a', sizeof name);
    name[256] = '\0';
    ck_assert_int_eq(map_is_account(name), 1);
    memcpy(name + 256, "a", 2);
    ck_assert_int_eq(map_is_account(name), 0);
}

static const char family[] = "alice " A "\n"
                             "bob " A " expires=2026-06-30\n"
                             "bob " B "\n"
                             "carol " C " expires=2026-06-30\n"
                             "root " B " expires=2026-06-29\n";

TEST_CASE("verdict");

TEST(who_is_let_in)
{
    static const struct {
        const char *account, *hash, *today;
        int result;
    } rows[] = {
        {"alice", A, "2026-07-01", 0},
        {"bob", A, "2026-06-30", 0},
        {"bob", A, "2026-07-01", IDQ_WRONG_PERSON},
        {"bob", B, "2026-07-01", 0},
        {"alice", B, "2026-06-30", IDQ_WRONG_PERSON},
        {"root", B, "2026-06-29", 0},
        {"root", B, "2026-06-30", IDQ_WRONG_PERSON},
        {"root", A, "2026-06-01", IDQ_WRONG_PERSON},
        {"carol", C, "2026-06-30", 0},
        {"carol", C, "2026-07-01", IDQ_UNKNOWN_IDENTITY}, /* what has ended is as if it never was */
        {"alice", C, "2026-07-01", IDQ_UNKNOWN_IDENTITY},
        {"dave", A, "2026-06-01", IDQ_WRONG_PERSON},
        {"", A, "2026-06-01", IDQ_WRONG_PERSON},
        {"alice", "", "2026-06-01", IDQ_UNKNOWN_IDENTITY},
        {"Alice", A, "2026-06-01", IDQ_WRONG_PERSON},
        {"alic", A, "2026-06-01", IDQ_WRONG_PERSON},
        {"alicex", A, "2026-06-01", IDQ_WRONG_PERSON},
        {"alice", NEAR_A, "2026-06-01", IDQ_UNKNOWN_IDENTITY},
        {"alice", SHORT_A, "2026-06-01", IDQ_UNKNOWN_IDENTITY},
        {"alice", LONG_A, "2026-06-01", IDQ_UNKNOWN_IDENTITY},
    };
    MAP_AUTO *map = parse(family);

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        ck_assert_msg(map_check(map, rows[i].account, rows[i].hash, rows[i].today) ==
                          rows[i].result,
                      "row %zu", i);
    ck_assert_int_eq(map_has_account(map, "alice", "2026-07-01"), 1);
    ck_assert_int_eq(map_has_account(map, "bob", "2026-07-01"), 1);
    ck_assert_int_eq(map_has_account(map, "carol", "2026-06-30"), 1);
    ck_assert_int_eq(map_has_account(map, "carol", "2026-07-01"), 0);
    ck_assert_int_eq(map_has_account(map, "dave", "2026-06-01"), 0);
    ck_assert_int_eq(map_has_account(map, "", "2026-06-01"), 0);
    ck_assert_int_eq(map_has_account(map, "alic", "2026-06-01"), 0);
    ck_assert_int_eq(map_has_account(map, "alicex", "2026-06-01"), 0);
}

TEST(the_accounts_of_an_identity)
{
    MAP_AUTO *map = parse(family), *empty = parse("");
    const char *accounts[3] = {"-", "-", "-"};

    ck_assert_uint_eq(map_accounts_of(map, A, "2026-06-30", accounts, 3), 2);
    ck_assert_str_eq(accounts[0], "alice");
    ck_assert_str_eq(accounts[1], "bob");
    ck_assert_str_eq(accounts[2], "-");
    accounts[1] = "-";
    ck_assert_uint_eq(map_accounts_of(map, A, "2026-06-30", accounts, 1), 2);
    ck_assert_str_eq(accounts[1], "-");
    ck_assert_uint_eq(map_accounts_of(map, A, "2026-07-01", accounts, 3), 1);
    ck_assert_uint_eq(map_accounts_of(map, C, "2026-07-01", NULL, 0), 0);
    ck_assert_uint_eq(map_accounts_of(map, NEAR_A, "2026-06-30", NULL, 0), 0);
    ck_assert_uint_eq(map_accounts_of(map, SHORT_A, "2026-06-30", NULL, 0), 0);
    ck_assert_uint_eq(map_accounts_of(map, LONG_A, "2026-06-30", NULL, 0), 0);
    ck_assert_uint_eq(map_accounts_of(empty, A, "2026-06-30", accounts, 3), 0);
    ck_assert_int_eq(map_check(empty, "alice", A, "2026-06-30"), IDQ_UNKNOWN_IDENTITY);
}

TEST_CASE("lines");

TEST(a_map_of_many_lines)
{
    enum { N = 1000 };
    char *text = calloc(N, 100);
    size_t size = 0;

    for (int i = 0; i < N; i++)
        size += (size_t)sprintf(text + size, "user%d " A " note=%d\n", i, i);
    MAP_AUTO *map = parse(text);
    ck_assert_uint_eq(map_count(map), N);
    for (size_t i = 0; i < N; i++) {
        ck_assert_uint_eq(map_at(map, i)->number, i + 1);
        ck_assert_uint_eq(strtoul(map_at(map, i)->note, NULL, 10), i);
    }
    free(text);
}

TEST_CASE("file");

TEST(files)
{
    char *dir = scratch_dir("map"), *path = scratch_path(dir, "idinqr.map");
    struct diag diag = {.text = ""};
    struct map *map = NULL;

    ck_assert_int_eq(map_read(path, &map, &diag), IDQ_MAP);
    ck_assert_int_eq(diag.error, ENOENT);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), path));
    scratch_write(path, 0644, family);
    ck_assert_int_eq(map_read(path, &map, &diag), 0);
    ck_assert_uint_eq(map_count(map), 5);
    map_free(&map);
    ck_assert_ptr_null(map);
    map_free(&map);
    map_free(NULL);
    scratch_write(path, 0666, family);
    ck_assert_int_eq(map_read(path, &map, &diag), IDQ_MAP);
    ck_assert_int_eq(diag.error, EPERM);
    scratch_write(path, 0644, "alice\n");
    ck_assert_int_eq(map_read(path, &map, &diag), IDQ_MAP);
    ck_assert_int_eq(diag.error, 0);
    ck_assert_str_eq(diag.file, path);
    ck_assert_uint_eq(diag.line, 1);
}

TEST(a_file_of_the_greatest_size)
{
    char *dir = scratch_dir("map"), *path = scratch_path(dir, "idinqr.map");
    char *text = malloc(MAP_SIZE_MAX + 2);
    struct diag diag;
    struct map *map = NULL;

    memset(text, '#', MAP_SIZE_MAX + 2);
    text[MAP_SIZE_MAX - 1] = '\n';
    text[MAP_SIZE_MAX] = '\0';
    scratch_write(path, 0600, text);
    ck_assert_int_eq(map_read(path, &map, &diag), 0);
    map_free(&map);
    memcpy(text + MAP_SIZE_MAX, "\n", 2);
    scratch_write(path, 0600, text);
    ck_assert_int_eq(map_read(path, &map, &diag), IDQ_MAP);
    ck_assert_int_eq(diag.error, EFBIG);
    free(text);
}

/* The host's own zone does not count: by these, it is another day than in UTC, all day long. */
static const char *const zones[] = {"UTC", "AAA-14", "BBB+12", "CCC-24"};

TEST_CASE("verdict");

LOOP_TEST(today, ARRAY_LENGTH(zones))
{
    char day[11], before[11], after[11];
    time_t now = time(NULL);
    struct map_line line = {.expires = day};

    ck_assert_int_eq(setenv("TZ", zones[_i], 1), 0);
    tzset();
    /* Midnight may pass between two looks at the clock. */
    strftime(before, sizeof before, "%Y-%m-%d", gmtime(&now));
    map_today(day);
    now = time(NULL);
    strftime(after, sizeof after, "%Y-%m-%d", gmtime(&now));
    ck_assert(strcmp(day, before) == 0 || strcmp(day, after) == 0);
    ck_assert_int_eq(map_line_is_current(&line, day), 1);
}

RUN_TESTS("map", NULL);
