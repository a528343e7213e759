/* SPDX-License-Identifier: BSD-3-Clause */
/* A desk at which a real program asks for the number that a phone shows: sudo, su, login at its
 * idle screen, ssh and vlock. Test code: as root; it makes namespace.h's machine.
 *
 * Trouble fails the running test. */
#ifndef IDQ_TESTS_SCENE_H
#define IDQ_TESTS_SCENE_H

#include "tests/harness/ssh_desk.h"

struct scene;

/* What Ctrl-C at the prompt is to a program. */
enum scene_ctrl_c {
    CTRL_C_ENDS_PROMPT,
    CTRL_C_ENDS_PROGRAM, /* before the module can write its record */
    CTRL_C_IS_A_KEY,     /* of the answer */
};

struct scene_program {
    const char *name, *path;
    void (*open)(struct scene *scene, const char *const *enrolled);
    void (*start)(struct scene *scene);
    const char *is_in; /* on the screen of a person who got in */
    enum scene_ctrl_c ctrl_c;
};

#define SCENE_PROGRAMS 5

extern const struct scene_program scene_programs[SCENE_PROGRAMS];

/* One variant of a TEST_CASE for each program. */
const char *scene_program_variant(int i, const char **ret_why_not);

struct scene {
    const struct scene_program *program;
    struct desk desk;
    struct ssh_desk ssh; /* in its place for sshd */
    struct pty *terminal;
    struct phone *phone; /* the test's; freed with the scene */
    char number[7];
};

/* Makes the machine, with a sandbox of these arguments. Alice may log in, and bob is at the
 * terminal of ssh. */
void scene_open(struct scene *scene, const struct scene_program *program,
                const char *const *enrolled);
void scene_close(struct scene *scene);

#define SCENE_AUTO __attribute__((cleanup(scene_close))) struct scene

const struct desk *scene_desk(const struct scene *scene);

/* Adds lines to the configuration. */
void scene_configure(const struct scene *scene, const char *lines);

/* Starts a login: its code will come. */
void scene_start(struct scene *scene);

/* The person has approved: the prompt for the number comes. */
void scene_await_prompt(const struct scene *scene);

/* Types it as the phone shows it, in two groups. */
void scene_type_number(const struct scene *scene, const char *number);
void scene_type_wrong(const struct scene *scene);

/* The login that ends with this field opens nothing. */
void scene_must_not_open(const struct scene *scene, const char *field);

#endif
