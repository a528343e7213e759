/* SPDX-License-Identifier: BSD-3-Clause */
/* Every way in which a login under the real sudo is left before it is decided: by its
 * person, its terminal, its clock, or the death of one of its processes. After each there is
 * nothing of ours left, the backend has been told where somebody could still tell it, and the
 * terminal is as it was. Needs root, for a machine of its own (namespace.h). */
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/fixture.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A sudo of alice's that shows its code and waits. The code's link is freed by the caller. */
static char *
start_sudo_with(struct fixture *ret_fixture, const char *const *sandbox)
{
    fixture_open(ret_fixture,
                 &(struct fixture_options){.user = "alice", .service = "sudo", .sandbox = sandbox});
    session_type(ret_fixture->terminal, "sudo id -un");
    return session_scan(ret_fixture->terminal);
}

static void
start_sudo(struct fixture *ret_fixture)
{
    free(start_sudo_with(ret_fixture, NULL));
}

static pid_t
find_sudo(const struct fixture *fixture)
{
    pid_t sudo = processes_find(pty_pid(fixture->terminal), "sudo");

    ck_assert_int_gt(sudo, 0);
    return sudo;
}

static pid_t
find_agent(void)
{
    pid_t agent = processes_find(0, "idinqr-agent");

    ck_assert_int_gt(agent, 0);
    return agent;
}

/* From now on it answers nobody. */
static void
stop_agent(void)
{
    pid_t agent = find_agent();

    ck_assert_int_eq(kill(agent, SIGSTOP), 0);
    ck_assert(processes_wait_state(agent, 'T', SESSION_WAIT_MS));
}

/* Nobody got in, and the terminal is as it was. */
static void
must_be_as_before(const struct fixture *fixture)
{
    fixture_must_be_as_before(fixture);
    ck_assert(strstr(screen_text(pty_screen(fixture->terminal)), "\nroot\n") == NULL);
}

TEST_CASE("sudo", .timeout_s = 90);

/* sudo ends at once and calls the module no second time: Ctrl-C, and Ctrl-\. */
LOOP_TEST(test_keys, 2)
{
    static const char *const keys[] = {TERMINAL_CTRL_C, TERMINAL_CTRL_BACKSLASH};
    FIXTURE_AUTO fixture = {0};

    start_sudo(&fixture);
    pty_type(fixture.terminal, keys[_i]);
    processes_must_end(PROCESSES_LEAVE_MS);
    pty_must_show(fixture.terminal, "Stopped.", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 1);
    must_be_as_before(&fixture);
    fixture_backend_must_know(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 1);
}

/* The signal was meant for sudo, and it is sudo's death. */
TEST(test_host_is_told_to_end)
{
    FIXTURE_AUTO fixture = {0};

    start_sudo(&fixture);
    ck_assert_int_eq(kill(find_sudo(&fixture), SIGTERM), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_ne(session_wait_status(fixture.terminal), 0);
    must_be_as_before(&fixture);
    fixture_backend_must_know(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
}

/* sudo survives this, and would ask again in a dead terminal. */
TEST(test_terminal_closes)
{
    FIXTURE_AUTO fixture = {0};

    start_sudo(&fixture);
    pty_hang_up(fixture.terminal);
    processes_must_end(PROCESSES_LEAVE_MS);
    fixture_backend_must_know(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=hangup"), 1);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 1);
}

/* Nobody of ours is left in the host to do anything: the agent sees the end of its wire. */
TEST(test_host_is_killed)
{
    FIXTURE_AUTO fixture = {0};

    start_sudo(&fixture);
    ck_assert_int_eq(kill(find_sudo(&fixture), SIGKILL), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 128 + SIGKILL);
    must_be_as_before(&fixture);
    fixture_backend_must_know(&fixture);
}

/* The agent, or the process that watches it, dies: this attempt fails, and sudo makes another. */
LOOP_TEST(test_agent_is_killed, 2)
{
    FIXTURE_AUTO fixture = {0};
    char *link = start_sudo_with(&fixture, NULL);

    pid_t watcher = processes_find(find_sudo(&fixture), "sudo");
    ck_assert_int_gt(watcher, 0);
    ck_assert_int_eq(kill(_i == 0 ? find_agent() : watcher, SIGKILL), 0);
    pty_must_show(fixture.terminal, "stopped unexpectedly", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_log("outcome=agent"), 1);
    session_next_code(fixture.terminal, &link);
    pty_type(fixture.terminal, TERMINAL_CTRL_C);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 1);
    must_be_as_before(&fixture);
    fixture_backend_must_know(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 2);
    free(link);
}

/* One that does not answer is given its time to say goodbye, and then it is ended. */
TEST(test_agent_is_stuck)
{
    FIXTURE_AUTO fixture = {0};

    start_sudo(&fixture);
    stop_agent();
    pty_type(fixture.terminal, TERMINAL_CTRL_C);
    processes_must_end(PROCESSES_LEAVE_MS);
    pty_must_show(fixture.terminal, "Stopped.", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 1);
    must_be_as_before(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "cancel"), 0); /* nobody could */
}

/* Now there is neither a module to end the agent, nor an agent that ends itself. */
TEST(test_host_is_killed_and_agent_is_stuck)
{
    FIXTURE_AUTO fixture = {0};

    start_sudo(&fixture);
    stop_agent();
    ck_assert_int_eq(kill(find_sudo(&fixture), SIGKILL), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 128 + SIGKILL);
    must_be_as_before(&fixture);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "cancel"), 0);
}

/* The backend takes the cancel and never answers it: nobody waits for it. */
LOOP_TEST(test_backend_stalls, 2)
{
    static const char *const stalling[] = {"--enroll", "alice=anna", "--fault", "cancel-stalls",
                                           NULL};
    FIXTURE_AUTO fixture = {0};

    free(start_sudo_with(&fixture, stalling));
    if (_i == 0)
        pty_type(fixture.terminal, TERMINAL_CTRL_C);
    else
        ck_assert_int_eq(kill(find_sudo(&fixture), SIGKILL), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_status(fixture.terminal), _i == 0 ? 1 : 128 + SIGKILL);
    must_be_as_before(&fixture);
    fixture_backend_must_know(&fixture);
    if (_i == 0)
        ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
}

RUN_TESTS("leaving", session_why_not("/usr/bin/sudo"));
