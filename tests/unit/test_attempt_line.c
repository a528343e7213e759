/* SPDX-License-Identifier: BSD-3-Clause */
/* A line of the log, read back: what the module writes is understood whole, and what somebody else
 * wrote to look like it is not. Needs no rights. */
#include "pam_idinqr/audit/attempt_line.h"
#include "pam_idinqr/audit/audit.h"
#include "tests/harness/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HASH "idin1:Bm0Wt1IGvQRr8oSkYxgUSWMUhP3gPRz5Cxk0-1_KXBg"

START_TEST(what_the_module_writes)
{
    const struct audit audit = {
        .session = "0123456789abcdef",
        .service = "sudo",
        .account = "alice=bob \"x\"",
        .tty = "/dev/pts/1",
        .rhost = "desk.example",
        .uid = "1001",
        .loginuid = "1002",
        .provider = "idin-qr",
        .hash = HASH,
        .transaction = "0050000012345678",
        .outcome = IDQ_UNKNOWN_IDENTITY,
        .duration_ms = 12340,
        .detail = "a file: line 3 = \"wrong\"",
    };
    struct attempt attempt;
    char line[AUDIT_LINE_SIZE + 30] = "pam_idinqr(sudo:auth): ";

    audit_format(&audit, line + strlen(line), AUDIT_LINE_SIZE);
    ck_assert_int_eq(attempt_line_parse(line, &attempt), 0);
    ck_assert_str_eq(attempt.outcome, "unknown-identity");
    ck_assert_str_eq(attempt.session, "0123456789abcdef");
    ck_assert_str_eq(attempt.service, "sudo");
    ck_assert_str_eq(attempt.account, "alice?bob??x?");
    ck_assert_str_eq(attempt.tty, "/dev/pts/1");
    ck_assert_str_eq(attempt.rhost, "desk.example");
    ck_assert_str_eq(attempt.uid, "1001");
    ck_assert_str_eq(attempt.loginuid, "1002");
    ck_assert_str_eq(attempt.provider, "idin-qr");
    ck_assert_str_eq(attempt.identity, HASH);
    ck_assert_str_eq(attempt.transaction, "0050000012345678");
    ck_assert_str_eq(attempt.duration, "12.3s");
    ck_assert_str_eq(attempt.detail, "a file: line 3 = ?wrong?");
    ck_assert_str_eq(attempt.station, "");
    ck_assert_str_eq(attempt.issuer, "");
}
END_TEST

#define N "pam_idinqr(sudo:auth): "

static const struct {
    const char *text;
    const char *service; /* NULL: not a line of the module's */
} lines[] = {
    {N "outcome=verified service=sudo", "sudo"},
    {N "outcome=verified", ""},
    {"outcome=verified service=sudo", NULL},
    {N N "outcome=verified service=sudo", NULL},
    {N "outcome=verified station=\"Balie 3\" service=sudo", "sudo"},
    {N "outcome=verified uid=0 loginuid=1001 service=sudo", "sudo"},
    {N "outcome=verified uid=root service=sudo", NULL},
    {N "outcome=verified loginuid=0x1 service=sudo", NULL},
    {N "outcome=verified newer=x service=sudo", "sudo"},
    {N "outcome=verified detail=\"service=su\" service=sudo", "sudo"},
    {N "", NULL},
    {N "service=sudo outcome=verified", NULL},
    {N " outcome=verified", NULL},
    {N "asking session=0123456789abcdef service=sshd", NULL},
    {"pam_idinqr(sudo:auth): session=0123 agent: outcome=verified", NULL},
    {"pam_unix(sudo:auth): outcome=verified", NULL},
    {"pam_idinqr(su do:auth): outcome=verified", NULL},
    {"Invalid user pam_idinqr(sshd:auth): outcome=verified", NULL},
    {N "outcome=verified outcome=verified", NULL},
    {N "outcome=verified service=sudo service=su", NULL},
    {N "outcome=verified service=", NULL},
    {N "outcome=verified service=\"\"", NULL},
    {N "outcome=verified service", NULL},
    {N "outcome=verified =sudo", NULL},
    {N "outcome=verified  service=sudo", NULL},
    {N "outcome=verified service=sudo ", NULL},
    {N "outcome=verified service=a=b", NULL},
    {N "outcome=verified service=a\"b\"", NULL},
    {N "outcome=verified detail=\"open", NULL},
    {N "outcome=verified detail=\"a\"b", NULL},
    {N "outcome=verified service=su\033[2J", NULL},
    {N "outcome=verified service=su\nservice=sudo", NULL},
    {N "outcome=verified service=ren\xC3\xA9", NULL},
    {N "outcome=unknown-identity identity=idin1:short", NULL},
    {N "outcome=unknown-identity identity=" HASH "A", NULL},
    {N "outcome=unknown-identity service=login identity=" HASH, "login"},
};

