/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls the real sudo in ways that change its output, its questions, or the owner of the terminal.
 * In each way the code is on the terminal, the module is not called, or the login fails. Needs
 * root, for a private machine (namespace.h). */
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/fixture.h"
#include "tests/harness/scratch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void
start(struct fixture *ret_fixture, const char *options)
{
    fixture_open(ret_fixture,
                 &(struct fixture_options){.user = "alice", .service = "sudo", .module = options});
}

/* As after every way that succeeds. */
static void
must_have_opened(const struct fixture *fixture)
{
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    ck_assert_int_eq(qr_backend_count(fixture->desk.backend, "generate"), 1);
    processes_must_end(PROCESSES_LEAVE_MS);
}

static void
must_have_run_as_root(const struct fixture *fixture)
{
    ck_assert_int_eq(session_wait_status(fixture->terminal), 0);
    ck_assert_ptr_nonnull(strstr(screen_text(pty_screen(fixture->terminal)), "\nroot\n"));
    must_have_opened(fixture);
}

TEST_CASE("ways", .timeout_s = 90);

/* -S takes a password from stdin, and says what it says on stdout. */
TEST(test_stdin)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "");
    session_type(fixture.terminal, "sudo -S id -un </dev/null");
    session_approve(&fixture.desk, fixture.terminal, "anna");
    must_have_run_as_root(&fixture);
}

/* Nothing is asked, so the program that asks is not called. */
TEST(test_askpass_unused)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "");
    session_type(fixture.terminal, "SUDO_ASKPASS=/bin/false sudo -A id -un");
    session_approve(&fixture.desk, fixture.terminal, "anna");
    must_have_run_as_root(&fixture);
}

/* With prompt=enter there is a question with the code in it, and the askpass program gets it. It
 * answers when there is something to read in a file, as a person does who has pressed Enter. */
TEST(test_askpass_asks)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "prompt=enter");
    scratch_write("/etc/askpass", 0755,
                  "#!/bin/sh\nprintf '%s\\n' \"$1\" >/dev/tty\nread -r line </etc/answers\n"
                  "echo \"$line\"\n");
    ck_assert_int_eq(mkfifo("/etc/answers", 0666), 0);
    ck_assert_int_eq(chmod("/etc/answers", 0666), 0);
    session_type(fixture.terminal, "SUDO_ASKPASS=/etc/askpass sudo -A id -un");
    pty_must_show(fixture.terminal, "then press Enter", SESSION_WAIT_MS);
    session_approve(&fixture.desk, fixture.terminal, "anna");
    scratch_write("/etc/answers", 0666, "\n");
    must_have_run_as_root(&fixture);
}

/* What the command prints goes elsewhere; the code does not. */
TEST(test_redirected)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "");
    session_type(fixture.terminal, "sudo id -un >out 2>&1");
    session_approve(&fixture.desk, fixture.terminal, "anna");
    ck_assert_int_eq(session_wait_status(fixture.terminal), 0);
    session_type(fixture.terminal, "echo \"out: $(cat out).\"");
    pty_must_show(fixture.terminal, "out: root.", SESSION_WAIT_MS);
    must_have_opened(&fixture);
}

TEST(test_to_nowhere)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "");
    session_type(fixture.terminal, "sudo id -un >/dev/null 2>&1");
    session_approve(&fixture.desk, fixture.terminal, "anna");
    ck_assert_int_eq(session_wait_status(fixture.terminal), 0);
    must_have_opened(&fixture);
}

/* -n must not disturb the user: sudo does not call the module at all. */
TEST(test_noninteractive)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "");
    session_type(fixture.terminal, "sudo -n id -un");
    pty_must_show(fixture.terminal, "a password is required", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 1);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 0);
    ck_assert_int_eq(namespace_log_count("pam_idinqr"), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
}

static void
allow_noninteractive(void)
{
    char *old = scratch_read("/etc/sudoers"), *text;

    text = scratch_text("Defaults noninteractive_auth\n%s", old);
    scratch_write("/etc/sudoers", 0440, text);
}

