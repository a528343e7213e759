/* SPDX-License-Identifier: BSD-3-Clause */
/* Installs the filter, and handles SIGSYS for each call that it refuses. seccomp_rules.c has the
 * rules. Each jailed process runs this before it reads untrusted bytes. The handler runs in any
 * state that an attacker has left. */
#include "pam_idinqr/jail/seccomp.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

/* The build makes this table from the C library's list of numbers. libseccomp knows the names too,
 * but returns them in memory from malloc(), which may have made the forbidden call. */
static const struct {
    int number;
    const char *name;
} names[] = {
#include "pam_idinqr/jail/syscall_names.h"
};

const char *
seccomp_filter_call_name(int number)
{
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (names[i].number == number)
            return names[i].name;
    return NULL;
}

/* Of this process: a signal handler has no argument of the program's. */
static struct wire *told;
static const char *name_of_this;

static void
append(char *line, size_t size, const char *text)
{
    size_t used = strlen(line), more = strlen(text);

    if (used + more < size)
        memcpy(line + used, text, more + 1);
}

static void
append_number(char *line, size_t size, unsigned number)
{
    char digits[12] = "";
    size_t at = sizeof digits - 1;

    do
        digits[--at] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    append(line, size, digits + at);
}

/* Uses only local memory and allowed system calls: the thread may have been interrupted anywhere,
 * while it holds any lock. */
static void
say_and_end(int signal_number, siginfo_t *info, void *context)
{
    const char *name = seccomp_filter_call_name(info->si_syscall);
    char line[120] = "the ";
    FRAME_AUTO frame;

    (void)context;
    append(line, sizeof line, name_of_this);
    append(line, sizeof line, "'s jail ended it at the system call ");
    append(line, sizeof line, name ? name : "without a name");
    append(line, sizeof line, " (");
    append_number(line, sizeof line, (unsigned)info->si_syscall);
    append(line, sizeof line, ")");
    if (!told) {
        append(line, sizeof line, "\n");
        if (write(STDERR_FILENO, line, strlen(line)) < 0)
            _exit(EXIT_FAILURE);
    }
    /* A LOG after a RESULT would break the protocol, and the module would discard the result. */
    else if (!told->cancelled && !told->ended) {
        message_write_log(&frame, LOG_ERR, line);
        (void)frame_send(&frame, told->socket);
    }
    /* SA_RESETHAND has restored the default action, and SA_NODEFER does not block the signal. */
    (void)raise(signal_number);
    _exit(EXIT_FAILURE);
}

int
seccomp_filter_enter(enum jail_kind kind, struct wire *wire)
{
    const struct sigaction action = {.sa_sigaction = say_and_end,
                                     .sa_flags = SA_SIGINFO | (int)SA_RESETHAND | SA_NODEFER};

    told = wire;
    name_of_this = jail_name(kind);
    return sigaction(SIGSYS, &action, NULL) != 0 || seccomp_rules_load(kind) != 0 ? IDQ_SYSTEM : 0;
}
