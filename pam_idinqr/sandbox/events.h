/* SPDX-License-Identifier: BSD-3-Clause */
/* Records the events of this sandbox in order, for tests to query over HTTP. Holds codes' ids and
 * states, and never a token, a key, a BIN or a code's link. */
#ifndef IDQ_SANDBOX_EVENTS_H
#define IDQ_SANDBOX_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#define EVENTS_MAX 1024 /* the oldest are forgotten; counts and numbers go on */

enum event_kind {
    EVENT_GENERATE,
    EVENT_PICTURE,
    EVENT_SCANNED,
    EVENT_BANK,
    EVENT_APPROVED,
    EVENT_REFUSED,
    EVENT_NUMBER, /* typed at the desk */
    EVENT_WRONG_NUMBER,
    EVENT_STATUS,
    EVENT_DELIVERED,
    EVENT_CANCEL,
    EVENT_EXPIRED,
    EVENT_TOKEN, /* Signicat's: a client got a token; about no code */
    EVENT_SESSION,
    EVENT_SESSION_STATUS,
    EVENT_DEVICE, /* OpenID's */
    EVENT_DEVICE_POLL,
    EVENT_SLOW_DOWN, /* a poll came too early */
    EVENT_DIRECTORY, /* a relay's: about no code */
    EVENT_TRANSACTION,
    EVENT_TRANSACTION_STATUS,
    EVENT_KINDS,
};

struct event {
    int64_t ms; /* since events_begin */
    enum event_kind kind;
    char qr_id[37];     /* or "" */
    const char *status; /* static; the code's state after the event, or the one that was answered */
};

/* Zeroed by its owner. */
struct events {
    int64_t start_ms;
    uint64_t total; /* ever seen; the newest is ring[(total - 1) % EVENTS_MAX] */
    uint64_t counts[EVENT_KINDS];
    struct event ring[EVENTS_MAX];
};

/* Sets the clock's zero. Times are those of the caller's clock, in ms. */
void events_begin(struct events *events, int64_t now_ms);

void events_add(struct events *events, int64_t now_ms, enum event_kind kind, const char *qr_id,
                const char *status);

/* Everything as JSON: {"events":[{"n","ms","event","qr_id","status"}], "counts":{…}}. Freed by the
 * caller; NULL when memory is short. */
char *events_to_json(const struct events *events);

#endif
