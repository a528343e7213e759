/* SPDX-License-Identifier: BSD-3-Clause */
/* `make demo` and `make demo-relay`, as a user who is not root: by themselves, and left by Ctrl-C.
 * Needs root, for a private machine with such a user (namespace.h). */
#include "pam_idinqr/common/array.h"
#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/session.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define DEMO SOURCE_DIR "/pam_idinqr/sandbox/demo.sh"

/* A user may not reach the build, so the programs are copied. make runs the demo, as its person
 * does: "" or "-relay". */
static struct pty *
start(const char *which, const char *environment)
{
    static const char *const programs[] = {"idinqr",         "idinqr-agent",     "idinqr-fetch",
                                           "idinqr-relay",   "idinqr-picture",   "pam_idinqr.so",
                                           "idinqr-sandbox", "idinqr-demo-login"};
    static char user[] = "alice";
    const struct terminal_options options = {
        .rows = 60, .columns = 120, .prepare = namespace_become, .prepare_user = user};
    char *dir = scratch_dir("build"), *makefile = scratch_path(dir, "Makefile");
    const char *const make[] = {"make", "-f", makefile, NULL};
    const char *const words[] = {"PATH=/usr/bin:/bin", "TERM=xterm-256color", "LANG=C.UTF-8",
                                 environment, NULL};

    for (size_t i = 0; i < ARRAY_LENGTH(programs); i++)
        desk_copy_program(scratch_path(BUILD_DIR, programs[i]), dir, programs[i], 0755);
    scratch_write(makefile, 0644,
                  scratch_text("demo:\n\t@/bin/sh %s %s idinqr %s\n",
                               desk_copy_program(DEMO, dir, "demo.sh", 0755), dir, which));
    processes_begin();
    return pty_start(make, words, &options);
}

static void
must_end_well(struct pty *terminal)
{
    int status = pty_wait_exit(terminal, SESSION_WAIT_MS);

    ck_assert_msg(!screen_shows(pty_screen(terminal), "***"), "%s",
                  screen_text(pty_screen(terminal)));
    /* make itself ends by the Ctrl-C of its terminal, without a word. */
    ck_assert_msg(status == 0 || status == 128 + 2, "status %d:\n%s", status,
                  screen_text(pty_screen(terminal)));
    processes_must_end(PROCESSES_LEAVE_MS);
}

TEST_CASE("demo", .setup = namespace_enter, .timeout_s = 120);

static const char *const demos[] = {"", "-relay"};

LOOP_TEST(by_itself, ARRAY_LENGTH(demos))
{
    TERMINAL_AUTO *terminal = start(demos[_i], "DEMO_AUTO=1");

    pty_must_show(terminal, "The login opened: Success.", SESSION_WAIT_MS);
    if (demos[_i][0]) {
        pty_must_show(terminal, "service=enroll account=alice", SESSION_WAIT_MS);
        pty_must_show(terminal, "service=demo account=alice", SESSION_WAIT_MS);
    }
    ck_assert_int_eq(pty_wait_exit(terminal, SESSION_WAIT_MS), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
}

/* Before the code, and at the code. */
LOOP_TEST(left, 2 * ARRAY_LENGTH(demos))
{
    TERMINAL_AUTO *terminal = start(demos[_i / 2], "DEMO_LISTEN=");

    pty_must_show(terminal, "Press Enter for the code.", SESSION_WAIT_MS);
    if (_i % 2) {
        pty_type(terminal, "\r");
        pty_must_show(terminal, "Waiting for your bank", SESSION_WAIT_MS);
    }
    pty_type(terminal, TERMINAL_CTRL_C);
    must_end_well(terminal);
}

/* Its servers are in other sessions, so that a Ctrl-C does not reach them. */
LOOP_TEST(killed, ARRAY_LENGTH(demos))
{
    TERMINAL_AUTO *terminal = start(demos[_i], "DEMO_LISTEN=");
    pid_t shell;

    pty_must_show(terminal, "Press Enter for the code.", SESSION_WAIT_MS);
    shell = processes_find(0, "sh");
    ck_assert_int_ne(processes_find(shell, _i ? "idinqr-relay" : "idinqr-sandbox"), 0);
    ck_assert_int_eq(kill(shell, SIGKILL), 0);
    ck_assert_int_ne(pty_wait_exit(terminal, SESSION_WAIT_MS), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
}

static const char *
why_skip(void)
{
    return access("/usr/bin/make", X_OK) == 0 && access("/usr/bin/curl", X_OK) == 0
               ? session_why_not(NULL)
               : "needs make and curl";
}

RUN_TESTS("demo", why_skip());
