/* Waiting in a host: every reason to stop, and a host that is left as it was. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/module/wait.h"
#include "tests/harness/runner.h"
#include "tests/unit/host_state.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#define LONG_MS 600000

static int pipe_fds[2];
static volatile sig_atomic_t n_handled[NSIG];

static void
count(int number)
{
    n_handled[number]++;
}

static void
set_up(void)
{
    ck_assert_int_eq(pipe(pipe_fds), 0);
    ck_assert(signal(SIGHUP, count) != SIG_ERR && signal(SIGTERM, count) != SIG_ERR &&
              signal(SIGINT, count) != SIG_ERR && signal(SIGQUIT, count) != SIG_ERR);
}

static void
make_readable(void)
{
    ck_assert_int_eq(write(pipe_fds[1], "x", 1), 1);
}

START_TEST(the_agent_is_heard)
{
    struct wait wait;
    struct host_state before;

    host_state_take(&before);
    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    make_readable();
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_READY);
    /* It stays so until somebody reads. */
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_READY);
    wait_end(&wait);
    host_state_must_be(&before);
}
END_TEST

START_TEST(an_agent_that_closed_is_heard)
{
    struct wait wait;

    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    close(pipe_fds[1]);
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_READY);
    wait_end(&wait);
}
END_TEST

START_TEST(time_runs_out)
{
    struct wait wait;
    struct host_state before;

    host_state_take(&before);
    ck_assert_int_eq(wait_begin(&wait, -1, 1), 0);
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_TIMEOUT);
    ck_assert_int_eq(wait_left_ms(&wait), 0);
    wait_end(&wait);
    host_state_must_be(&before);
}
END_TEST

START_TEST(what_can_be_read_is_read_at_the_deadline_too)
{
    struct wait wait;

    ck_assert_int_eq(wait_begin(&wait, -1, 0), 0);
    make_readable();
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_READY);
    wait_end(&wait);
}
END_TEST

enum disposition { HANDLED, IGNORED, DISPOSITIONS };

static const struct {
    int number;
    enum wait_event event;
    int is_handed_back;
} signals[] = {
    {SIGINT, WAIT_STOPPED, 0},
    {SIGQUIT, WAIT_STOPPED, 0},
    {SIGHUP, WAIT_HANGUP, 1},
    {SIGTERM, WAIT_STOPPED, 1},
};

/* When a signal comes: as a host has blocked it, before the wait begins; or within it. */
static void
signal_stops(int row, int is_early, enum disposition disposition)
{
    int number = signals[row].number;
    struct wait wait;
    struct host_state before;
    sigset_t one;

    if (disposition == IGNORED)
        ck_assert(signal(number, SIG_IGN) != SIG_ERR);
    sigemptyset(&one);
    sigaddset(&one, number);
    if (is_early) {
        sigprocmask(SIG_BLOCK, &one, NULL);
        ck_assert_int_eq(raise(number), 0);
    }
    host_state_take(&before);
    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    if (!is_early)
        ck_assert_int_eq(kill(getpid(), number), 0);
    make_readable(); /* a signal wins over what the agent has to say */
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), signals[row].event);
    /* It was taken. */
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_READY);
    ck_assert_int_eq(n_handled[number], 0);
    wait_end(&wait);
    host_state_must_be(&before);
    if (is_early) {
        sigset_t pending;
        ck_assert_int_eq(sigpending(&pending), 0);
        ck_assert_int_eq(sigismember(&pending, number), signals[row].is_handed_back);
        sigprocmask(SIG_UNBLOCK, &one, NULL);
    }
    ck_assert_int_eq(n_handled[number], disposition == HANDLED && signals[row].is_handed_back);
}

START_TEST(signals_stop_the_wait)
{
    signal_stops(_i, 0, HANDLED);
}
END_TEST

START_TEST(signals_that_the_host_ignores_stop_the_wait)
{
    signal_stops(_i, 0, IGNORED);
}
END_TEST

START_TEST(signals_that_the_host_blocks_stop_the_wait)
{
    signal_stops(_i, 1, HANDLED);
}
END_TEST

/* A getty's line that drops while the system goes down: the host learns of both. */
START_TEST(several_signals_are_all_handed_back)
{
    struct wait wait;
    struct host_state before;

    host_state_take(&before);
    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        ck_assert_int_eq(raise(signals[i].number), 0);
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_HANGUP);
    wait_end(&wait);
    host_state_must_be(&before);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        ck_assert_int_eq(n_handled[signals[i].number], signals[i].is_handed_back);
}
END_TEST

