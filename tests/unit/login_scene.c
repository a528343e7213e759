/* SPDX-License-Identifier: BSD-3-Clause */
/* See login_scene.h. */
#include "tests/unit/login_scene.h"

#include "pam_idinqr/common/error.h"
#include "tests/harness/scratch.h"
#include "tests/harness/stack_residue.h"
#include "tests/unit/fake_agents.h"
#include "tests/unit/host_state.h"
#include "tests/unit/sample_config.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static volatile sig_atomic_t n_handled; /* signals, by the host */

const struct login_scene_signal login_scene_signals[LOGIN_SCENE_SIGNALS] = {
    {SIGINT, IDQ_CANCELLED, 0},
    {SIGQUIT, IDQ_CANCELLED, 0},
    {SIGTERM, IDQ_CANCELLED, 1},
    {SIGHUP, IDQ_HANGUP, 1},
};

void
login_scene_begin(struct login_scene *scene)
{
    memset(scene, 0, sizeof *scene);
    scene->terminal = (struct terminal){.fd = -1, .rows = 50, .columns = 100};
    scene->account = "alice";
    scene->kind = HOST_TERMINAL;
}

void
login_scene_set_terminal(struct login_scene *scene, unsigned rows, unsigned columns)
{
    scene->terminal = (struct terminal){.fd = open("/dev/null", O_RDWR | O_CLOEXEC),
                                        .rows = rows,
                                        .columns = columns,
                                        .is_utf8 = 1,
                                        .has_half_blocks = 1,
                                        .has_colours = 1,
                                        .takes_escapes = 1,
                                        .stop_key = STOP_KEY_CTRL_C};
    ck_assert_int_ge(scene->terminal.fd, 0);
}

static void
note_log(void *context, int priority, const char *line)
{
    struct login_scene *scene = context;
    size_t used = strlen(scene->log_lines);

    snprintf(scene->log_lines + used, sizeof scene->log_lines - used, "%d %s\n", priority, line);
    if (scene->signal_with_log != 0)
        ck_assert_int_eq(raise(scene->signal_with_log), 0);
}

static void
write_drop_in(const char *dir, const char *text)
{
    char *drop_ins = scratch_path(dir, "idinqr.conf.d"), *path;

    ck_assert_int_eq(mkdir(drop_ins, 0700), 0);
    path = scratch_path(drop_ins, "10.conf");
    scratch_write(path, 0600, text);
    free(path);
    free(drop_ins);
}

struct run {
    const struct login *login;
    struct login_scene *scene;
    int outcome;
};

static void
run_login(void *argument)
{
    struct run *run = argument;

    run->outcome = login_run(run->login, &run->scene->result, &run->scene->diag);
}

int
login_scene_run(struct login_scene *scene, const char *words, const char *lines)
{
    char *dir = scratch_dir("login"), *all;
    const struct conversation conversation = scripted_conversation(&scene->script);
    CONFIG_AUTO *config;
    struct host_state before;
    int outcome;

    scene->agent = fake_agents_make(words);
    if (asprintf(&all, "agent = %s\n%s", scene->agent, lines) < 0)
        ck_abort_msg("no memory");
    if (scene->drop_in)
        write_drop_in(dir, scene->drop_in);
    config = sample_config(dir, all);
    const struct login login = {.config = config,
                                .conversation = &conversation,
                                .terminal = &scene->terminal,
                                .host = scene->kind,
                                .language = LANGUAGE_EN,
                                .service = "sudo",
                                .account = scene->account,
                                .tick_ms = scene->tick_ms,
                                .wait = scene->kept_wait,
                                .log = note_log,
                                .log_context = scene};
    memset(&scene->result, 0xAA, sizeof scene->result);
    memset(&scene->diag, 0xAA, sizeof scene->diag);
    scene->log_lines[0] = '\0';
    host_state_take(&before);
    struct run run = {.login = &login, .scene = scene};
    if (scene->leaves_stack)
        stack_residue_run(run_login, &run);
    else
        run_login(&run);
    outcome = run.outcome;
    if (scene->kept_wait && outcome != 0) {
        ck_assert_int_eq(n_handled, 0);
        ck_assert_int_eq(scene->kept_wait->is_held, 1);
    }
    if (scene->kept_wait)
        wait_end(scene->kept_wait);
    host_state_must_be(&before);
    if (outcome != 0) {
        static const struct result_message wiped;
        ck_assert_msg(memcmp(&scene->result, &wiped, sizeof wiped) == 0, "%s leaves a result",
                      words);
    }
    free(all);
    free(scene->agent);
    scene->agent = NULL;
    free(dir);
    return outcome;
}

void
login_scene_send_signal(void *user, unsigned number)
{
    ck_assert_uint_eq(number, 1);
    ck_assert_int_eq(kill(getpid(), *(const int *)user), 0);
}

static void
count(int number)
{
    (void)number;
    n_handled++;
}

void
login_scene_handle(int signal_number)
{
    ck_assert(signal(signal_number, count) != SIG_ERR);
}

unsigned
login_scene_handled(void)
{
    return (unsigned)n_handled;
}
