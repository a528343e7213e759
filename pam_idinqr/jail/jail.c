/* SPDX-License-Identifier: BSD-3-Clause */
/* See jail.h. Run by each jailed process first of all, with the rights of the agent's user; on no
 * input.
 *
 * What the watcher did before it executed the program: no group, user and group of its own with no
 * way back, an empty environment, the directory "/", a session without a terminal, every signal at
 * its default, and no descriptors but 0 to 2 and, in the agent, its two sockets. What is left of
 * the application is its umask, which means nothing to a process that makes no file, its priority
 * and cgroup, which are limits, and its keyrings, which no call reaches any more after jail_close.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* getresuid */
#endif
#include "pam_idinqr/jail/jail.h"

#include "pam_idinqr/jail/landlock.h"
#include "pam_idinqr/jail/seccomp_filter.h"
#include "pam_idinqr/common/error.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MEBIBYTE ((rlim_t)1024 * 1024)

/* Not RLIMIT_NPROC: it counts the processes of a user, who is that of every other login's agent
 * too, and libcurl needs a thread. That no process is made is the filter's to see to. */
static const struct {
    unsigned resource; /* glibc's own type for it is an enum without a negative number */
    rlim_t most;
    int soft_only;
} limits[] = {
    {.resource = RLIMIT_CORE, .most = 0},
    {.resource = RLIMIT_FSIZE, .most = 0}, /* writes to files fail; sockets are no files */
    /* A few connections, the resolver's, the CA store. Meant for leaks: an attacker could raise it
     * again, but valgrind lets nobody lower the hard limit. */
    {.resource = RLIMIT_NOFILE, .most = 64, .soft_only = 1},
    {.resource = RLIMIT_CPU, .most = 30}, /* seconds; a login takes well under one */
#ifndef SANITIZER                         /* which reserves terabytes of addresses */
    {.resource = RLIMIT_AS, .most = 2048 * MEBIBYTE},
#endif
};

const char *
jail_name(enum jail_kind kind)
{
    static const char *const names[] = {"agent", "fetch process", "picture reader"};

    return names[kind];
}

static int
limit(unsigned resource, rlim_t most, int soft_only)
{
    struct rlimit now;

    if (getrlimit(resource, &now))
        return -1;
    /* A host may have set less, and only root may raise it. */
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
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        if (limit(limits[i].resource, limits[i].most, limits[i].soft_only))
            return IDQ_SYSTEM;
    /* With these two ignored, what would be a death becomes an error where it happens: a write
     * beyond the file limit, and a backend that closes while it is being written to. */
    if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
        return IDQ_SYSTEM;
    /* Empty already if the module started us. No library may take advice from what is left. All
     * times here are UTC. libc looks for a file of that name, and later no more. */
    if (clearenv() || setenv("TZ", "UTC0", 1))
        return IDQ_SYSTEM;
    tzset();
    return 0;
}

#ifdef SANITIZER

/* The sanitizers look at /proc, write where they are told, and trace the process at its end. A jail
 * with doors for all that would be another one than the one that is used. */
int
jail_close(enum jail_kind kind, struct link *link)
{
    if (kind == JAIL_AGENT)
        link_log(link, LOG_INFO,
                 "a build with a sanitizer has no rules for files, ports and calls");
    return 0;
}

#else

int
jail_tell_refusal(enum jail_kind kind, struct link *link, int error)
{
    if (error)
        link_log(link, LOG_ERR, "the kernel, or a container, does not let the %s into its jail",
                 jail_name(kind));
    return error;
}

/* Landlock and the filter hold for this thread, and for those that it makes later. A directory of
 * directories has a link from itself, one from above and one from each below. */
static int
has_one_thread(void)
{
    struct stat tasks;

    return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == 3;
}

int
jail_close(enum jail_kind kind, struct link *link)
{
    int error;

    if (!has_one_thread()) {
        link_log(link, LOG_ERR, "the %s has a thread that its jail would not hold, or no /proc",
                 jail_name(kind));
        return IDQ_SYSTEM;
    }
    error = landlock_forbid(landlock_abi());
    return jail_tell_refusal(kind, link, error ? error : seccomp_filter_enter(kind, link));
}

#endif
