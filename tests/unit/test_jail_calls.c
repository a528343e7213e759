/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes every system call by its number in each jail, and compares the outcome with the
 * frozen list of jail_calls.c.
 *
 * No call is executed. A filter is laid beneath the jail's, which answers a number that no kernel
 * has to each call with a mark in its sixth argument. Of two filters' answers the kernel takes the
 * stricter one, and of two errors the later filter's: so the mark's error means that the jail lets
 * the call pass. A call that the jail ends the agent at raises SIGSYS; a tracer takes that signal
 * away, and the walk goes on. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/fetch/jail_rules.h"
#include "pam_idinqr/jail/jail.h"
#include "pam_idinqr/jail/seccomp.h"
#include "tests/harness/runner.h"
#include "tests/unit/jail_calls.h"
#include "tests/unit/jail_trial.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where <signal.h> lacks it. */
#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

#define MARK         0x1D1E0A11UL
#define PASSES       4000 /* as an error; a kernel's end at about 530, the filter's at 4095 */
#define NUMBERS_END  1024 /* those of today end below 500 */
#define OUTCOMES_MAX (1024 * 1024)
#define X32_BIT      0x40000000
#define VALUES_END   96UL
#define BITS         (8 * (int)sizeof(unsigned long))

/* Written by the walk and its tracer, read by the test. */
struct walk {
    pid_t self;
    int is_in_jail;
    enum jail_kind kind;    /* which one */
    volatile int was_ended; /* the tracer's word to the walk */
    size_t n_outcomes;
    unsigned char outcomes[OUTCOMES_MAX]; /* enum jail_outcome, in the order of visit_all */
};

struct visit {
    struct walk *walk;
    size_t n;
    char wrong[2000];
    size_t n_wrong;
};

typedef void visit_function(struct visit *visit, const struct jail_call *call, int number,
                            const unsigned long *arguments);

static const struct jail_call *by_number[NUMBERS_END];

static void
set_up(void)
{
    const struct jail_call *call;

    for (size_t i = 0; (call = jail_call_at(i)) != NULL; i++) {
        int number = seccomp_syscall_resolve_name(call->name);
        ck_assert_msg(number != __NR_SCMP_ERROR, "%s is no system call", call->name);
        if (number >= 0 && number < NUMBERS_END)
            by_number[number] = call;
    }
}

/* Each base, and each base with one argument changed: to every small number, and by every bit. */
static void
visit_bases(struct visit *visit, const struct jail_call *call, int number, visit_function *function)
{
    for (size_t i = 0; call->bases[i][0] != NO_BASE; i++) {
        unsigned long base[JAIL_CALL_ARGUMENTS];
        memcpy(base, call->bases[i], sizeof base);
        for (size_t at = 0; at < JAIL_CALL_ARGUMENTS; at++)
            if (base[at] == SELF)
                base[at] = (unsigned long)visit->walk->self;
        function(visit, call, number, base);
        for (size_t at = 0; at < JAIL_CALL_ARGUMENTS; at++) {
            unsigned long changed[JAIL_CALL_ARGUMENTS];
            memcpy(changed, base, sizeof changed);
            for (changed[at] = 0; changed[at] < VALUES_END; changed[at]++)
                function(visit, call, number, changed);
            for (int bit = 0; bit < BITS; bit++) {
                changed[at] = base[at] ^ 1UL << bit;
                function(visit, call, number, changed);
            }
        }
    }
}

static void
visit_all(struct visit *visit, visit_function *function)
{
    static const unsigned long plain[][JAIL_CALL_ARGUMENTS] = {
        {0, 0, 0, 0, 0}, {1, 1, 1, 1, 1}, {~0UL, ~0UL, ~0UL, ~0UL, ~0UL}};
    static const struct jail_call not_listed = {.name = NULL, .outcome = JAIL_ENDS};

    for (int number = 0; number < NUMBERS_END; number++) {
#ifdef __x86_64__
        /* uretprobe and uprobe: Linux shows them to no filter since 6.14, and ends by SIGILL any
         * process that is not in a probe. */
        if (number == 335 || number == 336)
            continue;
#endif
        const struct jail_call *call = by_number[number] ? by_number[number] : &not_listed;
        for (size_t i = 0; i < ARRAY_LENGTH(plain); i++)
            function(visit, call, number, plain[i]);
        if (call->bases)
            visit_bases(visit, call, number, function);
    }
    for (int number = NUMBERS_END; number < X32_BIT; number *= 2)
        function(visit, &not_listed, number, plain[0]);
}

/* --- the walk ------------------------------------------------------------------------------- */

/* As _exit; but that leaves the last call's mark where the kernel looks for a sixth argument. */
static void
end_walk(int code)
{
    syscall(SYS_exit_group, (long)code, 0L, 0L, 0L, 0L, 0L);
}

static void
make_call(struct visit *visit, const struct jail_call *call, int number,
          const unsigned long *arguments)
{
    struct walk *walk = visit->walk;
    enum jail_outcome outcome = JAIL_ENDS;

    (void)call;
    if (visit->n == OUTCOMES_MAX)
        end_walk(4);
    walk->was_ended = 0;
    long result =
        syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], MARK);
    if (!walk->was_ended) {
        if (result != -1 || (errno != PASSES && errno != EPERM && errno != ENOSYS))
            end_walk(5);
        outcome = errno == PASSES ? JAIL_ALLOWS : errno == EPERM ? JAIL_EPERM : JAIL_ENOSYS;
    }
    walk->outcomes[visit->n++] = (unsigned char)outcome;
}

