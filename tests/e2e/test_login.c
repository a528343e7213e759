/* SPDX-License-Identifier: BSD-3-Clause */
/* The real logins, shadow's and util-linux's, alone and started by the real agetty, on a
 * pseudo-terminal: with no name asked for, the identity alone opens the right account; with a name,
 * only that one. Needs root (namespace.h). */
#include "tests/harness/login_host.h"
#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const enrolled[] = {"--enroll", "alice=anna", "--enroll", "bob=bram", NULL};

/* An agetty of a kiosk: no name is asked for. "-" is the terminal that it was started on. */
static const char *const kiosk[] = {
    "/sbin/agetty", "--skip-login", "--noclear", "--nohostname", "--noissue", "-", "linux", NULL};
static const char *const by_name[] = {"/bin/login", "alice", NULL};
static const char *const by_empty_name[] = {"/bin/login", "--", "", NULL};

/* What a getty is started with: no locale. */
static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=linux", NULL};

static struct pty *
start(const char *const *argv)
{
    const struct terminal_options options = {.rows = 40, .columns = 100}; /* for one code */

    processes_begin();
    return pty_start(argv, environment, &options);
}

/* A machine with people enrolled, and a login at its code. */
static struct pty *
start_login(struct desk *desk, const char *const *more_arguments, const char *const *argv)
{
    login_host_enter();
    desk_open(desk, more_arguments);
    session_pam_service(desk, "login", "");
    return start(argv);
}

/* The shell that login starts, and only that, can say who it is. */
static void
must_be_in_as(struct pty *terminal, const char *account)
{
    char line[80];

    snprintf(line, sizeof line, "i am %s %s", account, account);
    pty_must_show(terminal, "$", SESSION_WAIT_MS);
    pty_type(terminal, "echo i am $(id -un) $LOGNAME\r");
    pty_must_show(terminal, line, SESSION_WAIT_MS);
}

