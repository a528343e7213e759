/* SPDX-License-Identifier: BSD-3-Clause */
/* The real idinqr-sandbox, started for one test: a QR backend on loopback with its own CA, and what
 * it remembers of what was asked of it. Test code: runs as whoever runs the tests. Trouble of the
 * harness itself, and a sandbox that does not start, fail the running test. */
#ifndef IDQ_TESTS_BACKEND_H
#define IDQ_TESTS_BACKEND_H

#include <jansson.h>

struct backend;

/* Starts it with more arguments ("--fault", "status-no-bin", NULL) behind --dir and
 * --exit-with-parent; NULL for none. Returns when it is ready. */
struct backend *backend_start(const char *const *more_arguments);

/* The same, with the program's path: for the harness's own tests. */
struct backend *backend_start_program(const char *program, const char *const *more_arguments);

/* Ends it, and checks that it ended as it should: exit status 0. Accepts a pointer to NULL, and
 * leaves one. */
void backend_stop(struct backend **backend);

const char *backend_url(const struct backend *backend); /* "https://127.0.0.1:PORT" */
const char *backend_dir(const struct backend *backend);
const char *backend_ca_file(const struct backend *backend);
const char *backend_conf_file(const struct backend *backend);

/* The value of a keyword in the configuration that it wrote, whatever its section; freed by the
 * caller. One that is not there fails the running test. */
char *backend_setting(const struct backend *backend, const char *keyword);

/* Its answer to GET /sandbox/events; freed by the caller with json_decref. */
json_t *backend_events(struct backend *backend);

/* How many events of a name there were. */
int backend_count(struct backend *backend, const char *event);

/* Asks until there were at least `count`. 1, or 0 when the time passed. */
int backend_wait_event(struct backend *backend, const char *event, int count, int timeout_ms);

#define BACKEND_AUTO __attribute__((cleanup(backend_stop))) struct backend

#endif
