/* SPDX-License-Identifier: BSD-3-Clause */
/* Every way in which a login under the real logins, shadow's and util-linux's, is left before it is
 * decided: by its person, its terminal, its clock, or the death of one of its processes. After each
 * the login has ended, there is nothing of ours left, and the backend has been told where somebody
 * could still tell it. Needs root, for a machine of its own (namespace.h). */
#include "tests/harness/login_host.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/session.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char *const enrolled[] = {"--enroll", "alice=anna", NULL};

struct fixture {
    struct desk desk;
    struct pty *terminal;
    char *link; /* of the last code */
    pid_t agent;
};

static void
fixture_close(struct fixture *fixture)
{
    free(fixture->link);
    pty_free(&fixture->terminal);
    desk_close(&fixture->desk);
}

#define FIXTURE_AUTO __attribute__((cleanup(fixture_close))) struct fixture

/* login, which is its own session's leader; its code is on the screen. */
static void
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
    session_next_code(ret_fixture->terminal, &ret_fixture->link);
    ret_fixture->agent = processes_find(0, "idinqr-agent");
    ck_assert_int_gt(ret_fixture->agent, 0);
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

static void
qr_backend_must_know(const struct fixture *fixture)
{
    ck_assert_msg(qr_backend_wait_event(fixture->desk.backend, "cancel", 1, SESSION_WAIT_MS),
                  "the backend was not told");
}

TEST_CASE(NULL, LOGIN_HOSTS);

/* What a person at a desk expects of Ctrl-C, also where login itself ignores it: the end, at once,
 * and no second code. */
LOOP_TEST(test_keys, 2)
{
    static const char *const keys[] = {TERMINAL_CTRL_C, TERMINAL_CTRL_BACKSLASH};
    FIXTURE_AUTO fixture = {0};
    struct termios before, after;

    start(&fixture, "", 60);
    pty_modes(fixture.terminal, &before);
    pty_type(fixture.terminal, keys[_i]);
    pty_must_show(fixture.terminal, "Stopped.", SESSION_WAIT_MS);
    must_end_by_itself(&fixture);
    pty_modes(fixture.terminal, &after);
    ck_assert_mem_eq(&before, &after, sizeof before);
    qr_backend_must_know(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 1);
}

/* The signal was meant for login, and it is login's death: a shutdown, or whoever ends a session.
 */
LOOP_TEST(test_host_is_told_to_end, 2)
{
    static const struct {
        int number;
        const char *outcome;
    } signals[] = {{SIGTERM, "outcome=cancelled"}, {SIGHUP, "outcome=hangup"}};
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "", 60);
    ck_assert_int_eq(kill(pty_pid(fixture.terminal), signals[_i].number), 0);
    ck_assert_int_eq(wait_end(&fixture), 128 + signals[_i].number);
    qr_backend_must_know(&fixture);
    ck_assert_int_eq(session_wait_log(signals[_i].outcome), 1);
}

TEST(test_terminal_closes)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "", 60);
    pty_hang_up(fixture.terminal);
    wait_end(&fixture);
    qr_backend_must_know(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=hangup"), 1);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 1);
}

/* Nobody of ours is left in the host to do anything: the agent sees the end of its wire. */
TEST(test_host_is_killed)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "", 60);
    ck_assert_int_eq(kill(pty_pid(fixture.terminal), SIGKILL), 0);
    ck_assert_int_eq(wait_end(&fixture), 128 + SIGKILL);
    qr_backend_must_know(&fixture);
}

/* The agent, or the process that watches it, dies: this try fails, and login makes another. */
LOOP_TEST(test_agent_is_killed, 2)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "", 60);
    pid_t watcher = processes_find(pty_pid(fixture.terminal), "login");
    ck_assert_int_gt(watcher, 0);
    ck_assert_int_eq(kill(_i == 0 ? fixture.agent : watcher, SIGKILL), 0);
    pty_must_show(fixture.terminal, "stopped unexpectedly", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_log("outcome=agent"), 1);
    session_next_code(fixture.terminal, &fixture.link);
    ck_assert(pty_wait_gone(fixture.terminal, "as alice (login)", SESSION_WAIT_MS));
    pty_type(fixture.terminal, TERMINAL_CTRL_C);
    must_end_by_itself(&fixture);
    qr_backend_must_know(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 2);
}

/* One that does not answer is given its time to say goodbye, and then it is ended. */
TEST(test_agent_is_stuck)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "", 60);
    ck_assert_int_eq(kill(fixture.agent, SIGSTOP), 0);
    ck_assert(processes_wait_state(fixture.agent, 'T', SESSION_WAIT_MS));
    pty_type(fixture.terminal, TERMINAL_CTRL_C);
    pty_must_show(fixture.terminal, "Stopped.", SESSION_WAIT_MS);
    must_end_by_itself(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "cancel"), 0); /* nobody could */
}

/* login kills itself when its time is over, in the middle of whatever it does. The module knows
 * that time, tells it to the person, and ends before it with a word. */
TEST(test_timeout)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "", 15);
    pty_must_show(fixture.terminal, "Waiting for your bank, 0:0", SESSION_WAIT_MS);
    pty_must_show(fixture.terminal, "The time to log in is over.", SESSION_WAIT_MS);
    must_end_by_itself(&fixture);
    qr_backend_must_know(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=timeout"), 1);
    ck_assert(!screen_shows(pty_screen(fixture.terminal), "timed out"));
}

/* One budget for all tries: the second has what the first has left. Were the module to trust in
 * its own 120 seconds again, login's clock would strike first. */
TEST(test_timeout_over_tries)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "", 20);
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(fixture.desk.backend), "en");
    ck_assert_msg(phone_refuse(phone, fixture.link, "anna") == 200, "%s", phone_problem(phone));
    ck_assert_int_eq(session_wait_log("outcome=refused"), 1);
    ck_assert(qr_backend_wait_event(fixture.desk.backend, "generate", 2, SESSION_WAIT_MS));
    pty_must_show(fixture.terminal, "The time to log in is over.", SESSION_WAIT_MS);
    must_end_by_itself(&fixture);
    qr_backend_must_know(&fixture);
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
    qr_backend_must_know(&fixture);
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
    qr_backend_must_know(&fixture);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 1);
}

RUN_TESTS("login_leaving", session_why_not(NULL));
