/* SPDX-License-Identifier: BSD-3-Clause */
/* See memory.h. */
#include "tests/harness/memory.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* In one mapping, read at once. */
static size_t
count_in(int memory, unsigned long start, unsigned long end, const void *bytes, size_t size)
{
    char *content = malloc(end - start), *at = content;
    ssize_t got;
    size_t n = 0;

    ck_assert_ptr_nonnull(content);
    got = pread(memory, content, end - start, (off_t)start);
    /* The kernel's own pages, and those of a file that has become shorter. */
    ck_assert_msg(got >= 0 || errno == EIO || errno == EFAULT, "reading memory: %s",
                  strerror(errno));
    while (got > 0 && (at = memmem(at, (size_t)(content + got - at), bytes, size)) != NULL) {
        n++;
        at++;
    }
    free(content);
    return n;
}

size_t
memory_count(pid_t pid, const void *bytes, size_t size)
{
    char path[64], line[4400], rights[8];
    unsigned long start, end;
    size_t n = 0, n_mappings = 0;

    snprintf(path, sizeof path, "/proc/%d/mem", pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    snprintf(path, sizeof path, "/proc/%d/maps", pid);
    FILE *maps = fopen(path, "re");
    ck_assert_msg(memory >= 0 && maps != NULL, "%s: %s", path, strerror(errno));
    while (fgets(line, sizeof line, maps) != NULL) {
        ck_assert_int_eq(sscanf(line, "%lx-%lx %7s", &start, &end, rights), 3);
        /* [vvar] and [vsyscall] are the kernel's. */
        if (rights[0] != 'r' || strstr(line, "[v") != NULL)
            continue;
        n += count_in(memory, start, end, bytes, size);
        n_mappings++;
    }
    fclose(maps);
    close(memory);
    ck_assert_uint_gt(n_mappings, 0);
    return n;
}

void
memory_catch_end(pid_t pid)
{
    ck_assert_msg(ptrace(PTRACE_SEIZE, pid, NULL, (void *)(long)PTRACE_O_TRACEEXIT) == 0,
                  "tracing: %s", strerror(errno));
}

void
memory_wait_end(pid_t pid)
{
    int status = 0;

    for (;;) {
        ck_assert_int_eq(waitpid(pid, &status, __WALL), pid);
        ck_assert_msg(WIFSTOPPED(status), "it ended unseen");
        if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXIT << 8))
            return;
        ck_assert_int_eq(ptrace(PTRACE_CONT, pid, NULL, (void *)(long)WSTOPSIG(status)), 0);
    }
}

void
memory_let_end(pid_t pid)
{
    ck_assert_int_eq(ptrace(PTRACE_DETACH, pid, NULL, NULL), 0);
}
