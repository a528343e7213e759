/* SPDX-License-Identifier: BSD-3-Clause */
/* See surroundings.h. */
#include "tests/harness/surroundings.h"

#include "pam_idinqr/common/array.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define SYSTEM_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Whole names, and beginnings that end in "_". */
static const char *const kept[] = {
    "PATH", "TMPDIR", "LOGINS", "CK_",    "IDQ_",  "RUNNER_TEST_",      "GLIBC_TUNABLES",
    "LD_",  "ASAN_",  "LSAN_",  "UBSAN_", "GCOV_", "LLVM_PROFILE_FILE", "VALGRIND_",
};

static int
is_kept(const char *entry)
{
    size_t name_size = strcspn(entry, "=");

    for (size_t i = 0; i < ARRAY_LENGTH(kept); i++) {
        size_t size = strlen(kept[i]);
        if (strncmp(entry, kept[i], size) == 0 && (size == name_size || kept[i][size - 1] == '_'))
            return 1;
    }
    return 0;
}

static int
set_environment(void)
{
    for (char **entry = environ; *entry != NULL;) {
        if (is_kept(*entry)) {
            entry++;
            continue;
        }
        char *name = strndup(*entry, strcspn(*entry, "="));
        int failed = name == NULL || unsetenv(name) != 0;
        free(name);
        if (failed)
            return -1;
    }
    const char *path = getenv("PATH");
    char *whole;
    if (asprintf(&whole, "%s%s" SYSTEM_PATH, path ? path : "", path ? ":" : "") < 0)
        return -1;
    int failed = setenv("PATH", whole, 1) != 0 || setenv("TERM", "xterm", 1) != 0;
    free(whole);
    return failed ? -1 : 0;
}

static int
set_descriptors(void)
{
    int nothing;

    do /* of the three, any may be closed */
        nothing = open("/dev/null", O_RDWR);
    while (nothing >= 0 && nothing <= STDERR_FILENO);
    if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0)
        return -1;
    return close_range(STDERR_FILENO + 1, ~0U, 0);
}

/* A program behind nohup, or in the background of a script, ignores some. */
static int
set_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        (void)signal(number, SIG_DFL); /* not of SIGKILL, SIGSTOP and the C library's own */
    return sigemptyset(&none) != 0 ? -1 : sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Not of a session's leader, whose whole session would lose it. */
static void
leave_terminal(void)
{
    int terminal = getsid(0) != getpid() ? open("/dev/tty", O_RDWR | O_CLOEXEC) : -1;

    if (terminal < 0)
        return;
    (void)ioctl(terminal, TIOCNOTTY);
    close(terminal);
}

int
surroundings_begin(void)
{
    umask(022);
    leave_terminal();
    return set_environment() != 0 || set_descriptors() != 0 ? -1 : set_signals();
}
