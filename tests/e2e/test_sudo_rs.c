/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the real sudo-rs, with the real module in its /etc/pam.d/sudo. It is a different program
 * from sudo. It puts "[sudo] " before every message, speaks through /dev/tty or not at all, and
 * converts messages to UTF-8. Needs root, for a private machine (namespace.h). */
#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/fixture.h"
#include "tests/harness/scratch.h"

#include <stdio.h>
#include <string.h>

#define END_MS 5000 /* for all of ours to be gone: 2 s for the agent's farewell, and some room */

static const char *const enrolled[] = {"--enroll", "alice=anna", "--enroll", "bob=bram", NULL};

/* It would warn of what it does not know in sudo's own file. */
static void
write_sudoers(void)
{
    scratch_write("/etc/sudoers-rs", 0440, "alice ALL=(ALL:ALL) ALL\n");
}

/* Alice's shell, and this command typed in it. */
static void
start(struct fixture *ret_fixture, const char *command)
{
    fixture_open(ret_fixture, &(struct fixture_options){
                                  .user = "alice", .service = "sudo", .sandbox = enrolled});
    write_sudoers();
    session_type(ret_fixture->terminal, command);
}

/* Whether it is this release or a newer one: it says so itself. */
static int
is_since(int major, int minor, int patch)
{
    int has[3] = {0};
    FILE *output = popen("sudo-rs --version 2>&1", "re");

    ck_assert_ptr_nonnull(output);
    ck_assert_int_eq(fscanf(output, "sudo-rs %d.%d.%d", &has[0], &has[1], &has[2]), 3);
    ck_assert_int_eq(pclose(output), 0);
    return has[0] != major ? has[0] > major : has[1] != minor ? has[1] > minor : has[2] >= patch;
}

/* Nothing of ours runs, and the terminal is as it was. */
static void
must_be_as_before(const struct fixture *fixture)
{
    processes_must_end(END_MS);
    fixture_must_be_as_before(fixture);
}

static void
must_not_have_opened(const struct fixture *fixture)
{
    char *log = namespace_log();

    ck_assert(strstr(screen_text(pty_screen(fixture->terminal)), "\nroot\n") == NULL);
    ck_assert_msg(strstr(log, "outcome=verified") == NULL, "%s", log);
}

TEST_CASE("login", .timeout_s = 90);

/* What it puts before the message takes the row that the message leaves empty for that. */
LOOP_TEST(test_right_person, 2)
{
    static const char *const commands[] = {"sudo-rs id -un", "sudo-rs -S id -un </dev/null"};
    FIXTURE_AUTO fixture = {0};

    start(&fixture, commands[_i]);
    session_approve(&fixture.desk, fixture.terminal, "anna");
    ck_assert_int_eq(session_wait_status(fixture.terminal), 0);
    const char *screen = screen_text(pty_screen(fixture.terminal));
    ck_assert_msg(
        strstr(screen, "\n[sudo]\n  Log in to Gemeente Voorbeeld, balie 3 as alice (sudo)\n") !=
            NULL,
        "%s", screen);
    ck_assert_msg(strstr(screen, "Welcome, alice.\nroot\n") != NULL, "%s", screen);
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    session_wait_log("service=sudo account=alice ");
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 1);
    must_be_as_before(&fixture);
}

/* Without a shell around it, on a terminal of this size. */
static void
start_alone(struct fixture *ret_fixture, int rows, int columns)
{
    static char alice[] = "alice";
    static const char *const argv[] = {"sudo-rs", "id", "-un", NULL};
    const struct terminal_options options = {
        .rows = rows, .columns = columns, .prepare = namespace_become, .prepare_user = alice};

    namespace_enter();
    write_sudoers();
    desk_open(&ret_fixture->desk, enrolled);
    session_pam_service(&ret_fixture->desk, "sudo", "");
    processes_begin();
    ret_fixture->terminal = pty_start(argv, NULL, &options);
}

/* On the smallest screen on which a code fits there is no empty row, and the words above the code
 * are moved instead. */
TEST(test_no_row_to_spare)
{
    FIXTURE_AUTO fixture = {0};
    char left[] = "0:00 left";

    start_alone(&fixture, 22, 80);
    char *link = session_scan(fixture.terminal);
    const char *screen = screen_text(pty_screen(fixture.terminal));
    ck_assert_msg(strncmp(screen, "[sudo]   Log in to", 18) == 0, "%s", screen);
    /* The line under the code is written again, in its place. */
    const char *at = strstr(screen, " left (");
    ck_assert_ptr_nonnull(at);
    memcpy(left, at - 4, 4);
    ck_assert(pty_wait_gone(fixture.terminal, left, SESSION_WAIT_MS));
    char *again = session_scan(fixture.terminal);
    ck_assert_str_eq(link, again);
    session_approve(&fixture.desk, fixture.terminal, "anna");
    ck_assert_int_eq(pty_wait_exit(fixture.terminal, SESSION_WAIT_MS), 0);
}

/* After AUTH_ERR it retries, for three tries in all, each with a new code. */
TEST(test_wrong_person)
{
    FIXTURE_AUTO fixture = {0};
    char *link = NULL;

    start_alone(&fixture, 30, 100); /* of two codes one is seen */
    for (int attempt = 1; attempt <= 3; attempt++) {
        session_next_code(fixture.terminal, &link);
        session_approve(&fixture.desk, fixture.terminal, "bram");
    }
    ck_assert_int_eq(pty_wait_exit(fixture.terminal, SESSION_WAIT_MS), 1);
    must_not_have_opened(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=wrong-person"), 3);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 3);
    processes_must_end(END_MS);
}

TEST_CASE("nowhere", .timeout_s = 90);

/* No person would see a code. */
TEST(test_without_terminal)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "setsid -w sudo-rs id -un </dev/null >/dev/null 2>&1");
    ck_assert_int_eq(session_wait_status(fixture.terminal), 1);
    must_not_have_opened(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=no-display"), 1);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 0);
    must_be_as_before(&fixture);
}

/* In a new session it has no /dev/tty, but it names its standard input's terminal. A code could be
 * shown on that terminal, but the conversation fails. */
TEST(test_conversation_fails)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "setsid -w sudo-rs id -un");
    ck_assert_int_eq(session_wait_status(fixture.terminal), 1);
    must_not_have_opened(&fixture);
    int n_calls = qr_backend_count(fixture.desk.backend, "generate");
    ck_assert_int_ge(n_calls, 1);
    ck_assert_int_eq(namespace_log_count("outcome=conversation"), n_calls);
    ck_assert(qr_backend_wait_event(fixture.desk.backend, "cancel", n_calls, SESSION_WAIT_MS));
    must_be_as_before(&fixture);
}

/* -n must not disturb the user. Before 0.2.9 it only suppressed prompts: sudo-rs called the module,
 * which could not know about -n. */
TEST(test_noninteractive)
{
    FIXTURE_AUTO fixture = {0};
    int is_called;

    start(&fixture, "sudo-rs -n id -un");
    is_called = !is_since(0, 2, 9);
    if (is_called) {
        session_scan(fixture.terminal);
        pty_type(fixture.terminal, TERMINAL_CTRL_C);
    }
    ck_assert_int_eq(session_wait_status(fixture.terminal), 1);
    must_not_have_opened(&fixture);
    ck_assert_int_eq(namespace_log_count("outcome=cancelled"), is_called);
    ck_assert_int_eq(namespace_log_count("outcome="), is_called);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), is_called);
    must_be_as_before(&fixture);
}

RUN_TESTS("sudo_rs", session_why_not("/usr/bin/sudo-rs"));
