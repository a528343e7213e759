/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay's jail, which `serve` enters before it reads a byte from the network: see jail/jail.h.
 * Its libraries parse the requests of every phone on the internet. */
#ifndef IDQ_RELAY_RELAY_JAIL_H
#define IDQ_RELAY_RELAY_JAIL_H

#include "pam_idinqr/relay/relay_config.h"

/* The first step, before keys are read: no new privileges, no core files, no tracing, an empty
 * environment, and times in UTC. Returns 0 or IDQ_SYSTEM. */
int relay_jail_begin(void);

/* The last step, when files are read and the server listens. The process can then write in the
 * directory of the database, read what libcurl and the resolver need, connect to the ports of the
 * upstream and to PostgreSQL, and serve. Any other system call ends it, and stderr names the call.
 * Returns 0, or IDQ_SYSTEM with ret_diag. */
int relay_jail_close(const struct relay_config *config, struct diag *ret_diag);

#endif
