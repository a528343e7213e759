/* SPDX-License-Identifier: BSD-3-Clause */
/* What sudo and su make of each way in which a login fails: whether they call the module again, and
 * how they end. Table by table as in pam_idinqr(8), each case with the real program. Needs root,
 * for a machine of its own (namespace.h). What leaves nothing behind is in test_leaving.c, and who
 * gets in in test_sudo.c and test_su.c. */
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/session.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Each enters alice's account, and would say who it is then. */
static const struct host {
    const char *name;
    const char *user; /* who runs it */
    const char *command;
    int tries;       /* calls of the module after AUTH_ERR or AUTHINFO_UNAVAIL */
    int exit_status; /* of a login that failed */
} hosts[] = {
    {"sudo", "alice", "sudo sh -c 'echo I am in'", 3, 1},
    {"su", "bob", "su alice -c 'echo I am in'", 1, 1},
};

#define N_HOSTS (sizeof hosts / sizeof hosts[0])

struct scene {
    const struct host *host;
    struct desk desk;
    struct terminal *terminal;
    char *link; /* of the last code */
};

static void
scene_close(struct scene *scene)
{
    free(scene->link);
    terminal_free(&scene->terminal);
    desk_close(&scene->desk);
}

#define SCENE_AUTO __attribute__((cleanup(scene_close))) struct scene

static void
start_shell(struct scene *scene)
{
    scene->terminal = session_start(scene->host->user);
    processes_begin();
}

/* A shell of the host's user. `options` are the module's, `arguments` the sandbox's. */
static void
open_scene(struct scene *ret_scene, int host, const char *options, const char *const *arguments)
{
    static const char *const enrolled[] = {"--enroll", "alice=anna", NULL};

    *ret_scene = (struct scene){.host = &hosts[host]};
    namespace_enter();
    desk_open(&ret_scene->desk, arguments ? arguments : enrolled);
    session_pam_service(&ret_scene->desk, ret_scene->host->name, options);
    start_shell(ret_scene);
}

static void
enter(const struct scene *scene)
{
    session_type(scene->terminal, scene->host->command);
}

/* The host has ended after so many calls, each of which ended so, and let nobody in. */
static void
must_have_ended(const struct scene *scene, const char *outcome, int calls)
{
    char field[80];

    ck_assert_int_eq(session_wait_status(scene->terminal), scene->host->exit_status);
    ck_assert(!screen_shows(terminal_screen(scene->terminal), "\nI am in"));
    snprintf(field, sizeof field, " outcome=%s session=", outcome);
    ck_assert_int_eq(namespace_log_count(field), calls);
    ck_assert_int_eq(namespace_log_count(" outcome="), calls);
    processes_must_end(PROCESSES_LEAVE_MS);
}

/* What the person, or somebody else, does with each code. */
static const struct failure {
    const char *outcome;
    const char *fault; /* of the sandbox, or NULL */
    enum { REFUSES, OPENS, APPROVES_AS_OTHER, KILLS_AGENT } act;
} failures[] = {
    {"refused", NULL, REFUSES},
    {"expired", "status-expired", OPENS},
    {"unknown-identity", NULL, APPROVES_AS_OTHER},
    {"agent", NULL, KILLS_AGENT},
};

#define N_FAILURES (sizeof failures / sizeof failures[0])

static void
act(const struct scene *scene, const struct failure *failure)
{
    PHONE_AUTO *phone = phone_new(backend_ca_file(scene->desk.backend), "en");
    pid_t agent = 0;

    switch (failure->act) {
    case REFUSES:
        ck_assert_int_eq(phone_refuse(phone, scene->link, "anna"), 200);
        break;
    case OPENS:
        ck_assert_int_gt(phone_open(phone, scene->link), 0);
        break;
    case APPROVES_AS_OTHER:
        ck_assert_int_eq(phone_approve(phone, scene->link, "celik"), 200);
        break;
    case KILLS_AGENT:
        agent = processes_find(0, "idinqr-agent");
        ck_assert_int_gt(agent, 0);
        ck_assert_int_eq(kill(agent, SIGKILL), 0);
        break;
    }
}

/* AUTH_ERR and AUTHINFO_UNAVAIL, after a code was shown: sudo shows another. */
START_TEST(test_code_leads_to_nothing)
{
    const struct failure *failure = &failures[(size_t)_i / N_HOSTS];
    const char *const arguments[] = {"--enroll", "alice=anna", failure->fault ? "--fault" : NULL,
                                     failure->fault, NULL};
    SCENE_AUTO scene;

    open_scene(&scene, _i % (int)N_HOSTS, "", arguments);
    enter(&scene);
    for (int i = 0; i < scene.host->tries; i++) {
        session_next_code(scene.terminal, &scene.link);
        act(&scene, failure);
    }
    must_have_ended(&scene, failure->outcome, scene.host->tries);
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), scene.host->tries);
}
END_TEST

