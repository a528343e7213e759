/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs pamtester, an application that the module does not know. With a terminal, it logs in like
 * any other application. Without a terminal no person would see a code, so the module fails at
 * once. Needs root, for a private machine (namespace.h). */
#include "tests/harness/child.h"
#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/fixture.h"
#include "tests/harness/scratch.h"

#include <string.h>

static void
start(struct fixture *ret_fixture, const char *options)
{
    fixture_open(ret_fixture,
                 &(struct fixture_options){.user = "root", .service = "desk", .module = options});
}

TEST_CASE("pamtester", .timeout_s = 90);

/* The code is a message of several kilobytes. Linux-PAM names a limit of 512 bytes, but does not
 * enforce it. */
TEST(test_with_terminal)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "");
    session_type(fixture.terminal, "pamtester desk alice authenticate setcred acct_mgmt");
    session_approve(&fixture.desk, fixture.terminal, "anna");
    pty_must_show(fixture.terminal, "successfully authenticated", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 0);
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    session_wait_log("service=desk account=alice ");
    processes_must_end(PROCESSES_LEAVE_MS);
}

/* Ctrl-D, or an input that ends: Linux-PAM's own conversation says that all went well, and has no
 * answer. */
LOOP_TEST(test_end_of_input, 2)
{
    static const char *const commands[] = {"pamtester desk alice authenticate",
                                           "pamtester desk alice authenticate </dev/null"};
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "prompt=enter");
    session_type(fixture.terminal, commands[_i]);
    pty_must_show(fixture.terminal, "then press Enter", SESSION_WAIT_MS);
    if (_i == 0)
        pty_answer(fixture.terminal, TERMINAL_CTRL_D, SESSION_WAIT_MS);
    pty_must_show(fixture.terminal, "Conversation error", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 1);
    ck_assert_int_eq(session_wait_log("outcome=conversation"), 1);
    processes_must_end(PROCESSES_LEAVE_MS);
    fixture_backend_must_know(&fixture);
}

/* An account without an enrolled identity: the module says so before it contacts the backend. */
TEST(test_not_enrolled)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "");
    session_type(fixture.terminal, "pamtester desk bob authenticate");
    pty_must_show(fixture.terminal, "is not set up for this account", SESSION_WAIT_MS);
    ck_assert_int_ne(session_wait_status(fixture.terminal), 0);
    ck_assert_int_eq(session_wait_log("outcome=not-enrolled"), 1);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 0);
}

/* setsid starts a new session, which has no terminal. */
TEST(test_without_terminal)
{
    static const char *const argv[] = {"setsid", "pamtester",    "desk",
                                       "alice",  "authenticate", NULL};
    FIXTURE_AUTO fixture = {0};
    char line[200];

    start(&fixture, "");
    struct child *pamtester = child_start(argv, "/var/log/pamtester");
    /* It writes what the module says, and ends. */
    ck_assert(child_read_line(pamtester, line, sizeof line, SESSION_WAIT_MS));
    ck_assert_msg(strstr(line, "No code can be shown here.") != NULL, "%s", line);
    ck_assert_int_eq(session_wait_log("outcome=no-display"), 1);
    while (child_read_line(pamtester, line, sizeof line, SESSION_WAIT_MS))
        ;
    ck_assert_int_eq(child_stop(&pamtester, SESSION_WAIT_MS), 1);
    char *errors = scratch_read("/var/log/pamtester");
    ck_assert_msg(strstr(errors, "cannot retrieve authentication info") != NULL, "%s", errors);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
}

RUN_TESTS("pamtester", session_why_not("/usr/bin/pamtester"));
