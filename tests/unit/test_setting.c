/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the values that a keyword of idinqr.conf may have: each kind, on both sides of each limit.
 * An error text never repeats a rejected value. Pure. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/setting.h"
#include "tests/harness/runner.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT,
    SHORT_TEXT,
    PATH,
    URL,
    PROXY,
    PIN,
    HOSTS,
    NUMBER,
    NEGATIVE,
    CHOICE,
    REQUIRE,
    SECRET,
    PASSWORD,
    KEY,
    ON_OFF
};

#define HASH "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static const struct setting settings[] = {
    [TEXT] = {.keyword = "text", .kind = SETTING_TEXT},
    [SHORT_TEXT] = {.keyword = "short_text", .kind = SETTING_TEXT, .most = 4},
    [PATH] = {.keyword = "path", .kind = SETTING_PATH},
    [URL] = {.keyword = "url", .kind = SETTING_URL, .most = 4},
    [PROXY] = {.keyword = "proxy", .kind = SETTING_PROXY},
    [PIN] = {.keyword = "pin", .kind = SETTING_PIN, .most = 127},
    [HOSTS] = {.keyword = "hosts", .kind = SETTING_HOSTS, .most = 300},
    [NUMBER] = {.keyword = "number", .kind = SETTING_NUMBER, .least = 20, .most = 900},
    [NEGATIVE] = {.keyword = "zero", .kind = SETTING_NUMBER, .most = 999999},
    [CHOICE] = {.keyword = "choice", .kind = SETTING_CHOICE, .choices = "auto|half|url"},
    [REQUIRE] = {.keyword = "require", .kind = SETTING_REQUIRE, .most = 20},
    [SECRET] = {.keyword = "secret", .kind = SETTING_SECRET, .most = 8},
    [PASSWORD] = {.keyword = "password", .kind = SETTING_SECRET, .most = 8, .may_have_blanks = 1},
    [KEY] = {.keyword = "key", .kind = SETTING_SECRET, .least = 4, .most = 8},
    [ON_OFF] = {.keyword = "switch", .kind = SETTING_SWITCH, .choices = "no|yes"},
    {.keyword = NULL},
};

