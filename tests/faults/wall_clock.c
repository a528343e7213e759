/* SPDX-License-Identifier: BSD-3-Clause */
/* See wall_clock.h. Defines libc's functions in libc's place, as tests/harness/syslog_capture.c
 * does. */
#include "tests/faults/wall_clock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long ahead_s;

void
wall_clock_jump(long seconds)
{
    ahead_s = seconds;
}

int
clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    int result = (int)syscall(SYS_clock_gettime, clock, ret_time);

    if (result == 0 && clock == CLOCK_REALTIME)
        ret_time->tv_sec += ahead_s;
    return result;
}

time_t
time(time_t *ret_time)
{
    struct timespec now = {0};

    (void)clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}
