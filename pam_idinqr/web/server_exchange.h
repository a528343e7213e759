/* SPDX-License-Identifier: BSD-3-Clause */
/* What server.c and server_exchange.c share, and no other file has. */
#ifndef IDQ_WEB_SERVER_EXCHANGE_H
#define IDQ_WEB_SERVER_EXCHANGE_H

#include "pam_idinqr/web/connections.h"
#include "pam_idinqr/web/server.h"

#include <microhttpd.h>
#include <sys/queue.h>

struct server {
    struct MHD_Daemon *daemon, *private_daemon; /* the second may be NULL */
    const struct server_application *application;
    struct connections connections; /* of both */
    int64_t now_ms;
    bool is_draining, is_stopping; /* no more connections; no more waiting */
    /* Requests that wait for something to change. The one whose time comes first is the first. */
    TAILQ_HEAD(held_list, exchange) held;
    uint64_t changes; /* the application's, when all of them were last looked at */
};

/* One request on its way. Made and freed at microhttpd's call. */
struct exchange {
    struct server *server;
    struct MHD_Connection *connection;
    TAILQ_ENTRY(exchange) held;
    int64_t hold_until_ms;
    const uint64_t *watched;
    uint64_t watched_before; /* what it was when the request was held */
    char *body;              /* what has arrived */
    size_t body_size;
    bool is_private;
    const char *name; /* of the path, while it is held */
};

/* Moves both clocks on. */
void server_tick(struct server *server, int64_t now_ms);

/* Of microhttpd: when the headers of a request are there, for each piece of its body, and at its
 * end; and when its answer was sent, or it was lost. */
enum MHD_Result server_on_request(void *context, struct MHD_Connection *connection,
                                  const char *path, const char *method, const char *version,
                                  const char *data, size_t *data_size, void **exchange_slot);
enum MHD_Result server_on_private_request(void *context, struct MHD_Connection *connection,
                                          const char *path, const char *method, const char *version,
                                          const char *data, size_t *data_size,
                                          void **exchange_slot);
void server_on_completed(void *context, struct MHD_Connection *connection, void **exchange_slot,
                         enum MHD_RequestTerminationCode why);

#endif
