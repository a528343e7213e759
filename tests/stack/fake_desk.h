/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets up a desk with a fake agent (tests/unit/fake_agent.c), for logins through the real libpam
 * and the real module. It has a configuration, a map with one enrolled person, and a key. Test
 * code: runs as the user who runs the tests. An error fails the running test. */
#ifndef IDQ_TESTS_FAKE_DESK_H
#define IDQ_TESTS_FAKE_DESK_H

#include "tests/harness/login_stack.h"

struct fake_desk {
    char *agent; /* its path */
    char *conf;  /* of idinqr.conf */
    char *map;   /* of idinqr.map */
};

/* The agent obeys `words` (fake_agents.h). The person that it verifies is enrolled for `account`.
 * `lines` are added to the configuration, above its sections. */
void fake_desk_open(struct fake_desk *desk, const char *words, const char *account,
                    const char *lines);
/* The same person, for one more account. */
void fake_desk_enroll(const struct fake_desk *desk, const char *account);
void fake_desk_close(struct fake_desk *desk);

/* A login that can be authenticated, with an empty log; its handle. `account` and `tty` may be
 * NULL. */
pam_handle_t *fake_desk_start(const struct fake_desk *desk, struct login_stack *stack,
                              const char *service, const char *account, const char *tty);

/* For login_stack_on_message, with a fake_desk: an agent at its gate goes on once there is a link
 * on the screen. */
int fake_desk_let_through(const struct login_message *message, void *desk);

#define FAKE_DESK_AUTO __attribute__((cleanup(fake_desk_close))) struct fake_desk

#endif
