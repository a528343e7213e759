/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a desk: the real agetty and the real logins, shadow's and util-linux's, on a console that
 * asks for no name. With `idle = enter`, the module does not contact the backend until a person
 * presses Enter. After a failed login, the console is ready for the next person. Needs root
 * (namespace.h). */
#include "tests/harness/login_host.h"
#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDLE "Log in to Gemeente Voorbeeld, balie 3: press Enter for a code."

static const char *const enrolled[] = {"--enroll", "alice=anna", NULL};

/* As in conf/systemd; "-" is the terminal that it was started on. */
static const char *const getty[] = {
    "/sbin/agetty", "--skip-login", "--noissue", "--nohostname", "-", "linux", NULL};
static const char *const environment[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "TERM=linux", NULL};

static void
open_machine(struct desk *desk, const char *idle, int login_timeout_s)
{
    char service_section[80];

    login_host_enter();
    login_host_define("LOGIN_TIMEOUT", login_timeout_s);
    desk_open(desk, enrolled);
    snprintf(service_section, sizeof service_section, "[service:login]\nidle = %s", idle);
    desk_configure_provider(desk, service_section);
    session_pam_login_desk(desk);
}

static struct pty *
start(void)
{
    const struct terminal_options options = {.rows = 40, .columns = 100}; /* for one code */

    processes_begin();
    return pty_start(getty, environment, &options);
}

static void
must_be_in_as_alice(struct pty *terminal)
{
    pty_must_show(terminal, "$", SESSION_WAIT_MS);
    pty_type(terminal, "echo i am $(id -un)\r");
    pty_must_show(terminal, "i am alice", SESSION_WAIT_MS);
    pty_type(terminal, "exit\r");
    ck_assert_int_eq(pty_wait_exit(terminal, SESSION_WAIT_MS), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
}

/* The idle screen under the sentence that says why a login failed. */
static int
is_idle_after(struct screen *screen, void *user)
{
    const char *const *sentence = user, *at = strstr(screen_text(screen), *sentence);

    return at != NULL && strstr(at, IDLE) != NULL;
}

static void
must_be_idle_after(struct pty *terminal, const char *sentence)
{
    if (!pty_wait(terminal, is_idle_after, &sentence, 2 * SESSION_WAIT_MS))
        ck_abort_msg("not idle after: %s\n%s", sentence, screen_text(pty_screen(terminal)));
}

TEST_CASE(NULL, LOGIN_HOSTS);

/* Any input starts the login and is then discarded: no program takes it as a name or a command. */
LOOP_TEST(test_somebody_comes, 3)
{
    static const char *const keys[] = {"\r", "root `expr 6 + 36` there\r", TERMINAL_CTRL_D};
    DESK_AUTO desk;

    open_machine(&desk, "enter", 0);
    TERMINAL_AUTO *terminal = start();
    pty_must_show(terminal, IDLE, SESSION_WAIT_MS);
    ck_assert_int_eq(processes_find(0, "idinqr-agent"), 0);
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 0);
    pty_type(terminal, keys[_i]);
    pty_must_show(terminal, " left", SESSION_WAIT_MS);
    /* LOGIN_TIMEOUT 0 is no limit: all of the two minutes are the person's, and not one at most. */
    const char *left = strstr(screen_text(pty_screen(terminal)), " left");
    ck_assert_msg(left[-4] >= '1', "%.9s", left - 4);
    session_approve(&desk, terminal, "anna");
    must_be_in_as_alice(terminal);
    ck_assert(!screen_shows(pty_screen(terminal), "42 there"));
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 1);
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
}

TEST(test_next_person_after_refusal)
{
    char *link = NULL;
    DESK_AUTO desk;

    open_machine(&desk, "enter", 0);
    TERMINAL_AUTO *terminal = start();
    pty_must_show(terminal, IDLE, SESSION_WAIT_MS);
    pty_type(terminal, "\r");
    session_next_code(terminal, &link);
    session_approve(&desk, terminal, "bram");
    must_be_idle_after(terminal, "is not enrolled here");
    ck_assert_int_eq(session_wait_log("outcome=unknown-identity"), 1);
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 1);
    pty_type(terminal, "clear\r");
    session_next_code(terminal, &link);
    ck_assert(!screen_shows(pty_screen(terminal), "$"));
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 2);
}

