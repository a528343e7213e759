/* SPDX-License-Identifier: BSD-3-Clause */
/* The clock of all figures: monotonic, and the same in every process. Test code: an error fails the
 * running test. */
#ifndef IDQ_BENCH_MOMENT_H
#define IDQ_BENCH_MOMENT_H

#include <stdint.h>
#include <time.h>

static inline int64_t
moment_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline double
moment_ms(int64_t ns)
{
    return (double)ns / 1e6;
}

/* Runs a program, which is looked up in PATH: from its start to its end. Nothing keeps what it
 * prints. It must end with 0. */
double moment_run_ms(const char *const *argv);

#endif
