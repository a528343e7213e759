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

/* The process of this number, as readdir(3) of /proc has it; other names are none. 0, or -1 when
 * there is none, or no longer one. */
int proc_stat_read(const char *pid, struct proc_stat *ret_stat);

#endif
