/* SPDX-License-Identifier: BSD-3-Clause */
/* Each jailed process runs this first, with the rights of the agent's user, on no input.
 *
 * The watcher has already dropped all groups, and set a user and group without a way back. It has
 * emptied the environment, changed to "/", left the terminal's session, and reset every signal.
 * Only descriptors 0 to 2 are open, and in the agent its two sockets.
 *
 * The process still has some properties of the application. Its umask does not matter, because the
 * process creates no file. Its priority and cgroup are limits. No call reaches its keyrings after
 * jail_close. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* getresuid */
#endif
#include "pam_idinqr/jail/jail.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/jail/landlock.h"
#include "pam_idinqr/jail/seccomp.h"
#include "pam_idinqr/common/error.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MEBIBYTE ((rlim_t)1024 * 1024)

/* Not RLIMIT_NPROC: it counts all processes of a user, which are also the agents of other logins,
 * and libcurl needs a thread. The filter prevents new processes. */
static const struct {
    unsigned resource; /* glibc's type for it is an enum without a negative number */
    rlim_t most;
    int soft_only;
} limits[] = {
    {.resource = RLIMIT_CORE, .most = 0},
    {.resource = RLIMIT_FSIZE, .most = 0}, /* writes to files fail, writes to sockets do not */
    /* Enough for a few connections, the resolver and the CA store. This limits leaks: an attacker
     * could raise it again, because valgrind does not allow a lower hard limit. */
    {.resource = RLIMIT_NOFILE, .most = 64, .soft_only = 1},
    {.resource = RLIMIT_CPU, .most = 30}, /* seconds; a login takes well under one */
#ifndef SANITIZER                         /* the sanitizer reserves terabytes of addresses */
    {.resource = RLIMIT_AS, .most = 2048 * MEBIBYTE},
#endif
};

const char *
jail_name(enum jail_kind kind)
{
    static const char *const names[] = {"agent", "fetch process", "picture reader", "relay",
                                        "relay"};

    return names[kind];
}

static int
limit(unsigned resource, rlim_t most, int soft_only)
{
    struct rlimit now;

    if (getrlimit(resource, &now))
        return -1;
    /* The application may have set a lower limit, and only root may raise it. */
    if (now.rlim_max != RLIM_INFINITY && now.rlim_max < most)
        most = now.rlim_max;
    now.rlim_cur = most;
    if (!soft_only)
        now.rlim_max = most;
    return setrlimit(resource, &now);
}

int
jail_begin(void)
{
    uid_t real, effective, saved;

    if (getresuid(&real, &effective, &saved))
        return IDQ_SYSTEM;
    if (real == 0 || effective == 0 || saved == 0)
        return IDQ_AGENT;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
        return IDQ_SYSTEM;
    for (size_t i = 0; i < ARRAY_LENGTH(limits); i++)
        if (limit(limits[i].resource, limits[i].most, limits[i].soft_only))
            return IDQ_SYSTEM;
    /* These two signals would kill the process. Ignored, they become errors of the call: a write
     * beyond the file limit, or to a backend that has closed. */
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return IDQ_SYSTEM;
    /* Already empty if the module started this process. No library may read settings from it. All
     * times are UTC. libc looks for the time zone's file now, and never later. */
    if (clearenv() || setenv("TZ", "UTC0", 1))
        return IDQ_SYSTEM;
    tzset();
    return 0;
}

#ifdef SANITIZER

/* The sanitizers read /proc, write to files, and trace the process at its end. A jail that allows
 * all of that would not be the jail that is used. */
int
jail_close(enum jail_kind kind, struct wire *wire)
{
    if (kind == JAIL_AGENT)
        wire_log(wire, LOG_INFO,
                 "a build with a sanitizer has no rules for files, ports and calls");
    return 0;
}

#else

int
jail_tell_refusal(enum jail_kind kind, struct wire *wire, int error)
{
    if (error)
        wire_log(wire, LOG_ERR, "the kernel, or a container, does not let the %s into its jail",
                 jail_name(kind));
    return error;
}

/* Landlock and the filter apply to this thread and to those that it creates later. The link count
 * of /proc/self/task is 2 and one for each thread. */
bool
jail_has_one_thread(void)
{
    struct stat tasks;

    return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == 3;
}

int
jail_close(enum jail_kind kind, struct wire *wire)
{
    int error;

    if (!jail_has_one_thread()) {
        wire_log(wire, LOG_ERR, "the %s has more than one thread, or cannot read /proc",
                 jail_name(kind));
        return IDQ_SYSTEM;
    }
    error = landlock_forbid(landlock_abi());
    return jail_tell_refusal(kind, wire, error ? error : seccomp_filter_enter(kind, wire));
}

#endif
