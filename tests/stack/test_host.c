/* What the module leaves behind in its host: nothing. Many logins in one process, good and bad, and
 * then everything is compared: descriptors, children, signal mask and handlers, environment,
 * directory, umask, locale, alarm. */
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/runner.h"

#include <dirent.h>
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct host_state {
    int n_descriptors;
    sigset_t mask;
    struct sigaction actions[NSIG];
    char directory[4096];
    mode_t mask_of_modes;
    size_t environment_size;
    char locale[256];
};

static int
count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int n = 0;

    ck_assert_ptr_nonnull(directory);
    while (readdir(directory))
        n++;
    closedir(directory);
    return n;
}

static void
look(struct host_state *ret_state)
{
    memset(ret_state, 0, sizeof *ret_state);
    ret_state->n_descriptors = count_descriptors();
    ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, NULL, &ret_state->mask), 0);
    for (int i = 1; i < NSIG; i++)
        if (sigaction(i, NULL, &ret_state->actions[i]) != 0)
            ck_assert_int_eq(errno, EINVAL); /* the two that libc keeps for itself */
    ck_assert_ptr_nonnull(getcwd(ret_state->directory, sizeof ret_state->directory));
    ret_state->mask_of_modes = umask(0);
    umask(ret_state->mask_of_modes);
    for (char **variable = environ; *variable; variable++)
        ret_state->environment_size += strlen(*variable) + 1;
    snprintf(ret_state->locale, sizeof ret_state->locale, "%s", setlocale(LC_ALL, NULL));
}

static void
must_be_same(const struct host_state *before, const struct host_state *after)
{
    ck_assert_int_eq(before->n_descriptors, after->n_descriptors);
    for (int i = 1; i < NSIG; i++) {
        ck_assert_msg(sigismember(&before->mask, i) == sigismember(&after->mask, i),
                      "signal %d in the mask", i);
        ck_assert_msg(before->actions[i].sa_handler == after->actions[i].sa_handler &&
                          before->actions[i].sa_flags == after->actions[i].sa_flags,
                      "the handler of signal %d", i);
    }
    ck_assert_str_eq(before->directory, after->directory);
    ck_assert_uint_eq(before->mask_of_modes, after->mask_of_modes);
    ck_assert_uint_eq(before->environment_size, after->environment_size);
    ck_assert_str_eq(before->locale, after->locale);
}

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
    struct itimerval alarm = {.it_value.tv_sec = 3000}, left;
    struct host_state before, after;
    DESK_AUTO desk;

    desk_open(&desk, arguments);
    ck_assert_int_eq(sigaction(SIGCHLD, &action, NULL), 0);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &alarm, NULL), 0);
    log_in(&desk, "alice", PAM_SUCCESS); /* what libc and libpam open once, and keep */
    look(&before);
    n_child_signals = 0;
    for (int i = 0; i < 10; i++) {
        log_in(&desk, "alice", PAM_SUCCESS);
        log_in(&desk, "bob", PAM_AUTH_ERR);
        log_in(&desk, "nobody", PAM_USER_UNKNOWN);
    }
    look(&after);
    must_be_same(&before, &after);
    ck_assert_int_eq(n_child_signals, 0);
    ck_assert_int_eq(getitimer(ITIMER_REAL, &left), 0);
    ck_assert_int_gt(left.it_value.tv_sec, 0);
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