START_TEST(other_signals_are_the_hosts)
{
    struct wait wait;

    ck_assert(signal(SIGUSR1, count) != SIG_ERR && signal(SIGALRM, count) != SIG_ERR);
    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    ck_assert_int_eq(raise(SIGUSR1), 0);
    ck_assert_int_eq(n_handled[SIGUSR1], 1);
    /* And one that interrupts the wait does not end it. */
    ck_assert_int_eq(setitimer(ITIMER_REAL, &(struct itimerval){{0, 1000}, {0, 1000}}, NULL), 0);
    wait.deadline_ms -= LONG_MS - 50;
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_TIMEOUT);
    ck_assert_int_gt(n_handled[SIGALRM], 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL), 0);
    wait_end(&wait);
}
END_TEST

START_TEST(a_signal_after_the_last_look_is_the_hosts)
{
    struct wait wait;

    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    ck_assert_int_eq(raise(SIGINT), 0);
    ck_assert_int_eq(n_handled[SIGINT], 0);
    wait_end(&wait);
    ck_assert_int_eq(n_handled[SIGINT], 1);
}
END_TEST

START_TEST(a_terminal_that_hangs_up)
{
    int master, terminal;
    struct wait wait;
    struct host_state before;

    ck_assert_int_eq(openpty(&master, &terminal, NULL, NULL, NULL), 0);
    host_state_take(&before);
    ck_assert_int_eq(wait_begin(&wait, terminal, LONG_MS), 0);
    /* What is typed on it is nobody's business here. */
    ck_assert_int_eq(write(master, "secret\n", 7), 7);
    make_readable();
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_READY);
    close(master);
    before.is_open[master] = 0;
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_HANGUP);
    wait_end(&wait);
    host_state_must_be(&before);
    close(terminal);
}
END_TEST

/* Where a line makes no signals of keys. It stays for its reader to take, or to drop. */
START_TEST(a_terminal_on_which_typing_stops)
{
    int master, terminal, n_typed;
    struct wait wait;

    ck_assert_int_eq(openpty(&master, &terminal, NULL, NULL, NULL), 0);
    ck_assert_int_eq(wait_begin(&wait, terminal, LONG_MS), 0);
    wait.typing_stops = 1;
    make_readable();
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_READY);
    ck_assert_int_eq(write(master, "\r", 1), 1);
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_TYPED);
    ck_assert_int_eq(ioctl(terminal, FIONREAD, &n_typed), 0);
    ck_assert_int_eq(n_typed, 1);
    close(master);
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_HANGUP);
    wait_end(&wait);
    close(terminal);
}
END_TEST

static const struct {
    long alarm_s, timeout_ms, least_ms, most_ms;
} alarms[] = {
    {0, 120000, 110000, 120000}, /* none */
    {60, 120000, 45000, 55000},  /* login's, less 5 seconds to say goodbye in */
    {300, 120000, 110000, 120000},
    {5, 120000, 0, 0}, /* too near for anything */
    {1, 120000, 0, 0},
};

START_TEST(the_hosts_alarm_cuts_the_time)
{
    const struct itimerval alarm = {.it_value = {.tv_sec = alarms[_i].alarm_s},
                                    .it_interval = {.tv_sec = alarms[_i].alarm_s}};
    struct wait wait;
    struct host_state before;

    ck_assert(signal(SIGALRM, count) != SIG_ERR);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &alarm, NULL), 0);
    host_state_take(&before);
    ck_assert_int_eq(wait_begin(&wait, -1, alarms[_i].timeout_ms), 0);
    ck_assert_int_ge(wait_left_ms(&wait), alarms[_i].least_ms);
    ck_assert_int_le(wait_left_ms(&wait), alarms[_i].most_ms);
    if (alarms[_i].most_ms == 0)
        ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_TIMEOUT);
    wait_end(&wait);
    host_state_must_be(&before);
}
END_TEST

START_TEST(a_wait_that_cannot_begin_can_be_ended)
{
    struct wait wait;
    struct host_state before;
    int fds[256], n = 0;

    while ((fds[n] = dup(0)) >= 0)
        n++;
    host_state_take(&before);
    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), IDQ_SYSTEM);
    wait_end(&wait);
    host_state_must_be(&before);
    while (n > 0)
        close(fds[--n]);
}
END_TEST

