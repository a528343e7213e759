/* See leftovers.h. */
#include "tests/harness/leftovers.h"

#include "tests/harness/deadline.h"

#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 10000

int
leftovers_begin(void)
{
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* The parent, name and state of a process; -1 when it has gone meanwhile. */
static int
read_stat(const char *pid, pid_t *ret_parent, char *ret_name, size_t capacity, char *ret_state)
{
    char path[64], line[512] = "";

    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return -1;
    char *got = fgets(line, sizeof line, file);
    fclose(file);
    /* "pid (name) S parent …", where a name may have brackets and spaces of its own. */
    char *open = strchr(line, '('), *close = strrchr(line, ')');
    if (got == NULL || open == NULL || close == NULL || close[1] == '\0')
        return -1;
    *close = '\0';
    *ret_state = close[2];
    *ret_parent = (pid_t)strtol(close + 3, NULL, 10);
    snprintf(ret_name, capacity, "%s", open + 1);
    return 0;
}

/* Kills this process's own children, once. */
static void
kill_children(FILE *report)
{
    DIR *processes = opendir("/proc");
    const struct dirent *entry;

    while (processes != NULL && (entry = readdir(processes)) != NULL) {
        pid_t parent;
        char name[64], state;

        if (!isdigit((unsigned char)entry->d_name[0]) ||
            read_stat(entry->d_name, &parent, name, sizeof name, &state) != 0 || parent != getpid())
            continue;
        if (state == 'Z')
            continue;
        /* A child of ours cannot be reaped by another, so its number still means this process. */
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (kill(pid, SIGKILL) == 0 && waitpid(pid, NULL, 0) == pid)
            fprintf(report, "# left behind, and killed: %s (%s)\n", entry->d_name, name);
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