static const struct {
    int setting;
    const char *value;
    int is_good;
} rows[] = {
    {TEXT, "", 1},
    {TEXT, "Balie 3", 1},
    {TEXT, "caf\xC3\xA9", 1},
    {TEXT, "a\tb", 0},
    {TEXT, "a\nb", 0},
    {TEXT, "\033[2J", 0},
    {TEXT, "\xC2\x85", 0},
    {TEXT, "\xC3", 0},
    {SHORT_TEXT, "abcd", 1},
    {SHORT_TEXT, "abcde", 0},
    {SHORT_TEXT, "\xC3\xA9\xC3\xA9\xC3\xA9", 0}, /* three characters, six bytes */

    {PATH, "/", 1},
    {PATH, "/etc/idinqr.map", 1},
    {PATH, "/with blank", 1},
    {PATH, "", 0},
    {PATH, "etc", 0},
    {PATH, "./etc", 0},
    {PATH, "~/map", 0},
    {PATH, "/a\nb", 0},

    {URL, "https://a.nl/longer/than/most", 1},
    {URL, "", 0},
    {URL, "http://a.nl/", 0},
    {URL, "https://u@a.nl/", 0},

    {PROXY, "http://proxy.nl:3128", 1},
    {PROXY, "https://proxy.nl:443", 1},
    {PROXY, "http://[::1]:3128", 1},
    {PROXY, "http://192.0.2.1:8080", 1},
    {PROXY, "", 0},
    {PROXY, "proxy.nl:3128", 0},
    {PROXY, "http://proxy.nl", 0}, /* libcurl would take 1080 */
    {PROXY, "http://proxy.nl:", 0},
    {PROXY, "http://proxy.nl:0", 0},
    {PROXY, "http://proxy.nl:65536", 0},
    {PROXY, "http://:3128", 0},
    {PROXY, "http://proxy.nl:3128/", 0},
    {PROXY, "http://proxy.nl:3128?x:1", 0},
    {PROXY, "http://user:word@proxy.nl:3128", 0},
    {PROXY, "http://user@proxy.nl:3128", 0},
    {PROXY, "http://user%40:3128", 0},
    {PROXY, "socks5h://proxy.nl:1080", 0},
    {PROXY, "file://proxy.nl:1080", 0},

    {PIN, HASH, 1},
    {PIN, HASH ";" HASH, 1},
    {PIN, "", 0},
    {PIN, "AAAA", 0},
    {PIN, "/etc/key.pem", 0},
    {PIN, "sha256//", 0},
    {PIN, "sha256//AAAA", 0},
    {PIN, HASH "A", 0},
    {PIN, HASH ";", 0},
    {PIN, ";" HASH, 0},
    {PIN, HASH "; " HASH, 0},
    {PIN, HASH ";" HASH ";" HASH, 0},

    {HOSTS, "a.nl", 1},
    {HOSTS, "a.nl b.nl:8443,[::1]:1", 1},
    {HOSTS, " , a.nl, ", 1},
    {HOSTS, "", 0},
    {HOSTS, " , ", 0},
    {HOSTS, "a.nl *.nl", 0},
    {HOSTS, "a.nl *", 0},
    {HOSTS, "https://a.nl", 0},
    {HOSTS, "a.nl/", 0},
    {HOSTS, "a.nl/x", 0},
    {HOSTS, "a.nl?x", 0},
    {HOSTS, "a.nl#x", 0},
    {HOSTS, "u@a.nl", 0},
    {HOSTS, "a.nl:0", 0},
    {HOSTS, "a.nl:", 0},
    {HOSTS, "::1", 0},
    {HOSTS, "[a.nl]", 0},
    {HOSTS, "a.nl;b.nl", 0},
    {HOSTS, "caf\xC3\xA9.nl", 0},

    {NUMBER, "20", 1},
    {NUMBER, "900", 1},
    {NUMBER, "000000020", 1},
    {NUMBER, "19", 0},
    {NUMBER, "901", 0},
    {NUMBER, "", 0},
    {NUMBER, "0000000020", 0},
    {NUMBER, "+20", 0},
    {NUMBER, "-20", 0},
    {NUMBER, " 20", 0},
    {NUMBER, "20 ", 0},
    {NUMBER, "20s", 0},
    {NUMBER, "0x20", 0},
    {NUMBER, "1e2", 0},
    {NUMBER, "20.0", 0},
    {NUMBER, "4294967316", 0}, /* 20 in 32 bits */
    {NUMBER, "18446744073709551636", 0},
    {NEGATIVE, "0", 1},
    {NEGATIVE, "999999", 1},
    {NEGATIVE, "1000000", 0},
    {NEGATIVE, "-0", 0},

    {CHOICE, "auto", 1},
    {CHOICE, "half", 1},
    {CHOICE, "url", 1},
    {CHOICE, "", 0},
    {CHOICE, "aut", 0},
    {CHOICE, "autos", 0},
    {CHOICE, "Auto", 0},
    {CHOICE, "auto|half", 0},
    {CHOICE, "|", 0},

    {REQUIRE, "any", 1},
    {REQUIRE, "local", 1},
    {REQUIRE, "local ttyS0", 1},
    {REQUIRE, "local  ttyS0 console", 1}, /* as long as it may be */
    {REQUIRE, "local ttyS0 ttyUSB12a", 0},
    {REQUIRE, "", 0},
    {REQUIRE, "anything", 0},
    {REQUIRE, "any ttyS0", 0},
    {REQUIRE, "ttyS0", 0},
    {REQUIRE, "locals", 0},
    {REQUIRE, "local ", 0},
    {REQUIRE, "local,ttyS0", 0},
    {REQUIRE, "local /dev/ttyS0", 0},
    {REQUIRE, "local pts/0", 0},

    {SECRET, "a", 1},
    {SECRET, "!~345678", 1},
    {SECRET, "", 0},
    {SECRET, "123456789", 0},
    {SECRET, "a b", 0},
    {SECRET, "a\n", 0},
    {SECRET, "\xC3\xA9", 0},
    {PASSWORD, "a b", 1}, /* RFC 6749 A.2 */
    {PASSWORD, "a\t", 0},
    {PASSWORD, "\xC3\xA9", 0},

    {ON_OFF, "no", 1},
    {ON_OFF, "yes", 1},
    {ON_OFF, "on", 0},

    {KEY, "", 0},
    {KEY, "123", 0},
    {KEY, "1234", 1},
    {KEY, "123456789", 0},
};

TEST_CASE("check");

