/* SPDX-License-Identifier: BSD-3-Clause */
/* See child.h. */
#include "tests/harness/child.h"

#include "tests/harness/deadline.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS 5 /* between looks whether a program that was told to end has ended */

struct child {
    pid_t pid;
    int output; /* the reading end of its stdout */
};

_Noreturn static void
run(const char *const *argv, int output, int log)
{
    sigset_t none;
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    sigemptyset(&none);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0 ||
        dup2(log, STDERR_FILENO) < 0 || close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0 ||
        sigprocmask(SIG_SETMASK, &none, NULL) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        _exit(127);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(127);
}

struct child *
child_start(const char *const *argv, const char *log_path)
{
    struct child *child = calloc(1, sizeof *child);
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), output[2];

    ck_assert_ptr_nonnull(child);
    if (log < 0 || pipe2(output, O_CLOEXEC) != 0)
        ck_abort_msg("starting %s: %s", argv[0], strerror(errno));
    child->pid = fork();
    if (child->pid < 0)
        ck_abort_msg("fork: %s", strerror(errno));
    if (child->pid == 0)
        run(argv, output[1], log);
    close(log);
    close(output[1]);
    child->output = output[0];
    return child;
}

int
child_read_line(struct child *child, char *ret_line, size_t capacity, int timeout_ms)
{
    struct deadline deadline = deadline_in(timeout_ms);
    struct pollfd output = {.fd = child->output, .events = POLLIN};
    size_t size = 0;
    char byte;

    /* Byte by byte: a line or two is all that is ever read. */
    for (;;) {
        int ready = poll(&output, 1, deadline_left(deadline, timeout_ms));
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready <= 0 || read(child->output, &byte, 1) != 1)
            return 0;
        if (byte == '\n')
            break;
        if (size + 1 < capacity)
            ret_line[size++] = byte;
    }
    ret_line[size] = '\0';
    return 1;
}

pid_t
child_pid(const struct child *child)
{
    return child->pid;
}

int
child_stop(struct child **child, int timeout_ms)
{
    struct child *old = *child;
    int status;
    pid_t ended;

    if (old == NULL)
        return 0;
    struct deadline deadline = deadline_in(timeout_ms);
    kill(old->pid, SIGTERM);
    while ((ended = waitpid(old->pid, &status, WNOHANG)) == 0) {
        if (deadline_left(deadline, 1) == 0)
            kill(old->pid, SIGKILL);
        poll(NULL, 0, LOOK_MS);
    }
    if (ended < 0)
        ck_abort_msg("waitpid: %s", strerror(errno));
    close(old->output);
    free(old);
    *child = NULL;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