/* The person has gone: the code ends, and there is no other one. */
TEST(test_nobody_scans)
{
    DESK_AUTO desk;

    open_machine(&desk, "enter", 0);
    desk_configure(&desk, "timeout = 20");
    TERMINAL_AUTO *terminal = start();
    pty_must_show(terminal, IDLE, SESSION_WAIT_MS);
    pty_type(terminal, "\r");
    session_scan(terminal);
    must_be_idle_after(terminal, "The time to log in is over.");
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 1);
    ck_assert_int_eq(session_wait_log("outcome=timeout"), 1);
}

/* One Enter is one request, also where none is answered. */
TEST(test_backend_is_down)
{
    DESK_AUTO desk;

    open_machine(&desk, "enter", 0);
    qr_backend_stop(&desk.backend);
    TERMINAL_AUTO *terminal = start();
    for (int n = 1; n <= 2; n++) {
        pty_must_show(terminal, IDLE, SESSION_WAIT_MS);
        pty_type(terminal, "\r");
        must_be_idle_after(terminal, "cannot be reached");
        ck_assert(namespace_wait_log_times("outcome=unreachable", n, SESSION_WAIT_MS));
        ck_assert_int_eq(session_wait_log("outcome=unreachable"), n);
        pty_hang_up(terminal);
        processes_must_end(PROCESSES_LEAVE_MS);
        if (n == 1) {
            pty_free(&terminal);
            terminal = start();
        }
    }
}

/* With `idle = code`, the next code after a technical failure waits for 30 seconds or an Enter. */
TEST(test_code_at_once_backs_off)
{
    DESK_AUTO desk;

    open_machine(&desk, "code", 0);
    qr_backend_stop(&desk.backend);
    TERMINAL_AUTO *terminal = start();
    must_be_idle_after(terminal, "cannot be reached");
    ck_assert(!screen_shows(pty_screen(terminal), " login:"));
    pty_type(terminal, "\r");
    pty_must_show(terminal, " login:", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_log("outcome=unreachable"), 1);
}

/* Ctrl-C is the way to the lines behind the module. */
TEST(test_way_in)
{
    DESK_AUTO desk;

    open_machine(&desk, "enter", 0);
    TERMINAL_AUTO *terminal = start();
    pty_must_show(terminal, IDLE, SESSION_WAIT_MS);
    pty_type(terminal, TERMINAL_CTRL_C);
    pty_must_show(terminal, " login:", SESSION_WAIT_MS);
    pty_answer(terminal, "bob\r", SESSION_WAIT_MS);
    pty_must_show(terminal, "$", SESSION_WAIT_MS);
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 0);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
}

/* Also where a code is shown: the person has the emergency password, and wants no other code. */
TEST(test_way_in_from_a_code)
{
    DESK_AUTO desk;

    open_machine(&desk, "enter", 0);
    TERMINAL_AUTO *terminal = start();
    pty_must_show(terminal, IDLE, SESSION_WAIT_MS);
    pty_type(terminal, "\r");
    session_scan(terminal);
    pty_must_show(terminal, "(Ctrl-C stops)", SESSION_WAIT_MS);
    pty_type(terminal, TERMINAL_CTRL_C);
    pty_must_show(terminal, " login:", SESSION_WAIT_MS);
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 1);
    ck_assert(namespace_wait_log_times("outcome=cancelled", 1, SESSION_WAIT_MS));
}

/* login's alarm ends it at the idle screen, and the next agetty shows the screen again. No person
 * was there, so the module logs no outcome. */
TEST(test_login_timeout)
{
    DESK_AUTO desk;

    open_machine(&desk, "enter", 8);
    for (int i = 0; i < 2; i++) {
        TERMINAL_AUTO *terminal = start();
        pty_must_show(terminal, IDLE, SESSION_WAIT_MS);
        ck_assert_int_ge(pty_wait_exit(terminal, SESSION_WAIT_MS), 0);
        processes_must_end(PROCESSES_LEAVE_MS);
    }
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 0);
    char *log = namespace_log();
    ck_assert_msg(!strstr(log, " outcome="), "%s", log);
}

RUN_TESTS("desk", session_why_not(NULL));
