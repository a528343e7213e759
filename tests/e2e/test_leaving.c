/* SPDX-License-Identifier: BSD-3-Clause */
/* Leaves a login before its verdict, in each application: the user leaves it, the terminal closes,
 * or one of its processes dies. Afterwards no process of the module is left. The backend has been
 * told, unless the agent was stuck. The terminal has its old modes, if the application restores
 * them. Needs root, for a private machine (namespace.h). */
#include "pam_idinqr/common/array.h"
#include "tests/harness/fixture.h"
#include "tests/harness/login_host.h"
#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Exit statuses: a number, or */
#define NOT_TRIED 0
#define SELF      (-1) /* not by a signal */
#define NOT_ZERO  (-2)
#define GONE      (-3) /* the terminal, in which a shell would say it */
#define KILLED    (128 + SIGKILL)

#define CANCELLED "outcome=cancelled"
#define HUNG_UP   "outcome=hangup"

static const struct application {
    const char *name, *program, *service;
    const char *path, *command; /* in a shell of alice's; login is a session's leader, without */
    int keeps_modes;            /* the terminal is as before, even when the application is killed */
} applications[] = {
    {"sudo", "sudo", "sudo", "/usr/bin/sudo", "sudo echo I am in", 1},
    {"sudo-rs", "sudo-rs", "sudo", "/usr/bin/sudo-rs", "sudo-rs echo I am in", 1},
    {"su", "su", "su", "/bin/su", "su bob -c 'echo I am in'", 1},
    {"vlock", "vlock-main", "vlock", "/usr/bin/vlock", "vlock", 0},
    {"shadow", "login", "login", NULL, NULL, 0},
    {"util-linux", "login", "login", NULL, NULL, 0},
};

#define N_APPLICATIONS ARRAY_LENGTH(applications)

enum {
    AGENT = 1, /* gets the signal, */
    WATCHER = 2,
    STUCK = 4,  /* The agent does not answer: it is given its time, and then killed. */
    STALLS = 8, /* The backend never answers the cancel, and no process waits for it. */
};

/* A key or a signal; without both, the terminal closes. */
static const struct way {
    const char *name, *key;
    int signal, flags;
    const char *outcome; /* in the log's last line; NULL: no process could write it */
    int status[N_APPLICATIONS];
} ways[] = {
    {"ctrl-c", TERMINAL_CTRL_C, 0, 0, CANCELLED, {1, 1, 1, 0, SELF, SELF}},
    {"ctrl-backslash", TERMINAL_CTRL_BACKSLASH, 0, 0, CANCELLED, {1, 1, 1, 0, SELF, SELF}},
    {"sigterm", NULL, SIGTERM, 0, CANCELLED, {NOT_ZERO, 0, 0, 0, 128 + SIGTERM, 128 + SIGTERM}},
    {"sighup", NULL, SIGHUP, 0, HUNG_UP, {0, 0, 0, 0, 128 + SIGHUP, 128 + SIGHUP}},
    /* sudo survives this, and would ask again in a dead terminal. */
    {"terminal-closes", NULL, 0, 0, HUNG_UP, {GONE, GONE, GONE, GONE, GONE, GONE}},
    {"sigkill", NULL, SIGKILL, 0, NULL, {KILLED, KILLED, KILLED, KILLED, KILLED, KILLED}},
    {"agent-dies", NULL, SIGKILL, AGENT, CANCELLED, {1, 0, 0, 0, SELF, SELF}},
    {"watcher-dies", NULL, SIGKILL, WATCHER, CANCELLED, {1, 0, 0, 0, SELF, SELF}},
    {"agent-stuck", TERMINAL_CTRL_C, 0, STUCK, CANCELLED, {1, 0, 1, 0, SELF, SELF}},
    {"agent-stuck-sigkill", NULL, SIGKILL, STUCK, NULL, {KILLED}},
    {"cancel-stalls", TERMINAL_CTRL_C, 0, STALLS, CANCELLED, {1}},
    {"cancel-stalls-sigkill", NULL, SIGKILL, STALLS, NULL, {KILLED}},
};

