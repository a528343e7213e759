/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting inside a host: for the agent, and for every reason to stop waiting. Runs in the host,
 * often as root; leaves the signal mask, dispositions and alarms as they were. */
#ifndef IDQ_LOGIN_WAIT_H
#define IDQ_LOGIN_WAIT_H

#include <signal.h>
#include <stdint.h>

/* From wait_begin to wait_end, INT, QUIT, HUP and TERM wait in line: a host that would die of one
 * in the middle of a login would leave the agent, and a host that ignores one could not be left. */
struct wait {
    sigset_t mask_before;
    int signals;  /* a signalfd */
    int terminal; /* a descriptor that hangs up with the person's terminal, or -1; not owned */
    int64_t deadline_ms;
    int typing_stops;     /* set after wait_begin: what is typed on the terminal ends the wait */
    int is_held;          /* from wait_begin to wait_end */
    sigset_t handed_back; /* signals that are the host's to act on: sent again by wait_end */
};

enum wait_event {
    WAIT_READY,   /* there is something to read, or the peer closed */
    WAIT_STOPPED, /* Ctrl-C, or the host was told to end */
    WAIT_TYPED,   /* a line on the terminal, where typing_stops; it is not read */
    WAIT_HANGUP,  /* the terminal is gone */
    WAIT_TIMEOUT,
    WAIT_TICK,   /* nothing happened in `slice_ms` */
    WAIT_FAILED, /* poll itself failed */
};

/* timeout_ms is cut to what the host's own alarm (login's LOGIN_TIMEOUT) leaves, less some seconds
 * to say goodbye in. 0 or IDQ_SYSTEM; wait_end is due in both cases. */
int wait_begin(struct wait *wait, int terminal, int64_t timeout_ms);

/* Milliseconds that are left; never negative. */
int wait_left_ms(const struct wait *wait);

/* Until `fd` is ready, or something else happens first, for slice_ms at the most. Signals win over
 * what can be read. */
enum wait_event wait_for(struct wait *wait, int fd, int slice_ms);

/* While the host itself waits, in a prompt, signals are its own: between these two the mask is as
 * it was found. */
void wait_pause(struct wait *wait);
void wait_resume(struct wait *wait);

/* Hands back what was the host's, which may die of it here. Does nothing to a wait that is zeroed,
 * or has ended. */
void wait_end(struct wait *wait);

#endif
