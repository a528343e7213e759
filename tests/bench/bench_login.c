/* SPDX-License-Identifier: BSD-3-Clause */
/* See bench_login.h. */
#include "tests/bench/bench_login.h"

#include "tests/harness/scratch.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM BUILD_DIR "/tests/bench/" BENCH_HOST
#define LINE_MS 100000 /* five hundred of them on two cores */
#define END_MS  5000

void
bench_desk_open(struct bench_desk *desk, const char *provider, const char *fault)
{
    const char *arguments[] = {"--quiet",  "--provider", provider,
                               "--enroll", "alice=anna", fault ? "--fault" : NULL,
                               fault,      NULL};
    char *text, *path;

    desk_open(&desk->desk, arguments);
    desk->pam_dir = scratch_dir("pam.d");
    path = scratch_path(desk->pam_dir, "bench");
    ck_assert_int_gt(asprintf(&text, "auth required %s\n", desk->desk.module_line), 0);
    scratch_write(path, 0644, text);
    free(text);
}

void
bench_desk_close(struct bench_desk *desk)
{
    desk_close(&desk->desk);
    free(desk->pam_dir);
}

static struct child *
start(const char *const *argv)
{
    char *log = scratch_path(getenv("TMPDIR"), "host.log");
    struct child *host = child_start(argv, log);

    return host;
}

void
bench_login_begin(const struct bench_desk *desk, const char *what, struct bench_login *ret_login)
{
    const char *argv[] = {PROGRAM, "login", desk->pam_dir, "bench", "alice", what, NULL};

    ret_login->host = start(argv);
}

static void
read_line(struct child *host, char *ret_line, size_t size)
{
    if (child_read_line(host, ret_line, size, LINE_MS))
        return;
    char *log = scratch_path(getenv("TMPDIR"), "host.log");
    ck_abort_msg("a host said nothing more. Of all hosts:\n%s", scratch_read(log));
}

void
bench_login_read_code(struct bench_login *login)
{
    char line[BENCH_LINK_SIZE + 40];
    long long ns;

    read_line(login->host, line, sizeof line);
    ck_assert_msg(sscanf(line, "code %lld %399s", &ns, login->link) == 2, "no code: %s", line);
    login->code_ms = (double)ns / 1e6;
}

int
bench_login_end(struct bench_login *login, int64_t *ret_end_ns)
{
    char line[80];
    long long ns;
    int status;

    read_line(login->host, line, sizeof line);
    ck_assert_msg(sscanf(line, "end %lld %d", &ns, &status) == 2, "no end: %s", line);
    *ret_end_ns = ns;
    (void)child_stop(&login->host, END_MS); /* by a signal, if it has not ended by itself by now */
    return status;
}

struct child *
bench_host_load(const char *object)
{
    const char *argv[] = {PROGRAM, "load", object, NULL};

    return start(argv);
}
