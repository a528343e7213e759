/* SPDX-License-Identifier: BSD-3-Clause */
/* Relays a connection between a client and a server on loopback, which a test can break. It passes
 * bytes on to one port, or is an HTTP proxy that passes them on to CONNECT's address. Runs in a
 * separate process. Test code: ends with the test that started it, and an error fails that test. */
#ifndef IDQ_TESTS_RELAY_H
#define IDQ_TESTS_RELAY_H

#include <stddef.h>
#include <sys/types.h>

enum relay_kind {
    RELAY_PORT,           /* to to_port, whatever is said */
    RELAY_PROXY,          /* where CONNECT says, on loopback */
    RELAY_PROXY_REFUSES,  /* 403 */
    RELAY_PROXY_PASSWORD, /* 407: wants to know who asks */
    RELAY_PROXY_SILENT,   /* takes the question and never answers */
};

enum relay_loss {
    RELAY_REFUSED, /* connections are reset, and new ones refused */
    RELAY_LOST,    /* nothing moves; what was sent arrives when it is over */
};

struct relay {
    pid_t pid;
    unsigned port;
    int control;
};

/* A socket on this port of loopback, or on any for 0, or -1. While it is open, no other process
 * gets the port, and a second socket can listen on it. */
int relay_bind(unsigned port, unsigned *ret_port);

void relay_start(struct relay *ret_relay, enum relay_kind kind, unsigned to_port);

/* Breaks the way for a while. Returns when it is broken. */
void relay_break(struct relay *relay, enum relay_loss how, int ms);

/* Waits for the next CONNECT, and gives its head as text. */
void relay_head(struct relay *relay, char *ret_text, size_t capacity);

/* Accepts one that was never started (zeroed). */
void relay_stop(struct relay *relay);

#define RELAY_AUTO __attribute__((cleanup(relay_stop))) struct relay

#endif