LOOP_TEST(values, ARRAY_LENGTH(rows))
{
    const struct setting *setting = &settings[rows[_i].setting];
    char reason[300] = "untouched";
    int result = setting_check(setting, rows[_i].value, reason, sizeof reason);

    ck_assert_msg(result == (rows[_i].is_good ? 0 : -1), "%s = \"%s\": %d", setting->keyword,
                  rows[_i].value, result);
    if (rows[_i].is_good)
        ck_assert_str_eq(reason, "untouched");
    else
        ck_assert_msg(strncmp(reason, "must be ", 8) == 0, "%s", reason);
}

TEST(sizes)
{
    const struct {
        int setting;
        const char *start;
        size_t most;
    } limits[] = {
        {TEXT, "", 255},       {PATH, "/", 255}, {URL, "https://a.nl/", 2048},
        {HOSTS, "a.nl,", 300}, {SECRET, "", 8},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++)
        for (size_t over = 0; over <= 1; over++) {
            char value[2100], reason[300];
            size_t size = limits[i].most + over;

            memset(value, 'x', size);
            memcpy(value, limits[i].start, strlen(limits[i].start));
            if (limits[i].setting == HOSTS) /* two hosts, neither of them too long */
                value[200] = ',';
            value[size] = '\0';
            ck_assert_msg(setting_check(&settings[limits[i].setting], value, reason,
                                        sizeof reason) == (over ? -1 : 0),
                          "%s of %zu bytes", settings[limits[i].setting].keyword, size);
        }
}

/* It may be a secret that was written behind the wrong keyword. */
TEST(no_reason_repeats_the_value)
{
    for (int i = 0; settings[i].keyword; i++) {
        char reason[300], value[400];

        memset(value, 'y', sizeof value);
        memcpy(value, "hunter2\n", 8);
        value[sizeof value - 1] = '\0';
        ck_assert_msg(setting_check(&settings[i], value, reason, sizeof reason) == -1, "%s",
                      settings[i].keyword);
        ck_assert_msg(!strstr(reason, "hunter2"), "%s", reason);
    }
}

TEST(a_kind_that_nobody_knows_accepts_nothing)
{
    const struct setting setting = {.keyword = "x", .kind = (enum setting_kind)99};
    char reason[300];

    ck_assert_int_eq(setting_check(&setting, "x", reason, sizeof reason), -1);
}

/* A field of each kind; a table has an offset for each. */
struct fields {
    char before;
    int number;
    enum { AUTO, HALF, LINK } choice;
    bool is_on;
    const char *text;
    char after;
};

static const struct setting rows_of_fields[] = {
    {SETTING_ROW(struct fields, "number", NUMBER, number), .fallback = "30", .most = 900},
    {SETTING_ROW(struct fields, "choice", CHOICE, choice), .fallback = "half",
     .choices = "auto|half|url"},
    {SETTING_ROW(struct fields, "switch", SWITCH, is_on), .fallback = "yes", .choices = "no|yes"},
    {SETTING_ROW(struct fields, "text", TEXT, text)},
};

static struct fields
fill(const char *const texts[4])
{
    struct fields fields;

    memset(&fields, 0xAA, sizeof fields);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(setting_fill(&rows_of_fields[i], texts[i], &fields), 0);
    ck_assert_int_eq(fields.before, (char)0xAA);
    ck_assert_int_eq(fields.after, (char)0xAA);
    return fields;
}

TEST(each_kind_fills_its_field)
{
    static const char *const given[] = {"000000900", "url", "no", "a text"};
    static const char *const missing[4];
    struct fields fields = fill(given);

    ck_assert_int_eq(fields.number, 900);
    ck_assert_int_eq(fields.choice, LINK);
    ck_assert(!fields.is_on);
    ck_assert_ptr_eq(fields.text, given[3]);
    fields = fill(missing);
    ck_assert_int_eq(fields.number, 30);
    ck_assert_int_eq(fields.choice, HALF);
    ck_assert(fields.is_on);
    ck_assert_str_eq(fields.text, "");
    ck_assert_int_eq(setting_fill(&rows_of_fields[1], "aut", &fields), -1);
}

TEST_CASE("find");

TEST(a_setting_is_found_by_its_whole_name)
{
    ck_assert_int_eq(setting_find(settings, "text"), TEXT);
    ck_assert_int_eq(setting_find(settings, "secret"), SECRET);
    ck_assert_int_eq(setting_find(settings, "tex"), -1);
    ck_assert_int_eq(setting_find(settings, "texts"), -1);
    ck_assert_int_eq(setting_find(settings, "Text"), -1);
    ck_assert_int_eq(setting_find(settings, ""), -1);
}

RUN_TESTS("setting", NULL);
