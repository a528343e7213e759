/* SPDX-License-Identifier: BSD-3-Clause */
/* The application runs this, often as root, and perhaps with other threads. */
#include <build.h>

#include "pam_idinqr/login/agent_process.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/login/agent_watcher.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Finds the user that the agent runs as if the application has root's rights. Returns 0, IDQ_AGENT,
 * or IDQ_SYSTEM if the lookup fails. No other user is acceptable, because other programs run as it.
 */
static int
find_agent_user(struct agent_user *ret_user, struct diag *diag)
{
    char buffer[4096];
    struct passwd entry, *found = NULL;
    int error = getpwnam_r(AGENT_USER, &entry, buffer, sizeof buffer, &found);

    /* Some name services return an error for an unknown name (getpwnam_r(3)). */
    if (error && error != ENOENT && error != ESRCH && error != EBADF && error != EPERM) {
        diag_set(diag, "the user %s cannot be looked up: %s", AGENT_USER, strerror(error));
        return IDQ_SYSTEM;
    }
    if (error || !found) {
        diag_set(diag,
                 "the user %s is missing: make it with systemd-sysusers idinqr.conf, or as "
                 "pam_idinqr(8) says",
                 AGENT_USER);
        return IDQ_AGENT;
    }
    if (found->pw_uid == 0 || found->pw_gid == 0) {
        diag_set(diag, "the user %s has root's rights: uid %u, gid %u", AGENT_USER,
                 (unsigned)found->pw_uid, (unsigned)found->pw_gid);
        return IDQ_AGENT;
    }
    *ret_user = (struct agent_user){found->pw_uid, found->pw_gid};
    return 0;
}

/* A fork() whose child sends no signal when it exits. All arguments are 0, because their order
 * differs between machines. */
static pid_t
fork_silently(void)
{
    return (pid_t)syscall(SYS_clone, 0L, 0L, 0L, 0L, 0L);
}

/* The watcher is a process between application and agent that never calls execve(). That keeps it
 * invisible. A child with exit signal 0 sends no SIGCHLD, and wait() finds it only with __WALL
 * (clone(2)). So the application's handling of its children never notices it. After execve() it
 * would send SIGCHLD. Handlers of pthread_atfork() do not run either. */
static pid_t
spawn(int wire, struct agent_programs programs, struct agent_user user)
{
    sigset_t all, before;
    pid_t pid;
    int error;

    /* A signal handler of the application must not run in the child. */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    pid = fork_silently();
    if (pid == 0)
        agent_watcher_run(wire, programs, user);
    error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return pid;
}

static void
close_programs(struct agent_programs programs)
{
    const int descriptors[] = {programs.agent, programs.fetch, programs.picture};

    for (size_t i = 0; i < ARRAY_LENGTH(descriptors); i++)
        if (descriptors[i] >= 0)
            close(descriptors[i]);
}

/* Checks whether its user may run the program: the exec could not say which program failed. As
 * root's user, that is the agent's, which owns no program and has no other groups. */
static int
check_mode(int program, const char *path, struct agent_user user, struct diag *diag)
{
    struct stat status = {.st_mode = 0};
    mode_t any = S_IXUSR | S_IXGRP | S_IXOTH;

    if (fstat(program, &status) == 0 && user.uid != 0)
        any = status.st_gid == user.gid ? S_IXGRP : S_IXOTH;
    if (status.st_mode & any)
        return 0;
    diag_set_file(diag, path, 0, "the agent's user cannot run it (mode %03o)",
                  (unsigned)status.st_mode & 07777);
    diag->cure = "chmod 0711";
    return IDQ_AGENT;
}

/* Returns 0 with a descriptor, which is -1 without a path, or IDQ_AGENT. */
static int
open_program(const char *path, const char *package, struct agent_user user, int *ret_program,
             struct diag *ret_diag)
{
    *ret_program = path ? trusted_file_open(path, TRUSTED_FILE_PROGRAM, ret_diag) : -1;
    if (!path)
        return 0;
    if (*ret_program >= 0)
        return check_mode(*ret_program, path, user, ret_diag);
    if (package && ret_diag->error == ENOENT)
        diag_set(
            ret_diag,
            "%s is missing: the provider idin-qr needs it. Install it again (Debian: package %s)",
            path, package);
    return IDQ_AGENT;
}

/* Returns 0, or IDQ_AGENT with nothing open. */
static int
open_programs(const struct agent_paths *paths, struct agent_user user,
              struct agent_programs *ret_programs, struct diag *ret_diag)
{
    struct agent_programs programs = {-1, -1, -1};

