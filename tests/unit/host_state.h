/* SPDX-License-Identifier: BSD-3-Clause */
/* Records the state of an application that the module must not change: signals, alarms,
 * descriptors, children, environment, directory, umask, locale. Test code: runs as the user who
 * runs the tests. */
#ifndef IDQ_TESTS_HOST_STATE_H
#define IDQ_TESTS_HOST_STATE_H

#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>

#define APPLICATION_STATE_DESCRIPTORS 256

struct host_state {
    sigset_t mask;
    struct sigaction actions[NSIG];
    struct itimerval alarm;
    unsigned char is_open[APPLICATION_STATE_DESCRIPTORS];
    size_t environment_size;
    char directory[4096]; /* "" when it has no name any more */
    mode_t umask;
    char locale[256];
};

void host_state_take(struct host_state *ret_state);

/* Fails the running test when anything differs from then (an alarm may have come nearer). */
void host_state_must_be_kept(const struct host_state *before);

/* The same, and when this process has a child, of whatever kind. */
void host_state_must_be(const struct host_state *before);

#endif
