/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets up most tests of real programs: a private machine, a desk, a PAM service, and a user's shell
 * on a terminal. In the service, the module alone decides. The test types the program's command
 * line in the shell. Test code: runs as root, once in a test. It makes namespace.h's machine.
 *
 * An error fails the running test. */
#ifndef IDQ_TESTS_FIXTURE_H
#define IDQ_TESTS_FIXTURE_H

#include "tests/harness/session.h"

#include <termios.h>

struct fixture_options {
    const char *user;           /* whose shell: "root", "alice", "bob" */
    const char *service;        /* of PAM: "sudo" */
    const char *module;         /* further arguments of the module's; NULL: none */
    const char *const *sandbox; /* its arguments, ended by NULL; NULL: alice is anna */
};

struct fixture {
    struct desk desk;
    struct pty *terminal; /* at the shell's prompt */
    struct termios modes; /* of its line, before anything was run on it */
};

/* What runs from here on counts for processes_must_end. */
void fixture_open(struct fixture *ret_fixture, const struct fixture_options *options);
void fixture_close(struct fixture *fixture);

#define FIXTURE_AUTO __attribute__((cleanup(fixture_close))) struct fixture

/* The program has left the modes of the terminal as they were. */
void fixture_must_be_as_before(const struct fixture *fixture);

/* The backend must have been told that no login waits for the code any more. */
void fixture_backend_must_know(const struct fixture *fixture);

#endif
