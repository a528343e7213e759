/* See leftovers.h. */
#include "tests/harness/leftovers.h"

#include "tests/harness/deadline.h"
#include "tests/harness/proc_stat.h"

#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 10000

int
leftovers_begin(void)
{
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
