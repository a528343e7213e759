/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: checks the clock of this machine without the network. check_network.c compares it
 * with the backend's. */
#include "pam_idinqr/tool/check.h"

#include <sys/timex.h>
#include <time.h>

#define TIME_THAT_HAS_PASSED 1735689600 /* 2025-01-01: an earlier clock was never set */

void
check_clock(struct check *check)
{
    struct timex state = {.modes = 0};

    if (check->root[0])
        return;
    if (time(NULL) < TIME_THAT_HAS_PASSED)
        finding_add(&check->findings, FINDING_CLOCK, "", 0, "",
                    "the clock says a time that has passed");
    else if (adjtimex(&state) == TIME_ERROR)
        finding_add(&check->findings, FINDING_CLOCK_UNSYNCHRONISED, "", 0, "",
                    "nothing keeps the clock of this machine right, as the kernel sees it");
}
