/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of a wire in a process that the watcher has started: the agent's to the module, or that
 * of the fetch process or the picture reader to the agent. What it says there, and whether that is
 * still wanted. */
#ifndef IDQ_WIRE_LINK_H
#define IDQ_WIRE_LINK_H

#include "pam_idinqr/wire/messages.h"

struct link {
    int socket;           /* the wire, descriptor 0 */
    int cancelled;        /* the other end closed, broke the protocol, or could not be waited for;
                             sticky */
    int64_t cancelled_ms; /* when that was noticed, by clock.h */
    int ended;            /* a RESULT went out: nothing more may be said; sticky */
};

/* Whether this descriptor is a wire. A person at a shell has a terminal or a pipe there. */
int link_is_wire(int descriptor);

/* Waits up to timeout_ms for START, PROBE or KEYS. 0 or IDQ_AGENT. */
int link_receive_start(struct link *link, int timeout_ms, struct start_message *ret_start);

/* Waits for the next frame, for as long as the other end is there. 1, 0 when it has closed, or an
 * error. */
int link_receive(const struct link *link, struct frame *ret_frame);

/* The same for `size` bytes that come in PARTs. IDQ_AGENT when something else comes. */
int link_receive_parts(const struct link *link, void *ret_bytes, size_t size);

/* Looks, without waiting, whether the other end cancelled or closed. Returns link->cancelled. */
int link_check(struct link *link);

/* Waits `ms`, or until link_check would be true. Returns link->cancelled. */
int link_wait(struct link *link, int ms);

/* Waits up to `ms` for the module to close its end, and reads nothing. What was sent last is safe
 * then: a socket that is closed with something unread in it costs its peer what is still on the
 * way. */
void link_linger(const struct link *link, int ms);

/* Each sends one frame; a failure sets `cancelled`. After a RESULT or a PROBED none of them sends
 * anything. */
void link_send_qr(struct link *link, const struct qr_message *qr);
void link_send_state(struct link *link, enum login_state state);
void link_send_result(struct link *link, const struct result_message *result);
void link_send_key(struct link *link, const struct key_message *key);
void link_send_probed(struct link *link, int outcome);

/* Sends bytes in PARTs. */
void link_send_parts(struct link *link, const void *bytes, size_t size);

/* One line for the administrator, with a syslog priority. Never a secret, a URL's path, a payload
 * or anything personal: the module writes it to the system's log as it is. */
void link_log(struct link *link, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
