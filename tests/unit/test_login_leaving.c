/* SPDX-License-Identifier: BSD-3-Clause */
/* A login that is left before it is decided: by a signal, by the terminal, by the host's clock. */
#include "pam_idinqr/common/error.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/runner.h"
#include "tests/unit/login_scene.h"

#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static struct login_scene scene;

static void
set_up(void)
{
    login_scene_begin(&scene);
}

static int
run(const char *words)
{
    return login_scene_run(&scene, words, "station = desk 3\ndisplay = half");
}

START_TEST(a_signal_while_the_code_is_shown)
{
    int number = login_scene_signals[_i].number;

    scene.script.on_show = login_scene_send_signal;
    scene.script.user = &number;
    login_scene_handle(number);
    /* Also when everything else has come by then. */
    ck_assert_int_eq(run("start+qr+state+result"), login_scene_signals[_i].outcome);
    ck_assert_uint_eq(login_scene_handled(), (unsigned)login_scene_signals[_i].is_handed_back);
    ck_assert_uint_eq(scene.script.n_shown, 1);
}
END_TEST

START_TEST(a_signal_may_wait_for_the_log)
{
    int number = login_scene_signals[_i].number;
    struct wait kept = {0};

    scene.script.on_show = login_scene_send_signal;
    scene.script.user = &number;
    scene.kept_wait = &kept;
    login_scene_handle(number);
    ck_assert_int_eq(run("start+qr+wait"), login_scene_signals[_i].outcome);
    ck_assert_uint_eq(login_scene_handled(), (unsigned)login_scene_signals[_i].is_handed_back);
}
END_TEST

START_TEST(a_signal_ends_an_agent_that_hangs_too)
{
    int number = SIGINT;

    scene.script.on_show = login_scene_send_signal;
    scene.script.user = &number;
    ck_assert_int_eq(run("start+qr+hang"), IDQ_CANCELLED);
    ck_assert_str_eq(scene.diag.text, "");
}
END_TEST

static void
hang_up(void *user, unsigned number)
{
    ck_assert_uint_eq(number, 1);
    /* Its number stays taken, so that the descriptors can be counted afterwards. */
    ck_assert_int_ge(dup2(0, *(const int *)user), 0);
}

START_TEST(a_terminal_that_hangs_up)
{
    int master;

    ck_assert_int_eq(openpty(&master, &scene.terminal.fd, NULL, NULL, NULL), 0);
    scene.script.on_show = hang_up;
    scene.script.user = &master;
    ck_assert_int_eq(run("start+qr+wait"), IDQ_HANGUP);
}
END_TEST

/* The host notices first: what it would show has nowhere to go. */
START_TEST(a_host_whose_terminal_hung_up)
{
    int master;

    ck_assert_int_eq(openpty(&master, &scene.terminal.fd, NULL, NULL, NULL), 0);
    scene.script.on_show = hang_up;
    scene.script.user = &master;
    scene.script.fail_at = 1;
    ck_assert_int_eq(run("start+qr+wait"), IDQ_HANGUP);
}
END_TEST

START_TEST(the_hosts_time_runs_out)
{
    /* Login's own alarm, less what is kept for a goodbye, leaves 50 ms. */
    const struct itimerval alarm = {.it_value = {.tv_sec = 5, .tv_usec = 50000}};

    ck_assert(signal(SIGALRM, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &alarm, NULL), 0);
    ck_assert_int_eq(run("start+qr+wait"), IDQ_TIMEOUT);
}
END_TEST

static Suite *
login_leaving_suite(void)
{
    Suite *suite = suite_create("login_leaving");
    TCase *left = tcase_create("left");

    tcase_add_checked_fixture(left, set_up, NULL);
    tcase_add_loop_test(left, a_signal_while_the_code_is_shown, 0, LOGIN_SCENE_SIGNALS);
    tcase_add_loop_test(left, a_signal_may_wait_for_the_log, 0, LOGIN_SCENE_SIGNALS);
    tcase_add_test(left, a_signal_ends_an_agent_that_hangs_too);
    tcase_add_test(left, a_terminal_that_hangs_up);
    tcase_add_test(left, a_host_whose_terminal_hung_up);
    tcase_add_test(left, the_hosts_time_runs_out);
    suite_add_tcase(suite, left);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "login_leaving", login_leaving_suite, agent_user_why_not);
}
