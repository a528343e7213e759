/* SPDX-License-Identifier: BSD-3-Clause */
/* The scene of most tests of real programs: a machine of the test's own, a desk, one PAM service in
 * which the module alone decides, and somebody's shell on a terminal, in which the test then types
 * the program's command line. Test code: as root, once in a test; it makes namespace.h's machine.
 *
 * Trouble fails the running test. */
#ifndef IDQ_TESTS_SCENE_H
#define IDQ_TESTS_SCENE_H

#include "tests/harness/session.h"

#include <termios.h>

struct scene_options {
    const char *user;           /* whose shell: "root", "alice", "bob" */
    const char *service;        /* of PAM: "sudo" */
    const char *module;         /* further arguments of the module's; NULL: none */
    const char *const *sandbox; /* its arguments, ended by NULL; NULL: alice is anna */
};

struct scene {
    struct desk desk;
    struct terminal *terminal; /* at the shell's prompt */
    struct termios modes;      /* of its line, before anything was run on it */
};

/* What runs from here on counts for processes_must_end. */
void scene_open(struct scene *ret_scene, const struct scene_options *options);
void scene_close(struct scene *scene);

#define SCENE_AUTO __attribute__((cleanup(scene_close))) struct scene

/* The program has left the modes of the terminal as they were. */
void scene_must_be_as_before(const struct scene *scene);

/* The backend has been told that nobody waits for the code any more. */
void scene_backend_must_know(const struct scene *scene);

#endif
