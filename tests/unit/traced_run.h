/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that is stopped at one of its system calls: killed there, or told that the call failed.
 * Test code: by ptrace(2), which some containers refuse. */
#ifndef IDQ_TESTS_TRACED_RUN_H
#define IDQ_TESTS_TRACED_RUN_H

#define TRACED_KILL 0 /* in place of an errno */

struct traced {
    int status;           /* as of waitpid(2) */
    int was_stopped;      /* 0: it ended before that call */
    unsigned long number; /* of the system call that it was stopped at */
};

/* Why calls cannot be made to fail here, or nothing be traced at all; NULL when they can. */
const char *traced_why_not(void);

/* Runs argv, with nothing on its standard input and its output thrown away, up to its n-th system
 * call after the exec, from 0: that one is not made. With TRACED_KILL the program ends there by
 * SIGKILL; with an errno, the call returns that, and the program goes on to its end. What it starts
 * is not traced. */
struct traced traced_run(const char *const *argv, unsigned n, int error);

/* The same of a function, which runs in a fork of the test and ends with exit status 0. */
struct traced traced_function(void (*function)(void), unsigned n, int error);

#endif