/* Either half of the argument: no matter which one a machine has first, or whether it has two. */
static int
lay_filter_beneath(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MARK, 2, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5]) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MARK, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | PASSES),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = ARRAY_LENGTH(code), .filter = code};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0U, &program);
}

static void
be_walker(struct wire *wire, struct walk *walk)
{
    const struct fetch_setup setup = {.n_ports = 1, .ports = {443}};
    struct visit visit = {.walk = walk};

    walk->self = getpid();
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        _exit(1);
    if (walk->is_in_jail && jail_begin() != 0)
        _exit(2);
    if (lay_filter_beneath() != 0)
        _exit(3);
    if (walk->is_in_jail && (jail_close(walk->kind, wire) != 0 ||
                             (walk->kind == JAIL_FETCH && jail_narrow(wire, &setup) != 0)))
        _exit(2);
    visit_all(&visit, make_call);
    walk->n_outcomes = visit.n;
    end_walk(0);
}

/* 0, or the number of a step that fails. */
static int
walk_and_trace(struct wire *wire, const void *argument)
{
    struct walk *walk = *(struct walk *const *)argument;
    pid_t walker = fork();
    siginfo_t info;
    int status;

    if (walker == 0)
        be_walker(wire, walk);
    for (;;) {
        if (walker < 0 || waitpid(walker, &status, 0) != walker)
            return 6;
        if (!WIFSTOPPED(status))
            return WIFEXITED(status) ? WEXITSTATUS(status) : 7;
        if (WSTOPSIG(status) != SIGSYS || ptrace(PTRACE_GETSIGINFO, walker, NULL, &info) != 0 ||
            info.si_code != SYS_SECCOMP)
            return 8; /* and the walker ends with its tracer, by that signal */
        walk->was_ended = 1;
        if (ptrace(PTRACE_CONT, walker, NULL, NULL) != 0)
            return 9;
    }
}

/* --- the comparison ------------------------------------------------------------------------- */

static const char *
outcome_name(unsigned outcome)
{
    static const char *const names[] = {"ends the process", "is allowed", "is refused (EPERM)",
                                        "is refused (ENOSYS)"};

    return names[outcome];
}

static enum jail_outcome
expected(const struct walk *walk, const struct jail_call *call, const unsigned long *arguments)
{
    if (!walk->is_in_jail)
        return JAIL_ALLOWS;
    call = jail_call_of(walk->kind, call);
    return call->by_arguments ? call->by_arguments(arguments, walk->self) : call->outcome;
}

static void
compare(struct visit *visit, const struct jail_call *call, int number,
        const unsigned long *arguments)
{
    unsigned must = expected(visit->walk, call, arguments);
    unsigned seen = visit->walk->outcomes[visit->n++];
    size_t used = strlen(visit->wrong);
    const char *name = seccomp_filter_call_name(number);

    if (seen == must)
        return;
    visit->n_wrong++;
    snprintf(visit->wrong + used, sizeof visit->wrong - used,
             "%s (%d), %#lx %#lx %#lx %#lx %#lx: %s, not: %s\n", name ? name : "?", number,
             arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
             outcome_name(seen), outcome_name(must));
}

static void
walk_must_be_as_listed(int is_in_jail, enum jail_kind kind)
{
    struct walk *walk =
        mmap(NULL, sizeof *walk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct jail_trial trial;

    ck_assert(walk != MAP_FAILED);
    walk->is_in_jail = is_in_jail;
    walk->kind = kind;
    jail_trial_run(JAIL_OUTSIDE, NULL, walk_and_trace, &walk, &trial);
    ck_assert_msg(trial.result == 0, "step %d, signal %d: %s", trial.result, trial.signal,
                  trial.line);
    struct visit visit = {.walk = walk};
    visit_all(&visit, compare);
    ck_assert_uint_eq(visit.n, walk->n_outcomes);
    ck_assert_msg(visit.n_wrong == 0, "%zu of %zu are not as listed:\n%s", visit.n_wrong, visit.n,
                  visit.wrong);
    munmap(walk, sizeof *walk);
}

TEST_CASE("calls", .setup = set_up);

LOOP_TEST(each_call_is_as_listed, JAIL_KINDS)
{
    walk_must_be_as_listed(1, (enum jail_kind)_i);
}

/* So that "ends the agent" above is the jail's doing: without it each call would pass. */
TEST(without_the_jail_each_passes)
{
    walk_must_be_as_listed(0, JAIL_FETCH);
}

#ifdef __x86_64__
/* By the numbers of another machine on the same kernel, of which the first and the last also have
 * calls that this machine has not. The filter ends the process, and no handler is asked. */
static int
call_by_number(struct wire *wire, const void *argument)
{
    (void)wire;
    return syscall(*(const long *)argument, 0L, 0L, 0L, 0L, 0L, 0L) == 0;
}

TEST(no_call_by_the_numbers_of_x32)
{
    static const long numbers[] = {0, 1, 39, 59, 231, 334, 424, 512, 520, 547, 1023};

    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        const long number = X32_BIT + numbers[i];
        struct jail_trial trial;
        jail_trial_run(JAIL_CLOSED, NULL, call_by_number, &number, &trial);
        ck_assert_msg(trial.signal == SIGSYS && trial.line[0] == '\0', "%#lx: %d, signal %d, %s",
                      number, trial.result, trial.signal, trial.line);
    }
}
#else
TEST(no_call_by_the_numbers_of_x32, .why_not = "this machine has no x32")
{
}
#endif

RUN_TESTS("jail_calls", jail_trial_why_not());
