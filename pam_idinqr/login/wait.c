/* SPDX-License-Identifier: BSD-3-Clause */
/* The application runs this, often as root. */
#include "pam_idinqr/login/wait.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/clock.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>

#define ALARM_MARGIN_MS 5000

static void
watched_signals(sigset_t *ret_signals)
{
    sigemptyset(ret_signals);
    sigaddset(ret_signals, SIGINT);
    sigaddset(ret_signals, SIGQUIT);
    sigaddset(ret_signals, SIGHUP);
    sigaddset(ret_signals, SIGTERM);
}

/* Returns the time until the application's alarm, which is only read, never set. */
static int64_t
cut_to_alarm_ms(int64_t timeout_ms)
{
    struct itimerval alarm;
    int64_t left_ms;

    if (getitimer(ITIMER_REAL, &alarm) != 0 ||
        (alarm.it_value.tv_sec == 0 && alarm.it_value.tv_usec == 0))
        return timeout_ms;
    left_ms =
        (int64_t)alarm.it_value.tv_sec * 1000 + alarm.it_value.tv_usec / 1000 - ALARM_MARGIN_MS;
    if (left_ms < 0)
        left_ms = 0;
    return left_ms < timeout_ms ? left_ms : timeout_ms;
}

int
wait_begin(struct wait *wait, int terminal, int64_t timeout_ms)
{
    sigset_t watched;

    wait->terminal = terminal;
    wait->deadline_ms = clock_ms() + cut_to_alarm_ms(timeout_ms);
    sigemptyset(&wait->handed_back);
    wait->typing_stops = false;
    wait->is_held = true;
    watched_signals(&watched);
    pthread_sigmask(SIG_BLOCK, &watched, &wait->mask_before);
    wait->signals = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    return wait->signals < 0 ? IDQ_SYSTEM : 0;
}

int
wait_left_ms(const struct wait *wait)
{
    return clock_left_ms(wait->deadline_ms);
}

/* Takes the pending signals. INT and QUIT were meant for this login and end with it. HUP and TERM
 * were meant for the application. */
static void
take_signals(struct wait *wait)
{
    struct signalfd_siginfo info;

    while (read(wait->signals, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo == SIGHUP || info.ssi_signo == SIGTERM)
            sigaddset(&wait->handed_back, (int)info.ssi_signo);
}

enum wait_event
wait_for(struct wait *wait, int fd, int slice_ms)
{
    int64_t slice_end_ms = clock_ms() + slice_ms;

    for (;;) {
        struct pollfd fds[] = {
            {.fd = wait->signals, .events = POLLIN},
            /* POLLHUP is always reported */
            {.fd = wait->terminal, .events = wait->typing_stops ? POLLIN : 0},
            {.fd = fd, .events = POLLIN},
        };
        int left_ms = wait_left_ms(wait), slice_left_ms = clock_left_ms(slice_end_ms);
        int n = poll(fds, ARRAY_LENGTH(fds), left_ms < slice_left_ms ? left_ms : slice_left_ms);

        if (n < 0 && errno != EINTR)
            return WAIT_FAILED;
        if (n > 0 && fds[0].revents) {
            take_signals(wait);
            return sigismember(&wait->handed_back, SIGHUP) ? WAIT_HANGUP : WAIT_STOPPED;
        }
        if (n > 0 && fds[1].revents & (POLLHUP | POLLERR | POLLNVAL))
            return WAIT_HANGUP;
        if (n > 0 && fds[1].revents)
            return WAIT_TYPED;
        if (n > 0 && fds[2].revents)
            return WAIT_READY;
        if (n == 0 && wait_left_ms(wait) == 0)
            return WAIT_TIMEOUT;
        if (n == 0 && clock_left_ms(slice_end_ms) == 0)
            return WAIT_TICK;
    }
}

void
wait_pause(struct wait *wait)
{
    pthread_sigmask(SIG_SETMASK, &wait->mask_before, NULL);
}

void
wait_resume(struct wait *wait)
{
    sigset_t watched;

    (void)wait;
    watched_signals(&watched);
    pthread_sigmask(SIG_BLOCK, &watched, NULL);
}

void
wait_end(struct wait *wait)
{
    if (!wait->is_held)
        return;
    wait->is_held = false;
    if (wait->signals >= 0)
        close(wait->signals);
    wait->signals = -1;
    /* Delivered when the mask is restored, unless the application had blocked it. */
    for (int number = 1; number < NSIG; number++)
        if (sigismember(&wait->handed_back, number))
            kill(getpid(), number);
    pthread_sigmask(SIG_SETMASK, &wait->mask_before, NULL);
}
