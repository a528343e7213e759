/* SPDX-License-Identifier: BSD-3-Clause */
/* See deadline.h. */
#include "tests/harness/deadline.h"

#include <time.h>

static long long
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct deadline
deadline_in(int timeout_ms)
{
    return (struct deadline){.at_ms = now_ms() + timeout_ms};
}

int
deadline_left(struct deadline deadline, int most_ms)
{
    long long left_ms = deadline.at_ms - now_ms();

    if (left_ms <= 0)
        return 0;
    return left_ms < most_ms ? (int)left_ms : most_ms;
}