/* Unless an administrator lets modules try that ask nothing, as this one: what it says is shown. */
TEST(test_noninteractive_auth)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "");
    allow_noninteractive();
    session_type(fixture.terminal, "sudo -n id -un");
    session_approve(&fixture.desk, fixture.terminal, "anna");
    must_have_run_as_root(&fixture);
}

/* A prompt is not, and sudo says so by an error. */
TEST(test_noninteractive_prompt)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "prompt=enter");
    allow_noninteractive();
    session_type(fixture.terminal, "sudo -n id -un");
    ck_assert_int_eq(session_wait_status(fixture.terminal), 1);
    ck_assert_int_eq(session_wait_log("outcome=conversation"), 1);
    fixture_backend_must_know(&fixture);
    processes_must_end(PROCESSES_LEAVE_MS);
}

/* A background job may write to its terminal, and here it need not read. */
TEST(test_background)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "");
    session_type(fixture.terminal, "sudo id -un >out &");
    session_approve(&fixture.desk, fixture.terminal, "anna");
    pty_must_show(fixture.terminal, "Welcome, alice.", SESSION_WAIT_MS);
    session_type(fixture.terminal, "wait; echo \"out: $(cat out).\"");
    pty_must_show(fixture.terminal, "out: root.", SESSION_WAIT_MS);
    must_have_opened(&fixture);
}

/* Ctrl-Z, which the module's wait does not see: the whole of sudo stands still. */
static pid_t
stop_sudo(const struct fixture *fixture)
{
    pty_type(fixture->terminal, TERMINAL_CTRL_Z);
    pty_must_show(fixture->terminal, "Stopped", SESSION_WAIT_MS);
    ck_assert_int_ne(session_wait_status(fixture->terminal), 0);
    pid_t sudo = processes_find(pty_pid(fixture->terminal), "sudo");
    ck_assert_int_gt(sudo, 0);
    ck_assert(processes_wait_state(sudo, 'T', SESSION_WAIT_MS));
    return sudo;
}

/* Ctrl-Z stops sudo in the middle of a login, and the login goes on where it was: also when the
 * person has approved while it was stopped. */
LOOP_TEST(test_stopped_and_continued, 2)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "");
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(fixture.desk.backend), "en");
    session_type(fixture.terminal, "sudo id -un");
    char *link = session_scan(fixture.terminal);
    (void)stop_sudo(&fixture);
    if (_i == 1)
        ck_assert_int_eq(phone_approve(phone, link, "anna"), 200);
    session_type(fixture.terminal, "fg");
    if (_i == 0)
        ck_assert_int_eq(phone_approve(phone, link, "anna"), 200);
    pty_must_show(fixture.terminal, "Welcome, alice.", SESSION_WAIT_MS);
    must_have_run_as_root(&fixture);
    fixture_must_be_as_before(&fixture);
}

/* A Ctrl-C that comes with the approval: the module takes it, as its end. sudo, which had it wait,
 * does not die of it behind a success that was logged. */
TEST(test_ctrl_c_beside_approval)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "");
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(fixture.desk.backend), "en");
    session_type(fixture.terminal, "sudo id -un");
    char *link = session_scan(fixture.terminal);
    pid_t sudo = stop_sudo(&fixture);
    ck_assert_int_eq(phone_approve(phone, link, "anna"), 200);
    ck_assert(qr_backend_wait_event(fixture.desk.backend, "delivered", 1, SESSION_WAIT_MS));
    ck_assert_int_eq(kill(sudo, SIGINT), 0);
    session_type(fixture.terminal, "fg");
    pty_must_show(fixture.terminal, "Stopped.", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(fixture.terminal), 1);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
    ck_assert(strstr(screen_text(pty_screen(fixture.terminal)), "\nroot\n") == NULL);
    processes_must_end(PROCESSES_LEAVE_MS);
}

RUN_TESTS("sudo_ways", session_why_not("/usr/bin/sudo"));
