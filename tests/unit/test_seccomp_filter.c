/* SPDX-License-Identifier: BSD-3-Clause */
/* The filter on system calls beside what is refused by it (test_jail_attempts.c): how it names what
 * it refuses, when it keeps quiet, and that what the agent needs still works. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/jail/seccomp.h"
#include "pam_idinqr/jail/jail.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/jail_trial.h"

#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

TEST_CASE("filter");

TEST(calls_have_names)
{
    ck_assert_str_eq(seccomp_filter_call_name(SYS_ptrace), "ptrace");
    ck_assert_str_eq(seccomp_filter_call_name(SYS_read), "read");
    ck_assert_str_eq(seccomp_filter_call_name(SYS_io_uring_setup), "io_uring_setup");
    ck_assert_ptr_null(seccomp_filter_call_name(99999));
    ck_assert_ptr_null(seccomp_filter_call_name(-1));
}

static int
trace(struct wire *wire, const void *argument)
{
    (void)wire;
    (void)argument;
    return (int)syscall(SYS_ptrace, 0L, 0L, 0L, 0L) + 100;
}

static int
call_without_a_name(struct wire *wire, const void *argument)
{
    (void)wire;
    (void)argument;
    return (int)syscall(99999L) + 100;
}

static int
trace_after_the_result(struct wire *wire, const void *argument)
{
    wire->ended = 1;
    return trace(wire, argument);
}

static int
trace_with_signals_blocked(struct wire *wire, const void *argument)
{
    sigset_t all;

    sigfillset(&all);
    if (sigprocmask(SIG_SETMASK, &all, NULL) != 0)
        return 1;
    return trace(wire, argument);
}

static void *
trace_in_thread(void *wire)
{
    (void)trace(wire, NULL);
    return NULL;
}

static int
trace_by_a_thread(struct wire *wire, const void *argument)
{
    pthread_t thread;

    (void)argument;
    return pthread_create(&thread, NULL, trace_in_thread, wire) ? 1 : pthread_join(thread, NULL);
}

/* The kernel would cut these to 32 bits, and see AF_UNIX and F_GETFD with something else. */
static int
socket_with_high_bits(struct wire *wire, const void *argument)
{
    (void)wire;
    (void)argument;
    return (int)syscall(SYS_socket, 0x100000000L + AF_UNIX, (long)SOCK_STREAM, 0L) + 100;
}

static int
end_by_abort(struct wire *wire, const void *argument)
{
    (void)wire;
    (void)argument;
    abort();
}

static const struct {
    int (*function)(struct wire *wire, const void *argument);
    int signal;
    const char *line;
} endings[] = {
    {trace, SIGSYS, "the fetch process's jail ended it at the system call ptrace ("},
    {call_without_a_name, SIGSYS,
     "the fetch process's jail ended it at the system call without a name (99999)"},
    {trace_after_the_result, SIGSYS, NULL},
    {trace_with_signals_blocked, SIGSYS, NULL},
    {trace_by_a_thread, SIGSYS, "the fetch process's jail ended it at the system call ptrace ("},
    {socket_with_high_bits, SIGSYS,
     "the fetch process's jail ended it at the system call socket ("},
    {end_by_abort, SIGABRT, NULL},
};

LOOP_TEST(how_it_ends, ARRAY_LENGTH(endings))
{
    struct jail_trial trial;

    jail_trial_run(JAIL_CLOSED, NULL, endings[_i].function, NULL, &trial);
    ck_assert_int_eq(trial.result, -1);
    ck_assert_int_eq(trial.signal, endings[_i].signal);
    if (endings[_i].line)
        ck_assert_msg(strncmp(trial.line, endings[_i].line, strlen(endings[_i].line)) == 0, "%s",
                      trial.line);
    else
        ck_assert_str_eq(trial.line, "");
}

