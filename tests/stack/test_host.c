/* What the module leaves behind in its host: nothing. Many logins in one process, good and bad, and
 * then everything is compared: descriptors, children, signal mask and handlers, environment,
 * directory, umask, locale, alarm. */
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/runner.h"
#include "tests/unit/host_state.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>

static volatile sig_atomic_t n_child_signals;

static void
count_child(int number)
{
    (void)number;
    n_child_signals++;
}

static void
log_in(struct desk *desk, const char *user, int expected)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char *service;

    ck_assert_int_gt(asprintf(&service, "auth required %s\n", desk->module_line), 0);
    login_stack_service(stack, "desk", service);
    pam_handle_t *pamh = login_stack_start(stack, "desk", user);
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    ck_assert_int_eq(login_stack_authenticate(stack, 0), expected);
    free(service);
}

/* A host's SIGCHLD handling: of its own, ignored, and the default. */
START_TEST(test_nothing_is_left)
{
    static void (*const handlers[])(int) = {count_child, SIG_IGN, SIG_DFL};
    const char *arguments[] = {"--enroll", "alice=anna", "--enroll", "bob=bram",
                               "--auto",   "anna",       NULL};
    struct sigaction action = {.sa_handler = handlers[_i]};
    const struct itimerval alarm = {.it_value.tv_sec = 3000};
    struct host_state before;
    DESK_AUTO desk;

    desk_open(&desk, arguments);
    ck_assert_int_eq(sigaction(SIGCHLD, &action, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &alarm, NULL), 0);
    n_child_signals = 0;
    host_state_take(&before);
    for (int i = 0; i < 10; i++) {
        log_in(&desk, "alice", PAM_SUCCESS);
        log_in(&desk, "bob", PAM_AUTH_ERR);
        log_in(&desk, "nobody", PAM_USER_UNKNOWN);
    }
    host_state_must_be_kept(&before);
    ck_assert_int_eq(n_child_signals, 0);
    action.sa_handler = SIG_DFL;
    ck_assert_int_eq(sigaction(SIGCHLD, &action, NULL), 0);
    desk_close(&desk); /* whose sandbox is a child of this process */
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG | __WALL), -1);
    ck_assert_int_eq(errno, ECHILD);
}
END_TEST

static Suite *
suite(void)
{
    Suite *suite = suite_create("host");
    TCase *host = tcase_create("host");

    tcase_set_timeout(host, 120);
    tcase_add_loop_test(host, test_nothing_is_left, 0, 3);
    suite_add_tcase(suite, host);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "host", suite, NULL);
}
