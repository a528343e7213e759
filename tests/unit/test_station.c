/* SPDX-License-Identifier: BSD-3-Clause */
/* What a machine is called: the setting, else its host's name, else that it is this one. Host names
 * are given in a namespace of the test's own, which takes root. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/login/texts.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/sample_config.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *dir;

static void
make_dir(void)
{
    dir = scratch_dir("station");
}

TEST_CASE("any", .setup = make_dir);

TEST(a_station_has_a_name)
{
    char station[STATION_SIZE], host[65] = "", *dot;
    CONFIG_AUTO *named = sample_config(dir, "station = Balie 3");
    CONFIG_AUTO *unnamed = sample_config(dir, "");

    station_name(named, &text_idin_voices[LANGUAGE_NL], station, sizeof station);
    ck_assert_str_eq(station, "Balie 3");
    station_name(named, &text_idin_voices[LANGUAGE_NL], station, 4);
    ck_assert_str_eq(station, "Bal");
    ck_assert_int_eq(gethostname(host, sizeof host - 1), 0);
    dot = strchr(host, '.');
    if (dot)
        *dot = '\0';
    station_name(unnamed, &text_idin_voices[LANGUAGE_NL], station, sizeof station);
    ck_assert_str_eq(station, host);
}

TEST_CASE("hosts", .setup = make_dir,
          .why_not = geteuid() == 0 ? NULL : "only root may give a host a name");

/* Also one whose name is nothing but a domain, or would be obeyed by a terminal, or would look like
 * another one. */
TEST(a_machine_without_a_name)
{
    static const char *const names[] = {"",
                                        ".bank.example",
                                        "desk\033[2J\033[H",
                                        "desk\n3",
                                        "desk\xE2\x80\xAE"
                                        "3",
                                        "desk\xFF"};
    char station[STATION_SIZE];
    CONFIG_AUTO *unnamed = sample_config(dir, "");

    ck_assert_int_eq(unshare(CLONE_NEWUTS), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        ck_assert_int_eq(sethostname(names[i], strlen(names[i])), 0);
        station_name(unnamed, &text_idin_voices[LANGUAGE_NL], station, sizeof station);
        ck_assert_str_eq(station, "deze computer");
        station_name(unnamed, &text_idin_voices[LANGUAGE_EN], station, sizeof station);
        ck_assert_str_eq(station, "this machine");
    }
}

/* Without its domain; and the longest that Linux has, which is one byte longer than a station. */
TEST(a_machine_with_a_long_name)
{
    char station[STATION_SIZE], name[64];
    CONFIG_AUTO *unnamed = sample_config(dir, "");

    ck_assert_int_eq(unshare(CLONE_NEWUTS), 0);
    ck_assert_int_eq(sethostname("desk3.bank.example", 18), 0);
    station_name(unnamed, &text_idin_voices[LANGUAGE_EN], station, sizeof station);
    ck_assert_str_eq(station, "desk3");
    memset(name, 'd', sizeof name);
    ck_assert_int_eq(sethostname(name, sizeof name), 0);
    station_name(unnamed, &text_idin_voices[LANGUAGE_EN], station, sizeof station);
    ck_assert_uint_eq(strspn(station, "d"), STATION_SIZE - 1);
    ck_assert_uint_eq(strlen(station), STATION_SIZE - 1);
}

RUN_TESTS("station", NULL);
