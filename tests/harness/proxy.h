/* SPDX-License-Identifier: BSD-3-Clause */
/* Debian's haproxy or nginx in front of two relays, by the example of conf/proxy with the ports,
 * paths and names of the test. Needs root, as those programs change their user. Test code: an error
 * of the harness fails the running test. */
#ifndef IDQ_TESTS_PROXY_H
#define IDQ_TESTS_PROXY_H

#include "tests/harness/relay_server.h"

#include <stdbool.h>

#define PROXY_NAMES ((const char *const[]){"haproxy", "nginx"})
#define PROXIES     2

struct proxy;

/* Why this one cannot run; NULL if it can. */
const char *proxy_why_not(const char *name);

/* Takes a port of loopback, for relay_options. */
struct proxy *proxy_new(const char *name);
unsigned proxy_port(const struct proxy *proxy);
bool proxy_is_haproxy(const struct proxy *proxy);

/* Starts it, and returns when it passes requests on to a relay that is ready. clients_most: in the
 * place of the example's limit of connections, and a hundred times as many requests in 10 s; 0
 * leaves both. */
void proxy_start(struct proxy *proxy, const struct relay_server *first,
                 const struct relay_server *second, unsigned clients_most);

/* Everything that it has logged. Kept. */
char *proxy_log(const struct proxy *proxy);

/* Ends the program, and leaves its logs. */
void proxy_stop(struct proxy *proxy);

/* Ends it. Accepts a pointer to NULL, and leaves one. */
void proxy_free(struct proxy **proxy);

#endif
