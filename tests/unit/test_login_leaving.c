/* SPDX-License-Identifier: BSD-3-Clause */
/* A login that is left before it is decided: by a signal, by the terminal, by the host's clock. */
#include "pam_idinqr/common/error.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/runner.h"
#include "tests/unit/login_fixture.h"
#include "tests/unit/diag_line.h"

#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <unistd.h>

static struct login_fixture fixture;

static void
set_up(void)
{
    login_fixture_begin(&fixture);
}

static int
run(const char *words)
{
    return login_fixture_run(&fixture, words, "station = desk 3\ndisplay = half");
}

TEST_CASE("left", .setup = set_up);

LOOP_TEST(a_signal_while_the_code_is_shown, LOGIN_FIXTURE_SIGNALS)
{
    int number = login_fixture_signals[_i].number;

    fixture.script.on_show = login_fixture_send_signal;
    fixture.script.user = &number;
    login_fixture_handle(number);
    /* Also when everything else has come by then. */
    ck_assert_int_eq(run("start+qr+state+result"), login_fixture_signals[_i].outcome);
    ck_assert_uint_eq(login_fixture_handled(), (unsigned)login_fixture_signals[_i].is_handed_back);
    ck_assert_uint_eq(fixture.script.n_shown, 1);
}

LOOP_TEST(a_signal_may_wait_for_the_log, LOGIN_FIXTURE_SIGNALS)
{
    int number = login_fixture_signals[_i].number;
    struct wait kept = {0};

    fixture.script.on_show = login_fixture_send_signal;
    fixture.script.user = &number;
    fixture.kept_wait = &kept;
    login_fixture_handle(number);
    ck_assert_int_eq(run("start+qr+wait"), login_fixture_signals[_i].outcome);
    ck_assert_uint_eq(login_fixture_handled(), (unsigned)login_fixture_signals[_i].is_handed_back);
}

TEST(a_signal_ends_an_agent_that_hangs_too)
{
    int number = SIGINT;

    fixture.script.on_show = login_fixture_send_signal;
    fixture.script.user = &number;
    ck_assert_int_eq(run("start+qr+hang"), IDQ_CANCELLED);
    ck_assert_str_eq(diag_line(&fixture.diag), "");
}

static void
hang_up(void *user, unsigned number)
{
    ck_assert_uint_eq(number, 1);
    /* Its number stays taken, so that the descriptors can be counted afterwards. */
    ck_assert_int_ge(dup2(0, *(const int *)user), 0);
}

TEST(a_terminal_that_hangs_up)
{
    int master;

    ck_assert_int_eq(openpty(&master, &fixture.terminal.fd, NULL, NULL, NULL), 0);
    fixture.script.on_show = hang_up;
    fixture.script.user = &master;
    ck_assert_int_eq(run("start+qr+wait"), IDQ_HANGUP);
}

static void
press_enter(void *user, unsigned number)
{
    (void)number;
    ck_assert_int_eq(write(*(const int *)user, "\r", 1), 1);
}

/* Where Ctrl-C sends no signal. The Enter is no answer to the application's next question. */
TEST(enter_stops_and_is_taken)
{
    int master, n_typed;
    pid_t session = check_fork(); /* the leader of a group cannot start one */

    if (session != 0)
        check_waitpid_and_exit(session);
    ck_assert_int_gt(setsid(), 0);
    ck_assert_int_eq(openpty(&master, &fixture.terminal.fd, NULL, NULL, NULL), 0);
    ck_assert_int_eq(ioctl(fixture.terminal.fd, TIOCSCTTY, 0), 0);
    fixture.terminal.stop_key = STOP_KEY_ENTER;
    fixture.script.on_show = press_enter;
    fixture.script.user = &master;
    ck_assert_int_eq(run("start+qr+wait"), IDQ_CANCELLED);
    ck_assert_int_eq(ioctl(fixture.terminal.fd, FIONREAD, &n_typed), 0);
    ck_assert_int_eq(n_typed, 0);
}

/* The host notices first: what it would show has nowhere to go. */
TEST(a_host_whose_terminal_hung_up)
{
    int master;

    ck_assert_int_eq(openpty(&master, &fixture.terminal.fd, NULL, NULL, NULL), 0);
    fixture.script.on_show = hang_up;
    fixture.script.user = &master;
    fixture.script.fail_at = 1;
    ck_assert_int_eq(run("start+qr+wait"), IDQ_HANGUP);
}

TEST(the_hosts_time_runs_out)
{
    /* Login's own alarm, less what is kept for a goodbye, leaves 50 ms. */
    const struct itimerval alarm = {.it_value = {.tv_sec = 5, .tv_usec = 50000}};

    ck_assert(signal(SIGALRM, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &alarm, NULL), 0);
    ck_assert_int_eq(run("start+qr+wait"), IDQ_TIMEOUT);
}

RUN_TESTS("login_leaving", agent_user_why_not());
