/* SPDX-License-Identifier: BSD-3-Clause */
/* Plays desks that wait for their logins at a relay: one process, with a TLS connection for each
 * desk. It asks again after each answer, as an agent does. Test code: an error fails the running
 * test. */
#ifndef IDQ_BENCH_WAITING_DESKS_H
#define IDQ_BENCH_WAITING_DESKS_H

#include "tests/harness/relay_login.h"

#include <stdint.h>

#define WAITING_DESKS 2000

struct waiting_desks {
    pid_t pid;
    int events;
};

/* Returns when the relay holds the questions of all of them. `codes`: WAITING_DESKS, one each. */
void waiting_desks_begin(struct relay_server *server, const struct relay_code *codes,
                         struct waiting_desks *ret_desks);

/* Waits until one of them has had this status. Returns when that was (moment.h). */
int64_t waiting_desks_await(struct waiting_desks *desks, int desk, const char *status);

void waiting_desks_end(struct waiting_desks *desks);

#endif
