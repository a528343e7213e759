/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a web server: libmicrohttpd, TLS, and requests that are held. In one thread, the caller's.
 * Network input is untrusted. */
#ifndef IDQ_WEB_SERVER_H
#define IDQ_WEB_SERVER_H

#include "pam_idinqr/web/http.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct server;

/* The program that the server runs for. Each function gets the context. */
struct server_application {
    void *context;
    const char *name; /* at the start of each line of the log; NULL: no line for a request */
    unsigned connections_max, connections_per_address; /* 0: no limit for an address */
    const char *certificate, *key; /* PEM, which outlive the server; NULL: no TLS */
    /* As handlers in http.h. *ret_name is a static name of the path, for the log. */
    int (*handle)(void *context, struct http_request *request, struct http_reply *ret_reply,
                  const char **ret_name);
    /* Moves the application's clock on. Called before every other function. */
    void (*tick)(void *context, int64_t now_ms);
    /* When something happens by itself, or -1: never. */
    int64_t (*next_ms)(const void *context);
    /* Seconds since 1970, for the Date of each answer. */
    int64_t (*wall_clock_s)(const void *context);
    /* As poll(2), and does the application's own work with the network; NULL: poll. */
    int (*poll)(void *context, struct pollfd *fds, unsigned n_fds, int timeout_ms);
    /* Grows whenever a watched value of a held request does; NULL: it may have at any time. */
    const uint64_t *changes;
    /* The server stops: it takes no more connections. Requests that are held have drain_ms to be
     * answered; then they are handled once more, and may not be held again. */
    void (*stop)(void *context);
    int drain_ms;
};

/* A listening socket at a numeric address; port 0 takes any, and *ret_port is what it is. The
 * descriptor, or IDQ_SYSTEM with errno. */
int server_listen(const char *address, unsigned port, unsigned *ret_port);

/* Serves on that socket, which it takes over, also on an error. The application outlives the
 * server. 0 or IDQ_SYSTEM. */
int server_start(const struct server_application *application, int socket,
                 struct server **ret_server);

/* Serves on another socket, too, without TLS: its requests are private. 0 or IDQ_SYSTEM. */
int server_start_private(struct server *server, int socket);

/* How many requests are held for which `handle` returned this name. */
unsigned server_held(const struct server *server, const char *name);

/* Blocks SIGTERM, SIGINT and SIGHUP, and ignores SIGPIPE. Returns a descriptor that can be read
 * when one of them came, or -1 with errno. */
int server_open_signals(void);

/* Serves until stop_fd can be read. 0, or IDQ_SYSTEM with errno. */
int server_run(struct server *server, int stop_fd);

/* Answers what is held, closes every connection, frees. */
void server_stop(struct server **server);

/* The clock of everything here, in ms. */
int64_t server_now_ms(void);

#define SERVER_AUTO __attribute__((cleanup(server_stop))) struct server

#endif
