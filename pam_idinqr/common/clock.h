/* SPDX-License-Identifier: BSD-3-Clause */
/* Time as a wait needs it: it runs on while the machine sleeps, and nobody can set it. Used in
 * every process. */
#ifndef IDQ_COMMON_CLOCK_H
#define IDQ_COMMON_CLOCK_H

#include <stdint.h>

/* Milliseconds since some moment; a deadline is such a number. */
int64_t clock_ms(void);

/* What is left until the deadline: 0 when it has passed, at most INT_MAX. */
int clock_left_ms(int64_t deadline_ms);

#endif