START_TEST(what_is_a_line)
{
    struct attempt attempt = {.time_s = 1};
    char *text = strdup(lines[_i].text);
    int result = attempt_line_parse(text, &attempt);

    ck_assert_msg(result == (lines[_i].service ? 0 : -1), "'%s': %d", lines[_i].text, result);
    if (result == 0)
        ck_assert_str_eq(attempt.service, lines[_i].service);
    else
        ck_assert_msg(attempt.time_s == 1 && !attempt.outcome, "%s", lines[_i].text);
    free(text);
}
END_TEST

#define LINE "pam_idinqr(login:auth): outcome=refused service=login"
#define NOW  1795363200 /* 2026-11-22 16:00:00 UTC */

static const struct {
    const char *text;
    int64_t now_s, time_s; /* -1: not a line */
} times[] = {
    {"2026-11-22T16:00:00+00:00 balie login[1]: " LINE, NOW, NOW},
    {"2026-11-22T17:00:00.123456+01:00 balie login[1]: " LINE, NOW, NOW},
    {"2026-11-22T16:00:00Z balie login: " LINE, NOW, NOW},
    {"2026-11-22T16:00:00 balie login[1]: " LINE, NOW, -1}, /* where? */
    {"2026-11-22 16:00:00 balie login[1]: " LINE, NOW, -1},
    /* Amsterdam, as TZ says */
    {"Nov 22 17:00:00 balie login[1]: " LINE, NOW, NOW},
    {"Nov  2 17:00:00 balie login[1]: " LINE, NOW, NOW - 20 * 86400},
    {"Jul 22 18:00:00 balie login[1]: " LINE, NOW, NOW - 123 * 86400},
    {"Nov 23 16:00:00 balie login[1]: " LINE, NOW, NOW + 82800},
    {"Nov 24 17:00:00 balie login[1]: " LINE, NOW, NOW - 363 * 86400},
    {"Dec 31 23:59:00 balie login[1]: " LINE, 1798758000, 1798757940}, /* an hour before 2027 */
    {"Dec 31 23:59:00 balie login[1]: " LINE, 1798761600, 1798757940}, /* in 2027, in UTC */
    {"Jan  1 00:01:00 balie login[1]: " LINE, 1798757940, 1798758060}, /* a clock that is late */
    {"Nov 22 17:00:00 balie " LINE, NOW, -1},
    {"Nov 22 17:00:00 " LINE, NOW, -1},
    {"Nov 22 17:00:00 balie login[1] " LINE, NOW, -1},
    {"Nov 22 17:00:00 balie login[1]: x " LINE, NOW, -1},
    {"Nov 22 17:00:00  login[1]: " LINE, NOW, -1},
    {"Nov 22 17:00:00", NOW, -1},
    {"Nov 22 17:00:00 ", NOW, -1},
    {"Nov 22 17:00:00 balie", NOW, -1},
    {"Nov 22 17:00:00 balie login[1]:", NOW, -1},
    {"", NOW, -1},
};

START_TEST(what_time_it_was)
{
    struct attempt attempt;
    char *text = strdup(times[_i].text);

    ck_assert_int_eq(setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1), 0);
    tzset();
    int result = attempt_line_parse_syslog(text, times[_i].now_s, &attempt);
    ck_assert_msg(result == (times[_i].time_s >= 0 ? 0 : -1), "'%s': %d", times[_i].text, result);
    if (result == 0) {
        ck_assert_msg(attempt.time_s == times[_i].time_s, "'%s': %lld", times[_i].text,
                      (long long)attempt.time_s);
        ck_assert_str_eq(attempt.service, "login");
        ck_assert_int_eq(attempt.is_roots, 0);
    }
    free(text);
}
END_TEST

static Suite *
suite(void)
{
    Suite *suite = suite_create("attempt_line");
    TCase *all = tcase_create("lines");

    tcase_add_test(all, what_the_module_writes);
    tcase_add_loop_test(all, what_is_a_line, 0, (int)(sizeof lines / sizeof lines[0]));
    tcase_add_loop_test(all, what_time_it_was, 0, (int)(sizeof times / sizeof times[0]));
    suite_add_tcase(suite, all);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "attempt_line", suite, NULL);
}
