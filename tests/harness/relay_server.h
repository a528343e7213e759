/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts the real idinqr-relay for one test, with a sandbox that plays its acquirer and the bank,
 * both as an unprivileged user, and speaks to it as a desk. Test code: an error of the harness
 * fails the running test. Answers are checked: each has the relay's signature, and a status the
 * nonce. Only a proxy's refusal (429, 502 to 504) has none. */
#ifndef IDQ_TESTS_RELAY_SERVER_H
#define IDQ_TESTS_RELAY_SERVER_H

#include "tests/harness/phone.h"

#include <jansson.h>
#include <sys/types.h>

#define RELAY_DESKS 2 /* balie-1 and balie-2 */

struct http_client;
struct relay_server;

struct relay_options {
    const char *const *sandbox; /* more arguments, which end with NULL; or NULL */
    const char *database;       /* in place of a file; or NULL */
    const char *general;        /* lines for the configuration, before its sections; or NULL */
    const char *acquirer;       /* lines for its section [acquirer]; or NULL */
    const char *qr_backend;     /* the same for [qr-backend], with --qr-backend; or NULL */
    const char *openid;         /* the same for [openid], which is then the upstream; or NULL */
    const char *cm;             /* the same for [cm]; "": the sandbox plays CM.com */
    const char *ca_file;        /* more CAs for the relay and the phone; or NULL */
    unsigned proxy_port;        /* of a proxy, which public_url names and desks ask; or 0 */
    void (*prepare)(const char *dir); /* called with the empty directory of all files; or NULL */
};

/* Returns when it is ready. options: or NULL. */
struct relay_server *relay_server_new(const struct relay_options *options);

/* Another relay with the same configuration, but a different port: for a database that they share.
 * It has no sandbox. Its public_url is the proxy's, or its own. */
struct relay_server *relay_server_new_beside(const struct relay_server *first);

/* Ends both, and checks that the relay ends with 0. Accepts a pointer to NULL, and leaves one. */
void relay_server_free(struct relay_server **server);

/* Ends the relay: with SIGKILL, or SIGTERM, and then the status must be 0. Starts it again. */
void relay_server_kill(struct relay_server *server);
void relay_server_stop(struct relay_server *server);
void relay_server_stop_begin(struct relay_server *server); /* sends SIGTERM; stop it then */
void relay_server_start(struct relay_server *server);

/* Ends the sandbox: nothing listens at the acquirer's address. */
void relay_server_end_acquirer(struct relay_server *server);

/* Runs `idinqr-relay ARGUMENTS`, which end with NULL. Returns its exit status, and in ret_output
 * what it printed, kept (scratch.h). */
int relay_server_command(struct relay_server *server, const char *const *arguments,
                         char **ret_output);

pid_t relay_server_pid(const struct relay_server *server);
unsigned relay_server_port(const struct relay_server *server);
/* The keys that desks accept from now on, as in idinqr.conf; kept by the caller. */
void relay_server_set_key(struct relay_server *server, const char *signing_key);

const char *relay_server_dir(const struct relay_server *server);
char *relay_server_conf(const struct relay_server *server); /* its path; kept */
/* The idinqr.conf that `desk add` printed. */
const char *relay_server_desk_conf(const struct relay_server *server, int desk);
char *relay_server_log(const struct relay_server *server); /* kept */

/* How many events of a name the sandbox has counted. */
int relay_server_count(struct relay_server *server, const char *event);

const char *relay_server_ca_file(const struct relay_server *server);

/* A phone that trusts both servers; freed by the caller. */
struct phone *relay_server_phone(const struct relay_server *server);

/* One request of a desk: POST of this JSON, which it takes over, with the token of the desk, or
 * without one for -1. `client`: NULL for the usual one, which a forked process may not use. Returns
 * the HTTP status, and the answer; it is the caller's. */
long relay_server_ask(struct relay_server *server, struct http_client *client, int desk,
                      const char *path, json_t *request, json_t **ret_answer);

#endif
