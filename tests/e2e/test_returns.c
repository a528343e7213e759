/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests how sudo and su react to each failure of a login: whether they call the module again, and
 * how they exit. Follows the tables of pam_idinqr(8), with the real programs. test_leaving.c tests
 * what a login leaves behind. test_sudo.c and test_su.c test which persons get in. Needs root, for
 * a private machine (namespace.h). */
#include "pam_idinqr/common/array.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/session.h"
#include "tests/harness/scratch.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
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

#define N_HOSTS ARRAY_LENGTH(hosts)

struct fixture {
    const struct host *host;
    struct desk desk;
    struct pty *terminal;
    char *link; /* of the last code */
};

static void
fixture_close(struct fixture *fixture)
{
    pty_free(&fixture->terminal);
    desk_close(&fixture->desk);
}

#define FIXTURE_AUTO __attribute__((cleanup(fixture_close))) struct fixture

static void
start_shell(struct fixture *fixture)
{
    fixture->terminal = session_start(fixture->host->user);
    processes_begin();
}

/* A shell of the host's user. `options` are the module's, `arguments` the sandbox's. */
static void
open_fixture(struct fixture *ret_fixture, int host, const char *options,
             const char *const *arguments)
{
    static const char *const enrolled[] = {"--enroll", "alice=anna", NULL};

    *ret_fixture = (struct fixture){.host = &hosts[host]};
    namespace_enter();
    desk_open(&ret_fixture->desk, arguments ? arguments : enrolled);
    session_pam_service(&ret_fixture->desk, ret_fixture->host->name, options);
    start_shell(ret_fixture);
}

static void
enter(const struct fixture *fixture)
{
    session_type(fixture->terminal, fixture->host->command);
}

/* The application must have exited without opening the account, after `calls` calls of the module
 * with this outcome. */
static void
must_have_ended(const struct fixture *fixture, const char *outcome, int calls)
{
    char field[80];

    ck_assert_int_eq(session_wait_status(fixture->terminal), fixture->host->exit_status);
    ck_assert(!screen_shows(pty_screen(fixture->terminal), "\nI am in"));
    snprintf(field, sizeof field, " outcome=%s session=", outcome);
    ck_assert_int_eq(namespace_log_count(field), calls);
    ck_assert_int_eq(namespace_log_count(" outcome="), calls);
    processes_must_end(PROCESSES_LEAVE_MS);
}

/* The event at each code: the person refuses or only opens it, another person approves it, or the
 * agent is killed. */
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

#define N_FAILURES ARRAY_LENGTH(failures)

static void
act(const struct fixture *fixture, const struct failure *failure)
{
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(fixture->desk.backend), "en");
    pid_t agent = 0;

    switch (failure->act) {
    case REFUSES:
        ck_assert_int_eq(phone_refuse(phone, fixture->link, "anna"), 200);
        break;
    case OPENS:
        ck_assert_int_gt(phone_open(phone, fixture->link), 0);
        break;
    case APPROVES_AS_OTHER:
        ck_assert_int_eq(phone_approve(phone, fixture->link, "celik"), 200);
        break;
    case KILLS_AGENT:
        agent = processes_find(0, "idinqr-agent");
        ck_assert_int_gt(agent, 0);
        ck_assert_int_eq(kill(agent, SIGKILL), 0);
        break;
    }
}

TEST_CASE("returns", .timeout_s = 90);

/* AUTH_ERR and AUTHINFO_UNAVAIL, after a code was shown: sudo shows another. */
LOOP_TEST(test_code_leads_to_nothing, (N_FAILURES * N_HOSTS))
{
    const struct failure *failure = &failures[(size_t)_i / N_HOSTS];
    const char *const arguments[] = {"--enroll", "alice=anna", failure->fault ? "--fault" : NULL,
                                     failure->fault, NULL};
    FIXTURE_AUTO fixture;

    open_fixture(&fixture, _i % (int)N_HOSTS, "", arguments);
    enter(&fixture);
    for (int i = 0; i < fixture.host->tries; i++) {
        session_next_code(fixture.terminal, &fixture.link);
        act(&fixture, failure);
    }
    must_have_ended(&fixture, failure->outcome, fixture.host->tries);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), fixture.host->tries);
}

