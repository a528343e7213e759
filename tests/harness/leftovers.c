/* SPDX-License-Identifier: BSD-3-Clause */
/* See leftovers.h. */
#include "tests/harness/leftovers.h"

#include "tests/harness/deadline.h"
#include "tests/harness/proc_stat.h"

#include <check.h>
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 5000
#define BEFORE_MAX  64

static pid_t runner;
static pid_t before[BEFORE_MAX]; /* the runner's children when a test began */
static size_t n_before;

/* Returns whether this entry of /proc is a running process of the test: its child, or an orphan,
 * which is the runner's child. Processes from before the test do not count. */
static int
is_of_test(const char *entry, struct proc_stat *ret_process)
{
    if (proc_stat_read(entry, ret_process) != 0 || ret_process->state == 'Z' ||
        ret_process->pid == getpid() ||
        (ret_process->parent != getpid() && ret_process->parent != runner))
        return 0;
    for (size_t i = 0; i < n_before; i++)
        if (ret_process->pid == before[i])
            return 0;
    return 1;
}

/* How many there are, and in ret_text which. */
static size_t
find_processes(char *ret_text, size_t capacity)
{
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    size_t n = 0, size = 0;

    ret_text[0] = '\0';
    while (processes != NULL && (entry = readdir(processes)) != NULL) {
        struct proc_stat process;

        if (!is_of_test(entry->d_name, &process))
            continue;
        if (size < capacity)
            size += (size_t)snprintf(ret_text + size, capacity - size, " %d (%s)", process.pid,
                                     process.name);
        n++;
    }
    if (processes != NULL)
        closedir(processes);
    return n;
}

/* In each process that is forked; a test's is the runner's child. An earlier test that failed may
 * have left some. */
static void
note_before(void)
{
    DIR *processes = getppid() == runner ? opendir("/proc") : NULL;
    const struct dirent *entry;
    struct proc_stat process;

    n_before = 0;
    while (processes != NULL && n_before < BEFORE_MAX && (entry = readdir(processes)) != NULL)
        if (is_of_test(entry->d_name, &process))
            before[n_before++] = process.pid;
    if (processes != NULL)
        closedir(processes);
}

/* At the exit of each of them. */
static void
must_have_left_none(int status, void *unused)
{
    struct deadline deadline = deadline_in(PATIENCE_MS);
    char left[400];

    (void)unused;
    if (status != 0 || getppid() != runner)
        return;
    while (find_processes(left, sizeof left) > 0) {
        if (deadline_left(deadline, 1) == 0)
            ck_abort_msg("left behind:%s", left);
        poll(NULL, 0, 5);
    }
}

int
leftovers_begin(void)
{
    runner = getpid();
    if (pthread_atfork(NULL, NULL, note_before) != 0 || on_exit(must_have_left_none, NULL) != 0)
        return -1;
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* Kills this process's own children, once. */
static void
kill_children(FILE *report)
{
    DIR *processes = opendir("/proc");
    const struct dirent *entry;

    while (processes != NULL && (entry = readdir(processes)) != NULL) {
        struct proc_stat child;

        if (proc_stat_read(entry->d_name, &child) != 0 || child.parent != getpid() ||
            child.state == 'Z')
            continue;
        /* A child of ours cannot be reaped by another, so its number still means this process. */
        if (kill(child.pid, SIGKILL) == 0 && waitpid(child.pid, NULL, 0) == child.pid)
            fprintf(report, "# left behind, and killed: %s (%s)\n", entry->d_name, child.name);
    }
    if (processes != NULL)
        closedir(processes);
}

void
leftovers_end(FILE *report)
{
    struct deadline deadline = deadline_in(PATIENCE_MS);
    pid_t pid;

    /* Each that dies hands its own children to us, so again until none is left. One that we may not
     * kill (it gained rights) is waited for a while, and then named. */
    while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0) {
        if (pid > 0)
            continue;
        kill_children(report);
        if (deadline_left(deadline, 1) == 0) {
            fprintf(report, "# left behind, and not ours to kill\n");
            return;
        }
        poll(NULL, 0, 5);
    }
}
