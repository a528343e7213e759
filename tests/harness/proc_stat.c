/* SPDX-License-Identifier: BSD-3-Clause */
/* See proc_stat.h. */
#include "tests/harness/proc_stat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
proc_stat_read(const char *pid, struct proc_stat *ret_stat)
{
    char path[64], line[512] = "";

    if (pid[0] < '1' || pid[0] > '9')
        return -1;
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    char *got = fgets(line, sizeof line, file);
    fclose(file);
    /* "pid (name) S parent …", where the name may contain brackets and blanks. */
    char *open = strchr(line, '('), *close = strrchr(line, ')');
    if (got == NULL || open == NULL || close == NULL || strlen(close) < 5)
        return -1;
    *close = '\0';
    ret_stat->pid = (pid_t)strtol(line, NULL, 10);
    ret_stat->state = close[2];
    ret_stat->parent = (pid_t)strtol(close + 3, NULL, 10);
    snprintf(ret_stat->name, sizeof ret_stat->name, "%s", open + 1);
    return 0;
}
