/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the real vlock, which is setuid root and locks a person's terminal. It puts a prefix before
 * the first message, and takes Ctrl-C as an ordinary key. If the person is refused, it asks for
 * root, and stays locked. Debian ships no pam.d file for it. Needs root, for a private machine
 * (namespace.h). */
#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/fixture.h"

#include <string.h>

static const char *const enrolled[] = {"--enroll", "alice=anna", "--enroll", "bob=bram", NULL};

/* Waits until the lock's own text is the last on the screen. */
static int
is_locked(struct screen *screen, void *unused)
{
    static const char last[] = "\nPlease press [ENTER] to unlock.\n";
    const char *text = screen_text(screen);
    size_t size = strlen(text);

    (void)unused;
    return size >= strlen(last) && strcmp(text + size - strlen(last), last) == 0;
}

static void
wait_locked(const struct fixture *fixture)
{
    ck_assert(pty_wait(fixture->terminal, is_locked, NULL, SESSION_WAIT_MS));
}

/* A newer vlock clears the screen at once when it asks again. */
static void
must_have_said(const struct fixture *fixture, const char *text)
{
    size_t size;

    ck_assert_ptr_nonnull(strstr(pty_output(fixture->terminal, &size), text));
}

/* A shell of this person's, in which the terminal is locked. */
static void
lock(struct fixture *ret_fixture, const char *user, const char *command)
{
    fixture_open(ret_fixture,
                 &(struct fixture_options){.user = user, .service = "vlock", .sandbox = enrolled});
    session_type(ret_fixture->terminal, command);
    wait_locked(ret_fixture);
}

static void
ask_for_a_code(const struct fixture *fixture)
{
    static char *link; /* of the code before */

    pty_answer(fixture->terminal, "\r", SESSION_WAIT_MS);
    session_next_code(fixture->terminal, &link);
}

static void
must_open(const struct fixture *fixture, const char *person)
{
    session_approve(&fixture->desk, fixture->terminal, person);
    pty_must_show(fixture->terminal, "Welcome, alice.", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(fixture->terminal), 0);
    fixture_must_be_as_before(fixture);
    processes_must_end(PROCESSES_LEAVE_MS);
}

TEST_CASE("vlock", .timeout_s = 90);

TEST(test_right_person)
{
    FIXTURE_AUTO fixture = {0};

    lock(&fixture, "alice", "vlock");
    /* An impatient person; one is enough. */
    pty_answer(fixture.terminal, "\r\r\r", SESSION_WAIT_MS);
    session_scan(fixture.terminal);
    /* The prefix has a separate row, and shifts nothing. */
    const char *text = screen_text(pty_screen(fixture.terminal));
    ck_assert_msg(strstr(text, "\nalice's\n  Log in to ") != NULL, "%s", text);
    ck_assert_ptr_nonnull(strstr(text, " as alice (vlock)\n"));
    must_open(&fixture, "anna");
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    session_wait_log("service=vlock account=alice ");
}

/* Where code and words need every row there is, the prefix shifts their first one, and nothing of
 * the code. */
TEST(test_small_terminal)
{
    static const char *const argv[] = {"/usr/bin/vlock", NULL};
    static char user[] = "alice";
    const struct terminal_options options = {
        .rows = 23, .columns = 80, .prepare = namespace_become, .prepare_user = user};
    FIXTURE_AUTO fixture = {0};

    namespace_enter();
    desk_open(&fixture.desk, enrolled);
    session_pam_service(&fixture.desk, "vlock", "");
    processes_begin();
    fixture.terminal = pty_start(argv, NULL, &options);
    wait_locked(&fixture);
    ask_for_a_code(&fixture);
    const char *text = screen_text(pty_screen(fixture.terminal));
    ck_assert_msg(strstr(text, "alice's   Log in to ") != NULL, "%s", text);
    session_approve(&fixture.desk, fixture.terminal, "anna");
    ck_assert_int_eq(pty_wait_exit(fixture.terminal, SESSION_WAIT_MS), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
}

/* vlock then asks for root, who has no enrolled identity. Afterwards it is locked as before. */
TEST(test_wrong_person)
{
    FIXTURE_AUTO fixture = {0};

    lock(&fixture, "alice", "vlock");
    ask_for_a_code(&fixture);
    session_approve(&fixture.desk, fixture.terminal, "bram");
    wait_locked(&fixture);
    must_have_said(&fixture, "does not open this account");
    ck_assert_int_eq(session_wait_log("outcome=wrong-person"), 2);
    session_wait_log("service=vlock account=root ");
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 1);
    ask_for_a_code(&fixture);
    must_open(&fixture, "anna");
    ck_assert_int_eq(session_wait_log("outcome=verified"), 3);
}

/* The wait can be left, here by Enter; what was typed with it answers nothing, and opens nothing.
 */
TEST(test_enter_stops)
{
    FIXTURE_AUTO fixture = {0};

    lock(&fixture, "alice", "vlock");
    ask_for_a_code(&fixture);
    pty_must_show(fixture.terminal, "left (Enter stops)", SESSION_WAIT_MS);
    pty_type(fixture.terminal, TERMINAL_CTRL_C "a password\r");
    wait_locked(&fixture);
    must_have_said(&fixture, "Stopped.");
    fixture_backend_must_know(&fixture);
    ck_assert(processes_wait_gone("idinqr-agent", PROCESSES_LEAVE_MS));
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 2);
    session_wait_log("service=vlock account=root ");
    ask_for_a_code(&fixture);
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 2);
    must_open(&fixture, "anna");
}

/* A locker without root's rights cannot read the settings: it says so at once, and stays locked. */
TEST(test_locker_without_rights)
{
    FIXTURE_AUTO fixture = {0};

    lock(&fixture, "alice",
         "cp /usr/sbin/vlock-main . && "
         "VLOCK_MESSAGE='Please press [ENTER] to unlock.' ./vlock-main");
    pty_answer(fixture.terminal, "\r", SESSION_WAIT_MS);
    pty_must_show(fixture.terminal, "is not set up well on this machine", SESSION_WAIT_MS);
    wait_locked(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=configuration"), 2);
    session_wait_log("service=vlock account=root ");
    session_wait_log("Permission denied");
    ck_assert_int_eq(qr_backend_count(fixture.desk.backend, "generate"), 0);
}

RUN_TESTS("vlock", session_why_not("/usr/bin/vlock"));
