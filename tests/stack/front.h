/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs an attacker between an agent and its backend: an HTTP proxy that terminates TLS with a
 * certificate that the agent trusts. It has no signing key. It records each answer that it passes
 * on. Once the backend has gone, it answers from that recording. Runs in a separate process. Test
 * code: ends with the test that started it, and an error fails that test. */
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