#define N_WAYS ARRAY_LENGTH(ways)

struct login {
    const struct application *application;
    struct fixture fixture;
    pid_t pid, agent;
    char *link; /* of the last code */
};

static void
login_close(struct login *login)
{
    fixture_close(&login->fixture);
}

#define LOGIN_AUTO __attribute__((cleanup(login_close))) struct login

static void
leave(struct login *login, const struct way *way)
{
    struct pty *terminal = login->fixture.terminal;
    pid_t pid = login->pid;

    if (way->flags & AGENT)
        pid = login->agent;
    if (way->flags & WATCHER)
        pid = processes_find(login->pid, login->application->program);
    ck_assert_int_gt(pid, 0);
    if (way->flags & STUCK) {
        ck_assert_int_eq(kill(login->agent, SIGSTOP), 0);
        ck_assert(processes_wait_state(login->agent, 'T', SESSION_WAIT_MS));
    }
    if (way->key != NULL) {
        pty_type(terminal, way->key);
        pty_must_show(terminal, "Stopped.", SESSION_WAIT_MS);
    } else if (way->signal != 0) {
        ck_assert_int_eq(kill(pid, way->signal), 0);
    } else {
        pty_hang_up(terminal);
    }
    if (!(way->flags & (AGENT | WATCHER)))
        return;
    /* This attempt fails. The application makes another, which the user leaves. */
    pty_must_show(terminal, "stopped unexpectedly", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_log("outcome=agent"), 1);
    session_next_code(terminal, &login->link);
    if (login->application->command == NULL)
        ck_assert(pty_wait_gone(terminal, "as alice (login)", SESSION_WAIT_MS));
    pty_type(terminal, TERMINAL_CTRL_C);
}

/* login, which is its own session's leader. */
static void
start_login(struct login *login, const char *const *sandbox)
{
    static const char *const by_name[] = {"/bin/login", "alice", NULL};
    const struct terminal_options size = {.rows = 40, .columns = 100}; /* for one code */

    login_host_choose(login->application->name);
    login_host_enter();
    desk_open(&login->fixture.desk, sandbox);
    session_pam_service(&login->fixture.desk, "login", "");
    processes_begin();
    login->fixture.terminal = pty_start(by_name, NULL, &size);
    login->link = session_scan(login->fixture.terminal);
    login->pid = pty_pid(login->fixture.terminal);
    pty_modes(login->fixture.terminal, &login->fixture.modes);
}

static void
start_in_shell(struct login *login, const char *const *sandbox)
{
    const struct application *application = login->application;

    fixture_open(&login->fixture, &(struct fixture_options){.user = "alice",
                                                            .service = application->service,
                                                            .sandbox = sandbox});
    if (strcmp(application->name, "sudo-rs") == 0) /* it would warn about sudo's own file */
        scratch_write("/etc/sudoers-rs", 0440, "alice ALL=(ALL:ALL) ALL\n");
    session_type(login->fixture.terminal, application->command);
    if (strcmp(application->name, "vlock") == 0) {
        pty_must_show(login->fixture.terminal, "Please press [ENTER] to unlock.\n",
                      SESSION_WAIT_MS);
        pty_answer(login->fixture.terminal, "\r", SESSION_WAIT_MS);
    }
    login->link = session_scan(login->fixture.terminal);
    login->pid = processes_find(pty_pid(login->fixture.terminal), application->program);
}

/* A login that shows its code and waits. */
static void
start(struct login *login, int stalls)
{
    const char *const sandbox[] = {
        "--enroll",      "alice=anna", "--enroll", "bob=bram", stalls ? "--fault" : NULL,
        "cancel-stalls", NULL};

    if (login->application->command == NULL)
        start_login(login, sandbox);
    else
        start_in_shell(login, sandbox);
    login->agent = processes_find(0, "idinqr-agent");
    ck_assert_int_gt(login->pid, 0);
    ck_assert_int_gt(login->agent, 0);
}

