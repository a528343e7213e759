/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/fake_agents.h"

#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/scratch.h"
#include "tests/unit/diag_line.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *
fake_agents_make(const char *words)
{
    char *dir = scratch_dir("agent"), *gate;
    char *path =
        desk_copy_program(BUILD_DIR "/tests/unit/fake_agent", dir, words, agent_user_mode());

    desk_copy_helpers(dir);
    gate = scratch_path(dir, "gate");
    ck_assert_int_eq(mkfifo(gate, 0700), 0);
    ck_assert_int_eq(chmod(gate, 0644), 0);
    return path;
}

void
fake_agents_let_through(const char *path)
{
    char gate[PATH_MAX];
    int fd;

    snprintf(gate, sizeof gate, "%.*s/gate", (int)(strrchr(path, '/') - path), path);
    fd = open(gate, O_WRONLY | O_CLOEXEC); /* returns when both ends are open */
    ck_assert_msg(fd >= 0, "%s: %s", gate, strerror(errno));
    ck_assert_int_eq(write(fd, "", 1), 1);
    close(fd);
}

void
fake_agents_start(const char *path, struct agent_process *ret_agent)
{
    struct diag diag = {.text = ""};

    ck_assert_msg(agent_process_start(&(struct agent_paths){.agent = path}, ret_agent, &diag) == 0,
                  "%s", diag_line(&diag));
}

void
fake_agents_end(struct agent_process *agent)
{
    struct diag diag = {.text = ""};

    ck_assert_msg(agent_process_end(agent, FAKE_AGENTS_LONG_MS, &diag) == 0, "%s",
                  diag_line(&diag));
}

void
fake_agents_await(const struct agent_process *agent)
{
    struct pollfd wire = {.fd = agent->socket, .events = POLLIN};
    int n;

    do
        n = poll(&wire, 1, -1);
    while (n < 0 && errno == EINTR);
    ck_assert_int_eq(n, 1);
}
