/* SPDX-License-Identifier: BSD-3-Clause */
/* See processes.h. */
#include "tests/harness/processes.h"

#include "pam_idinqr/common/array.h"
#include "tests/harness/deadline.h"
#include "tests/harness/proc_stat.h"

#include <check.h>
#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES_MAX 4096
#define LOOK_MS       10

static pid_t known[64];
static size_t n_known;

static size_t
read_all(struct proc_stat *ret_all)
{
    DIR *directory = opendir("/proc");
    const struct dirent *entry;
    size_t n = 0;

    ck_assert_ptr_nonnull(directory);
    while (n < PROCESSES_MAX && (entry = readdir(directory)) != NULL)
        n += proc_stat_read(entry->d_name, &ret_all[n]) == 0;
    closedir(directory);
    ck_assert_uint_lt(n, PROCESSES_MAX);
    return n;
}

static int
is_below(const struct proc_stat *all, size_t n, pid_t pid, pid_t ancestor)
{
    /* /proc is not read in one moment, so a chain of parents may miss a link or be a ring. */
    for (int depth = 0; depth < 64 && pid > 1; depth++) {
        size_t i = 0;
        while (i < n && all[i].pid != pid)
            i++;
        if (i == n)
            return 0;
        pid = all[i].parent;
        if (pid == ancestor)
            return 1;
    }
    return 0;
}

static int
is_known(pid_t pid)
{
    for (size_t i = 0; i < n_known; i++)
        if (known[i] == pid)
            return 1;
    return 0;
}

/* Those that count. */
static size_t
read_counted(struct proc_stat *ret_counted)
{
    struct proc_stat *all = calloc(PROCESSES_MAX, sizeof *all);
    size_t n_counted = 0;

    ck_assert_ptr_nonnull(all);
    size_t n = read_all(all);
    for (size_t i = 0; i < n; i++)
        if (!is_known(all[i].pid) && is_below(all, n, all[i].pid, getpid()))
            ret_counted[n_counted++] = all[i];
    free(all);
    return n_counted;
}

void
processes_begin(void)
{
    struct proc_stat *counted = calloc(PROCESSES_MAX, sizeof *counted);

    ck_assert_ptr_nonnull(counted);
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    n_known = 0;
    size_t n = read_counted(counted);
    ck_assert_uint_le(n, ARRAY_LENGTH(known));
    for (size_t i = 0; i < n; i++)
        known[i] = counted[i].pid;
    n_known = n;
    free(counted);
}

/* How many are left. An orphan that has ended is ours to reap, as it would be init's. */
static size_t
count_left(struct proc_stat *ret_left)
{
    size_t n = read_counted(ret_left), n_left = 0;

    for (size_t i = 0; i < n; i++)
        if (ret_left[i].parent != getpid() || ret_left[i].state != 'Z' ||
            waitpid(ret_left[i].pid, NULL, WNOHANG | __WALL) != ret_left[i].pid)
            ret_left[n_left++] = ret_left[i];
    return n_left;
}

void
processes_must_end(int timeout_ms)
{
    struct proc_stat *left = calloc(PROCESSES_MAX, sizeof *left);
    struct deadline deadline = deadline_in(timeout_ms);
    char text[400] = "";
    size_t n;

    ck_assert_ptr_nonnull(left);
    while ((n = count_left(left)) > 0 && deadline_left(deadline, 1) > 0)
        poll(NULL, 0, LOOK_MS);
    for (size_t i = 0, size = 0; i < n && size < sizeof text; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, " %d (%s, %c, of %d)",
                                 left[i].pid, left[i].name, left[i].state, left[i].parent);
    free(left);
    ck_assert_msg(n == 0, "left behind:%s", text);
}

pid_t
processes_find(pid_t parent, const char *name)
{
    struct proc_stat *counted = calloc(PROCESSES_MAX, sizeof *counted);
    pid_t found = 0;

    ck_assert_ptr_nonnull(counted);
    size_t n = read_counted(counted);
    for (size_t i = 0; i < n; i++)
        if (counted[i].state != 'Z' && strcmp(counted[i].name, name) == 0 &&
            (parent == 0 || counted[i].parent == parent))
            found = counted[i].pid;
    free(counted);
    return found;
}

pid_t
processes_find_below(pid_t ancestor, const char *name)
{
    struct proc_stat *all = calloc(PROCESSES_MAX, sizeof *all);
    pid_t found = 0;

    ck_assert_ptr_nonnull(all);
    size_t n = read_all(all);
    for (size_t i = 0; i < n; i++)
        if (all[i].state != 'Z' && (!name || strcmp(all[i].name, name) == 0) &&
            is_below(all, n, all[i].pid, ancestor))
            found = all[i].pid;
    free(all);
    return found;
}

int
processes_wait_gone(const char *name, int timeout_ms)
{
    struct deadline deadline = deadline_in(timeout_ms);

    while (processes_find(0, name) != 0) {
        if (deadline_left(deadline, 1) == 0)
            return 0;
        poll(NULL, 0, LOOK_MS);
    }
    return 1;
}

int
processes_wait_state(pid_t pid, char state, int timeout_ms)
{
    struct deadline deadline = deadline_in(timeout_ms);
    struct proc_stat process;
    char name[32];

    snprintf(name, sizeof name, "%d", pid);
    for (;;) {
        if (proc_stat_read(name, &process) == 0 && process.state == state)
            return 1;
        if (deadline_left(deadline, 1) == 0)
            return 0;
        poll(NULL, 0, LOOK_MS);
    }
}

/* Its share of the memory, in KiB. */
static long
read_memory(pid_t pid)
{
    char path[64], line[128];
    long kib = 0;

    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Pss: %ld", &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return kib;
}

static long
count_descriptors(pid_t pid)
{
    char path[64];
    const struct dirent *entry;
    long n = 0;

    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *directory = opendir(path);
    while (directory != NULL && (entry = readdir(directory)) != NULL)
        n += entry->d_name[0] != '.';
    if (directory != NULL)
        closedir(directory);
    return n;
}

void
processes_usage(const char *name, struct processes_usage *ret_usage)
{
    struct proc_stat *counted = calloc(PROCESSES_MAX, sizeof *counted);

    ck_assert_ptr_nonnull(counted);
    memset(ret_usage, 0, sizeof *ret_usage);
    size_t n = read_counted(counted);
    for (size_t i = 0; i < n; i++) {
        if (counted[i].state == 'Z' || strcmp(counted[i].name, name) != 0)
            continue;
        ret_usage->count++;
        ret_usage->memory_kib += read_memory(counted[i].pid);
        ret_usage->descriptors += count_descriptors(counted[i].pid);
    }
    free(counted);
}
