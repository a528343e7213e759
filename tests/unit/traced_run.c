/* SPDX-License-Identifier: BSD-3-Clause */
/* See traced_run.h. */
#include "tests/unit/traced_run.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define SYSCALL_STOP (SIGTRAP | 0x80)

static void
become(const char *const *argv)
{
    static char path[] = "PATH=/usr/bin:/bin";
    char *const environment[] = {path, NULL};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0 ||
        ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || raise(SIGSTOP) != 0)
        _exit(126);
    execve(argv[0], (char *const *)(uintptr_t)argv, environment);
    _exit(127);
}

/* Lets it run to its next stop. */
static int
next_stop(pid_t pid, int signal)
{
    int status;

    ck_assert_int_eq(ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(intptr_t)signal), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

#ifdef __x86_64__
/* At the entry of a call: makes it none, and its result this error. A close() that fails has closed
 * all the same. */
static int
fail_call(pid_t pid, unsigned long number, int error)
{
    int status;

    if (number != SYS_close)
        ck_assert_int_eq(
            ptrace(PTRACE_POKEUSER, pid, (void *)offsetof(struct user_regs_struct, orig_rax), -1L),
            0);
    status = next_stop(pid, 0);
    ck_assert_msg(WIFSTOPPED(status) && WSTOPSIG(status) == SYSCALL_STOP, "status %x", status);
    ck_assert_int_eq(
        ptrace(PTRACE_POKEUSER, pid, (void *)offsetof(struct user_regs_struct, rax), (long)-error),
        0);
    return next_stop(pid, 0);
}
#else
static int
fail_call(pid_t pid, unsigned long number, int error)
{
    ck_abort_msg("call %lu of %d cannot be made to fail with %d on this machine", number, (int)pid,
                 error);
}
#endif

const char *
traced_why_not(void)
{
#ifdef __x86_64__
    int status;
    pid_t pid = fork();

    if (pid == 0)
        _exit(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 ? 0 : 1);
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0
               ? NULL
               : "needs ptrace(2), which this system refuses";
#else
    return "knows the registers of x86-64 only";
#endif
}

/* Whether it is at the entry of a call, and of which. */
static int
is_entry(pid_t pid, int status, unsigned long *ret_number)
{
    struct __ptrace_syscall_info info;

    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SYSCALL_STOP)
        return 0;
    ck_assert_int_gt(ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)(uintptr_t)sizeof info, &info),
                     0);
    *ret_number = info.entry.nr;
    return info.op == PTRACE_SYSCALL_INFO_ENTRY;
}

/* Of the child that `pid` is, which stopped itself. Its calls count from now on, or from its exec.
 */
static struct traced
trace(pid_t pid, int is_running, unsigned n, int error)
{
    struct traced traced = {0};
    unsigned n_seen = 0;
    unsigned long number = 0;

    ck_assert_int_eq(waitpid(pid, &traced.status, 0), pid);
    ck_assert_int_eq(
        ptrace(PTRACE_SETOPTIONS, pid, NULL,
               (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEEXEC)),
        0);
    traced.status = next_stop(pid, 0);
    while (WIFSTOPPED(traced.status)) {
        int signal = WSTOPSIG(traced.status);
        if (traced.status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8))
            is_running = 1;
        if (!is_entry(pid, traced.status, &number) || !is_running || traced.was_stopped ||
            n_seen++ < n) {
            traced.status =
                next_stop(pid, signal == SYSCALL_STOP || signal == SIGTRAP ? 0 : signal);
            continue;
        }
        traced.was_stopped = 1;
        traced.number = number;
        if (error != TRACED_KILL) {
            traced.status = fail_call(pid, number, error);
            continue;
        }
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(pid, &traced.status, 0), pid);
    }
    return traced;
}

struct traced
traced_run(const char *const *argv, unsigned n, int error)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        become(argv);
    return trace(pid, 0, n, error);
}

struct traced
traced_function(void (*function)(void), unsigned n, int error)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || raise(SIGSTOP) != 0)
            _exit(126);
        function();
        _exit(0);
    }
    return trace(pid, 1, n, error);
}
