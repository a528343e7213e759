/* SPDX-License-Identifier: BSD-3-Clause */
/* Closes connections whose client takes too long for a request. The server runs this. A client that
 * sends a byte now and then is never idle, and would keep its place for ever. Times are those of
 * server_now_ms. */
#ifndef IDQ_WEB_CONNECTIONS_H
#define IDQ_WEB_CONNECTIONS_H

#include <microhttpd.h>
#include <stdint.h>
#include <sys/queue.h>

/* What a connection waits for, and for how long at most. */
enum connection_wait {
    CONNECTION_BEGUN,  /* its first request, whole, with TLS; or the rest of a request: 15 s */
    CONNECTION_KEPT,   /* its next request, whole: the idle time and 15 s */
    CONNECTION_SERVED, /* the answer: the application's time */
};

struct connection {
    TAILQ_ENTRY(connection) entry;
    enum connection_wait wait;
    int64_t until_ms;
    int fd; /* borrowed */
};

struct connections {
    /* Each in the order of its times. None of CONNECTION_SERVED. */
    TAILQ_HEAD(connection_list, connection) waiting[CONNECTION_SERVED];
};

void connections_begin(struct connections *connections);

/* For MHD_OPTION_NOTIFY_CONNECTION: adds and removes a connection. */
void connections_changed(void *connections, struct MHD_Connection *connection, void **slot,
                         enum MHD_ConnectionNotificationCode what);

/* Returns NULL if there was no memory for it. It is then being closed. */
struct connection *connections_find(struct MHD_Connection *connection);

/* Has no effect if the connection waits for this already. */
void connections_wait(struct connections *connections, struct connection *connection,
                      enum connection_wait wait, int64_t now_ms);

/* Shuts down those whose time is over. Their owner then finds them at their end. */
void connections_shut_down(struct connections *connections, int64_t now_ms);

/* Returns when the next one's time is over, or -1: never. */
int64_t connections_next_ms(const struct connections *connections);

#define CONNECTIONS_IDLE_S 60 /* between two requests */

#endif
