/* SPDX-License-Identifier: BSD-3-Clause */
/* Connects a process that the watcher has started to the process that it works for. For the agent
 * that is the module. For the fetch process and the picture reader it is the agent. Sends,
 * receives, and notices that the other end canceled. */
#ifndef IDQ_WIRE_WIRE_H
#define IDQ_WIRE_WIRE_H

#include "pam_idinqr/wire/messages.h"

#include <stdbool.h>

struct wire {
    int socket; /* the socket, descriptor 0 */
    /* The other end closed, broke the protocol, or could not be polled. Never reset. */
    bool cancelled;
    int64_t cancelled_ms; /* the time when `cancelled` was set, by clock.h */
    bool ended;           /* A RESULT was sent, and nothing may follow it. Never reset. */
};

/* Returns whether this descriptor is a wire. In a shell it is a terminal or a pipe. */
bool wire_is_at(int descriptor);

/* Waits up to timeout_ms for START, PROBE or KEYS. Returns 0 or IDQ_AGENT. */
int wire_receive_start(struct wire *wire, int timeout_ms, struct start_message *ret_start);

/* Waits until the deadline (clock.h) for the number that wire_send_ask asked for. Returns 0,
 * IDQ_TIMEOUT, or IDQ_CANCELLED if the module sends anything else or closes. */
int wire_receive_number(struct wire *wire, int64_t deadline_ms, char ret_number[NUMBER_SIZE]);

/* Waits for the next frame until the other end closes. Returns 1, 0 if it has closed, or an error.
 */
int wire_receive(const struct wire *wire, struct frame *ret_frame);

/* Waits for `size` bytes that arrive in PARTs. Returns as wire_receive does, and IDQ_AGENT for any
 * other message. */
int wire_receive_parts(const struct wire *wire, void *ret_bytes, size_t size);

/* Checks without waiting whether the other end canceled or closed. Returns wire->cancelled. */
bool wire_check(struct wire *wire);

/* Waits `ms`, or until wire_check would return true. Returns wire->cancelled. */
bool wire_wait(struct wire *wire, int ms);

/* Waits up to `ms` for the module to close its end, and reads nothing. A socket that closes with
 * unread data destroys what it has sent and the peer has not yet read. */
void wire_linger(const struct wire *wire, int ms);

/* Each sends one frame. A failure sets `cancelled`. After a RESULT or a PROBED none of them sends
 * anything. */
void wire_send_qr(struct wire *wire, const struct qr_message *qr);
void wire_send_state(struct wire *wire, enum login_state state);
void wire_send_ask(struct wire *wire, unsigned tries_left, const char *transaction);
void wire_send_result(struct wire *wire, const struct result_message *result);
void wire_send_key(struct wire *wire, const struct key_message *key);
void wire_send_probed(struct wire *wire, int outcome);

/* Sends bytes in PARTs. */
void wire_send_parts(struct wire *wire, const void *bytes, size_t size);

/* Sends one line for the administrator, with a syslog priority. The module writes it to the
 * system's log unchanged. The text must contain no secret, no path of a URL, no payload and no
 * personal data. */
void wire_log(struct wire *wire, int priority, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
