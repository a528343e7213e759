/* SPDX-License-Identifier: BSD-3-Clause */
/* Signals while a host waits: those that stop the wait are taken, and handed back where the host is
 * to know of them; all others, and those of a prompt, are the host's. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/login/wait.h"
#include "tests/harness/runner.h"
#include "tests/unit/host_state.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define LONG_MS 600000

static int pipe_fds[2]; /* the agent's end is the second */
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

enum disposition { HANDLED, IGNORED };

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

TEST_CASE("signals", .setup = set_up);

LOOP_TEST(signals_stop_the_wait, ARRAY_LENGTH(signals))
{
    signal_stops(_i, 0, HANDLED);
}

LOOP_TEST(signals_that_the_host_ignores_stop_the_wait, ARRAY_LENGTH(signals))
{
    signal_stops(_i, 0, IGNORED);
}

LOOP_TEST(signals_that_the_host_blocks_stop_the_wait, ARRAY_LENGTH(signals))
{
    signal_stops(_i, 1, HANDLED);
}

/* A getty's line that drops while the system goes down: the host learns of both. */
TEST(several_signals_are_all_handed_back)
{
    struct wait wait;
    struct host_state before;

    host_state_take(&before);
    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
        ck_assert_int_eq(raise(signals[i].number), 0);
    ck_assert_int_eq(wait_for(&wait, pipe_fds[0], LONG_MS), WAIT_HANGUP);
    wait_end(&wait);
    host_state_must_be(&before);
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
        ck_assert_int_eq(n_handled[signals[i].number], signals[i].is_handed_back);
}

TEST(other_signals_are_the_hosts)
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

TEST(a_signal_after_the_last_look_is_the_hosts)
{
    struct wait wait;

    ck_assert_int_eq(wait_begin(&wait, -1, LONG_MS), 0);
    ck_assert_int_eq(raise(SIGINT), 0);
    ck_assert_int_eq(n_handled[SIGINT], 0);
    wait_end(&wait);
    ck_assert_int_eq(n_handled[SIGINT], 1);
}

/* In a prompt, the host is told at once, as if no wait were going on. */
LOOP_TEST(a_paused_wait_leaves_signals_to_the_host, ARRAY_LENGTH(signals))
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

TEST(a_pause_keeps_blocked_what_the_host_blocks)
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

RUN_TESTS("wait_signals", NULL);
