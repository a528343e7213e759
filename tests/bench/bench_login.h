/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs one login in a separate program (bench_host.c), at a desk of the harness. Test code: runs as
 * the user who runs the bench. An error fails the running test. */
#ifndef IDQ_BENCH_LOGIN_H
#define IDQ_BENCH_LOGIN_H

#include "tests/harness/child.h"
#include "tests/harness/desk.h"

#include <stdint.h>

struct bench_desk {
    struct desk desk;
    char *pam_dir; /* holds the service */
};

/* With alice enrolled as anna. fault may be NULL. */
void bench_desk_open(struct bench_desk *desk, const char *provider, const char *fault);
void bench_desk_close(struct bench_desk *desk);

#define BENCH_LINK_SIZE 400
#define BENCH_HOST      "bench_host" /* comm */

struct bench_login {
    struct child *host;
    double code_ms; /* from pam_authenticate to the conversation that shows the code */
    char link[BENCH_LINK_SIZE];
};

/* `what` is bench_host.c's: "leave" as soon as there is a code, or "stay". */
void bench_login_begin(const struct bench_desk *desk, const char *what,
                       struct bench_login *ret_login);

/* Waits for the code. */
void bench_login_read_code(struct bench_login *login);

/* Waits for the end, and frees. What pam_authenticate returned, and when (moment.h). */
int bench_login_end(struct bench_login *login, int64_t *ret_end_ns);

/* Starts the host to load an object; freed by the caller with child_stop. */
struct child *bench_host_load(const char *object);

#endif