/* Waits for the application's end: of a login the terminal knows its status, of the others their
 * shell. */
static void
must_end(struct login *login, int wanted)
{
    int is_in_shell = login->application->command != NULL, status;

    if (is_in_shell) {
        processes_must_end(PROCESSES_LEAVE_MS);
        status = wanted == GONE ? 0 : session_wait_status(login->fixture.terminal);
    } else {
        status = pty_wait_exit(login->fixture.terminal, SESSION_WAIT_MS);
        processes_must_end(PROCESSES_LEAVE_MS);
        ck_assert_msg(status >= 0, "login still runs");
    }
    if (wanted == NOT_ZERO)
        ck_assert_int_ne(status, 0);
    else if (wanted == SELF)
        ck_assert_int_lt(status, 128);
    else if (wanted != GONE)
        ck_assert_int_eq(status, wanted);
}

/* Returns the i-th pair to test, or NULL after the last. */
static const struct way *
pair_at(int i, const struct application **ret_application)
{
    for (size_t a = 0; a < N_APPLICATIONS; a++)
        for (size_t way = 0; way < N_WAYS; way++)
            if (ways[way].status[a] != NOT_TRIED && i-- == 0) {
                *ret_application = &applications[a];
                return &ways[way];
            }
    return NULL;
}

static const char *
why_not(const struct application *application)
{
    static const char *known[N_APPLICATIONS];
    static int is_known[N_APPLICATIONS];
    size_t i = (size_t)(application - applications);

    if (is_known[i])
        return known[i];
    if (application->path != NULL)
        known[i] = session_why_not(application->path);
    else
        login_host_variant(strcmp(application->name, "shadow") == 0 ? 0 : 1, &known[i]);
    is_known[i] = 1;
    return known[i];
}

static const char *
pair_name(int i, const char **ret_why_not)
{
    static char names[N_APPLICATIONS * N_WAYS][40];
    const struct application *application;
    const struct way *way = pair_at(i, &application);

    if (way == NULL)
        return NULL;
    snprintf(names[i], sizeof names[i], "%s-%s", application->name, way->name);
    *ret_why_not = why_not(application);
    return names[i];
}

/* A test case for each pair, named as "sudo-ctrl-c". */
TEST_CASE(NULL, .variant = pair_name, .timeout_s = 120);

TEST(nothing_is_left)
{
    LOGIN_AUTO login = {0};
    const struct way *way = pair_at(runner_variant(), &login.application);

    ck_assert(way != NULL && login.application != NULL);
    int status = way->status[login.application - applications];
    int n_codes = way->flags & (AGENT | WATCHER) ? 2 : 1;

    start(&login, way->flags & STALLS);
    leave(&login, way);
    must_end(&login, status);
    if (status != GONE && (way->key != NULL || login.application->keeps_modes))
        fixture_must_be_as_before(&login.fixture);
    ck_assert(strstr(screen_text(pty_screen(login.fixture.terminal)), "\nI am in") == NULL);
    ck_assert(!strstr(pty_output(login.fixture.terminal, &(size_t){0}), "Critical error"));
    if (way->flags & STUCK)
        ck_assert_int_eq(qr_backend_count(login.fixture.desk.backend, "cancel"), 0);
    else
        fixture_backend_must_know(&login.fixture);
    if (way->outcome != NULL)
        ck_assert_int_eq(session_wait_log(way->outcome), n_codes);
    ck_assert_int_eq(namespace_log_count("outcome=verified"), 0);
    ck_assert_int_eq(qr_backend_count(login.fixture.desk.backend, "generate"), n_codes);
}

RUN_TESTS("leaving", session_why_not(NULL));
