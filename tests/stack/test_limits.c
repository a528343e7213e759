/* SPDX-License-Identifier: BSD-3-Clause */
/* `require` and the limits on tries, through the real libpam and the real module: what PAM returns,
 * what the person reads, what the log names, and that no agent ran for a login that is refused. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/runner.h"
#include "tests/harness/syslog_capture.h"
#include "tests/harness/scratch.h"
#include "tests/stack/fake_desk.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* One login of the account; `tty` and `rhost` may be NULL. */
static int
log_in(const struct fake_desk *desk, const char *account, const char *tty, const char *rhost,
       const char *sentence)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    pam_handle_t *pamh = fake_desk_start(desk, stack, "desk", account, tty);
    char *shown;
    int code;

    ck_assert_int_eq(pam_set_item(pamh, PAM_RHOST, rhost), PAM_SUCCESS);
    code = login_stack_authenticate(stack, 0);
    shown = login_stack_text(stack);
    ck_assert_msg(strstr(shown, sentence), "%s\nin place of\n%s", shown, sentence);
    return code;
}

static void
must_have_logged(const char *text)
{
    char *log = syslog_capture_text();

    ck_assert_msg(strstr(log, text) != NULL, "%s\nin place of\n%s", log, text);
}

#define ONLY_HERE "You can log in with iDIN only at this machine itself."
#define TOO_MANY  "Too many codes were requested and not used."

static const struct {
    const char *lines, *tty, *rhost;
    int code;
} places[] = {
    {"require = local", "tty2", NULL, PAM_SUCCESS},
    {"require = local", "/dev/tty2", "", PAM_SUCCESS},
    {"require = local ttyS0", "/dev/ttyS0", NULL, PAM_SUCCESS},
    {"require = any", "/dev/pts/0", "client.example", PAM_SUCCESS},
    {"require = local", "/dev/pts/0", NULL, PAM_AUTHINFO_UNAVAIL},
    {"require = local", "ssh", NULL, PAM_AUTHINFO_UNAVAIL},
    {"require = local", "/dev/tty2", "client.example", PAM_AUTHINFO_UNAVAIL},
    {"require = local", "/dev/ttyS0", NULL, PAM_AUTHINFO_UNAVAIL},
    {"require = local", NULL, NULL, PAM_AUTHINFO_UNAVAIL},
    {"[service:desk]\nrequire = local", ":0", NULL, PAM_AUTHINFO_UNAVAIL},
    {"[service:other]\nrequire = local", ":0", NULL, PAM_SUCCESS},
};

#define N_PLACES ((int)ARRAY_LENGTH(places))

TEST_CASE("place");

LOOP_TEST(a_place, N_PLACES)
{
    FAKE_DESK_AUTO desk;
    int is_open = places[_i].code == PAM_SUCCESS;
    char *lines;

    /* No test has a virtual console: the code goes to an application that shows messages itself. */
    lines = scratch_text("prompt = wait\n%s", places[_i].lines);
    fake_desk_open(&desk, "start+qr+result", "alice", lines);
    ck_assert_int_eq(log_in(&desk, "alice", places[_i].tty, places[_i].rhost,
                            is_open ? "Welcome, alice." : ONLY_HERE),
                     places[_i].code);
    must_have_logged(is_open ? "outcome=verified" : "outcome=not-local");
}

TEST_CASE("tries");

/* Refused tries count, successes do not; the accounts and the total each have a limit, and logins
 * from another host do not use up a desk's. */
TEST(tries, .why_not = geteuid() == 0 ? NULL : "only applications with root's rights are counted")
{
    FAKE_DESK_AUTO refusing, admitting;
    const char *limits = "prompt = wait\ntries_per_account = 2\ntries_in_all = 3";

    fake_desk_open(&refusing, "start+qr+refused", "alice", limits);
    fake_desk_enroll(&refusing, "bob");
    fake_desk_enroll(&refusing, "carol");
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(log_in(&refusing, "alice", "none", "client.example", "You stopped or"),
                         PAM_AUTH_ERR);
    ck_assert_int_eq(log_in(&refusing, "alice", "none", "client.example", TOO_MANY),
                     PAM_AUTHINFO_UNAVAIL);
    must_have_logged("outcome=too-many-tries");
    must_have_logged(": tries_per_account, 2, is reached; removing this file resets it");
    ck_assert_int_eq(log_in(&refusing, "bob", "none", "client.example", "You stopped or"),
                     PAM_AUTH_ERR);
    ck_assert_int_eq(log_in(&refusing, "carol", "none", "client.example", TOO_MANY),
                     PAM_AUTHINFO_UNAVAIL);
    must_have_logged(": tries_in_all, 3, is reached; removing this file resets it");
    ck_assert_int_eq(log_in(&refusing, "alice", "none", NULL, "You stopped or"), PAM_AUTH_ERR);

    fake_desk_open(&admitting, "start+qr+result", "alice", limits);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(log_in(&admitting, "alice", "none", NULL, "Welcome, alice."), PAM_SUCCESS);
}

/* Nothing is paid for a code that was never made, and no one is locked out by an outage. */
TEST(tries_without_a_code,
     .why_not = geteuid() == 0 ? NULL : "only applications with root's rights are counted")
{
    FAKE_DESK_AUTO failing, refusing;
    const char *limits = "prompt = wait\ntries_per_account = 2\ntries_in_all = 3";

    fake_desk_open(&failing, "start+unreachable", "alice", limits);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(log_in(&failing, "alice", "none", NULL, "cannot be reached"),
                         PAM_AUTHINFO_UNAVAIL);
    fake_desk_open(&refusing, "start+qr+refused", "alice", limits);
    ck_assert_int_eq(log_in(&refusing, "alice", "none", NULL, "You stopped or"), PAM_AUTH_ERR);
}

RUN_TESTS("limits", agent_user_why_not());
