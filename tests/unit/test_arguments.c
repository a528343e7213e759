/* SPDX-License-Identifier: BSD-3-Clause */
/* The module's arguments: each alone, twice, wrong, and what they do to a configuration. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/config/config.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/sample_config.h"
#include "tests/unit/diag_line.h"

#include <string.h>

#define MOST 8

static int
parse(const char *const *words, struct arguments *ret_arguments, struct diag *ret_diag)
{
    const char *argv[MOST] = {NULL};
    int argc = 0;

    ret_diag->text[0] = '\0';
    while (words[argc]) {
        argv[argc] = words[argc];
        argc++;
    }
    return arguments_parse(argc, argv, ret_arguments, ret_diag);
}

TEST_CASE("parse");

TEST(none_is_fine)
{
    struct arguments arguments;
    struct diag diag;

    ck_assert_int_eq(arguments_parse(0, NULL, &arguments, &diag), 0);
    ck_assert_ptr_null(arguments.conf);
    ck_assert_int_eq(arguments.debug, 0);
    ck_assert_int_eq(arguments.n_overrides, 0);
}

TEST(all_of_them)
{
    const char *const words[] = {"language=nl",  "conf=/etc/other.conf", "timeout=30", "debug",
                                 "display=half", "prompt=enter",         NULL};
    struct arguments arguments;
    struct diag diag;

    ck_assert_int_eq(parse(words, &arguments, &diag), 0);
    ck_assert_str_eq(arguments.conf, "/etc/other.conf");
    ck_assert_int_eq(arguments.debug, 1);
    ck_assert_int_eq(arguments.n_overrides, 4);
    ck_assert_str_eq(arguments.overrides[0], "language=nl");
    ck_assert_str_eq(arguments.overrides[1], "timeout=30");
    ck_assert_str_eq(arguments.overrides[2], "display=half");
    ck_assert_str_eq(arguments.overrides[3], "prompt=enter");
}

#define UNKNOWN(word) "module argument " word " is unknown, or has an invalid value"
#define TWICE(word)   "module argument " word " is given twice"

static const struct {
    const char *words[MOST];
    const char *diag;
} refused[] = {
    {{""}, UNKNOWN("")},
    {{"Debug"}, UNKNOWN("Debug")},
    {{"debug=1"}, UNKNOWN("debug=1")},
    {{"debug "}, UNKNOWN("debug ")},
    {{"nodelay"}, UNKNOWN("nodelay")},
    {{"timeout"}, UNKNOWN("timeout")},
    {{"timeouts=30"}, UNKNOWN("timeouts=30")},
    {{"conf"}, UNKNOWN("conf")},
    {{"conf="}, UNKNOWN("conf=")},
    {{"conf=idinqr.conf"}, UNKNOWN("conf=idinqr.conf")},
    {{"conf=../idinqr.conf"}, UNKNOWN("conf=../idinqr.conf")},
    /* What is in the files may not be moved into /etc/pam.d, which everyone can read. */
    {{"merchant_token=abc"}, UNKNOWN("merchant_token=abc")},
    {{"agent=/bin/sh"}, UNKNOWN("agent=/bin/sh")},
    {{"map=/tmp/map"}, UNKNOWN("map=/tmp/map")},
    {{"debug", "debug"}, TWICE("debug")},
    {{"conf=/a", "conf=/b"}, TWICE("conf=/b")},
    {{"timeout=30", "debug", "timeout=30"}, TWICE("timeout=30")},
    {{"display=url", "display=half"}, TWICE("display=half")},
    {{"prompt=wait", "prompt=enter"}, TWICE("prompt=enter")},
    {{"invert=yes"}, UNKNOWN("invert=yes")},
    {{"language=nl", "language="}, TWICE("language=")},
    {{"timeout=30", "time"}, UNKNOWN("time")}, /* not the same one */
    {{"timeout=30", "\033[2Jnonsense"}, UNKNOWN("?[2Jnonsense")},
};

LOOP_TEST(anything_else_is_refused, ARRAY_LENGTH(refused))
{
    struct arguments arguments;
    struct diag diag;

    ck_assert_int_eq(parse(refused[_i].words, &arguments, &diag), IDQ_CONFIG);
    ck_assert_str_eq(diag_line(&diag), refused[_i].diag);
}

TEST(a_long_one_is_cut_in_the_log)
{
    char word[10001];
    const char *words[] = {word, NULL};
    struct arguments arguments;
    struct diag diag;

    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    ck_assert_int_eq(parse(words, &arguments, &diag), IDQ_CONFIG);
    ck_assert_uint_lt(strlen(diag_line(&diag)), 150);
}

TEST_CASE("apply");

TEST(they_win_over_the_files)
{
    const char *const words[] = {"timeout=30",   "language=nl", "display=url",
                                 "prompt=enter", "debug",       NULL};
    char *dir = scratch_dir("arguments");
    CONFIG_AUTO *config = sample_config(dir, "timeout = 60\n"
                                             "language = en\n"
                                             "display = half\n"
                                             "[service:test]\n"
                                             "timeout = 90\n");
    struct arguments arguments;
    struct diag diag;

    ck_assert_int_eq(config->timeout_s, 90);
    ck_assert_int_eq(parse(words, &arguments, &diag), 0);
    ck_assert_int_eq(arguments_apply(&arguments, config, &diag), 0);
    ck_assert_int_eq(config->timeout_s, 30);
    ck_assert_int_eq(config->language, CONFIG_LANGUAGE_NL);
    ck_assert_int_eq(config->display, DISPLAY_URL);
    ck_assert_int_eq(config->prompt, PROMPT_ENTER);
}

static const struct {
    const char *word, *diag;
} unusable[] = {
    {"timeout=", "module argument: timeout must be a whole number from 20 to 900"},
    {"timeout=19", "module argument: timeout must be a whole number from 20 to 900"},
    {"timeout=901", "module argument: timeout must be a whole number from 20 to 900"},
    {"timeout=30s", "module argument: timeout must be a whole number from 20 to 900"},
    {"timeout==30", "module argument: timeout must be a whole number from 20 to 900"},
    {"language=de", "module argument: language must be one of auto|nl|en"},
    {"display=", "module argument: display must be one of auto|half|cells|sextant|plain|url"},
    {"display=block", "module argument: display must be one of auto|half|cells|sextant|plain|url"},
    {"prompt=", "module argument: prompt must be one of auto|wait|enter"},
    {"prompt=yes", "module argument: prompt must be one of auto|wait|enter"},
};

LOOP_TEST(values_are_checked_like_a_files, ARRAY_LENGTH(unusable))
{
    const char *const words[] = {unusable[_i].word, NULL};
    char *dir = scratch_dir("arguments");
    CONFIG_AUTO *config = sample_config(dir, "timeout = 60");
    struct arguments arguments;
    struct diag diag;

    ck_assert_int_eq(parse(words, &arguments, &diag), 0);
    ck_assert_int_eq(arguments_apply(&arguments, config, &diag), IDQ_CONFIG);
    ck_assert_str_eq(diag_line(&diag), unusable[_i].diag);
    ck_assert_int_eq(config->timeout_s, 60);
}

RUN_TESTS("arguments", NULL);
