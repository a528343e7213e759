/* SPDX-License-Identifier: BSD-3-Clause */
/* pamtester, a host of which the module knows nothing: with a terminal it is a login as any other;
 * without one nobody would see a code, and the module says so at once. Needs root, for a machine of
 * its own (namespace.h). */
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

/* The code is a message of some kilobytes: the 512 that Linux-PAM names are no limit of its own. */
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

/* An account with nobody enrolled: said before anything is asked of the backend. */
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

/* In a session of its own, so without a terminal. */
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
