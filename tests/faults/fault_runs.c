/* SPDX-License-Identifier: BSD-3-Clause */
/* See fault_runs.h. */
#include "tests/faults/fault_runs.h"

#include "pam_idinqr/common/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 16

struct running {
    pid_t pid;
    int report; /* a file without a name */
    int64_t start_ms;
};

static int
start(const char *name, struct running *ret_running)
{
    ret_running->start_ms = clock_ms();
    ret_running->report = memfd_create(name, MFD_CLOEXEC);
    ret_running->pid = ret_running->report >= 0 ? fork() : -1;
    if (ret_running->pid != 0)
        return ret_running->pid < 0 ? -1 : 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (dup2(ret_running->report, STDOUT_FILENO) >= 0 &&
        dup2(ret_running->report, STDERR_FILENO) >= 0)
        execl("/proc/self/exe", program_invocation_short_name, name, (char *)NULL);
    _exit(127);
}

/* Its exit status says whether the harness worked; the test's verdict is in the TAP. */
static int
finish(struct running *running, int status, struct fault_run *ret_run)
{
    off_t size = lseek(running->report, 0, SEEK_END);

    ret_run->duration_ms = (long)(clock_ms() - running->start_ms);
    ret_run->report = size >= 0 ? calloc(1, (size_t)size + 1) : NULL;
    if (!ret_run->report || pread(running->report, ret_run->report, (size_t)size, 0) != size)
        return -1;
    close(running->report);
    running->pid = 0;
    ret_run->passed = WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
                      strstr(ret_run->report, "\nok 1 - ") != NULL;
    return 0;
}

int
fault_runs(unsigned n_rows, const char *(*name)(unsigned i), struct fault_run *ret_runs)
{
    struct running *running = calloc(n_rows, sizeof *running);
    unsigned n_started = 0, n_finished = 0;
    int status, failed = running == NULL;

    while (!failed && n_finished < n_rows) {
        if (n_started < n_rows && n_started - n_finished < AT_ONCE) {
            failed = start(name(n_started), &running[n_started]) != 0;
            n_started++;
            continue;
        }
        pid_t ended = waitpid(-1, &status, 0);
        failed = ended < 0;
        for (unsigned i = 0; i < n_started && !failed; i++)
            if (running[i].pid == ended) {
                failed = finish(&running[i], status, &ret_runs[i]) != 0;
                n_finished++;
            }
    }
    free(running);
    return failed ? -1 : 0;
}

void
fault_runs_print(const char *report)
{
    fputs("# ", stdout);
    for (; *report != '\0'; report++) {
        putchar(*report);
        if (*report == '\n' && report[1] != '\0')
            fputs("# ", stdout);
    }
}