/* 0, or the number of the first line that is not as it must be. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__ % 250;                                                                 \
    } while (0)

static int
probe(struct wire *wire, const void *argument)
{
    char name[16] = "";

    (void)argument;
    MUST(access("/etc/hosts", R_OK) < 0 && errno == EPERM);
    MUST(readlink("/proc/self/exe", name, sizeof name) < 0 && errno == EPERM);
    MUST(!getcwd(name, sizeof name) && errno == EPERM);
    MUST(!isatty(wire->socket) && errno == EPERM);
    return 0;
}

static void *
look_up(void *ret_error)
{
    struct addrinfo *found = NULL;

    *(int *)ret_error = getaddrinfo("localhost", "443", NULL, &found);
    if (found)
        freeaddrinfo(found);
    return NULL;
}

static int
look_up_by_a_thread(struct wire *wire, const void *argument)
{
    pthread_t thread;
    int error = -1;

    (void)wire;
    (void)argument;
    MUST(pthread_create(&thread, NULL, look_up, &error) == 0);
    MUST(pthread_join(thread, NULL) == 0);
    MUST(error == 0);
    return 0;
}

static int (*const goes_on[])(struct wire *wire, const void *argument) = {probe,
                                                                          look_up_by_a_thread};

LOOP_TEST(what_goes_on, ARRAY_LENGTH(goes_on))
{
    const struct fetch_setup setup = {.n_ports = 1, .ports = {443}};
    struct jail_trial trial;

    jail_trial_run(JAIL_NARROW, &setup, goes_on[_i], NULL, &trial);
    ck_assert_msg(trial.result == 0, "line %d or %d, signal %d: %s", trial.result,
                  trial.result + 250, trial.signal, trial.line);
}

/* The call of libseccomp that fails, counted from 0; -1 once it has, or for none. */
static int n_until_failure = -1;

static int
fails(void)
{
    return n_until_failure >= 0 && n_until_failure-- == 0;
}

/* These four stand in libseccomp's place: the dynamic linker prefers a program's. */
scmp_filter_ctx
seccomp_init(uint32_t action)
{
    static scmp_filter_ctx (*real)(uint32_t);

    *(void **)&real = dlsym(RTLD_NEXT, "seccomp_init");
    return fails() ? NULL : real(action);
}

int
seccomp_attr_set(scmp_filter_ctx filter, enum scmp_filter_attr attribute, uint32_t value)
{
    static int (*real)(scmp_filter_ctx, enum scmp_filter_attr, uint32_t);

    *(void **)&real = dlsym(RTLD_NEXT, "seccomp_attr_set");
    return fails() ? -ENOMEM : real(filter, attribute, value);
}

int
seccomp_rule_add_array(scmp_filter_ctx filter, uint32_t action, int call, unsigned n_arguments,
                       const struct scmp_arg_cmp *arguments)
{
    static int (*real)(scmp_filter_ctx, uint32_t, int, unsigned, const struct scmp_arg_cmp *);

    *(void **)&real = dlsym(RTLD_NEXT, "seccomp_rule_add_array");
    return fails() ? -ENOMEM : real(filter, action, call, n_arguments, arguments);
}

int
seccomp_load(const scmp_filter_ctx filter)
{
    static int (*real)(const scmp_filter_ctx);

    *(void **)&real = dlsym(RTLD_NEXT, "seccomp_load");
    return fails() ? -ENOMEM : real(filter);
}

enum { REFUSED, NO_CALL_FAILED, OUT_OF_STEP };

static int
enter_with_a_failure(struct wire *wire, const void *argument)
{
    int error;

    if (jail_begin() != 0)
        return OUT_OF_STEP;
    n_until_failure = *(const int *)argument;
    error = seccomp_filter_enter(JAIL_AGENT, wire);
    if (n_until_failure >= 0)
        return error ? OUT_OF_STEP : NO_CALL_FAILED;
    return error == IDQ_SYSTEM ? REFUSED : OUT_OF_STEP;
}

TEST(each_failure_of_libseccomp_is_a_refusal)
{
    struct jail_trial trial = {0};
    int n_calls = 0;

    for (;; n_calls++) {
        jail_trial_run(JAIL_OUTSIDE, NULL, enter_with_a_failure, &n_calls, &trial);
        if (trial.result == NO_CALL_FAILED)
            break;
        ck_assert_msg(trial.result == REFUSED, "call %d: %d", n_calls, trial.result);
    }
    ck_assert_int_gt(n_calls, 0);
}

RUN_TESTS("seccomp_filter", jail_trial_why_not());
