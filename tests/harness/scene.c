/* SPDX-License-Identifier: BSD-3-Clause */
/* See scene.h. */
#include "tests/harness/scene.h"

#include "tests/harness/login_host.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/qr_backend.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <string.h>
#include <unistd.h>

#define NUMBER_PROMPT "Number on your phone:"

struct asked {
    struct pty *terminal;
    int count;
};

const struct desk *
scene_desk(const struct scene *scene)
{
    return scene->ssh.terminal ? &scene->ssh.desk : &scene->desk;
}

void
scene_close(struct scene *scene)
{
    phone_free(&scene->phone);
    if (scene->ssh.terminal) {
        ssh_desk_close(&scene->ssh);
        return;
    }
    pty_free(&scene->terminal);
    desk_close(&scene->desk);
}

/* A shell of alice's, in which the module decides for this service. */
static void
open_shell(struct scene *scene, const char *const *enrolled)
{
    namespace_enter();
    desk_open(&scene->desk, enrolled);
    session_pam_service(&scene->desk, scene->program->name, "");
    scene->terminal = session_start("alice");
    processes_begin();
}

static void
start_sudo(struct scene *scene)
{
    session_type(scene->terminal, "sudo echo I am $((40 + 2))");
}

static void
start_su(struct scene *scene)
{
    session_type(scene->terminal, "su alice -c 'echo I am $((40 + 2))'");
}

static void
start_vlock(struct scene *scene)
{
    session_type(scene->terminal, "vlock && echo I am $((40 + 2))");
    pty_must_show(scene->terminal, "Please press [ENTER] to unlock.", SESSION_WAIT_MS);
    pty_answer(scene->terminal, "\r", SESSION_WAIT_MS);
}

static void
open_login(struct scene *scene, const char *const *enrolled)
{
    login_host_choose("shadow");
    login_host_enter();
    desk_open(&scene->desk, enrolled);
    session_pam_service(&scene->desk, "login", "");
    processes_begin();
}

/* The console of a kiosk. */
static void
start_login(struct scene *scene)
{
    static const char *const kiosk[] = {"/sbin/agetty", "--skip-login",
                                        "--noclear",    "--nohostname",
                                        "--noissue",    "-",
                                        "linux",        NULL};
    const struct terminal_options options = {.rows = 40, .columns = 100};

    scene->terminal = pty_start(
        kiosk, (const char *const[]){"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=linux", NULL},
        &options);
    pty_must_show(scene->terminal, "press Enter for a code", SESSION_WAIT_MS);
    pty_type(scene->terminal, "\r");
}

static void
open_sshd(struct scene *scene, const char *const *enrolled)
{
    ssh_desk_open(&scene->ssh, &(struct ssh_options){.enrolled = enrolled});
    scene->terminal = scene->ssh.terminal;
}

static void
start_sshd(struct scene *scene)
{
    ssh_desk_enter_as(&scene->ssh, "alice");
}

const struct scene_program scene_programs[SCENE_PROGRAMS] = {
    {"sudo", "/usr/bin/sudo", open_shell, start_sudo, "\nI am 42\n", CTRL_C_ENDS_PROMPT},
    {"su", "/usr/bin/su", open_shell, start_su, "\nI am 42\n", CTRL_C_ENDS_PROGRAM},
    {"login", "/sbin/agetty", open_login, start_login, "$", CTRL_C_ENDS_PROGRAM},
    {"sshd", "/usr/sbin/sshd", open_sshd, start_sshd, "\nI am alice\n", CTRL_C_ENDS_PROGRAM},
    {"vlock", "/usr/bin/vlock", open_shell, start_vlock, "\nI am 42\n", CTRL_C_IS_A_KEY},
};

const char *
scene_program_variant(int i, const char **ret_why_not)
{
    if (i == SCENE_PROGRAMS)
        return NULL;
    if (access(scene_programs[i].path, X_OK) != 0)
        *ret_why_not = "it is not there";
    return scene_programs[i].name;
}

void
scene_open(struct scene *scene, const struct scene_program *program, const char *const *enrolled)
{
    scene->program = program;
    program->open(scene, enrolled);
    scene_configure(scene, "");
}

void
scene_configure(const struct scene *scene, const char *lines)
{
    char *path =
        scratch_path(qr_backend_dir(scene_desk(scene)->backend), "idinqr.conf.d/number.conf");

    scratch_write(path, 0644, scratch_text("idle = enter\n%s", lines));
}

void
scene_start(struct scene *scene)
{
    scene->program->start(scene);
}

/* The prompt for the number, or another one for Enter than those that are counted. */
static int
asks_next(struct screen *screen, void *user)
{
    const struct asked *asked = user;
    size_t size;

    return screen_shows(screen, NUMBER_PROMPT) ||
           session_count(pty_output(asked->terminal, &size), "Press Enter once you have") >
               asked->count;
}

/* As ssh's prompt says: Enter, and again if the desk does not know of the approval yet. */
static void
press_enter(const struct scene *scene)
{
    struct asked asked = {scene->terminal, 0};

    ssh_desk_await_prompts(&scene->ssh, "then press Enter", 1);
    do {
        pty_type(scene->terminal, "\r");
        ck_assert_msg(pty_wait(scene->terminal, asks_next, &asked, SESSION_WAIT_MS), "%s",
                      screen_text(pty_screen(scene->terminal)));
        asked.count++;
    } while (!screen_shows(pty_screen(scene->terminal), NUMBER_PROMPT));
}

void
scene_await_prompt(const struct scene *scene)
{
    if (scene->ssh.terminal)
        press_enter(scene);
    pty_must_show(scene->terminal, NUMBER_PROMPT, SESSION_WAIT_MS);
}

void
scene_type_number(const struct scene *scene, const char *number)
{
    pty_answer(scene->terminal, scratch_text("%.3s %s\r", number, number + 3), SESSION_WAIT_MS);
}

void
scene_type_wrong(const struct scene *scene)
{
    scene_type_number(scene,
                      scratch_text("%.5s%c", scene->number, scene->number[5] == '0' ? '1' : '0'));
}

void
scene_must_not_open(const struct scene *scene, const char *field)
{
    session_wait_log(field);
    ck_assert_msg(!screen_shows(pty_screen(scene->terminal), scene->program->is_in), "%s",
                  screen_text(pty_screen(scene->terminal)));
    ck_assert_msg(!strstr(namespace_log(), "outcome=verified"), "%s", namespace_log());
}
