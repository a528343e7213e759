/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs util-linux's real su, with the real module in its /etc/pam.d/su. su opens the account that
 * its user asks for, even if a module changes PAM_USER. So the module must refuse all other
 * persons. Needs root, for a private machine (namespace.h). */
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/fixture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Anna is enrolled for both accounts. */
static const char *const enrolled[] = {"--enroll", "alice=anna", "--enroll", "bob=bram",
                                       "--enroll", "bob=anna",   NULL};

static const char command[] = "su bob -c 'echo I am $(id -un), not $LOGNAME'";

static void
start(struct fixture *ret_fixture, const char *user)
{
    fixture_open(ret_fixture,
                 &(struct fixture_options){.user = user, .service = "su", .sandbox = enrolled});
}

TEST_CASE("su", .timeout_s = 90);

/* That an identity serves several accounts is no question where the host has named one. */
LOOP_TEST(test_right_person, 2)
{
    static const char *const people[] = {"bram", "anna"};
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "alice");
    session_type(fixture.terminal, command);
    pty_must_show(fixture.terminal, "as bob (su)", SESSION_WAIT_MS);
    session_approve(&fixture.desk, fixture.terminal, people[_i]);
    pty_must_show(fixture.terminal, "Welcome, bob.", SESSION_WAIT_MS);
    pty_must_show(fixture.terminal, "I am bob, not bob", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 0);
    ck_assert(!screen_shows(pty_screen(fixture.terminal), "You can log in as"));
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    session_wait_log("service=su account=bob ");
    processes_must_end(PROCESSES_LEAVE_MS);
}

/* Bram is enrolled, but not for alice's account. */
TEST(test_wrong_person)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "bob");
    session_type(fixture.terminal, "su alice -c 'id -un'");
    session_approve(&fixture.desk, fixture.terminal, "bram");
    pty_must_show(fixture.terminal, "does not open this account", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 1);
    ck_assert(strstr(screen_text(pty_screen(fixture.terminal)), "\nalice\n") == NULL);
    ck_assert_int_eq(session_wait_log("outcome=wrong-person"), 1);
    session_wait_log("service=su account=alice ");
    processes_must_end(PROCESSES_LEAVE_MS);
}

/* What the command prints goes elsewhere; the code does not. */
TEST(test_redirected)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "alice");
    session_type(fixture.terminal, "su bob -c 'id -un' >out");
    session_approve(&fixture.desk, fixture.terminal, "bram");
    pty_must_show(fixture.terminal, "Welcome, bob.", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 0);
    session_type(fixture.terminal, "echo \"out: $(cat out).\"");
    pty_must_show(fixture.terminal, "out: bob.", SESSION_WAIT_MS);
    processes_must_end(PROCESSES_LEAVE_MS);
}

/* With both of its outputs redirected, su cannot show a code, so the module refuses at once. */
TEST(test_redirected_wholly)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "alice");
    session_type(fixture.terminal, "su bob -c 'id -un' >out 2>&1");
    ck_assert_int_eq(session_wait_status(fixture.terminal), 1);
    session_type(fixture.terminal, "cat out");
    pty_must_show(fixture.terminal, "No code can be shown here.", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_log("outcome=no-display"), 1);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 0);
}

/* The caller of su may end it, and nothing else: who could stop the process behind it could keep
 * it, and the agent, for ever. */
TEST(test_caller_cannot_stop_watcher)
{
    FIXTURE_AUTO fixture = {0};
    char stop[32];

    start(&fixture, "alice");
    session_type(fixture.terminal, command);
    session_scan(fixture.terminal);
    pid_t su = processes_find(pty_pid(fixture.terminal), "su");
    pid_t watcher = processes_find(su, "su");
    ck_assert_int_gt(su, 0);
    ck_assert_int_gt(watcher, 0);
    struct pty *second = session_start("alice");
    snprintf(stop, sizeof stop, "kill -STOP %d", watcher);
    session_type(second, stop);
    pty_must_show(second, "Operation not permitted", SESSION_WAIT_MS);
    snprintf(stop, sizeof stop, "kill -KILL %d", su);
    session_type(second, stop);
    ck_assert_int_eq(session_wait_status(second), 0);
    pty_free(&second);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 128 + SIGKILL);
    processes_must_end(PROCESSES_LEAVE_MS);
    fixture_backend_must_know(&fixture);
}

RUN_TESTS("su", session_why_not("/bin/su"));
