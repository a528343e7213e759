/* SPDX-License-Identifier: BSD-3-Clause */
/* See login_fixture.h. */
#include "tests/unit/login_fixture.h"

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

#define NEVER_MS 3600000

static volatile sig_atomic_t n_handled; /* signals, by the host */

const struct login_fixture_signal login_fixture_signals[LOGIN_FIXTURE_SIGNALS] = {
    {SIGINT, IDQ_CANCELLED, 0},
    {SIGQUIT, IDQ_CANCELLED, 0},
    {SIGTERM, IDQ_CANCELLED, 1},
    {SIGHUP, IDQ_HANGUP, 1},
};

void
login_fixture_begin(struct login_fixture *fixture)
{
    memset(fixture, 0, sizeof *fixture);
    fixture->terminal = (struct terminal){.fd = -1, .rows = 50, .columns = 100};
    fixture->account = "alice";
    fixture->kind = APPLICATION_TERMINAL;
}

void
login_fixture_set_terminal(struct login_fixture *fixture, unsigned rows, unsigned columns)
{
    fixture->terminal = (struct terminal){.fd = open("/dev/null", O_RDWR | O_CLOEXEC),
                                          .rows = rows,
                                          .columns = columns,
                                          .is_utf8 = 1,
                                          .has_half_blocks = 1,
                                          .has_colors = 1,
                                          .takes_escapes = 1,
                                          .stop_key = STOP_KEY_CTRL_C};
    ck_assert_int_ge(fixture->terminal.fd, 0);
}

static void
note_log(void *context, int priority, const char *line)
{
    struct login_fixture *fixture = context;
    size_t used = strlen(fixture->log_lines);

    snprintf(fixture->log_lines + used, sizeof fixture->log_lines - used, "%d %s\n", priority,
             line);
    if (fixture->signal_with_log != 0)
        ck_assert_int_eq(raise(fixture->signal_with_log), 0);
}

static void
write_drop_in(const char *dir, const char *text)
{
    char *drop_ins = scratch_path(dir, "idinqr.conf.d"), *path;

    ck_assert_int_eq(mkdir(drop_ins, 0700), 0);
    path = scratch_path(drop_ins, "10.conf");
    scratch_write(path, 0600, text);
}

struct run {
    const struct login *login;
    struct login_fixture *fixture;
    int outcome;
};

static void
run_login(void *argument)
{
    struct run *run = argument;

    run->outcome = login_run(run->login, &run->fixture->result, &run->fixture->diag);
}

int
login_fixture_run(struct login_fixture *fixture, const char *words, const char *lines)
{
    char *dir = scratch_dir("login"), *all;
    const struct conversation conversation = scripted_conversation(&fixture->script);
    CONFIG_AUTO *config;
    struct host_state before;
    int outcome;

    fixture->agent = fake_agents_make(words);
    all = scratch_text("agent = %s\n%s", fixture->agent, lines);
    if (fixture->drop_in)
        write_drop_in(dir, fixture->drop_in);
    config = sample_config(dir, all);
    const struct login login = {.config = config,
                                .conversation = &conversation,
                                .terminal = &fixture->terminal,
                                .application = fixture->kind,
                                .is_window = fixture->is_window,
                                .voice = &text_idin_voices[LANGUAGE_EN],
                                .service = "sudo",
                                .account = fixture->account,
                                .tick_ms = fixture->tick_ms,
                                .contact_ms = fixture->contact_ms ? fixture->contact_ms : NEVER_MS,
                                .wait = fixture->kept_wait,
                                .log = note_log,
                                .log_context = fixture};
    memset(&fixture->result, 0xAA, sizeof fixture->result);
    memset(&fixture->diag, 0xAA, sizeof fixture->diag);
    fixture->log_lines[0] = '\0';
    host_state_take(&before);
    struct run run = {.login = &login, .fixture = fixture};
    if (fixture->leaves_stack)
        stack_residue_run(run_login, &run);
    else
        run_login(&run);
    outcome = run.outcome;
    if (fixture->kept_wait && outcome != 0) {
        ck_assert_int_eq(n_handled, 0);
        ck_assert_int_eq(fixture->kept_wait->is_held, 1);
    }
    if (fixture->kept_wait)
        wait_end(fixture->kept_wait);
    host_state_must_be(&before);
    if (outcome != 0) {
        struct result_message wiped = {.outcome = 0};
        /* The only thing that is left of a failure. */
        memcpy(wiped.transaction, fixture->result.transaction, sizeof wiped.transaction);
        ck_assert_msg(memcmp(&fixture->result, &wiped, sizeof wiped) == 0, "%s leaves a result",
                      words);
    }
    free(fixture->agent);
    fixture->agent = NULL;
    return outcome;
}

void
login_fixture_send_signal(void *user, unsigned number)
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
login_fixture_handle(int signal_number)
{
    ck_assert(signal(signal_number, count) != SIG_ERR);
}

unsigned
login_fixture_handled(void)
{
    return (unsigned)n_handled;
}
