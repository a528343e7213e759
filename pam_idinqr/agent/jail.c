/* See jail.h. Run by the agent first of all, with the rights of the agent's own user, on no input.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* getresuid */
#endif
#include "pam_idinqr/agent/jail.h"

#include "pam_idinqr/common/error.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define MEBIBYTE ((rlim_t)1024 * 1024)

static const struct {
    int resource;
    rlim_t most;
    int soft_only;
} limits[] = {
    {.resource = RLIMIT_CORE, .most = 0},
    {.resource = RLIMIT_FSIZE, .most = 0}, /* writes to files fail; sockets are no files */
    /* A few connections, the resolver's, the CA store. Meant for leaks: an attacker could raise it
     * again, but valgrind lets nobody lower the hard limit. */
    {.resource = RLIMIT_NOFILE, .most = 64, .soft_only = 1},
    {.resource = RLIMIT_CPU, .most = 30}, /* seconds; a login takes well under one */
#ifndef __SANITIZE_ADDRESS__              /* which reserves terabytes of addresses */
    {.resource = RLIMIT_AS, .most = 2048 * MEBIBYTE},
#endif
};

static int
limit(int resource, rlim_t most, int soft_only)
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
jail_enter(void)
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
    /* Empty already if the module started us. No library may take advice from what is left. */
    return clearenv() ? IDQ_SYSTEM : 0;
}
