/* SPDX-License-Identifier: BSD-3-Clause */
/* See moment.h. */
#include "tests/bench/moment.h"

#include <check.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

double
moment_run_ms(const char *const *argv)
{
    int status = -1, nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int64_t begin_ns = moment_ns();
    /* The bench is large: what a copy of its page tables takes is not the program's. */
    pid_t pid = vfork();

    if (pid == 0) {
        dup2(nowhere, STDOUT_FILENO);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    ck_assert_int_gt(pid, 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    double took_ms = moment_ms(moment_ns() - begin_ns);
    ck_assert_int_eq(close(nowhere), 0);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %x", argv[0],
                  (unsigned)status);
    return took_ms;
}
