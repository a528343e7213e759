/* SPDX-License-Identifier: BSD-3-Clause */
/* An attacker between an agent and its backend, without the signing key: an HTTP proxy that ends
 * TLS itself, under a certificate that the agent trusts. It records each answer that it passes on.
 * Once the backend has gone, it answers from that recording. In a process of its own. Test code;
 * ends with the test that started it, which trouble fails. */
#ifndef IDQ_TESTS_FRONT_H
#define IDQ_TESTS_FRONT_H

#include <sys/types.h>

struct front {
    pid_t pid;
    unsigned port;
    char ca_file[256]; /* PEM, to trust it by */
};

/* ca_file goes into `dir`. */
void front_start(struct front *ret_front, const char *dir);

/* Accepts one that was never started (zeroed). */
void front_stop(struct front *front);

#define FRONT_AUTO __attribute__((cleanup(front_stop))) struct front

#endif
