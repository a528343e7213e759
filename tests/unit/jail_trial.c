/* SPDX-License-Identifier: BSD-3-Clause */
/* See jail_trial.h. */
#include "tests/unit/jail_trial.h"

#include "pam_idinqr/fetch/jail_rules.h"
#include "pam_idinqr/jail/jail.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define NOBODY       65534
#define EXIT_NO_JAIL 254

const char *
jail_trial_why_not(void)
{
#ifdef SANITIZER
    return "a build with a sanitizer has no such jail";
#else
    return NULL;
#endif
}

void
jail_trial_drop_root(void)
{
    if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0)
        ck_abort_msg("becoming nobody: %s", strerror(errno));
}

static void
enter(enum jail_depth depth, struct wire *wire, const struct fetch_setup *setup)
{
    enum jail_kind kind = depth == JAIL_IN_AGENT     ? JAIL_AGENT
                          : depth == JAIL_IN_PICTURE ? JAIL_PICTURE
                                                     : JAIL_FETCH;

    if ((depth != JAIL_OUTSIDE && (jail_begin() != 0 || jail_close(kind, wire) != 0)) ||
        (depth == JAIL_NARROW && jail_narrow(wire, setup) != 0))
        _exit(EXIT_NO_JAIL);
}

static void
read_lines(int socket, struct jail_trial *trial)
{
    struct log_message log;
    FRAME_AUTO frame;

    while (frame_receive(&frame, socket) == 1) {
        ck_assert_uint_eq(frame_type(&frame), MESSAGE_LOG);
        ck_assert_int_eq(message_read_log(&frame, &log), 0);
        memcpy(log.priority <= LOG_WARNING ? trial->line : trial->note, log.line, sizeof log.line);
    }
}

void
jail_trial_run(enum jail_depth depth, const struct fetch_setup *setup,
               int (*function)(struct wire *wire, const void *argument), const void *argument,
               struct jail_trial *ret_trial)
{
    static struct wire wire; /* longer than anything that the child does */
    int ends[2], status;

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    wire = (struct wire){.socket = ends[1]};
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(ends[0]);
        jail_trial_drop_root();
        enter(depth, &wire, setup);
        _exit(function(&wire, argument));
    }
    close(ends[1]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    *ret_trial = (struct jail_trial){.result = -1};
    if (WIFEXITED(status))
        ret_trial->result = WEXITSTATUS(status);
    else
        ret_trial->signal = WTERMSIG(status);
    read_lines(ends[0], ret_trial);
    close(ends[0]);
    ck_assert_msg(ret_trial->result != EXIT_NO_JAIL, "the jail could not be entered");
}
