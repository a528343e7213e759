/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests how a login under the real logins, shadow's and util-linux's, ends by login's own clock or
 * prompts. test_leaving.c tests the other ends. Afterwards the login has ended, no process of the
 * module is left, and the backend has been told. Needs root, for a private machine (namespace.h).
 */
#include "tests/harness/fixture.h"
#include "tests/harness/login_host.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"

#include <signal.h>
#include <string.h>

static const char *const enrolled[] = {"--enroll", "alice=anna", NULL};

/* login, which is its own session's leader; its code is on the screen. Returns the link, which the
 * caller frees. */
static char *
start(struct fixture *ret_fixture, const char *options, int timeout_s)
{
    static const char *const by_name[] = {"/bin/login", "alice", NULL};
    const struct terminal_options size = {.rows = 40, .columns = 100}; /* for one code */

    login_host_enter();
    login_host_define("LOGIN_TIMEOUT", timeout_s);
    desk_open(&ret_fixture->desk, enrolled);
    session_pam_service(&ret_fixture->desk, "login", options);
    processes_begin();
    ret_fixture->terminal = pty_start(by_name, NULL, &size);
    return session_scan(ret_fixture->terminal);
}

/* Waits for login's end; how it ended, as a shell says it. */
static int
wait_end(struct fixture *fixture)
{
    int status = pty_wait_exit(fixture->terminal, SESSION_WAIT_MS);

    ck_assert_msg(status >= 0, "login still runs");
    processes_must_end(PROCESSES_LEAVE_MS);
    return status;
}

static void
must_end_by_itself(struct fixture *fixture)
{
    ck_assert_int_lt(wait_end(fixture), 128);
}

TEST_CASE(NULL, LOGIN_HOSTS);

/* login kills itself when its time is over, in the middle of whatever it does. The module knows
 * that time, tells it to the person, and ends before it with a word. */
TEST(test_timeout)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "", 15);
    pty_must_show(fixture.terminal, "Waiting for your bank, 0:0", SESSION_WAIT_MS);
    pty_must_show(fixture.terminal, "The time to log in is over.", SESSION_WAIT_MS);
    must_end_by_itself(&fixture);
    fixture_backend_must_know(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=timeout"), 1);
    ck_assert(!screen_shows(pty_screen(fixture.terminal), "timed out"));
}

/* One budget for all tries: the second has what the first has left. Were the module to trust in
 * its own 120 seconds again, login's clock would strike first. */
TEST(test_timeout_over_tries)
{
    FIXTURE_AUTO fixture = {0};

    char *link = start(&fixture, "", 20);
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(fixture.desk.backend), "en");
    ck_assert_msg(phone_refuse(phone, link, "anna") == 200, "%s", phone_problem(phone));
    ck_assert_int_eq(session_wait_log("outcome=refused"), 1);
    ck_assert(qr_backend_wait_event(fixture.desk.backend, "generate", 2, SESSION_WAIT_MS));
    pty_must_show(fixture.terminal, "The time to log in is over.", SESSION_WAIT_MS);
    must_end_by_itself(&fixture);
    fixture_backend_must_know(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=timeout"), 2);
    ck_assert(!screen_shows(pty_screen(fixture.terminal), "timed out"));
}

/* In a prompt the time is login's own to keep. It is killed there, and the agent sees that. */
TEST(test_timeout_in_a_prompt)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "prompt=enter", 15);
    pty_must_show(fixture.terminal, "timed out after 15 seconds", SESSION_WAIT_MS);
    must_end_by_itself(&fixture);
    fixture_backend_must_know(&fixture);
}

/* And so are the keys: as at any other prompt of this login. */
TEST(test_ctrl_c_in_a_prompt)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "prompt=enter", 60);
    pty_must_show(fixture.terminal, "then press Enter", SESSION_WAIT_MS);
    pty_answer(fixture.terminal, TERMINAL_CTRL_C, SESSION_WAIT_MS);
    if (login_host()->ignores_keys) {
        pty_type(fixture.terminal, "\r");
        pty_must_show(fixture.terminal, "Not approved yet", SESSION_WAIT_MS);
        pty_answer(fixture.terminal, TERMINAL_CTRL_D, SESSION_WAIT_MS);
        must_end_by_itself(&fixture);
        ck_assert_int_eq(session_wait_log("outcome=conversation"), 1);
    } else {
        ck_assert_int_eq(wait_end(&fixture), 128 + SIGINT);
    }
    fixture_backend_must_know(&fixture);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 1);
}

RUN_TESTS("login_leaving", session_why_not(NULL));
