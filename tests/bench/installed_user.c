/* See installed_user.h. Nothing of the machine's is written: the file lies over its own in a mount
 * namespace that ends with the process. */
#include <config.h>

#include "tests/bench/installed_user.h"

#include "tests/harness/namespace.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <errno.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define UID       61003 /* the harness's users have those before it */
#define FILE_NAME "/etc/passwd"

void
installed_user_add(void)
{
    char *dir, *path, *before, *after;

    if (geteuid() != 0 || getpwnam(AGENT_USER) || namespace_why_not())
        return;
    dir = scratch_dir("etc");
    path = scratch_path(dir, "passwd");
    before = scratch_read(FILE_NAME);
    ck_assert_int_gt(
        asprintf(&after, "%s%s:x:%d:%d::/:/usr/sbin/nologin\n", before, AGENT_USER, UID, UID), 0);
    scratch_write(path, 0644, after);
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount(path, FILE_NAME, NULL, MS_BIND, NULL) != 0)
        ck_abort_msg("a private %s: %s", FILE_NAME, strerror(errno));
    free(after);
    free(before);
    free(path);
    free(dir);
}
