/* SPDX-License-Identifier: BSD-3-Clause */
/* Which terminals and hosts count as this machine, on both sides of each limit. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/login/application.h"

#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"

#include <string.h>

static const struct {
    const char *require, *tty, *rhost;
    int is_local;
} rows[] = {
    {"any", "", "client.example", 1},
    {"any", "pts/3", "", 1},
    {"local", "tty1", "", 1},
    {"local", "tty9", "", 1},
    {"local", "tty10", "", 1},
    {"local", "tty63", "", 1},
    {"local", "/dev/tty1", "", 1},
    {"local", "tty64", "", 0},
    {"local", "tty100", "", 0},
    {"local", "tty0", "", 0},
    {"local", "tty01", "", 0},
    {"local", "tty", "", 0},
    {"local", "tty1x", "", 0},
    {"local", "tty-1", "", 0},
    {"local", "xtty1", "", 0},
    {"local", "/dev//tty1", "", 0},
    {"local", "/tty1", "", 0},
    {"local", "/dev/pts/1", "", 0},
    {"local", "console", "", 0},
    {"local", "ttyS0", "", 0},
    {"local", ":0", "", 0},
    {"local", "", "", 0},
    {"local", "/dev/", "", 0},
    {"local", "tty1", "client.example", 0},
    {"local", "tty1", "localhost", 0},
    {"local ttyS0", "ttyS0", "", 1},
    {"local ttyS0", "/dev/ttyS0", "", 1},
    {"local ttyS0", "tty1", "", 1},
    {"local ttyS0", "ttyS", "", 0},
    {"local ttyS0", "ttyS01", "", 0},
    {"local ttyS0", "S0", "", 0},
    {"local ttyS0", "ttyS0", "client.example", 0},
    {"local ttyS0  ttyUSB1 console", "ttyUSB1", "", 1},
    {"local ttyS0  ttyUSB1 console", "console", "", 1},
    {"local ttyS0  ttyUSB1 console", "ttyS0  ttyUSB1", "", 0},
    {"local ttyS0  ttyUSB1 console", "local", "", 0},
};

TEST_CASE("places");

LOOP_TEST(a_place, ARRAY_LENGTH(rows))
{
    struct diag diag = {.text = ""};
    int result = place_check(rows[_i].require, rows[_i].tty, rows[_i].rhost, &diag);

    ck_assert_int_eq(result, rows[_i].is_local ? 0 : IDQ_NOT_LOCAL);
    ck_assert_int_eq(diag.text[0] == '\0', rows[_i].is_local);
    /* The names of host and terminal are fields of the log already. */
    ck_assert_ptr_null(strstr(diag.text, "client.example"));
}

RUN_TESTS("place", NULL);