/* AUTHINFO_UNAVAIL, before there is a code. */
START_TEST(test_backend_is_down)
{
    SCENE_AUTO scene;

    open_scene(&scene, _i, "", NULL);
    backend_stop(&scene.desk.backend);
    enter(&scene);
    must_have_ended(&scene, "unreachable", scene.host->tries);
}
END_TEST

/* The shell moves to a network of its own, in which there is no way anywhere. */
START_TEST(test_network_is_down)
{
    SCENE_AUTO scene;

    open_scene(&scene, _i, "", NULL);
    terminal_free(&scene.terminal);
    ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
    start_shell(&scene);
    enter(&scene);
    must_have_ended(&scene, "unreachable", scene.host->tries);
}
END_TEST

/* USER_UNKNOWN: nobody could be let in, so nothing is asked of the backend. */
START_TEST(test_account_is_not_enrolled)
{
    const char *const others[] = {"--enroll", "carol=anna", NULL};
    SCENE_AUTO scene;

    open_scene(&scene, _i, "", others);
    enter(&scene);
    must_have_ended(&scene, "not-enrolled", 1);
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 0);
}
END_TEST

/* ABORT. The time is the host's: an alarm that it inherits, as under login. */
START_TEST(test_deadline_passes)
{
    SCENE_AUTO scene;
    char *command;

    open_scene(&scene, _i, "", NULL);
    ck_assert_int_gt(asprintf(&command, "perl -e 'alarm 20; exec @ARGV' %s", scene.host->command),
                     0);
    session_type(scene.terminal, command);
    session_next_code(scene.terminal, &scene.link);
    must_have_ended(&scene, "timeout", 1);
    ck_assert(backend_wait_event(scene.desk.backend, "cancel", 1, SESSION_WAIT_MS));
    free(command);
}
END_TEST

/* ABORT, from su: sudo's is in test_leaving.c. */
START_TEST(test_terminal_closes_on_su)
{
    SCENE_AUTO scene;

    open_scene(&scene, 1, "", NULL);
    enter(&scene);
    session_next_code(scene.terminal, &scene.link);
    terminal_hang_up(scene.terminal);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_log("outcome=hangup"), 1);
    ck_assert(backend_wait_event(scene.desk.backend, "cancel", 1, SESSION_WAIT_MS));
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 1);
}
END_TEST

/* CONV_ERR: the end of input is no answer. */
START_TEST(test_end_of_input)
{
    SCENE_AUTO scene;

    open_scene(&scene, _i, "prompt=enter", NULL);
    enter(&scene);
    session_next_code(scene.terminal, &scene.link);
    terminal_must_show(scene.terminal, "then press Enter", SESSION_WAIT_MS);
    terminal_answer(scene.terminal, TERMINAL_CTRL_D, SESSION_WAIT_MS);
    must_have_ended(&scene, "conversation", 1);
    ck_assert(backend_wait_event(scene.desk.backend, "cancel", 1, SESSION_WAIT_MS));
}
END_TEST

/* AUTHINFO_UNAVAIL, at once: without a terminal nobody would see a code. */
START_TEST(test_no_way_to_show_a_code)
{
    SCENE_AUTO scene;
    char *command;

    open_scene(&scene, _i, "", NULL);
    ck_assert_int_gt(asprintf(&command, "setsid -w %s </dev/null >out 2>&1", scene.host->command),
                     0);
    session_type(scene.terminal, command);
    must_have_ended(&scene, "no-display", scene.host->tries);
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 0);
    free(command);
}
END_TEST

static Suite *
suite(void)
{
    const int n = (int)N_HOSTS;
    Suite *suite = suite_create("returns");
    TCase *returns = tcase_create("returns");

    tcase_set_timeout(returns, 90);
    tcase_add_loop_test(returns, test_code_leads_to_nothing, 0, (int)N_FAILURES * n);
    tcase_add_loop_test(returns, test_backend_is_down, 0, n);
    tcase_add_loop_test(returns, test_network_is_down, 0, n);
    tcase_add_loop_test(returns, test_account_is_not_enrolled, 0, n);
    tcase_add_loop_test(returns, test_deadline_passes, 0, n);
    tcase_add_test(returns, test_terminal_closes_on_su);
    tcase_add_loop_test(returns, test_end_of_input, 0, n);
    tcase_add_loop_test(returns, test_no_way_to_show_a_code, 0, n);
    suite_add_tcase(suite, returns);
    return suite;
}

static const char *
why_skip(void)
{
    const char *reason = session_why_not("/usr/bin/sudo");

    return reason ? reason : session_why_not("/bin/su");
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "returns", suite, why_skip);
}
