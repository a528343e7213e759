/* SPDX-License-Identifier: BSD-3-Clause */
/* What /proc says of a process in one line: for leftovers.c and processes.c. Test code: needs no
 * rights. */
#ifndef IDQ_TESTS_PROC_STAT_H
#define IDQ_TESTS_PROC_STAT_H

#include <sys/types.h>

struct proc_stat {
    pid_t pid, parent;
    char state; /* 'Z': ended, and not reaped */
    char name[32];
};

/* Reads the entry of a process. `pid` is its name in /proc, as readdir(3) returns it. Returns 0, or
 * -1 if the name is not a number or the process is gone. */
int proc_stat_read(const char *pid, struct proc_stat *ret_stat);

#endif
