/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this. The output goes to files in memory, so that one wait is enough: for the end
 * of the process. */
#include "pam_idinqr/tool/program.h"

#include "pam_idinqr/common/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Returns 0, or an errno. */
static int
spawn(const char *program, char *const argv[], const sigset_t *signals, const int ends[2],
      pid_t *ret_pid)
{
    char *const environment[] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&files);

    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error != 0) {
        posix_spawn_file_actions_destroy(&files);
        return error;
    }
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, signals);
    error = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    for (int i = 0; error == 0 && i < 2; i++)
        error = posix_spawn_file_actions_adddup2(&files, ends[i], i + 1);
    if (error == 0)
        error = posix_spawn(ret_pid, program, &files, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

/* Returns its wait status, or -1 with errno: ETIMEDOUT if it was killed at the deadline. */
static int
wait_for(pid_t pid, const sigset_t *child, int64_t deadline_ms)
{
    int status, left_ms;
    pid_t ended;

    while ((ended = waitpid(pid, &status, WNOHANG)) == 0 &&
           (left_ms = clock_left_ms(deadline_ms)) > 0)
        sigtimedwait(child, NULL,
                     &(struct timespec){left_ms / 1000, (long)(left_ms % 1000) * 1000000});
    if (ended != 0)
        return ended < 0 ? -1 : status;
    kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    errno = ETIMEDOUT;
    return -1;
}

/* SIGCHLD is blocked meanwhile, so that wait_for can wait for it and a deadline at once. */
int
program_run(const char *program, char *const argv[], int64_t deadline_ms, FILE *output,
            FILE *errors)
{
    const int ends[2] = {fileno(output), fileno(errors)};
    struct sigaction was, by_default = {.sa_handler = SIG_DFL};
    sigset_t child, before;
    int status = -1, error;
    pid_t pid;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before);
    sigaction(SIGCHLD, &by_default, &was); /* if ignored, no status is left */
    error = spawn(program, argv, &before, ends, &pid);
    if (error == 0) {
        status = wait_for(pid, &child, deadline_ms);
        error = errno;
    }
    sigaction(SIGCHLD, &was, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return status;
}

FILE *
program_open_output(void)
{
    int fd = memfd_create("output", MFD_CLOEXEC);
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "r+");

    if (fd >= 0 && !stream)
        close(fd);
    return stream;
}

void
program_close_output(FILE **stream)
{
    if (*stream)
        fclose(*stream);
}
