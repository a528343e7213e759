/* SPDX-License-Identifier: BSD-3-Clause */
/* Every process runs this. */
#include "pam_idinqr/common/clock.h"

#include <limits.h>
#include <time.h>

int64_t
clock_ms(void)
{
    struct timespec now;

    /* Cannot fail: every Linux has this clock, and the address is valid. */
    (void)clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
clock_left_ms(int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - clock_ms();

    if (left_ms <= 0)
        return 0;
    return left_ms < INT_MAX ? (int)left_ms : INT_MAX;
}
