/* SPDX-License-Identifier: BSD-3-Clause */
/* Measures time for waits. The clock continues while the machine sleeps, and cannot be set. Every
 * process uses it. */
#ifndef IDQ_COMMON_CLOCK_H
#define IDQ_COMMON_CLOCK_H

#include <stdint.h>

/* Milliseconds since a fixed point. A deadline is such a number. */
int64_t clock_ms(void);

/* Returns the time until the deadline: 0 if it has passed, at most INT_MAX. */
int clock_left_ms(int64_t deadline_ms);

#endif
