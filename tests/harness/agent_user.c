/* SPDX-License-Identifier: BSD-3-Clause */
/* See agent_user.h. */
#include <build.h>

#include "tests/harness/agent_user.h"

#include <check.h>
#include <errno.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define UID       61003 /* the harness's users have those before it */
#define FILE_NAME "/etc/passwd"

/* The machine's file without the user, and then `line`. 0, or -1 with errno. */
static int
write_passwd(int to, const char *line)
{
    FILE *in = fopen(FILE_NAME, "re"), *out = fdopen(to, "we");
    char *read = NULL;
    size_t size = 0;
    int result = in && out && fchmod(to, 0644) == 0 ? 0 : -1;

    while (result == 0 && getline(&read, &size, in) > 0)
        if (strncmp(read, AGENT_USER ":", strlen(AGENT_USER ":")) != 0 && fputs(read, out) < 0)
            result = -1;
    if (result == 0 && fputs(line, out) < 0)
        result = -1;
    free(read);
    if (in)
        fclose(in);
    if (out && fclose(out) != 0)
        result = -1;
    return result;
}

/* In this process and its children. 0, or -1 with errno. */
static int
replace_passwd(const char *line)
{
    char path[] = "/tmp/idinqr-passwd.XXXXXX";
    int to = mkstemp(path), result = -1;

    if (to < 0)
        return -1;
    if (write_passwd(to, line) == 0 && unshare(CLONE_NEWNS) == 0 &&
        mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0) {
        /* One of ours, where there is one: a file without a name has no room for a mount. */
        (void)umount2(FILE_NAME, MNT_DETACH);
        result = mount(path, FILE_NAME, "none", MS_BIND, NULL);
    }
    unlink(path); /* what is mounted needs it no more */
    return result;
}

const char *
agent_user_why_not(void)
{
    char line[80];

    if (geteuid() != 0 || getpwnam(AGENT_USER))
        return NULL;
    snprintf(line, sizeof line, "%s:x:%d:%d::/:/usr/sbin/nologin\n", AGENT_USER, UID, UID);
    if (replace_passwd(line) == 0 && getpwnam(AGENT_USER))
        return NULL;
    return "needs the user " AGENT_USER ", or a mount namespace of its own to have one in";
}

mode_t
agent_user_mode(void)
{
    const char *mode = getenv("IDQ_AGENT_MODE");

    return mode ? (mode_t)strtoul(mode, NULL, 8) : 0711;
}

void
agent_user_remove(void)
{
    if (replace_passwd("") != 0 || getpwnam(AGENT_USER))
        ck_abort_msg("a private %s: %s", FILE_NAME, strerror(errno));
}