static void
leave(struct pty *terminal)
{
    pty_type(terminal, "exit\r");
    ck_assert_int_eq(pty_wait_exit(terminal, SESSION_WAIT_MS), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
}

static void
must_not_be_in(struct pty *terminal)
{
    char *log = namespace_log();

    ck_assert_msg(!strstr(log, "outcome=verified"), "%s", log);
    ck_assert(!screen_shows(pty_screen(terminal), "$"));
}

/* What follows a refusal is another code, and no shell. */
static void
must_be_asked_again(const struct desk *desk, struct pty *terminal)
{
    ck_assert(qr_backend_wait_event(desk->backend, "generate", 2, SESSION_WAIT_MS));
    must_not_be_in(terminal);
}

TEST_CASE(NULL, LOGIN_HOSTS);

LOOP_TEST(test_identity_chooses_account, 2)
{
    static const struct {
        const char *person, *account;
    } people[] = {{"anna", "alice"}, {"bram@Oefenbank", "bob"}};
    DESK_AUTO desk;
    TERMINAL_AUTO *terminal = start_login(&desk, enrolled, kiosk);
    char field[64];

    session_approve(&desk, terminal, people[_i].person);
    /* The locale is C, but the line is UTF-8. */
    ck_assert(screen_shows(pty_screen(terminal), "▄"));
    must_be_in_as(terminal, people[_i].account);
    leave(terminal);
    snprintf(field, sizeof field, "service=login account=%s provider=idin-qr", people[_i].account);
    ck_assert_int_eq(session_wait_log(field), 1);
    char *log = namespace_log();
    desk_must_not_leak(&desk, log);
}

/* An empty name counts as no name. */
TEST(test_empty_name)
{
    DESK_AUTO desk;
    TERMINAL_AUTO *terminal = start_login(&desk, enrolled, by_empty_name);

    session_approve(&desk, terminal, "bram");
    must_be_in_as(terminal, "bob");
    leave(terminal);
}

TEST(test_identity_of_two_accounts)
{
    static const char *const anna_twice[] = {"--enroll", "alice=anna", "--enroll", "bob=anna",
                                             NULL};
    DESK_AUTO desk;
    TERMINAL_AUTO *terminal = start_login(&desk, anna_twice, kiosk);

    session_approve(&desk, terminal, "anna");
    pty_must_show(terminal, "2  bob", SESSION_WAIT_MS);
    pty_must_show(terminal, "Your choice (1-2):", SESSION_WAIT_MS);
    must_not_be_in(terminal);
    pty_answer(terminal, "2\r", SESSION_WAIT_MS);
    must_be_in_as(terminal, "bob");
    leave(terminal);
}

TEST(test_unknown_identity)
{
    DESK_AUTO desk;
    TERMINAL_AUTO *terminal = start_login(&desk, enrolled, kiosk);

    session_approve(&desk, terminal, "celik");
    pty_must_show(terminal, "is not enrolled here", SESSION_WAIT_MS);
    session_wait_log("outcome=unknown-identity");
    must_be_asked_again(&desk, terminal);
    char *log = namespace_log();
    ck_assert_msg(strstr(log, "identity=idin1:") != NULL, "%s", log);
}

/* A map may be a fleet's, and name accounts that this machine has not: no success without a user,
 * which shadow's login would not survive. */
TEST(test_account_of_another_machine)
{
    static const char *const elsewhere[] = {"--enroll", "elsewhere=anna", NULL};
    DESK_AUTO desk;
    TERMINAL_AUTO *terminal = start_login(&desk, elsewhere, kiosk);

    session_approve(&desk, terminal, "anna");
    pty_must_show(terminal, "list of enrolled people cannot be used", SESSION_WAIT_MS);
    pty_must_show(terminal, "press Enter for a code", SESSION_WAIT_MS);
    pty_type(terminal, "\r");
    must_be_asked_again(&desk, terminal);
    ck_assert_int_eq(session_wait_log("outcome=map"), 1);
}

/* An identity that serves several accounts is no question where one was named. */
TEST(test_named_account)
{
    static const char *const anna_twice[] = {"--enroll", "bob=anna", "--enroll", "alice=anna",
                                             NULL};
    DESK_AUTO desk;
    TERMINAL_AUTO *terminal = start_login(&desk, anna_twice, by_name);

    pty_must_show(terminal, "as alice (login)", SESSION_WAIT_MS);
    session_approve(&desk, terminal, "anna");
    must_be_in_as(terminal, "alice");
    ck_assert(!screen_shows(pty_screen(terminal), "You can log in as"));
    leave(terminal);
}

/* Bram is enrolled, but it is alice's account that is being entered. */
TEST(test_named_account_of_another)
{
    DESK_AUTO desk;
    TERMINAL_AUTO *terminal = start_login(&desk, enrolled, by_name);

    session_approve(&desk, terminal, "bram");
    pty_must_show(terminal, "does not open this account", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_log("outcome=wrong-person"), 1);
    must_be_asked_again(&desk, terminal);
}

/* After a refusal both logins forget the name, and ask again for anybody: the screen says so, and
 * what Bram then gets is his own account. */
TEST(test_second_try_names_nobody)
{
    DESK_AUTO desk;
    TERMINAL_AUTO *terminal = start_login(&desk, enrolled, by_name);
    char *link = NULL;

    session_next_code(terminal, &link);
    session_approve(&desk, terminal, "bram");
    ck_assert_int_eq(session_wait_log("outcome=wrong-person"), 1);
    session_next_code(terminal, &link);
    ck_assert(pty_wait_gone(terminal, "as alice (login)", SESSION_WAIT_MS));
    session_approve(&desk, terminal, "bram");
    must_be_in_as(terminal, "bob");
    leave(terminal);
    ck_assert_int_eq(session_wait_log("service=login account=bob "), 2);
}

/* What was typed while the code was on the screen is no command of the shell's. There is no "$" in
 * it, which is what the shell's prompt is known by. */
TEST(test_type_ahead)
{
    DESK_AUTO desk;
    TERMINAL_AUTO *terminal = start_login(&desk, enrolled, kiosk);

    session_scan(terminal);
    pty_type(terminal, "echo `expr 6 + 36` ahead\r");
    pty_must_show(terminal, "36` ahead", SESSION_WAIT_MS);
    session_approve(&desk, terminal, "anna");
    must_be_in_as(terminal, "alice");
    ck_assert(!screen_shows(pty_screen(terminal), "42 ahead"));
    leave(terminal);
}

/* The kiosk of pam_idinqr(8): Ctrl-C leads to the prompt for a name, the one way in for those who
 * keep a password. The line's modes are as they were before, and in the session that follows. */
TEST(test_kiosk_with_a_way_in)
{
    struct termios before, after;
    DESK_AUTO desk;

    login_host_enter();
    desk_open(&desk, enrolled);
    session_pam_login_desk(&desk);
    TERMINAL_AUTO *terminal = start(kiosk);
    session_scan(terminal);
    pty_modes(terminal, &before);
    pty_type(terminal, TERMINAL_CTRL_C);
    pty_must_show(terminal, "Stopped.", SESSION_WAIT_MS);
    pty_must_show(terminal, " login:", SESSION_WAIT_MS);
    pty_modes(terminal, &after);
    /* Since 1.7, Linux-PAM's own prompt shows control characters for as long as it lasts. */
    after.c_lflag = (after.c_lflag & ~(tcflag_t)ECHOCTL) | (before.c_lflag & ECHOCTL);
    ck_assert_mem_eq(&before, &after, sizeof before);
    pty_answer(terminal, "bob\r", SESSION_WAIT_MS);
    must_be_in_as(terminal, "bob");
    pty_modes(terminal, &after);
    ck_assert_mem_eq(&before, &after, sizeof before);
    leave(terminal);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
}

RUN_TESTS("login", session_why_not(NULL));
