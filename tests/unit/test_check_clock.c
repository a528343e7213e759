/* SPDX-License-Identifier: BSD-3-Clause */
/* What `idinqr check` makes of this machine's clock, in a program that has its own: it defines
 * libc's functions in libc's place. Needs no rights. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/tool/check.h"
#include "tests/harness/runner.h"

#include <string.h>
#include <sys/timex.h>
#include <time.h>

enum { IN_1970 = 60, IN_2026 = 1767225600 };

static time_t now;
static int kernel_state;

time_t
time(time_t *ret_time)
{
    if (ret_time)
        *ret_time = now;
    return now;
}

int
adjtimex(struct timex *state)
{
    ck_assert_uint_eq(state->modes, 0); /* asks, and sets nothing */
    return kernel_state;
}

static const struct {
    time_t now;
    int state;
    const char *root, *kind; /* "" for none */
} clocks[] = {
    {IN_2026, TIME_OK, "", ""},
    {IN_2026, TIME_INS, "", ""}, /* a leap second is due */
    {IN_2026, TIME_ERROR, "", "clock-unsynchronised"},
    {IN_1970, TIME_OK, "", "clock"},
    {IN_1970, TIME_ERROR, "", "clock"},
    {IN_1970, TIME_ERROR, "/another/machine", ""},
};

TEST_CASE("clocks");

LOOP_TEST(a_clock, ARRAY_LENGTH(clocks))
{
    struct check check = {.root = clocks[_i].root};

    now = clocks[_i].now;
    kernel_state = clocks[_i].state;
    check_clock(&check);
    ck_assert_uint_eq(check.findings.n, clocks[_i].kind[0] ? 1 : 0);
    if (check.findings.n > 0)
        ck_assert_str_eq(finding_describe(check.findings.list[0].kind)->name, clocks[_i].kind);
    findings_free(&check.findings);
}

RUN_TESTS("check_clock", NULL);
