/* SPDX-License-Identifier: BSD-3-Clause */
/* What the module leaves behind in its host: nothing. Many logins in one process, good and bad, and
 * then everything is compared: descriptors, children, signal mask and handlers, environment,
 * directory, umask, locale, alarm. And a host with threads, which it cancels. */
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/runner.h"
#include "tests/harness/syslog_capture.h"
#include "tests/harness/scratch.h"
#include "tests/stack/fake_desk.h"
#include "tests/unit/fake_agents.h"
#include "tests/unit/host_state.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
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

    service = scratch_text("auth required %s\n", desk->module_line);
    login_stack_service(stack, "desk", service);
    pam_handle_t *pamh = login_stack_start(stack, "desk", user);
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    ck_assert_int_eq(login_stack_authenticate(stack, 0), expected);
}

TEST_CASE("host", .timeout_s = 120);

/* A host's SIGCHLD handling: a handler, ignored, and the default. */
LOOP_TEST(test_nothing_is_left, 3)
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

/* Counts the mappings that the kernel wipes in a forked child. Each secret has a separate mapping.
 */
static unsigned
count_secrets(void)
{
    FILE *smaps = fopen("/proc/self/smaps", "re");
    char line[512];
    unsigned n = 0;

    ck_assert_ptr_nonnull(smaps);
    while (fgets(line, sizeof line, smaps))
        n += strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " wf") != NULL;
    fclose(smaps);
    return n;
}

/* In libaudit's place: as on a kernel without it. libpam would be canceled at its socket, behind
 * the module, and leave that. */
int audit_open(void);
int
audit_open(void)
{
    errno = EPROTONOSUPPORT;
    return -1;
}

struct thread_login {
    struct login_stack *stack;
    sem_t is_shown;
};

static int
note_code(const struct login_message *message, void *user)
{
    struct thread_login *login = user;

    if (strstr(message->text, "https://"))
        ck_assert_int_eq(sem_post(&login->is_shown), 0);
    return PAM_SUCCESS;
}

static void *
authenticate_and_test(void *argument)
{
    struct thread_login *login = argument;

    (void)login_stack_authenticate(login->stack, 0); /* libpam too can be canceled */
    pthread_testcancel();
    return NULL;
}

/* Between the code and its approval, in a host that cancels its threads. */
TEST(test_canceled_thread_finishes_its_login)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    struct thread_login login = {.stack = stack};
    struct host_state before;
    pthread_t thread;
    void *end;
    FAKE_DESK_AUTO desk;

    ck_assert_int_eq(sem_init(&login.is_shown, 0, 0), 0);
    fake_desk_open(&desk, "start+qr+gate+result", "alice", "display = half");
    login_stack_on_message(stack, note_code, &login);
    fake_desk_start(&desk, stack, "desk", "alice", "none");
    host_state_take(&before);
    ck_assert_int_eq(pthread_create(&thread, NULL, authenticate_and_test, &login), 0);
    ck_assert_int_eq(sem_wait(&login.is_shown), 0);
    ck_assert_uint_gt(count_secrets(), 0);
    ck_assert_int_eq(pthread_cancel(thread), 0);
    fake_agents_let_through(desk.agent);
    ck_assert_int_eq(pthread_join(thread, &end), 0);
    ck_assert_ptr_eq(end, PTHREAD_CANCELED);
    host_state_must_be(&before);
    ck_assert_uint_eq(count_secrets(), 0);
    ck_assert_uint_eq(syslog_capture_count("outcome=verified "), 1);
}

#ifndef SANITIZER /* with which each frame is larger */
static void *
authenticate_once(void *stack)
{
    ck_assert_int_eq(login_stack_authenticate(stack, 0), PAM_SUCCESS);
    return NULL;
}

/* As pam_idinqr(8) promises. */
#define STACK_SIZE ((size_t)64 * 1024)

TEST(test_small_stack)
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    pthread_attr_t attributes;
    pthread_t thread;
    FAKE_DESK_AUTO desk;

    fake_desk_open(&desk, "start+qr+result", "alice", "display = half");
    fake_desk_start(&desk, stack, "desk", "alice", "none");
    ck_assert_int_eq(pthread_attr_init(&attributes), 0);
    ck_assert_int_eq(pthread_attr_setstacksize(&attributes, STACK_SIZE), 0);
    ck_assert_int_eq(pthread_create(&thread, &attributes, authenticate_once, stack), 0);
    ck_assert_int_eq(pthread_join(thread, NULL), 0);
    ck_assert_int_eq(pthread_attr_destroy(&attributes), 0);
}
#else
TEST(test_small_stack, .why_not = "a sanitizer makes each frame larger")
{
}
#endif

RUN_TESTS("host", agent_user_why_not());
