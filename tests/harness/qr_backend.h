/* SPDX-License-Identifier: BSD-3-Clause */
/* Starts the real idinqr-sandbox for one test: a QR backend on loopback with its own CA, which
 * records the requests to it. Test code: runs as the user who runs the tests. An error of the
 * harness fails the running test, and so does a sandbox that does not start. */
#ifndef IDQ_TESTS_QR_BACKEND_H
#define IDQ_TESTS_QR_BACKEND_H

#include <jansson.h>
#include <sys/types.h>

struct qr_backend;

/* Starts it with more arguments ("--fault", "status-no-bin", NULL) behind --dir and
 * --exit-with-parent; NULL for none. Returns when it is ready. */
struct qr_backend *qr_backend_start(const char *const *more_arguments);

/* The same, with the program's path: for the harness's own tests. */
struct qr_backend *qr_backend_start_program(const char *program, const char *const *more_arguments);

/* The same in this directory. `before`: words before the program, as of setpriv(1), which end with
 * NULL; or NULL. */
struct qr_backend *qr_backend_start_in(const char *dir, const char *const *before,
                                       const char *program, const char *const *more_arguments);

/* Ends it, and checks that it ended as it should: exit status 0. Accepts a pointer to NULL, and
 * leaves one. */
void qr_backend_stop(struct qr_backend **backend);

const char *qr_backend_url(const struct qr_backend *backend); /* "https://127.0.0.1:PORT" */
pid_t qr_backend_pid(const struct qr_backend *backend);
const char *qr_backend_dir(const struct qr_backend *backend);
const char *qr_backend_ca_file(const struct qr_backend *backend);
const char *qr_backend_conf_file(const struct qr_backend *backend);

/* The value of a keyword in the configuration that it wrote, whatever its section; kept
 * (scratch.h). One that is not there fails the running test. */
char *qr_backend_setting(const struct qr_backend *backend, const char *keyword);

/* Its answer to GET /sandbox/events; freed by the caller with json_decref. */
json_t *qr_backend_events(struct qr_backend *backend);

/* How many events of a name there were. */
int qr_backend_count(struct qr_backend *backend, const char *event);

/* Asks until there were at least `count`. 1, or 0 when the time passed. */
int qr_backend_wait_event(struct qr_backend *backend, const char *event, int count, int timeout_ms);

#define BACKEND_AUTO __attribute__((cleanup(qr_backend_stop))) struct qr_backend

#endif
