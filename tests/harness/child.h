/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a program beside a test, without a terminal. Reads its standard output line by line, and
 * ends it with the test. Test code: runs as the user who runs the tests. An error of the harness
 * fails the running test. */
#ifndef IDQ_TESTS_CHILD_H
#define IDQ_TESTS_CHILD_H

#include <stddef.h>
#include <sys/types.h>

struct child;

/* Starts argv, looked up in PATH, with this process's environment. Its stderr goes to the file
 * `log_path`, which is made; its stdin is /dev/null. It is killed when this process ends. */
struct child *child_start(const char *const *argv, const char *log_path);

/* Waits for the next line of its standard output. 1 with the line, without "\n" and cut to the
 * capacity; 0 when it closed its output or the time passed. */
int child_read_line(struct child *child, char *ret_line, size_t capacity, int timeout_ms);

pid_t child_pid(const struct child *child);

/* Sends SIGTERM, waits, and frees. Its exit status, or 128 + the signal that ended it; a program
 * that does not end in time is killed: 128 + SIGKILL. Accepts a pointer to NULL (0), and leaves
 * one. */
int child_stop(struct child **child, int timeout_ms);

#endif
