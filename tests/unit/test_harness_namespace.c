/* SPDX-License-Identifier: BSD-3-Clause */
/* The harness's private machine: its log is whole, its /dev works, and nothing of the real machine
 * is changed. Needs root. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/pty.h"

#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 60000

static const char *const permits = "auth required pam_permit.so\naccount required pam_permit.so\n"
                                   "session required pam_permit.so\n";

static char alice[] = "alice";

static struct pty *
start_as_alice(const char *script)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    const struct terminal_options options = {.prepare = namespace_become, .prepare_user = alice};

    return pty_start(argv, NULL, &options);
}

TEST_CASE("machine");

TEST(the_users_are_there_and_can_write_home)
{
    namespace_enter();
    TERMINAL_AUTO *terminal = start_as_alice("echo x >~/file 2>&1; id; pwd; tty; umask; id bob");

    pty_must_show(terminal, "uid=61001(alice) gid=61001(alice) groups=61001(alice)\n/", WAIT_MS);
    pty_must_show(terminal, "/home/alice\n/dev/pts/", WAIT_MS);
    pty_must_show(terminal, "uid=61002(bob)", WAIT_MS);
    ck_assert_int_eq(pty_wait_exit(terminal, WAIT_MS), 0);
}

TEST(more_lines_are_logged_than_the_kernel_would_hold)
{
    namespace_enter();
    TERMINAL_AUTO *terminal =
        start_as_alice("i=0; while [ $i -lt 50 ]; do logger -t x line $i end; i=$((i+1)); done");

    ck_assert_int_eq(namespace_wait_log("x: line 49 end\n", WAIT_MS), 1);
    char *log = namespace_log();
    ck_assert_ptr_nonnull(strstr(log, "x: line 0 end\n<13>"));
    ck_assert_int_eq(namespace_wait_log("line 50", 0), 0);
    ck_assert_int_eq(pty_wait_exit(terminal, WAIT_MS), 0);
}

TEST(a_line_is_in_the_log_when_it_was_sent)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    int log = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    namespace_enter();
    ck_assert_int_eq(connect(log, (const struct sockaddr *)&address, sizeof address), 0);
    for (int i = 1; i <= 200; i++) {
        ck_assert_int_eq(send(log, "<14>line", 8, 0), 8);
        ck_assert_int_eq(namespace_log_count("<14>line\n"), i);
    }
    close(log);
}

TEST(dev_works)
{
    namespace_enter();
    TERMINAL_AUTO *terminal = start_as_alice(
        "echo x >/dev/null && head -c 4 /dev/urandom | wc -c && echo tty >/dev/tty && "
        "echo out >/dev/stdout && script -qc 'echo in a pty of its own' /dev/null");

    pty_must_show(terminal, "4\ntty\nout\nin a pty of its own", WAIT_MS);
}

/* Everything that the private machine replaces, as "size mtime inode" of the real one. */
static void
note_machine(char *ret_note, size_t capacity)
{
    static const char *const paths[] = {"/etc",       "/etc/passwd",  "/etc/shadow",
                                        "/etc/group", "/etc/sudoers", "/etc/pam.d",
                                        "/dev",       "/run",         "/var/log"};
    size_t at = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++) {
        struct stat status = {0};
        stat(paths[i], &status);
        at += (size_t)snprintf(ret_note + at, capacity - at, "%s %ju %jd.%ld %ju\n", paths[i],
                               (uintmax_t)status.st_size, (intmax_t)status.st_mtim.tv_sec,
                               status.st_mtim.tv_nsec, (uintmax_t)status.st_ino);
    }
}

TEST(the_real_machine_stays_as_it_was)
{
    char before[2000], after[2000];
    int status;

    note_machine(before, sizeof before);
    /* The namespace in a child, so that this process still sees the real machine. */
    pid_t pid = fork();
    if (pid == 0) {
        namespace_enter();
        namespace_pam_service("sudo", permits);
        scratch_write("/etc/new", 0644, "x");
        TERMINAL_AUTO *terminal = start_as_alice("sudo id -un");
        pty_must_show(terminal, "root", WAIT_MS);
        note_machine(after, sizeof after);
        _exit(pty_wait_exit(terminal, WAIT_MS) == 0 && strcmp(before, after) != 0 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    note_machine(after, sizeof after);
    ck_assert_str_eq(before, after);
    ck_assert_int_ne(access("/etc/new", F_OK), 0);
    ck_assert_ptr_null(getpwuid(NAMESPACE_ALICE_UID));
}

static const char *
why_skip(void)
{
    if (access("/usr/bin/sudo", X_OK) != 0)
        return "needs sudo";
    return namespace_why_not();
}

RUN_TESTS("harness_namespace", why_skip());