START_TEST(a_slice_without_anything_is_a_tick)
{
    struct wait wait;

    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    for (int slice_ms = 0; slice_ms < 3; slice_ms++)
        ck_assert_int_eq(wait_for(&wait, pipe_fds[0], slice_ms), WAIT_TICK);
    ck_assert_int_gt(wait_left_ms(&wait), 0);
    wait_end(&wait);
}
END_TEST

START_TEST(a_slice_hides_nothing)
{
    struct wait wait;

    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    make_readable();
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], 0), WAIT_READY);
    ck_assert_int_eq(raise(SIGINT), 0);
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], 0), WAIT_STOPPED);
    wait_end(&wait);
    close(pipe_fds[0]);
    ck_assert_int_eq(pipe(pipe_fds), 0);
    ck_assert_int_eq(wait_begin(&wait, -1, 0), 0);
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], 0), WAIT_TIMEOUT);
    wait_end(&wait);
}
END_TEST

/* In a prompt, the host is told at once, as if no wait were going on. */
START_TEST(a_paused_wait_leaves_signals_to_the_host)
{
    int number = signals[_i].number;
    struct wait wait;
    struct host_state before, paused;

    host_state_take(&before);
    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    wait_pause(&wait);
    host_state_take(&paused);
    ck_assert_int_eq(memcmp(&paused.mask, &before.mask, sizeof paused.mask), 0);
    ck_assert_int_eq(raise(number), 0);
    ck_assert_int_eq(n_handled[number], 1);
    wait_resume(&wait);
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], 0), WAIT_TICK);
    ck_assert_int_eq(raise(number), 0);
    ck_assert_int_eq(n_handled[number], 1);
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), signals[_i].event);
    wait_end(&wait);
    host_state_must_be(&before);
    ck_assert_int_eq(n_handled[number], 1 + signals[_i].is_handed_back);
}
END_TEST

START_TEST(a_pause_keeps_blocked_what_the_host_blocks)
{
    struct wait wait;
    sigset_t quit, pending;

    sigemptyset(&quit);
    sigaddset(&quit, SIGQUIT);
    sigprocmask(SIG_BLOCK, &quit, NULL);
    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    wait_pause(&wait);
    ck_assert_int_eq(raise(SIGQUIT), 0);
    ck_assert_int_eq(n_handled[SIGQUIT], 0);
    ck_assert_int_eq(sigpending(&pending), 0);
    ck_assert_int_eq(sigismember(&pending, SIGQUIT), 1);
    wait_resume(&wait);
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_STOPPED);
    wait_end(&wait);
}
END_TEST

static void
few_descriptors(void)
{
    struct rlimit limit;

    set_up();
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = 100;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static Suite *
wait_suite(void)
{
    const int n_signals = (int)(sizeof signals / sizeof signals[0]);
    Suite *suite = suite_create("wait");
    TCase *events = tcase_create("events"), *limits = tcase_create("limits");

    tcase_add_checked_fixture(events, set_up, NULL);
    tcase_add_test(events, the_agent_is_heard);
    tcase_add_test(events, an_agent_that_closed_is_heard);
    tcase_add_test(events, time_runs_out);
    tcase_add_test(events, what_can_be_read_is_read_at_the_deadline_too);
    tcase_add_loop_test(events, signals_stop_the_wait, 0, n_signals);
    tcase_add_loop_test(events, signals_that_the_host_ignores_stop_the_wait, 0, n_signals);
    tcase_add_loop_test(events, signals_that_the_host_blocks_stop_the_wait, 0, n_signals);
    tcase_add_test(events, several_signals_are_all_handed_back);
    tcase_add_test(events, other_signals_are_the_hosts);
    tcase_add_test(events, a_signal_after_the_last_look_is_the_hosts);
    tcase_add_test(events, a_terminal_that_hangs_up);
    tcase_add_test(events, a_terminal_on_which_typing_stops);
    tcase_add_test(events, a_slice_without_anything_is_a_tick);
    tcase_add_test(events, a_slice_hides_nothing);
    tcase_add_loop_test(events, a_paused_wait_leaves_signals_to_the_host, 0, n_signals);
    tcase_add_test(events, a_pause_keeps_blocked_what_the_host_blocks);
    tcase_add_loop_test(events, the_hosts_alarm_cuts_the_time, 0,
                        (int)(sizeof alarms / sizeof alarms[0]));
    tcase_add_checked_fixture(limits, few_descriptors, NULL);
    tcase_add_test(limits, a_wait_that_cannot_begin_can_be_ended);
    suite_add_tcase(suite, events);
    suite_add_tcase(suite, limits);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "wait", wait_suite, NULL);
}
