/* The real su of util-linux, with the real module in its /etc/pam.d/su: it opens the account that
 * was asked for, whatever a module says, so the module must say no to everybody else. Needs root,
 * for a machine of its own (namespace.h). */
#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/session.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Anna is enrolled for both accounts. */
static const char *const enrolled[] = {"--enroll", "alice=anna", "--enroll", "bob=bram",
                                       "--enroll", "bob=anna",   NULL};

static const char command[] = "su bob -c 'echo I am $(id -un), not $LOGNAME'";

/* That an identity serves several accounts is no question where the host has named one. */
START_TEST(test_right_person)
{
    static const char *const people[] = {"bram", "anna"};
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    session_pam_service(&desk, "su", "");
    TERMINAL_AUTO *terminal = session_start("alice");
    processes_begin();
    session_type(terminal, command);
    terminal_must_show(terminal, "as bob (su)", SESSION_WAIT_MS);
    session_approve(&desk, terminal, people[_i]);
    terminal_must_show(terminal, "Welcome, bob.", SESSION_WAIT_MS);
    terminal_must_show(terminal, "I am bob, not bob", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(terminal), 0);
    ck_assert(!screen_shows(terminal_screen(terminal), "You can log in as"));
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    session_wait_log("service=su account=bob ");
    processes_must_end(PROCESSES_LEAVE_MS);
}
END_TEST

/* Bram is enrolled, but not for alice's account. */
START_TEST(test_wrong_person)
{
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    session_pam_service(&desk, "su", "");
    TERMINAL_AUTO *terminal = session_start("bob");
    processes_begin();
    session_type(terminal, "su alice -c 'id -un'");
    session_approve(&desk, terminal, "bram");
    terminal_must_show(terminal, "does not open this account", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(terminal), 1);
    ck_assert(strstr(screen_text(terminal_screen(terminal)), "\nalice\n") == NULL);
    ck_assert_int_eq(session_wait_log("outcome=wrong-person"), 1);
    session_wait_log("service=su account=alice ");
    processes_must_end(PROCESSES_LEAVE_MS);
}
END_TEST

/* What the command prints goes elsewhere; the code does not. */
START_TEST(test_redirected)
{
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    session_pam_service(&desk, "su", "");
    TERMINAL_AUTO *terminal = session_start("alice");
    processes_begin();
    session_type(terminal, "su bob -c 'id -un' >out");
    session_approve(&desk, terminal, "bram");
    terminal_must_show(terminal, "Welcome, bob.", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(terminal), 0);
    session_type(terminal, "echo \"out: $(cat out).\"");
    terminal_must_show(terminal, "out: bob.", SESSION_WAIT_MS);
    processes_must_end(PROCESSES_LEAVE_MS);
}
END_TEST

/* With both of its outputs elsewhere su could show a code to nobody: it is refused at once. */
START_TEST(test_redirected_wholly)
{
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    session_pam_service(&desk, "su", "");
    TERMINAL_AUTO *terminal = session_start("alice");
    processes_begin();
    session_type(terminal, "su bob -c 'id -un' >out 2>&1");
    ck_assert_int_eq(session_wait_status(terminal), 1);
    session_type(terminal, "cat out");
    terminal_must_show(terminal, "No code can be shown here.", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_log("outcome=no-display"), 1);
    ck_assert_int_eq(backend_count(desk.backend, "generate"), 0);
}
END_TEST

START_TEST(test_ctrl_c)
{
    struct termios before, after;
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    session_pam_service(&desk, "su", "");
    TERMINAL_AUTO *terminal = session_start("alice");
    processes_begin();
    terminal_modes(terminal, &before);
    session_type(terminal, command);
    free(session_scan(terminal));
    ck_assert_int_gt(processes_find(0, "idinqr-agent"), 0);
    terminal_type(terminal, TERMINAL_CTRL_C);
    terminal_must_show(terminal, "Stopped.", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(terminal), 1);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert(backend_wait_event(desk.backend, "cancel", 1, SESSION_WAIT_MS));
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
    terminal_modes(terminal, &after);
    ck_assert_mem_eq(&before, &after, sizeof before);
}
END_TEST

static Suite *
suite(void)
{
    Suite *suite = suite_create("su");
    TCase *su = tcase_create("su");

    tcase_set_timeout(su, 90);
    tcase_add_loop_test(su, test_right_person, 0, 2);
    tcase_add_test(su, test_wrong_person);
    tcase_add_test(su, test_redirected);
    tcase_add_test(su, test_redirected_wholly);
    tcase_add_test(su, test_ctrl_c);
    suite_add_tcase(suite, su);
    return suite;
}

static const char *
why_skip(void)
{
#ifdef SANITIZER
    return "a module with a sanitizer in it does not load into su";
#endif
    return access("/bin/su", X_OK) == 0 ? namespace_why_not() : "there is no su";
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "su", suite, why_skip);
}
