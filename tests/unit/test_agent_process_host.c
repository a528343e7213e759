/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent as its host sees it, which is not at all: no signal, no child, no descriptor, whatever
 * the host does with its own. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/login/agent_process.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/unit/fake_agents.h"
#include "tests/unit/host_state.h"
#include "tests/unit/traced_run.h"
#include "tests/unit/diag_line.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t n_child_signals, n_forks;

static void
count_child_signal(int number)
{
    (void)number;
    n_child_signals++;
}

static void
count_fork(void)
{
    n_forks++;
}

TEST_CASE("host");

TEST(the_host_does_not_notice_a_child)
{
    char *path = fake_agents_make("exit7");
    struct agent_process agent;
    struct diag diag;

    ck_assert_int_eq(pthread_atfork(count_fork, count_fork, count_fork), 0);
    ck_assert(signal(SIGCHLD, count_child_signal) != SIG_ERR);
    fake_agents_start(path, &agent);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    ck_assert_int_eq(errno, ECHILD);
    fake_agents_await(&agent); /* until its end of the wire is closed */
    ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
    ck_assert_int_eq(errno, ECHILD);
    ck_assert_int_eq(agent_process_end(&agent, FAKE_AGENTS_LONG_MS, &diag), IDQ_AGENT);
    ck_assert_str_eq(diag_line(&diag), "the agent exited with status 7");
    ck_assert_int_eq(n_child_signals, 0);
    ck_assert_int_eq(n_forks, 0);
}