/* AUTHINFO_UNAVAIL, before there is a code. */
LOOP_TEST(test_backend_is_down, N_HOSTS)
{
    FIXTURE_AUTO fixture;

    open_fixture(&fixture, _i, "", NULL);
    qr_backend_stop(&fixture.desk.backend);
    enter(&fixture);
    must_have_ended(&fixture, "unreachable", fixture.host->tries);
}

/* The shell moves to a new network namespace, which has no route. */
LOOP_TEST(test_network_is_down, N_HOSTS)
{
    FIXTURE_AUTO fixture;

    open_fixture(&fixture, _i, "", NULL);
    pty_free(&fixture.terminal);
    ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
    start_shell(&fixture);
    enter(&fixture);
    must_have_ended(&fixture, "unreachable", fixture.host->tries);
}

/* USER_UNKNOWN: no identity opens the account, so the module does not contact the backend. */
LOOP_TEST(test_account_is_not_enrolled, N_HOSTS)
{
    const char *const others[] = {"--enroll", "carol=anna", NULL};
    FIXTURE_AUTO fixture;

    open_fixture(&fixture, _i, "", others);
    enter(&fixture);
    must_have_ended(&fixture, "not-enrolled", 1);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 0);
}

/* CRED_UNAVAIL. The time is the host's: an alarm that it inherits, as under login. */
LOOP_TEST(test_deadline_passes, N_HOSTS)
{
    FIXTURE_AUTO fixture;
    char *command;

    open_fixture(&fixture, _i, "", NULL);
    command = scratch_text("perl -e 'alarm 20; exec @ARGV' %s", fixture.host->command);
    session_type(fixture.terminal, command);
    session_next_code(fixture.terminal, &fixture.link);
    must_have_ended(&fixture, "timeout", 1);
    pty_must_show(fixture.terminal, "Authentication service cannot retrieve user credentials\n", 0);
    ck_assert(qr_backend_wait_event(fixture.desk.backend, "cancel", 1, SESSION_WAIT_MS));
}

/* CRED_UNAVAIL, from su: sudo's is in test_leaving.c. */
TEST(test_terminal_closes_on_su)
{
    FIXTURE_AUTO fixture;

    open_fixture(&fixture, 1, "", NULL);
    enter(&fixture);
    session_next_code(fixture.terminal, &fixture.link);
    pty_hang_up(fixture.terminal);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_log("outcome=hangup"), 1);
    ck_assert(qr_backend_wait_event(fixture.desk.backend, "cancel", 1, SESSION_WAIT_MS));
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 1);
}

/* CONV_ERR: the end of input is no answer. */
LOOP_TEST(test_end_of_input, N_HOSTS)
{
    FIXTURE_AUTO fixture;

    open_fixture(&fixture, _i, "prompt=enter", NULL);
    enter(&fixture);
    session_next_code(fixture.terminal, &fixture.link);
    pty_must_show(fixture.terminal, "then press Enter", SESSION_WAIT_MS);
    pty_answer(fixture.terminal, TERMINAL_CTRL_D, SESSION_WAIT_MS);
    must_have_ended(&fixture, "conversation", 1);
    ck_assert(qr_backend_wait_event(fixture.desk.backend, "cancel", 1, SESSION_WAIT_MS));
}

/* AUTHINFO_UNAVAIL, at once: without a terminal no person would see a code. */
LOOP_TEST(test_no_way_to_show_a_code, N_HOSTS)
{
    FIXTURE_AUTO fixture;
    char *command;

    open_fixture(&fixture, _i, "", NULL);
    command = scratch_text("setsid -w %s </dev/null >out 2>&1", fixture.host->command);
    session_type(fixture.terminal, command);
    must_have_ended(&fixture, "no-display", fixture.host->tries);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 0);
}

static const char *
why_skip(void)
{
    const char *reason = session_why_not("/usr/bin/sudo");

    return reason ? reason : session_why_not("/bin/su");
}

RUN_TESTS("returns", why_skip());
