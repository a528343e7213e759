/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests each version of Landlock up to this kernel's. For an older version, the rules use only the
 * rights that the version knows. Runs as the user who runs the tests. */
#include "pam_idinqr/jail/landlock.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/jail_trial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define PORT 9 /* discard, without a listener: ECONNREFUSED shows that it is allowed */

static char *listed, *unlisted, *fresh, *empty;

static void
set_up(void)
{
    char *directory = scratch_dir("landlock");

    ck_assert_int_eq(chmod(directory, 01777), 0);
    listed = scratch_path(directory, "listed");
    unlisted = scratch_path(directory, "unlisted");
    fresh = scratch_path(directory, "fresh");
    empty = scratch_path(directory, "empty");
    scratch_write(listed, 0666, "");
    scratch_write(unlisted, 0666, "");
    ck_assert_int_eq(mkdir(empty, 0777), 0);
}

static int
error_of_open(const char *path, int flags)
{
    return open(path, flags | O_CLOEXEC, 0600) < 0 ? errno : 0;
}

static int
error_of_connect(unsigned port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int stream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return connect(stream, (struct sockaddr *)&to, sizeof to) < 0 ? errno : 0;
}

static int
error_of_bind(void)
{
    struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int stream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return bind(stream, (struct sockaddr *)&any, sizeof any) < 0 ? errno : 0;
}

static int
error_of_exec(const char *path)
{
    static char name[] = "true"; /* busybox goes by it */
    char *const words[] = {name, NULL}, *const none[] = {NULL};
    pid_t child = fork();
    int status;

    if (child == 0) {
        execve(path, words, none);
        _exit(errno);
    }
    return child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)
               ? EFAULT
               : WEXITSTATUS(status);
}

static int
error_of_bind_to(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int named = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strncpy(at.sun_path, path, sizeof at.sun_path - 1);
    return bind(named, (struct sockaddr *)&at, sizeof at) < 0 ? errno : 0;
}

static int
error_of_make(const char *path, mode_t type)
{
    return mknod(path, type | 0600, makedev(1, 3)) < 0 ? errno : 0;
}

/* On a device that is opened only now, and has no such request. */
static int
error_of_ioctl(const char *path)
{
    struct termios mode;

    return ioctl(open(path, O_RDONLY | O_CLOEXEC), TCGETS, &mode) < 0 ? errno : 0;
}

/* A socket with a name that is no path, of the kernel's choice. */
static socklen_t
listen_without_path(struct sockaddr_un *ret_at)
{
    socklen_t size = sizeof *ret_at;
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *ret_at = (struct sockaddr_un){.sun_family = AF_UNIX};
    return bind(listener, (struct sockaddr *)ret_at, sizeof ret_at->sun_family) != 0 ||
                   listen(listener, 1) != 0 ||
                   getsockname(listener, (struct sockaddr *)ret_at, &size) != 0
               ? 0
               : size;
}

static int
error_of_connect_to(const struct sockaddr_un *at, socklen_t size)
{
    int stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    return connect(stream, (const struct sockaddr *)at, size) < 0 ? errno : 0;
}

