/* SPDX-License-Identifier: BSD-3-Clause */
/* The number that a relay shows on the phone, typed at the prompts of the real sudo, su, login at
 * its idle screen, ssh and vlock: right and wrong, and the ways in which such a prompt can end.
 * Needs root, for a private machine (namespace.h). */
#include "pam_idinqr/common/array.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scene.h"

#include <signal.h>
#include <string.h>

static const char *const relay[] = {"--confirm", "number",   "--enroll", "alice=anna",
                                    "--enroll",  "bob=bram", NULL};

/* A program at its prompt, and a phone that shows the number. */
static void
reach_prompt(struct scene *scene, const struct scene_program *program, const char *lines)
{
    char *link = NULL;

    scene_open(scene, program, relay);
    scene_configure(scene, lines);
    scene_start(scene);
    session_next_code(scene->terminal, &link);
    scene->phone = phone_new(qr_backend_ca_file(scene_desk(scene)->backend), "en");
    ck_assert_msg(phone_approve(scene->phone, link, "anna") == 200, "%s",
                  phone_problem(scene->phone));
    ck_assert_msg(phone_number(scene->phone, scene->number) == 0, "%s",
                  phone_problem(scene->phone));
    /* The phone says what it opens, as the screen does. */
    ck_assert_msg(strstr(phone_text(scene->phone), program->name) != NULL, "%s",
                  phone_text(scene->phone));
    ck_assert(qr_backend_wait_event(scene_desk(scene)->backend, "approved", 1, SESSION_WAIT_MS));
    scene_await_prompt(scene);
}

static void
must_be_in(const struct scene *scene)
{
    pty_must_show(scene->terminal, scene->program->is_in, SESSION_WAIT_MS);
    session_wait_log("outcome=verified");
    ck_assert_int_eq(qr_backend_count(scene_desk(scene)->backend, "delivered"), 1);
}

/* The relay has released no identity either. */
static void
must_be_out(const struct scene *scene, const char *field)
{
    scene_must_not_open(scene, field);
    ck_assert_int_eq(qr_backend_count(scene_desk(scene)->backend, "delivered"), 0);
}

static void
right(const struct scene *scene)
{
    scene_type_number(scene, scene->number);
    must_be_in(scene);
}

static void
wrong_then_right(const struct scene *scene)
{
    scene_type_wrong(scene);
    pty_must_show(scene->terminal, "Tries left: 2.", SESSION_WAIT_MS);
    pty_answer(scene->terminal, "12345\r", SESSION_WAIT_MS);
    pty_must_show(scene->terminal, "Type the 6 digits that your phone shows.", SESSION_WAIT_MS);
    right(scene);
}

static void
wrong(const struct scene *scene)
{
    scene_type_wrong(scene);
    pty_must_show(scene->terminal, "Tries left: 2.", SESSION_WAIT_MS);
    scene_type_wrong(scene);
    pty_must_show(scene->terminal, "Tries left: 1.", SESSION_WAIT_MS);
    scene_type_wrong(scene);
    must_be_out(scene, "outcome=wrong-number session=");
    ck_assert_int_eq(qr_backend_count(scene_desk(scene)->backend, "wrong-number"), 3);
}

static void
not_me(const struct scene *scene)
{
    ck_assert_msg(phone_press(scene->phone, "This was not me") == 200, "%s",
                  phone_problem(scene->phone));
    scene_type_number(scene, scene->number);
    must_be_out(scene, "outcome=refused session=");
}

static void
empty(const struct scene *scene)
{
    pty_answer(scene->terminal, "\r", SESSION_WAIT_MS);
    ck_assert(qr_backend_wait_event(scene_desk(scene)->backend, "cancel", 1, SESSION_WAIT_MS));
    must_be_out(scene, "outcome=cancelled session=");
}

/* The code is dead, whatever becomes of the program. */
static void
ctrl_c(const struct scene *scene)
{
    pty_type(scene->terminal, TERMINAL_CTRL_C);
    if (scene->program->ctrl_c == CTRL_C_IS_A_KEY) {
        pty_type(scene->terminal, "\r");
        pty_must_show(scene->terminal, "Type the 6 digits that your phone shows.", SESSION_WAIT_MS);
        empty(scene);
        return;
    }
    ck_assert(qr_backend_wait_event(scene_desk(scene)->backend, "cancel", 1, SESSION_WAIT_MS));
    must_be_out(scene, scene->program->ctrl_c == CTRL_C_ENDS_PROMPT ? "outcome=cancelled session="
                                                                    : "asking session=");
}

static void
too_late(const struct scene *scene)
{
    /* The agent cancels when the time is over. */
    ck_assert(qr_backend_wait_event(scene_desk(scene)->backend, "cancel", 1, SESSION_WAIT_MS));
    scene_type_number(scene, scene->number);
    must_be_out(scene, "outcome=timeout session=");
}

static void
no_agent(const struct scene *scene)
{
    pid_t agent = processes_find(0, "idinqr-agent");

    ck_assert_int_gt(agent, 0);
    ck_assert_int_eq(kill(agent, SIGKILL), 0);
    scene_type_number(scene, scene->number);
    must_be_out(scene, "outcome=agent session=");
}

/* It stands still, so that it can end well afterwards. */
static void
no_backend(const struct scene *scene)
{
    pid_t backend = qr_backend_pid(scene_desk(scene)->backend);

    ck_assert_int_eq(kill(backend, SIGSTOP), 0);
    scene_type_number(scene, scene->number);
    scene_must_not_open(scene, "outcome=timeout session=");
    ck_assert_int_eq(kill(backend, SIGCONT), 0);
}

static const struct ending {
    const char *name, *lines;
    void (*run)(const struct scene *scene);
} endings[] = {
    {"right", "", right},
    {"wrong, then right", "", wrong_then_right},
    {"wrong", "", wrong},
    {"not me", "", not_me},
    {"empty", "", empty},
    {"Ctrl-C", "", ctrl_c},
    {"too late", "timeout = 20\n", too_late},
    {"no agent", "", no_agent},
    {"no backend", "timeout = 20\n", no_backend},
};

TEST_CASE(NULL, .variant = scene_program_variant, .timeout_s = 120);

/* Those that take as long as a login may are the same in each program: see tests/faults. */
static int
has_ending(int row)
{
    const char *name = scene_programs[runner_variant()].name;

    return endings[row].lines[0] == '\0' || strcmp(name, "sudo") == 0 || strcmp(name, "sshd") == 0;
}

LOOP_TEST(a_number_at_a_prompt, ARRAY_LENGTH(endings), .has_row = has_ending)
{
    SCENE_AUTO scene = {0};

    reach_prompt(&scene, &scene_programs[runner_variant()], endings[_i].lines);
    endings[_i].run(&scene);
    desk_must_not_leak(scene_desk(&scene), namespace_log());
    ck_assert_msg(!strstr(namespace_log(), scene.number), "%s", namespace_log());
}

RUN_TESTS("number", session_why_not(NULL));
