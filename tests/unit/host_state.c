/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/host_state.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void
host_state_take(struct host_state *ret_state)
{
    memset(ret_state, 0, sizeof *ret_state);
    ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &ret_state->mask), 0);
    /* Two cannot be asked for: libc's own. */
    for (int number = 1; number < NSIG; number++)
        (void)sigaction(number, NULL, &ret_state->actions[number]);
    ck_assert_int_eq(getitimer(ITIMER_REAL, &ret_state->alarm), 0);
    for (int fd = 0; fd < APPLICATION_STATE_DESCRIPTORS; fd++)
        ret_state->is_open[fd] = fcntl(fd, F_GETFD) >= 0;
    for (char **variable = environ; variable && *variable; variable++)
        ret_state->environment_size += strlen(*variable) + 1;
    if (!getcwd(ret_state->directory, sizeof ret_state->directory))
        ret_state->directory[0] = '\0';
    ret_state->umask = umask(0);
    umask(ret_state->umask);
    snprintf(ret_state->locale, sizeof ret_state->locale, "%s", setlocale(LC_ALL, NULL));
}

static int
alarm_is_set(const struct itimerval *alarm)
{
    return alarm->it_value.tv_sec != 0 || alarm->it_value.tv_usec != 0;
}

void
host_state_must_be_kept(const struct host_state *before)
{
    struct host_state now;

    host_state_take(&now);
    for (int number = 1; number < NSIG; number++) {
        ck_assert_msg(sigismember(&before->mask, number) == sigismember(&now.mask, number),
                      "signal %d is %sblocked", number,
                      sigismember(&now.mask, number) ? "" : "not ");
        ck_assert_msg(before->actions[number].sa_handler == now.actions[number].sa_handler &&
                          before->actions[number].sa_flags == now.actions[number].sa_flags,
                      "signal %d is handled otherwise", number);
    }
    ck_assert_int_eq(alarm_is_set(&before->alarm), alarm_is_set(&now.alarm));
    ck_assert(timercmp(&now.alarm.it_value, &before->alarm.it_value, <=));
    ck_assert(!timercmp(&now.alarm.it_interval, &before->alarm.it_interval, !=));
    for (int fd = 0; fd < APPLICATION_STATE_DESCRIPTORS; fd++)
        ck_assert_msg(before->is_open[fd] == now.is_open[fd], "descriptor %d was %s", fd,
                      now.is_open[fd] ? "left open" : "closed");
#ifndef COVERAGE /* of which clang's code in the module leaves a note for itself */
    ck_assert_uint_eq(before->environment_size, now.environment_size);
#endif
    ck_assert_str_eq(before->directory, now.directory);
    ck_assert_uint_eq(before->umask, now.umask);
    ck_assert_str_eq(before->locale, now.locale);
}

void
host_state_must_be(const struct host_state *before)
{
    host_state_must_be_kept(before);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG | __WALL), -1);
    ck_assert_int_eq(errno, ECHILD);
}
