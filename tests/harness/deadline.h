/* SPDX-License-Identifier: BSD-3-Clause */
/* Limits the time that a test waits. Every wait of the harness has a deadline, and none of them
 * sleeps instead of checking. Test code: runs as the user who runs the tests. */
#ifndef IDQ_TESTS_DEADLINE_H
#define IDQ_TESTS_DEADLINE_H

struct deadline {
    long long at_ms; /* on the monotonic clock */
};

struct deadline deadline_in(int timeout_ms);

/* Milliseconds until then, as poll(2) takes them: 0 when it has passed, at most `most_ms`. */
int deadline_left(struct deadline deadline, int most_ms);

#endif
