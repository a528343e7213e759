/* SPDX-License-Identifier: BSD-3-Clause */
/* See namespace.h. /dev/log is namespace_log.c's. */
#include "tests/harness/namespace.h"

#include "pam_idinqr/common/array.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/namespace_log.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct {
    const char *name;
    unsigned id;
} users[] = {{"alice", NAMESPACE_ALICE_UID}, {"bob", NAMESPACE_BOB_UID}};

#define N_USERS ARRAY_LENGTH(users)

/* A new mount namespace out of which no mount spreads. 0, or -1 with errno. */
static int
detach_mounts(void)
{
    if (unshare(CLONE_NEWNS) != 0)
        return -1;
    return mount("none", "/", "", MS_REC | MS_PRIVATE, NULL);
}

const char *
namespace_why_not(void)
{
    int status;

    if (geteuid() != 0)
        return "needs root, for mounts, a network and users of its own";
    pid_t pid = fork();
    if (pid == 0)
        _exit(detach_mounts() == 0 && mount("none", "/run", "tmpfs", 0, NULL) == 0 &&
                      unshare(CLONE_NEWNET) == 0 && seteuid(NAMESPACE_ALICE_UID) == 0
                  ? 0
                  : 1);
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        return "needs mounts, a network and users of its own, which this system refuses";
    return NULL;
}

static void
mount_or_fail(const char *source, const char *target, const char *type, unsigned long flags,
              const char *options)
{
    if (mount(source, target, type, flags, options) != 0)
        ck_abort_msg("mount %s on %s: %s", source, target, strerror(errno));
}

static void
detach_mounts_or_fail(void)
{
    if (detach_mounts() != 0)
        ck_abort_msg("a mount namespace: %s", strerror(errno));
}

void
namespace_mount_disk(const char *dir)
{
    detach_mounts_or_fail();
    mount_or_fail("none", dir, "tmpfs", 0, "size=8k,mode=0711");
}

static void
make_dir(const char *path, mode_t mode)
{
    /* chmod, as the umask takes from mkdir's mode. */
    if ((mkdir(path, mode) != 0 && errno != EEXIST) || chmod(path, mode) != 0)
        ck_abort_msg("%s: %s", path, strerror(errno));
}

static char *
make_subdir(const char *dir, const char *name, mode_t mode)
{
    char *path = scratch_path(dir, name);

    make_dir(path, mode);
    return path;
}