    if (open_program(paths->agent, NULL, user, &programs.agent, ret_diag) != 0 ||
        open_program(paths->fetch, NULL, user, &programs.fetch, ret_diag) != 0 ||
        open_program(paths->picture, "idinqr-picture", user, &programs.picture, ret_diag) != 0) {
        close_programs(programs);
        return IDQ_AGENT;
    }
    *ret_programs = programs;
    return 0;
}

int
agent_process_start(const struct agent_paths *paths, struct agent_process *ret_agent,
                    struct diag *ret_diag)
{
    int pair[2], result;
    struct agent_programs programs;
    struct agent_user user = {0};
    pid_t pid;

    /* Without root's rights the application cannot change its user: see agent_watcher.c. */
    result = geteuid() == 0 ? find_agent_user(&user, ret_diag) : 0;
    if (!result)
        result = open_programs(paths, user, &programs, ret_diag);
    if (result)
        return result;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        diag_set(ret_diag, "no socket for the agent: %s", strerror(errno));
        close_programs(programs);
        return IDQ_SYSTEM;
    }
    pid = spawn(pair[1], programs, user);
    if (pid < 0)
        diag_set(ret_diag, "no process for the agent: %s", strerror(errno));
    close_programs(programs);
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return IDQ_SYSTEM;
    }
    *ret_agent = (struct agent_process){.socket = pair[0], .pid = pid};
    return 0;
}

void
agent_process_dismiss(struct agent_process *agent)
{
    if (agent->pid > 0)
        shutdown(agent->socket, SHUT_WR); /* to the agent this is the end of the login */
}

/* The agent's end of the wire closes when it exits, and only then. */
static void
wait_for_end(struct agent_process *agent, int grace_ms)
{
    int64_t end_ms = clock_ms() + grace_ms;

    agent_process_dismiss(agent);
    for (;;) {
        struct pollfd wait = {.fd = agent->socket, .events = POLLIN};
        int left_ms = clock_left_ms(end_ms);
        ssize_t size;
        if (left_ms == 0)
            return;
        if (poll(&wait, 1, left_ms) <= 0)
            continue;
        /* Only the size is read: the frame may contain personal data. */
        size = recv(agent->socket, NULL, 0, MSG_DONTWAIT | MSG_TRUNC);
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR && errno != ECONNRESET))
            return;
        agent->n_unread += size > 0;
    }
}

static const char *
exit_text(int code)
{
    switch (code) {
    case AGENT_EXIT_DESCRIPTORS:
        return "its descriptors could not be set up";
    case AGENT_EXIT_PROCESS:
        return "there was no process for it";
    case AGENT_EXIT_IDENTITY:
        return "it could not become the agent's user";
    default:
        return NULL;
    }
}

/* Describes a watcher's exit code, or -1 for a watcher that was killed. */
static void
describe_end(int code, struct diag *diag)
{
    if (code < 0)
        diag_set(diag, "the agent did not exit by itself");
    else if (exit_text(code))
        diag_set(diag, "the agent did not start: %s", exit_text(code));
    else if (code == AGENT_EXIT_SIGNAL + SIGSYS)
        diag_set(diag,
                 "the jail killed the agent at a system call that could not be logged "
                 "(signal %d)",
                 SIGSYS);
    else if (code > AGENT_EXIT_EXEC)
        diag_set(diag, "the agent did not start: %s: %s",
                 code == AGENT_EXIT_EXEC + EAGAIN
                     ? "its user has more processes than the limit (nproc) allows"
                     : "the program could not be run",
                 strerror(code - AGENT_EXIT_EXEC));
    else if (code > AGENT_EXIT_SIGNAL)
        diag_set(diag, "the agent was killed by signal %d", code - AGENT_EXIT_SIGNAL);
    else
        diag_set(diag, "the agent exited with status %d", code);
}

int
agent_process_end(struct agent_process *agent, int grace_ms, struct diag *ret_diag)
{
    int status = 0;
    pid_t reaped;

    if (agent->pid <= 0)
        return 0;
    wait_for_end(agent, grace_ms);
    close(agent->socket);
    agent->socket = -1;
    /* The watcher's death kills the agent if it still runs. Until the next line a watcher that has
     * exited is a zombie, so no other process can have this pid. */
    (void)kill(agent->pid, SIGKILL);
    do
        reaped = waitpid(agent->pid, &status, __WALL);
    while (reaped < 0 && errno == EINTR);
    agent->pid = 0;
    if (reaped > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    describe_end(reaped > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1, ret_diag);
    return IDQ_AGENT;
}
