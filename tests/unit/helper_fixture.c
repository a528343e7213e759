/* SPDX-License-Identifier: BSD-3-Clause */
/* See helper_fixture.h. */
#include "tests/unit/helper_fixture.h"

#include "tests/harness/desk.h"
#include "tests/harness/scratch.h"
#include "tests/unit/jail_trial.h"

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct helper_fixture helper_fixture;

void
helper_fixture_connect(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    ck_assert_int_eq(fcntl(ends[0], F_SETFL, O_RDWR | O_NONBLOCK), 0);
    helper_fixture.agents_end = ends[0];
    helper_fixture.helpers_end = ends[1];
}

void
helper_fixture_begin(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    helper_fixture.module = ends[0];
    helper_fixture.wire = (struct wire){.socket = ends[1]};
    helper_fixture_connect();
}

void
helper_fixture_must_log(const char *line)
{
    struct log_message log;
    FRAME_AUTO frame;

    ck_assert_int_eq(frame_receive(&frame, helper_fixture.module), 1);
    ck_assert_uint_eq(frame_type(&frame), MESSAGE_LOG);
    ck_assert_int_eq(message_read_log(&frame, &log), 0);
    ck_assert_str_eq(log.line, line);
}

pid_t
helper_fixture_start(const char *name)
{
    char *dir = scratch_dir("helper"), *program, *path;
    pid_t pid;

    program = scratch_text("%s/%s", BUILD_DIR, name);
    path = desk_copy_program(program, dir, name, 0755);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        jail_trial_drop_root();
        if (dup2(helper_fixture.helpers_end, 0) == 0)
            execl(path, name, (char *)NULL);
        _exit(99);
    }
    close(helper_fixture.helpers_end);
    return pid;
}

int
helper_fixture_wait(pid_t pid)
{
    int status;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}
