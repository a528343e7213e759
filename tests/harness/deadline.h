/* SPDX-License-Identifier: BSD-3-Clause */
/* A point in time until which a test waits for something: every wait of the harness has one, and
 * none of them sleeps in place of looking. Test code: runs as whoever runs the tests. */
#ifndef IDQ_TESTS_DEADLINE_H
#define IDQ_TESTS_DEADLINE_H

struct deadline {
    long long at_ms; /* on the monotonic clock */
};

struct deadline deadline_in(int timeout_ms);

/* Milliseconds until then, as poll(2) takes them: 0 when it has passed, at most `most_ms`. */
int deadline_left(struct deadline deadline, int most_ms);

#endif
