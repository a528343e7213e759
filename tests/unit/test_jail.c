/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the steps of the jail: the restrictions of the first step, and the result of the others on
 * a kernel that lacks a feature. If the tests run as root, they switch to another user.
 * test_jail_attempts.c tests the complete jail. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/fetch/jail_rules.h"
#include "pam_idinqr/jail/jail.h"
#include "pam_idinqr/jail/landlock.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/jail_trial.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

/* Check runs each test in a separate child, so these restrictions apply to one test only. */
TEST(what_is_given_up)
{
    static const int ignored[] = {SIGXFSZ, SIGPIPE};
    struct sigaction action;
    struct rlimit limit;
    int file;

    jail_trial_drop_root();
    /* The drop has taken this away; an exec, as the agent's, gives it back. */
    ck_assert_int_eq(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), 0);
    file = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(setenv("https_proxy", "http://evil.example", 1), 0);
    ck_assert_int_eq(jail_begin(), 0);
    ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
    ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
    ck_assert_ptr_null(getenv("https_proxy"));
    ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
    ck_assert_uint_eq(limit.rlim_max, 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_le(limit.rlim_cur, 64);
    ck_assert_int_eq(getrlimit(RLIMIT_CPU, &limit), 0);
    ck_assert_uint_le(limit.rlim_cur, 30);
    ck_assert_uint_le(limit.rlim_max, 30);
#ifndef SANITIZER
    ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
    ck_assert_uint_le(limit.rlim_cur, (rlim_t)2 << 30);
    ck_assert_uint_le(limit.rlim_max, (rlim_t)2 << 30);
#endif
    for (size_t i = 0; i < ARRAY_LENGTH(ignored); i++) {
        ck_assert_int_eq(sigaction(ignored[i], NULL, &action), 0);
        ck_assert(action.sa_handler == SIG_IGN);
    }
    /* An error, and the process lives to see it. */
    ck_assert_int_eq(write(file, "x", 1), -1);
    ck_assert_int_eq(errno, EFBIG);
    close(file);
}

/* The most that the host leaves is taken, also where it had set itself less: so the limit was set.
 */
TEST(a_limit_that_is_lower_already_stays)
{
    struct rlimit limit = {.rlim_cur = 10, .rlim_max = 20};

    jail_trial_drop_root();
    ck_assert_int_eq(setrlimit(RLIMIT_CPU, &limit), 0);
    ck_assert_int_eq(jail_begin(), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_CPU, &limit), 0);
    ck_assert_uint_eq(limit.rlim_cur, 20);
    ck_assert_uint_eq(limit.rlim_max, 20);
}

LOOP_TEST(root_is_refused_in_every_disguise, 3,
          .why_not = geteuid() == 0 ? NULL : "only root can be")
{
    static const uid_t ids[][3] = {{0, 0, 0}, {NOBODY, NOBODY, 0}, {0, NOBODY, NOBODY}};
    pid_t child = fork();
    int status;

    ck_assert_int_ge(child, 0);
    /* The child skips the exit handlers of libraries, because a leak checker cannot inspect a
     * process with mixed user ids. */
    if (child == 0)
        _exit(setresuid(ids[_i][0], ids[_i][1], ids[_i][2]) == 0 && jail_begin() == IDQ_AGENT &&
                      prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0
                  ? 0
                  : 1);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}

/* A kernel, or a container around us, that refuses these calls. */
struct missing {
    const char *name;
    int calls[2]; /* -1 for none */
    int error;
    int closed, narrowed; /* what the two steps must return */
    const char *note;     /* must be told */
};

/* The last one is a kernel that has Landlock. */
static const struct missing missing[] = {
    {"no Landlock", {SCMP_SYS(landlock_create_ruleset), -1}, ENOSYS, 0, 0, "has no Landlock"},
    {"Landlock switched off",
     {SCMP_SYS(landlock_create_ruleset), -1},
     EOPNOTSUPP,
     0,
     0,
     "has no Landlock"},
    {"no seccomp", {SCMP_SYS(seccomp), SCMP_SYS(prctl)}, EINVAL, IDQ_SYSTEM, 0, NULL},
    {"Landlock that cannot be laid on",
     {SCMP_SYS(landlock_restrict_self), -1},
     E2BIG,
     IDQ_SYSTEM,
     IDQ_SYSTEM,
     NULL},
};
#define N_MISSING ((int)ARRAY_LENGTH(missing))

static int
enter_without(struct wire *wire, const void *argument)
{
    const struct missing *kernel = argument;
    const struct fetch_setup setup = {.n_ports = 1, .ports = {443}};
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    int closed, narrowed;

    if (jail_begin() != 0)
        return 1;
    for (size_t i = 0; i < 2 && kernel->calls[i] >= 0; i++)
        if (seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)kernel->error), kernel->calls[i],
                             0) != 0)
            return 2;
    if (seccomp_load(filter) != 0)
        return 3;
    seccomp_release(filter);
    closed = jail_close(JAIL_FETCH, wire);
    narrowed = jail_narrow(wire, &setup);
    return closed != kernel->closed ? 4 : narrowed != kernel->narrowed ? 5 : 0;
}

static int
has_what_is_missing(int i)
{
    if (i < N_MISSING - 1 || landlock_abi() > 0)
        return 1;
    runner_skip("jail:what_the_kernel_lacks, of Landlock", "this kernel has none");
    return 0;
}

LOOP_TEST(what_the_kernel_lacks, N_MISSING, .has_row = has_what_is_missing,
          .why_not = jail_trial_why_not())
{
    const struct missing *kernel = &missing[_i];
    struct jail_trial trial;

    jail_trial_run(JAIL_OUTSIDE, NULL, enter_without, kernel, &trial);
    ck_assert_msg(trial.result == 0, "%s: %d, signal %d, %s", kernel->name, trial.result,
                  trial.signal, trial.line);
    ck_assert_int_eq(strstr(trial.line, "does not let the fetch process into its jail") != NULL,
                     kernel->closed != 0);
    if (kernel->note)
        ck_assert_msg(strstr(trial.note, kernel->note) != NULL, "%s: %s", kernel->name, trial.note);
}

static void *
stay(void *argument)
{
    pause();
    return argument;
}

/* As a library might when it is set up. */
static int
enter_with_a_thread(struct wire *wire, const void *argument)
{
    pthread_t thread;

    (void)argument;
    if (jail_begin() != 0 || pthread_create(&thread, NULL, stay, NULL) != 0)
        return 1;
    return jail_close(JAIL_FETCH, wire) == IDQ_SYSTEM ? 0 : 2;
}

TEST(a_thread_that_would_stay_outside, .why_not = jail_trial_why_not())
{
    struct jail_trial trial;

    jail_trial_run(JAIL_OUTSIDE, NULL, enter_with_a_thread, NULL, &trial);
    ck_assert_int_eq(trial.result, 0);
    ck_assert_msg(strstr(trial.line, "has more than one thread"), "%s", trial.line);
}

RUN_TESTS("jail", NULL);
