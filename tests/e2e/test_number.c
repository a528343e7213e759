/* SPDX-License-Identifier: BSD-3-Clause */
/* The number that a relay shows on the phone, typed at the prompts of the real sudo, su, login at
 * its idle screen, ssh and vlock: right and wrong, and the ways in which such a prompt can end.
 * Needs root, for a private machine (namespace.h). */
#include "pam_idinqr/common/array.h"
#include "tests/harness/login_host.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/ssh_desk.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const relay[] = {"--confirm", "number",   "--enroll", "alice=anna",
                                    "--enroll",  "bob=bram", NULL};

struct scene {
    struct desk desk;
    struct ssh_desk ssh; /* in its place for sshd */
    struct pty *terminal;
    struct phone *phone;
    char number[7];
};

static const struct desk *
desk_of(const struct scene *scene)
{
    return scene->ssh.terminal ? &scene->ssh.desk : &scene->desk;
}

static void
close_scene(struct scene *scene)
{
    phone_free(&scene->phone);
    if (scene->ssh.terminal) {
        ssh_desk_close(&scene->ssh);
        return;
    }
    pty_free(&scene->terminal);
    desk_close(&scene->desk);
}

#define SCENE_AUTO __attribute__((cleanup(close_scene))) struct scene

static void
configure(const struct scene *scene, const char *lines)
{
    char *path = scratch_path(qr_backend_dir(desk_of(scene)->backend), "idinqr.conf.d/number.conf");

    scratch_write(path, 0644, lines);
}

/* A shell of alice's, in which the module decides for this service. */
static void
open_shell(struct scene *scene, const char *service, const char *lines)
{
    namespace_enter();
    desk_open(&scene->desk, relay);
    configure(scene, lines);
    session_pam_service(&scene->desk, service, "");
    scene->terminal = session_start("alice");
    processes_begin();
}

static void
start_sudo(struct scene *scene, const char *lines)
{
    open_shell(scene, "sudo", lines);
    session_type(scene->terminal, "sudo echo I am $((40 + 2))");
}

static void
start_su(struct scene *scene, const char *lines)
{
    open_shell(scene, "su", lines);
    session_type(scene->terminal, "su alice -c 'echo I am $((40 + 2))'");
}

static void
start_vlock(struct scene *scene, const char *lines)
{
    open_shell(scene, "vlock", lines);
    session_type(scene->terminal, "vlock && echo I am $((40 + 2))");
    pty_must_show(scene->terminal, "Please press [ENTER] to unlock.", SESSION_WAIT_MS);
    pty_answer(scene->terminal, "\r", SESSION_WAIT_MS);
}

/* The console of a kiosk. */
static void
start_login(struct scene *scene, const char *lines)
{
    static const char *const kiosk[] = {"/sbin/agetty", "--skip-login",
                                        "--noclear",    "--nohostname",
                                        "--noissue",    "-",
                                        "linux",        NULL};
    const struct terminal_options options = {.rows = 40, .columns = 100};

    login_host_choose("shadow");
    login_host_enter();
    desk_open(&scene->desk, relay);
    configure(scene, scratch_text("idle = enter\n%s", lines));
    session_pam_service(&scene->desk, "login", "");
    processes_begin();
    scene->terminal = pty_start(
        kiosk, (const char *const[]){"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=linux", NULL},
        &options);
    pty_must_show(scene->terminal, "press Enter for a code", SESSION_WAIT_MS);
    pty_type(scene->terminal, "\r");
}

static void
start_sshd(struct scene *scene, const char *lines)
{
    ssh_desk_open(&scene->ssh, &(struct ssh_options){.enrolled = relay});
    scene->terminal = scene->ssh.terminal;
    configure(scene, lines);
    ssh_desk_enter_as(&scene->ssh, "alice");
}

/* What Ctrl-C at the prompt is to a program. */
enum ctrl_c {
    CTRL_C_ENDS_PROMPT,
    CTRL_C_ENDS_PROGRAM, /* before the module can write its record */
    CTRL_C_IS_A_KEY,     /* of the answer */
};

