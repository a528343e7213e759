/* SPDX-License-Identifier: BSD-3-Clause */
/* See journald.h. */
#include "tests/harness/journald.h"

#include "tests/harness/namespace.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOURNALD   "/lib/systemd/systemd-journald"
#define JOURNALCTL "/usr/bin/journalctl"
#define READY      "/run/ready"
#define WAIT_S     30

static pid_t journald; /* 0: none */

const char *
journal_why_not(void)
{
    if (access(JOURNALD, X_OK) != 0 || access(JOURNALCTL, X_OK) != 0)
        return "needs systemd's journald";
    if (access("/sys/fs/cgroup", F_OK) != 0)
        return "needs /sys/fs/cgroup, as journald does";
    return namespace_why_not();
}

static struct sockaddr_un
address_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return address;
}

/* journald sends "READY=1" to NOTIFY_SOCKET, as systemd expects of a service. */
void
journal_start(void)
{
    static char notify[] = "NOTIFY_SOCKET=" READY;
    char *const environment[] = {notify, NULL};
    const struct timeval limit = {.tv_sec = WAIT_S};
    struct sockaddr_un address = address_of(READY);
    int ready = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char text[200] = "";
    pid_t parent = getpid();
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    ck_assert_int_ge(ready, 0);
    ck_assert_int_eq(bind(ready, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(setsockopt(ready, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    journald = fork();
    ck_assert_int_ge(journald, 0);
    if (journald == 0) {
        /* Where there is no other place, it logs to its stderr that it was asked for something. */
        if (dup2(null, STDERR_FILENO) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
            getppid() != parent)
            _exit(126);
        execle(JOURNALD, JOURNALD, (char *)NULL, environment);
        _exit(127);
    }
    while (!strstr(text, "READY=1")) {
        ssize_t size = recv(ready, text, sizeof text - 1, 0);
        ck_assert_msg(size >= 0, "journald is not ready: %s", strerror(errno));
        text[size] = '\0';
    }
    close(null);
    close(ready);
}

void
journal_stop(void)
{
    if (journald > 0) {
        ck_assert_int_eq(kill(journald, SIGKILL), 0);
        ck_assert_int_eq(waitpid(journald, NULL, 0), journald);
    }
    journald = 0;
}

static void
send_line(uid_t uid, const char *line)
{
    struct sockaddr_un address = address_of("/run/systemd/journal/dev-log");
    int status, log = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    pid_t pid = fork();

    ck_assert_int_ge(log, 0);
    if (pid == 0) {
        char text[4096];
        int size = snprintf(text, sizeof text, "<84>login[%d]: %s", (int)getpid(), line);
        _exit(setresuid(uid, uid, uid) == 0 &&
                      sendto(log, text, (size_t)size, 0, (struct sockaddr *)&address,
                             sizeof address) == size
                  ? 0
                  : 1);
    }
    close(log);
    ck_assert_int_gt(pid, 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

void
journal_write(uid_t uid, const char *line)
{
    static char program[] = JOURNALCTL, sync[] = "--sync";
    char *const environment[] = {NULL};
    int status;
    pid_t pid;

    send_line(uid, line);
    ck_assert_int_eq(
        posix_spawn(&pid, JOURNALCTL, NULL, NULL, (char *[]){program, sync, NULL}, environment), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