TEST(a_host_that_ignores_its_children_still_learns_of_the_end)
{
    char *path = fake_agents_make("exit7");
    struct agent_process agent;
    struct diag diag;

    ck_assert(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    fake_agents_start(path, &agent);
    ck_assert_int_eq(agent_process_end(&agent, FAKE_AGENTS_LONG_MS, &diag), IDQ_AGENT);
    ck_assert_str_eq(diag_line(&diag), "the agent exited with status 7");
}

/* Leaves `n` numbers for descriptors that this process can still open. */
static void
leave_descriptors(int n)
{
    int fds[8] = {0};
    struct rlimit limit;

    ck_assert_int_le(n, 8);
    for (int i = 0; i < n; i++)
        ck_assert_int_ge(fds[i] = dup(0), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = (rlim_t)fds[n - 1] + 1;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    for (int i = 0; i < n; i++)
        close(fds[i]);
}

/* The wire is no one else's: another thread of the host's may start a program at any time. */
TEST(the_wire_is_not_passed_on)
{
    char *path = fake_agents_make("wait");
    struct agent_process agent;

    fake_agents_start(path, &agent);
    ck_assert_int_eq(fcntl(agent.socket, F_GETFD), FD_CLOEXEC);
    fake_agents_end(&agent);
}

/* Its end of the wire, which tells the host that it has ended. */
TEST(the_watcher_keeps_one_descriptor, .why_not = geteuid() == 0 ? NULL : "only root may look")
{
    char *path = fake_agents_make("state+wait"), directory[64];
    struct agent_process agent;
    struct dirent **entries;
    int n;

    fake_agents_start(path, &agent);
    fake_agents_await(&agent);
    /* Asleep, once it has started the agent, until that ends. */
    ck_assert(processes_wait_state(agent.pid, 'S', FAKE_AGENTS_LONG_MS));
    snprintf(directory, sizeof directory, "/proc/%d/fd", agent.pid);
    n = scandir(directory, &entries, NULL, alphasort);
    ck_assert_int_eq(n, 3);
    ck_assert_str_eq(entries[2]->d_name, "0"); /* after "." and ".." */
    while (n > 0)
        free(entries[--n]);
    free(entries);
    fake_agents_end(&agent);
}

static void
must_block_all(pid_t pid)
{
    char path[64], line[256];
    unsigned long long blocked = 0;
    FILE *status;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    status = fopen(path, "re");
    ck_assert_ptr_nonnull(status);
    while (fgets(line, sizeof line, status))
        (void)sscanf(line, "SigBlk: %llx", &blocked);
    fclose(status);
    for (int number = 1; number <= SIGRTMAX; number++)
        /* SIGKILL and SIGSTOP cannot be blocked, and libc does not block its internal signals. */
        if (number != SIGKILL && number != SIGSTOP && (number < __SIGRTMIN || number >= SIGRTMIN))
            ck_assert_msg(blocked & 1ULL << (number - 1), "signal %d is not blocked", number);
}

/* The watcher, before its first instruction: a handler that ran in it would be the host's. */
TEST(no_handler_of_the_host_runs_in_the_watcher, .why_not = traced_why_not())
{
    char *path = fake_agents_make("wait");
    struct agent_process agent;
    unsigned long watcher;
    int status;

    pid_t host = fork();
    if (host == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || raise(SIGSTOP) != 0)
            _exit(1);
        fake_agents_start(path, &agent);
        fake_agents_end(&agent);
        _exit(0);
    }
    ck_assert_int_gt(host, 0);
    ck_assert_int_eq(waitpid(host, &status, 0), host);
    ck_assert_int_eq(
        ptrace(PTRACE_SETOPTIONS, host, NULL, (void *)(PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL)),
        0);
    ck_assert_int_eq(ptrace(PTRACE_CONT, host, NULL, NULL), 0);
    ck_assert_int_eq(waitpid(host, &status, 0), host);
    ck_assert_int_eq(status >> 8, SIGTRAP | PTRACE_EVENT_CLONE << 8);
    ck_assert_int_eq(ptrace(PTRACE_GETEVENTMSG, host, NULL, &watcher), 0);
    ck_assert_int_eq(waitpid((pid_t)watcher, &status, __WALL), (pid_t)watcher);
    must_block_all((pid_t)watcher);
    ck_assert_int_eq(ptrace(PTRACE_DETACH, (pid_t)watcher, NULL, NULL), 0);
    ck_assert_int_eq(ptrace(PTRACE_DETACH, host, NULL, NULL), 0);
    ck_assert_int_eq(waitpid(host, &status, 0), host);
    ck_assert_int_eq(status, 0);
}

TEST(a_host_out_of_descriptors)
{
    char *path = fake_agents_make("exit0");
    struct agent_process agent;
    struct diag diag = {.text = ""};
    struct host_state before;

    host_state_take(&before);
    leave_descriptors(1); /* for the program */
    ck_assert_int_eq(agent_process_start(&(struct agent_paths){.agent = path}, &agent, &diag),
                     IDQ_SYSTEM);
    ck_assert_str_eq(diag_line(&diag), "no socket for the agent: Too many open files");
    host_state_must_be(&before);
}

TEST(a_host_with_few_descriptors)
{
    char *path = fake_agents_make("exit0");
    struct agent_process agent;
    struct diag diag = {.text = ""};
    struct host_state before;

    host_state_take(&before);
    leave_descriptors(3); /* for the program and the wire, and none for the child to arrange them */
    fake_agents_start(path, &agent);
    ck_assert_int_eq(agent_process_end(&agent, FAKE_AGENTS_LONG_MS, &diag), IDQ_AGENT);
    ck_assert_str_eq(diag_line(&diag),
                     "the agent did not start: its descriptors could not be set up");
    host_state_must_be(&before);
}

TEST(nothing_is_left_of_200_runs)
{
    char *path = fake_agents_make("state+wait");
    struct host_state before;

    host_state_take(&before);
    for (int i = 0; i < 200; i++) {
        struct agent_process agent;
        fake_agents_start(path, &agent);
        if (i % 2)
            fake_agents_await(&agent);
        fake_agents_end(&agent);
    }
    host_state_must_be(&before);
}

static void
spin(int microseconds)
{
    struct timespec now, end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += microseconds * 1000L;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while (now.tv_sec < end.tv_sec || (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
}

TEST(an_agent_that_is_given_no_time_is_gone)
{
    char *path = fake_agents_make("hang");
    struct agent_process agent;
    struct diag diag;

    /* What the host's child leaves behind becomes this process's, which can then wait for it. */
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    for (int i = 0; i < 600; i++) {
        fake_agents_start(path, &agent);
        spin(i); /* so that the end comes at every point of the start */
        ck_assert_int_eq(agent_process_end(&agent, 0, &diag), IDQ_AGENT);
        while (waitpid(-1, NULL, __WALL) > 0)
            continue;
        ck_assert_int_eq(errno, ECHILD);
    }
}

/* If the application is killed, only the watcher can end an agent that hangs or is stopped. */
LOOP_TEST(a_host_that_dies_leaves_nothing, 2)
{
    char *path = fake_agents_make(_i == 0 ? "state+hang" : "state+stop");
    struct agent_process agent;

    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t host = fork();
    if (host == 0) {
        fake_agents_start(path, &agent);
        fake_agents_await(&agent);
        kill(getpid(), SIGKILL);
    }
    ck_assert_int_gt(host, 0);
    while (waitpid(-1, NULL, __WALL) > 0)
        continue;
    ck_assert_int_eq(errno, ECHILD);
}

static volatile int threads_stop;

/* Holds the heap's locks as often as it can: a child that needed one would hang. */
static void *
use_heap(void *argument)
{
    while (!threads_stop)
        free(malloc(4096));
    return argument;
}

/* Returns how many of its agents did not do well. */
static void *
run_agents(void *path)
{
    size_t n_bad = 0;

    for (int i = 0; i < 25; i++) {
        struct agent_process agent = {.pid = 0};
        struct diag diag;
        n_bad += agent_process_start(&(struct agent_paths){.agent = path}, &agent, &diag) != 0;
        n_bad += agent_process_end(&agent, FAKE_AGENTS_LONG_MS, &diag) != 0;
    }
    return (void *)n_bad;
}

TEST(a_host_with_threads)
{
    char *path = fake_agents_make("wait");
    pthread_t heap_user, runners[4];
    struct host_state before;
    void *n_bad;

    host_state_take(&before);
    ck_assert_int_eq(pthread_create(&heap_user, NULL, use_heap, NULL), 0);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&runners[i], NULL, run_agents, path), 0);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_join(runners[i], &n_bad), 0);
        ck_assert_ptr_null(n_bad);
    }
    threads_stop = 1;
    ck_assert_int_eq(pthread_join(heap_user, NULL), 0);
    host_state_must_be(&before);
}

/* Starts programs in a loop, so that libc's locks for new processes are held as often as
 * possible. */
static void *
run_programs(void *argument)
{
    char *const arguments[] = {argument, NULL};

    while (!threads_stop) {
        pid_t pid;
        int status;
        if (posix_spawn(&pid, argument, NULL, NULL, arguments, environ) != 0 ||
            waitpid(pid, &status, 0) != pid)
            return argument;
    }
    return NULL;
}

TEST(a_host_whose_threads_start_programs)
{
    static char program[] = "/bin/true";
    char *path = fake_agents_make("wait");
    pthread_t threads[4];
    struct host_state before;
    void *failed;

    host_state_take(&before);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, run_programs, program), 0);
    for (int i = 0; i < 150; i++) {
        struct agent_process agent;
        fake_agents_start(path, &agent);
        fake_agents_end(&agent);
    }
    threads_stop = 1;
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
        ck_assert_ptr_null(failed);
    }
    host_state_must_be(&before);
}

RUN_TESTS("agent_process_host", agent_user_why_not());