static const struct program {
    const char *name, *path;
    void (*start)(struct scene *scene, const char *lines);
    const char *is_in; /* on the screen of a person who got in */
    enum ctrl_c ctrl_c;
} programs[] = {
    {"sudo", "/usr/bin/sudo", start_sudo, "\nI am 42\n", CTRL_C_ENDS_PROMPT},
    {"su", "/usr/bin/su", start_su, "\nI am 42\n", CTRL_C_ENDS_PROGRAM},
    {"login", "/sbin/agetty", start_login, "$", CTRL_C_ENDS_PROGRAM},
    {"sshd", "/usr/sbin/sshd", start_sshd, "\nI am alice\n", CTRL_C_ENDS_PROGRAM},
    {"vlock", "/usr/bin/vlock", start_vlock, "\nI am 42\n", CTRL_C_IS_A_KEY},
};

/* One case for each program. */
static const char *
program_variant(int i, const char **ret_why_not)
{
    if ((size_t)i == ARRAY_LENGTH(programs))
        return NULL;
    if (access(programs[i].path, X_OK) != 0)
        *ret_why_not = "it is not there";
    return programs[i].name;
}

/* A program at its prompt, and a phone that shows the number. */
static void
reach_prompt(struct scene *scene, const struct program *program, const char *lines)
{
    char *link = NULL;

    program->start(scene, lines);
    session_next_code(scene->terminal, &link);
    scene->phone = phone_new(qr_backend_ca_file(desk_of(scene)->backend), "en");
    ck_assert_msg(phone_approve(scene->phone, link, "anna") == 200, "%s",
                  phone_problem(scene->phone));
    ck_assert_msg(phone_number(scene->phone, scene->number) == 0, "%s",
                  phone_problem(scene->phone));
    /* The phone says what it opens, as the screen does. */
    ck_assert_msg(strstr(phone_text(scene->phone), program->name) != NULL, "%s",
                  phone_text(scene->phone));
    ck_assert(qr_backend_wait_event(desk_of(scene)->backend, "approved", 1, SESSION_WAIT_MS));
    if (scene->ssh.terminal) {
        ssh_desk_await_prompts(&scene->ssh, "then press Enter", 1);
        pty_type(scene->terminal, "\r");
    }
    pty_must_show(scene->terminal, "Number on your phone:", SESSION_WAIT_MS);
}

static void
type_number(const struct scene *scene, const char *number)
{
    pty_answer(scene->terminal, scratch_text("%.3s %s\r", number, number + 3), SESSION_WAIT_MS);
}

static void
type_wrong(const struct scene *scene)
{
    type_number(scene, scratch_text("%.5s%c", scene->number, scene->number[5] == '0' ? '1' : '0'));
}

static void
must_be_in(const struct scene *scene, const struct program *program)
{
    pty_must_show(scene->terminal, program->is_in, SESSION_WAIT_MS);
    session_wait_log("outcome=verified");
    ck_assert_int_eq(qr_backend_count(desk_of(scene)->backend, "delivered"), 1);
}

static void
must_not_open(const struct scene *scene, const struct program *program, const char *field)
{
    session_wait_log(field);
    ck_assert_msg(!screen_shows(pty_screen(scene->terminal), program->is_in), "%s",
                  screen_text(pty_screen(scene->terminal)));
    ck_assert_msg(!strstr(namespace_log(), "outcome=verified"), "%s", namespace_log());
}

/* The relay has released no identity either. */
static void
must_be_out(const struct scene *scene, const struct program *program, const char *field)
{
    must_not_open(scene, program, field);
    ck_assert_int_eq(qr_backend_count(desk_of(scene)->backend, "delivered"), 0);
}

static void
right(const struct scene *scene, const struct program *program)
{
    type_number(scene, scene->number);
    must_be_in(scene, program);
}

static void
wrong_then_right(const struct scene *scene, const struct program *program)
{
    type_wrong(scene);
    pty_must_show(scene->terminal, "Tries left: 2.", SESSION_WAIT_MS);
    pty_answer(scene->terminal, "12345\r", SESSION_WAIT_MS);
    pty_must_show(scene->terminal, "Type the 6 digits that your phone shows.", SESSION_WAIT_MS);
    right(scene, program);
}

