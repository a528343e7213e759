/* pamtester, a host of which the module knows nothing: with a terminal it is a login as any other;
 * without one nobody would see a code, and the module says so at once. Needs root, for a machine of
 * its own (namespace.h). */
#include "tests/harness/child.h"
#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/session.h"

#include <string.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const enrolled[] = {"--enroll", "alice=anna", NULL};

/* The code is a message of some kilobytes: the 512 that Linux-PAM names are no limit of its own. */
START_TEST(test_with_terminal)
{
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    session_pam_service(&desk, "desk", "");
    TERMINAL_AUTO *terminal = session_start("root");
    processes_begin();
    session_type(terminal, "pamtester desk alice authenticate setcred acct_mgmt");
    session_approve(&desk, terminal, "anna");
    terminal_must_show(terminal, "successfully authenticated", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(terminal), 0);
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    session_wait_log("service=desk account=alice ");
    processes_must_end(PROCESSES_LEAVE_MS);
}
END_TEST

/* Ctrl-D, or an input that ends: Linux-PAM's own conversation says that all went well, and has no
 * answer. */
START_TEST(test_end_of_input)
{
    static const char *const commands[] = {"pamtester desk alice authenticate",
                                           "pamtester desk alice authenticate </dev/null"};
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    session_pam_service(&desk, "desk", "prompt=enter");
    TERMINAL_AUTO *terminal = session_start("root");
    processes_begin();
    session_type(terminal, commands[_i]);
    terminal_must_show(terminal, "then press Enter", SESSION_WAIT_MS);
    if (_i == 0)
        terminal_type(terminal, TERMINAL_CTRL_D);
    terminal_must_show(terminal, "Conversation error", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(terminal), 1);
    ck_assert_int_eq(session_wait_log("outcome=conversation"), 1);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert(backend_wait_event(desk.backend, "cancel", 1, SESSION_WAIT_MS));
}
END_TEST

/* An account with nobody enrolled: said before anything is asked of the backend. */
START_TEST(test_not_enrolled)
{
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    session_pam_service(&desk, "desk", "");
    TERMINAL_AUTO *terminal = session_start("root");
    session_type(terminal, "pamtester desk bob authenticate");
    terminal_must_show(terminal, "is not set up for this account", SESSION_WAIT_MS);
    ck_assert_int_ne(session_wait_status(terminal), 0);
    ck_assert_int_eq(session_wait_log("outcome=not-enrolled"), 1);
    ck_assert_int_eq(backend_count(desk.backend, "generate"), 0);
}
END_TEST

/* In a session of its own, so without a terminal. */
START_TEST(test_without_terminal)
{
    static const char *const argv[] = {"setsid", "pamtester",    "desk",
                                       "alice",  "authenticate", NULL};
    DESK_AUTO desk;
    char line[200];

    namespace_enter();
    desk_open(&desk, enrolled);
    session_pam_service(&desk, "desk", "");
    processes_begin();
    struct child *pamtester = child_start(argv, "/var/log/pamtester");
    /* It writes what the module says, and ends. */
    ck_assert(child_read_line(pamtester, line, sizeof line, SESSION_WAIT_MS));
    ck_assert_msg(strstr(line, "No code can be shown here.") != NULL, "%s", line);
    ck_assert_int_eq(session_wait_log("outcome=no-display"), 1);
    while (child_read_line(pamtester, line, sizeof line, SESSION_WAIT_MS))
        ;
    ck_assert_int_eq(child_stop(&pamtester, SESSION_WAIT_MS), 1);
    char *errors = scratch_read("/var/log/pamtester");
    ck_assert_msg(strstr(errors, "cannot retrieve authentication info") != NULL, "%s", errors);
    free(errors);
    ck_assert_int_eq(backend_count(desk.backend, "generate"), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
}
END_TEST

static Suite *
suite(void)
{
    Suite *suite = suite_create("pamtester");
    TCase *pamtester = tcase_create("pamtester");

    tcase_set_timeout(pamtester, 90);
    tcase_add_test(pamtester, test_with_terminal);
    tcase_add_loop_test(pamtester, test_end_of_input, 0, 2);
    tcase_add_test(pamtester, test_not_enrolled);
    tcase_add_test(pamtester, test_without_terminal);
    suite_add_tcase(suite, pamtester);
    return suite;
}

static const char *
why_skip(void)
{
#ifdef SANITIZER
    return "a module with a sanitizer in it does not load into pamtester";
#endif
    return access("/usr/bin/pamtester", X_OK) == 0 ? namespace_why_not() : "there is no pamtester";
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "pamtester", suite, why_skip);
}