/* Puts a copy of /etc, which can be written, in the place of /etc. */
static void
replace_etc(const char *base)
{
    char *copy = make_subdir(base, "etc", 0755);
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        execl("/bin/cp", "cp", "-a", "/etc/.", copy, (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
        ck_abort_msg("copying /etc: status %d", status);
    mount_or_fail(copy, "/etc", "", MS_BIND, NULL);
}

/* Appends a line to a file of the private /etc, in which nothing else has that user's name. */
static void
append_user(const char *path, const char *name, const char *line)
{
    char *old = scratch_read(path), *text = NULL;
    size_t size = 0, name_size = strlen(name);
    struct stat status;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    for (const char *at = old; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        if (strncmp(at, name, name_size) != 0 || at[name_size] != ':')
            fprintf(out, "%.*s\n", (int)length, at);
        at += length + (at[length] == '\n');
    }
    fprintf(out, "%s\n", line);
    ck_assert_int_eq(fclose(out), 0);
    ck_assert_int_eq(stat(path, &status), 0);
    scratch_write(path, status.st_mode & 07777, text);
    free(text);
}

static void
add_users(const char *base)
{
    char *homes = make_subdir(base, "home", 0755);
    char line[4200];

    for (size_t i = 0; i < N_USERS; i++) {
        const char *name = users[i].name;
        unsigned id = users[i].id;
        char *home = make_subdir(homes, name, 0700);

        if (chown(home, id, id) != 0)
            ck_abort_msg("%s: %s", home, strerror(errno));
        snprintf(line, sizeof line, "%s:x:%u:%u:%s:%s:/bin/sh", name, id, id, name, home);
        append_user("/etc/passwd", name, line);
        snprintf(line, sizeof line, "%s:x:%u:", name, id);
        append_user("/etc/group", name, line);
        snprintf(line, sizeof line, "%s:*:19000:0:99999:7:::", name);
        append_user("/etc/shadow", name, line);
    }
}

static void
write_sudoers(void)
{
    make_dir("/etc/sudoers.d", 0750);
    /* No lecture, which would be kept on the machine's disk, and no mail. */
    scratch_write("/etc/sudoers", 0440,
                  "Defaults env_reset, lecture=never, !mail_badpass, !mail_no_user\n"
                  "root ALL=(ALL:ALL) ALL\nalice ALL=(ALL:ALL) ALL\nbob ALL=(ALL:ALL) ALL\n");
}

/* A /dev that has what programs at a terminal use, and in which /dev/log can be made. */
static void
replace_dev(const char *base)
{
    static const char *const nodes[] = {"null", "zero", "full", "random", "urandom", "tty"};
    static const char *const links[][2] = {{"/proc/self/fd", "fd"},
                                           {"/proc/self/fd/0", "stdin"},
                                           {"/proc/self/fd/1", "stdout"},
                                           {"/proc/self/fd/2", "stderr"},
                                           {"pts/ptmx", "ptmx"}};
    char *dev = make_subdir(base, "dev", 0755), *path;

    mount_or_fail("none", dev, "tmpfs", MS_NOSUID, "mode=0755");
    for (size_t i = 0; i < ARRAY_LENGTH(nodes); i++) {
        char *node = scratch_path("/dev", nodes[i]);
        path = scratch_path(dev, nodes[i]);
        scratch_write(path, 0600, "");
        mount_or_fail(node, path, "", MS_BIND, NULL);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(links); i++) {
        path = scratch_path(dev, links[i][1]);
        ck_assert_int_eq(symlink(links[i][0], path), 0);
    }
    make_subdir(dev, "shm", 01777);
    path = make_subdir(dev, "pts", 0755);
    /* Private terminals: those of the real machine are out of reach. */
    mount_or_fail("none", path, "devpts", MS_NOSUID | MS_NOEXEC,
                  "newinstance,ptmxmode=0666,mode=0620,gid=5");
    mount_or_fail(dev, "/dev", "", MS_BIND | MS_REC, NULL);
}

void
namespace_enter(void)
{
    char *base = scratch_dir("machine");
    const char *why_not = agent_user_why_not();

    if (why_not)
        ck_abort_msg("%s", why_not);
    detach_mounts_or_fail();
    mount_or_fail("none", base, "tmpfs", 0, "mode=0755");
    replace_etc(base);
    add_users(base);
    write_sudoers();
    /* sudo's tickets and login's records go here; and no service of the machine's can be reached.
     */
    mount_or_fail("none", "/run", "tmpfs", MS_NOSUID, "mode=0755");
    mount_or_fail("none", "/var/log", "tmpfs", MS_NOSUID, "mode=0755");
    scratch_write("/run/utmp", 0664, "");
    scratch_write("/var/log/wtmp", 0664, "");
    scratch_write("/var/log/btmp", 0600, "");
    scratch_write("/var/log/lastlog", 0664, "");
    replace_dev(base);
    namespace_log_listen();
}

void
namespace_enter_network(void)
{
    struct ifreq interface = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int any = -1;

    ck_assert_int_eq(unshare(CLONE_NEWNET), 0);
    any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(any, 0);
    ck_assert_int_eq(ioctl(any, SIOCSIFFLAGS, &interface), 0);
    close(any);
}

void
namespace_pam_service(const char *service, const char *text)
{
    char *path = scratch_path("/etc/pam.d", service);

    scratch_write(path, 0644, text);
}

void
namespace_become(void *name)
{
    const struct passwd *user = getpwnam(name);

    /* The terminal becomes the user's too, as a login makes it. */
    if (user == NULL || fchown(STDIN_FILENO, user->pw_uid, (gid_t)-1) != 0 ||
        initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
        setuid(user->pw_uid) != 0 || chdir(user->pw_dir) != 0) {
        dprintf(STDERR_FILENO, "becoming %s: %s\n", (const char *)name, strerror(errno));
        _exit(127);
    }
}