static void
wrong(const struct scene *scene, const struct program *program)
{
    type_wrong(scene);
    pty_must_show(scene->terminal, "Tries left: 2.", SESSION_WAIT_MS);
    type_wrong(scene);
    pty_must_show(scene->terminal, "Tries left: 1.", SESSION_WAIT_MS);
    type_wrong(scene);
    must_be_out(scene, program, "outcome=wrong-number session=");
    ck_assert_int_eq(qr_backend_count(desk_of(scene)->backend, "wrong-number"), 3);
}

static void
not_me(const struct scene *scene, const struct program *program)
{
    ck_assert_msg(phone_press(scene->phone, "This was not me") == 200, "%s",
                  phone_problem(scene->phone));
    type_number(scene, scene->number);
    must_be_out(scene, program, "outcome=refused session=");
}

static void
empty(const struct scene *scene, const struct program *program)
{
    pty_answer(scene->terminal, "\r", SESSION_WAIT_MS);
    ck_assert(qr_backend_wait_event(desk_of(scene)->backend, "cancel", 1, SESSION_WAIT_MS));
    must_be_out(scene, program, "outcome=cancelled session=");
}

/* The code is dead, whatever becomes of the program. */
static void
ctrl_c(const struct scene *scene, const struct program *program)
{
    pty_type(scene->terminal, TERMINAL_CTRL_C);
    if (program->ctrl_c == CTRL_C_IS_A_KEY) {
        pty_type(scene->terminal, "\r");
        pty_must_show(scene->terminal, "Type the 6 digits that your phone shows.", SESSION_WAIT_MS);
        empty(scene, program);
        return;
    }
    ck_assert(qr_backend_wait_event(desk_of(scene)->backend, "cancel", 1, SESSION_WAIT_MS));
    must_be_out(scene, program,
                program->ctrl_c == CTRL_C_ENDS_PROMPT ? "outcome=cancelled session="
                                                      : "asking session=");
}

static void
too_late(const struct scene *scene, const struct program *program)
{
    /* The agent cancels when the time is over. */
    ck_assert(qr_backend_wait_event(desk_of(scene)->backend, "cancel", 1, SESSION_WAIT_MS));
    type_number(scene, scene->number);
    must_be_out(scene, program, "outcome=timeout session=");
}

static void
no_agent(const struct scene *scene, const struct program *program)
{
    pid_t agent = processes_find(0, "idinqr-agent");

    ck_assert_int_gt(agent, 0);
    ck_assert_int_eq(kill(agent, SIGKILL), 0);
    type_number(scene, scene->number);
    must_be_out(scene, program, "outcome=agent session=");
}

/* It stands still, so that it can end well afterwards. */
static void
no_backend(const struct scene *scene, const struct program *program)
{
    pid_t backend = qr_backend_pid(desk_of(scene)->backend);

    ck_assert_int_eq(kill(backend, SIGSTOP), 0);
    type_number(scene, scene->number);
    must_not_open(scene, program, "outcome=timeout session=");
    ck_assert_int_eq(kill(backend, SIGCONT), 0);
}

static const struct ending {
    const char *name, *lines;
    void (*run)(const struct scene *scene, const struct program *program);
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

TEST_CASE(NULL, .variant = program_variant, .timeout_s = 120);

/* Those that take as long as a login may are the same in each program: see tests/faults. */
static int
has_ending(int row)
{
    const char *name = programs[runner_variant()].name;

    return endings[row].lines[0] == '\0' || strcmp(name, "sudo") == 0 || strcmp(name, "sshd") == 0;
}

LOOP_TEST(a_number_at_a_prompt, ARRAY_LENGTH(endings), .has_row = has_ending)
{
    const struct program *program = &programs[runner_variant()];
    SCENE_AUTO scene = {0};

    reach_prompt(&scene, program, endings[_i].lines);
    endings[_i].run(&scene, program);
    desk_must_not_leak(desk_of(&scene), namespace_log());
    ck_assert_msg(!strstr(namespace_log(), scene.number), "%s", namespace_log());
}

RUN_TESTS("number", session_why_not(NULL));
