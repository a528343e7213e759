/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the web server: libmicrohttpd, TLS, and requests that are held. In one thread, the caller's.
 * Network input is untrusted. */
#ifndef IDQ_SANDBOX_SERVER_H
#define IDQ_SANDBOX_SERVER_H

#include "pam_idinqr/sandbox/state_dir.h"
#include "pam_idinqr/sandbox/sandbox.h"

struct server;

/* A listening socket at a numeric address; port 0 takes any, and *ret_port is what it is. The
 * descriptor, or IDQ_SYSTEM with errno. */
int server_listen(const char *address, unsigned port, unsigned *ret_port);

/* Serves the sandbox on that socket, which it takes over, also on an error. `log`: one line a
 * request on stderr. 0 or IDQ_SYSTEM. */
int server_start(struct sandbox *sandbox, int socket, const struct certificates *certificates,
                 int log, struct server **ret_server);

/* Serves until stop_fd can be read. 0, or IDQ_SYSTEM with errno. */
int server_run(struct server *server, int stop_fd);

/* Answers what is held, closes every connection, frees. */
void server_stop(struct server **server);

/* The clock of everything here, in ms. */
int64_t server_now_ms(void);

#define SERVER_AUTO __attribute__((cleanup(server_stop))) struct server

#endif
