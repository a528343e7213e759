/* SPDX-License-Identifier: BSD-3-Clause */
/* Waits inside an application: for the agent, and for every reason to stop. Runs in the
 * application, often as root. Leaves the signal mask, dispositions and alarms as they were. */
#ifndef IDQ_LOGIN_WAIT_H
#define IDQ_LOGIN_WAIT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* From wait_begin to wait_end, INT, QUIT, HUP and TERM are blocked. Otherwise an application that
 * dies of a signal would leave the agent behind, and one that ignores signals could not be stopped.
 */
struct wait {
    sigset_t mask_before;
    int signals;  /* a signalfd */
    int terminal; /* a descriptor that hangs up with the person's terminal, or -1; not owned */
    int64_t deadline_ms;
    bool typing_stops;    /* set after wait_begin: a line on the terminal ends the wait */
    bool is_held;         /* from wait_begin to wait_end */
    sigset_t handed_back; /* signals for the application: sent again by wait_end */
};

enum wait_event {
    WAIT_READY,   /* data to read, or the peer closed */
    WAIT_STOPPED, /* Ctrl-C, or a signal told the application to exit */
    WAIT_TYPED,   /* a line on the terminal, if typing_stops; it is not read */
    WAIT_HANGUP,  /* the terminal is gone */
    WAIT_TIMEOUT,
    WAIT_TICK,   /* nothing happened in `slice_ms` */
    WAIT_FAILED, /* poll itself failed */
};

/* Limits timeout_ms to the rest of the application's alarm (login's LOGIN_TIMEOUT), less some
 * seconds to cancel in. Returns 0 or IDQ_SYSTEM. The caller calls wait_end in both cases. */
int wait_begin(struct wait *wait, int terminal, int64_t timeout_ms);

/* Returns the milliseconds that are left, never negative. */
int wait_left_ms(const struct wait *wait);

/* Waits until `fd` is ready, or another event happens first, for at most slice_ms. Signals take
 * priority over data. */
enum wait_event wait_for(struct wait *wait, int fd, int slice_ms);

/* While the application waits in a prompt, it gets its signals: between these two calls the mask is
 * the application's. */
void wait_pause(struct wait *wait);
void wait_resume(struct wait *wait);

/* Restores the application's state. Pending signals may kill the application here. Does nothing if
 * the wait is zeroed or has ended. */
void wait_end(struct wait *wait);

#endif