/* The number of the first line that is not as it must be. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__ % 250;                                                                 \
    } while (0)

static int
enter_both_layers(struct wire *wire, const void *argument)
{
    int abi = *(const int *)argument, refused = abi > 0 ? EACCES : 0;
    struct landlock_list list;
    struct sockaddr_un without_path; /* bound outside of the rules too */
    socklen_t size = listen_without_path(&without_path);
    int ends[2], is_piped = pipe2(ends, O_CLOEXEC) == 0;
    pid_t other = fork(); /* of the same user, and outside of the rules to come */

    (void)wire;
    if (other == 0) {
        /* Until this process ends. The rules keep it from sending a signal, even by its death. */
        close(ends[1]);
        _exit(read(ends[0], ends, 1) != 0);
    }
    MUST(is_piped);
    /* Only who can gain no rights may lay rules on himself; root alone need not. */
    MUST((landlock_forbid(abi) != 0) == (abi > 0));
    MUST(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    MUST(kill(other, 0) == 0);
    MUST(size > 0);
    MUST(landlock_forbid(abi) == 0);
    MUST(error_of_open(unlisted, O_RDONLY) == 0); /* not yet */
    MUST(error_of_open(unlisted, O_WRONLY) == refused);
    MUST(error_of_open("/", O_RDONLY | O_DIRECTORY) == refused);
    MUST((truncate(unlisted, 0) < 0 ? errno : 0) == (abi >= 3 ? EACCES : 0));
    MUST(error_of_bind() == (abi >= 4 ? EACCES : 0));
    MUST((kill(other, 0) < 0 ? errno : 0) == (abi >= 6 ? EPERM : 0));
    MUST(error_of_connect_to(&without_path, size) == (abi >= 6 ? EPERM : 0));
    MUST(error_of_ioctl("/dev/null") == (abi >= 5 ? EACCES : ENOTTY));
    MUST(error_of_exec("/bin/true") == refused);
    /* Each is made and then removed, where there is nothing to refuse it. */
    MUST(error_of_make(fresh, S_IFREG) == refused);
    MUST((unlink(abi > 0 ? unlisted : fresh) < 0 ? errno : 0) == refused);
    MUST(error_of_make(fresh, S_IFIFO) == refused);
    MUST(abi > 0 || unlink(fresh) == 0);
    MUST(error_of_bind_to(fresh) == refused);
    MUST(abi > 0 || unlink(fresh) == 0);
    MUST((symlink(unlisted, fresh) < 0 ? errno : 0) == refused);
    MUST(abi > 0 || unlink(fresh) == 0);
    MUST((mkdir(fresh, 0700) < 0 ? errno : 0) == refused);
    MUST((rmdir(abi > 0 ? empty : fresh) < 0 ? errno : 0) == refused);
    /* Devices are root's to make, which is asked after Landlock. */
    MUST(error_of_make(fresh, S_IFCHR) == (abi > 0 ? EACCES : EPERM));
    MUST(error_of_make(fresh, S_IFBLK) == (abi > 0 ? EACCES : EPERM));
    MUST(landlock_list_begin(abi, &list) == 0);
    MUST(landlock_list_file(&list, listed) == 0);
    MUST(landlock_list_file(&list, "/nowhere") == 0);
    MUST(landlock_list_port(&list, PORT) == 0);
    MUST(landlock_list_enter(&list) == 0);
    landlock_list_close(&list);
    MUST(list.ruleset == -1);
    MUST(error_of_open(listed, O_RDONLY) == 0);
    MUST(error_of_open(unlisted, O_RDONLY) == refused);
    MUST(error_of_connect(PORT) != EACCES);
    MUST((error_of_connect(PORT + 1) == EACCES) == (abi >= 4));
    return 0;
}

static int
has_version(int version)
{
    static const char *const names[] = {
        "versions:a_kernel_of_each_version:0", "versions:a_kernel_of_each_version:1",
        "versions:a_kernel_of_each_version:2", "versions:a_kernel_of_each_version:3",
        "versions:a_kernel_of_each_version:4", "versions:a_kernel_of_each_version:5",
        "versions:a_kernel_of_each_version:6",
    };

    if (version > landlock_abi())
        runner_skip(names[version], "this kernel's Landlock is older");
    return version <= landlock_abi();
}

TEST_CASE("versions", .setup = set_up);

LOOP_TEST(a_kernel_of_each_version, LANDLOCK_ABI_BEST + 1, .has_row = has_version)
{
    struct jail_trial trial;

    jail_trial_run(JAIL_OUTSIDE, NULL, enter_both_layers, &_i, &trial);
    ck_assert_msg(trial.result == 0, "version %d: line %d or %d", _i, trial.result,
                  trial.result + 250);
}

/* Asked in another way than landlock_abi does: every other test here believes it. */
TEST(the_version_is_the_kernels)
{
    long version = syscall(444, 0L, 0L, 1L), abi = landlock_abi();

    ck_assert_int_eq(abi, version < 0                   ? 0
                          : version > LANDLOCK_ABI_BEST ? LANDLOCK_ABI_BEST
                                                        : version);
}

#define NO_PORTS(version)                                                                          \
    "the kernel's Landlock (version " #version                                                     \
    ") has no rules for ports: the agent may connect to any TCP port"

static const char *const lacks[] = {
    "the kernel has no Landlock: the agent may read what its user may read, and connect to any TCP "
    "port",
    NO_PORTS(1),
    NO_PORTS(2),
    NO_PORTS(3),
    "",
    "",
    "",
};

LOOP_TEST(what_each_version_lacks, LANDLOCK_ABI_BEST + 1)
{
    char text[200];

    landlock_lacks(_i, text, sizeof text);
    ck_assert_str_eq(text, lacks[_i]);
    ck_assert_uint_lt(strlen(text), sizeof text - 1); /* whole */
}

/* The names that the kernel's own tests have, for those that are skipped. */
RUN_TESTS("landlock", NULL);
