/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting in a host for the agent, the terminal and the clock: every reason to stop, and a host
 * that is left as it was. Signals are in test_wait_signals.c. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/login/wait.h"
#include "tests/harness/runner.h"
#include "tests/unit/host_state.h"

#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#define LONG_MS         600000
#define FEW_DESCRIPTORS 100

static int pipe_fds[2]; /* the agent's end is the second */

static void
make_pipe(void)
{
    ck_assert_int_eq(pipe(pipe_fds), 0);
}

static void
make_readable(void)
{
    ck_assert_int_eq(write(pipe_fds[1], "x", 1), 1);
}

TEST_CASE("events", .setup = make_pipe);

TEST(the_agent_is_heard)
{
    struct wait wait;
    struct host_state before;

    host_state_take(&before);
    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    ck_assert_int_eq(fcntl(wait.signals, F_GETFD), FD_CLOEXEC); /* not for the host's children */
    make_readable();
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_READY);
    /* The pipe stays readable until its data is read. */
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_READY);
    wait_end(&wait);
    host_state_must_be(&before);
}

TEST(an_agent_that_closed_is_heard)
{
    struct wait wait;

    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    close(pipe_fds[1]);
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_READY);
    wait_end(&wait);
}

TEST(time_runs_out)
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

TEST(what_can_be_read_is_read_at_the_deadline_too)
{
    struct wait wait;

    ck_assert_int_eq(wait_begin(&wait, -1, 0), 0);
    make_readable();
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_READY);
    wait_end(&wait);
}

TEST(a_terminal_that_hangs_up)
{
    int master, terminal;
    struct wait wait;
    struct host_state before;

    ck_assert_int_eq(openpty(&master, &terminal, NULL, NULL, NULL), 0);
    host_state_take(&before);
    ck_assert_int_eq(wait_begin(&wait, terminal, LONG_MS), 0);
    /* The wait ignores input on the terminal. */
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

TEST(a_terminal_that_the_host_closes)
{
    int master, terminal;
    struct wait wait;

    ck_assert_int_eq(openpty(&master, &terminal, NULL, NULL, NULL), 0);
    ck_assert_int_eq(wait_begin(&wait, terminal, LONG_MS), 0);
    close(terminal);
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_HANGUP);
    wait_end(&wait);
    close(master);
}

/* Where a line makes no signals of keys. It stays for its reader to take, or to drop. */
TEST(a_terminal_on_which_typing_stops)
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

static const struct {
    long alarm_s, timeout_ms, least_ms, most_ms;
} alarms[] = {
    {0, 120000, 110000, 120000}, /* none */
    {60, 120000, 45000, 55000},  /* login's, less 5 seconds to say goodbye in */
    {300, 120000, 110000, 120000},
    {2592000, 120000, 110000, 120000}, /* more milliseconds than 32 bits have, in a month */
    {5, 120000, 0, 0},                 /* too near for anything */
    {1, 120000, 0, 0},
};

LOOP_TEST(the_hosts_alarm_cuts_the_time, ARRAY_LENGTH(alarms))
{
    const struct itimerval alarm = {.it_value = {.tv_sec = alarms[_i].alarm_s},
                                    .it_interval = {.tv_sec = alarms[_i].alarm_s}};
    struct wait wait;
    struct host_state before;

    ck_assert(signal(SIGALRM, SIG_IGN) != SIG_ERR);
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

TEST(a_slice_without_anything_is_a_tick)
{
    struct wait wait;

    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    for (int slice_ms = 0; slice_ms < 3; slice_ms++)
        ck_assert_int_eq(wait_for(&wait, pipe_fds[0], slice_ms), WAIT_TICK);
    ck_assert_int_gt(wait_left_ms(&wait), 0);
    wait_end(&wait);
}

TEST(a_slice_hides_nothing)
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

static void
few_descriptors(void)
{
    struct rlimit limit;

    make_pipe();
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = FEW_DESCRIPTORS;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST_CASE("limits", .setup = few_descriptors);

TEST(a_wait_that_cannot_begin_can_be_ended)
{
    struct wait wait;
    struct host_state before;
    int fds[FEW_DESCRIPTORS], n = 0;

    while (n < FEW_DESCRIPTORS && (fds[n] = dup(0)) >= 0)
        n++;
    ck_assert_int_lt(n, FEW_DESCRIPTORS);
    host_state_take(&before);
    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), IDQ_SYSTEM);
    wait_end(&wait);
    host_state_must_be(&before);
    while (n > 0)
        close(fds[--n]);
}

RUN_TESTS("wait", NULL);
