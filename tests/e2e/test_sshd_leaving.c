/* SPDX-License-Identifier: BSD-3-Clause */
/* Ends a login under the real sshd before its verdict: the client dies, or sshd's grace time
 * passes. Afterwards no process of the module is left, and the backend has been told. Needs root,
 * for a private machine (namespace.h). */
#include "tests/harness/deadline.h"
#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/ssh_desk.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

/* For all of ours to be gone: 2000 are allowed, 1100 are measured, and the machine may have more to
 * do. */
#define GONE_MS 2800
#define LOOK_MS 5

/* The parent of a process. */
static pid_t
parent_of(pid_t pid)
{
    char path[64], *status, *at;
    int parent = 0;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    status = scratch_read(path);
    at = strstr(status, "\nPPid:");
    ck_assert_ptr_nonnull(at);
    ck_assert_int_eq(sscanf(at, "\nPPid: %d", &parent), 1);
    return parent;
}

/* Waits until the module polls for its agent, and is not in sshd's prompt, where it reads. */
static void
wait_for_stretch(pid_t host)
{
    struct deadline deadline = deadline_in(SESSION_WAIT_MS);
    char path[64], *now;
    int number = -1;

    snprintf(path, sizeof path, "/proc/%d/syscall", host);
    do {
        now = scratch_read(path);
        if (sscanf(now, "%d", &number) != 1)
            number = -1;
#ifdef SYS_poll
        if (number == SYS_poll)
            return;
#endif
        if (number == SYS_ppoll)
            return;
        poll(NULL, 0, LOOK_MS);
    } while (deadline_left(deadline, 1) > 0);
    ck_abort_msg("the module asked, and went on asking");
}

/* Killed in a prompt, the module cannot say how it ended; but that it asked, it has said before. */
static void
must_have_logged(const char *field)
{
    char *log = namespace_log();

    ck_assert_msg(strstr(log, ": asking session=") != NULL, "%s", log);
    ck_assert_msg(strstr(log, field) != NULL, "%s", log);
    ck_assert_msg(strstr(log, "outcome=verified") == NULL, "%s", log);
}

TEST_CASE("leaving", .timeout_s = 90);

/* The client dies in the prompt, or in the stretch of waiting after it, in which sshd does not
 * notice. */
LOOP_TEST(test_client_dies, 2)
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){0});
    ssh_desk_enter_as(&desk, "alice");
    pid_t client = processes_find(pty_pid(desk.terminal), "ssh");
    pid_t agent = processes_find(0, "idinqr-agent");
    ck_assert_int_gt(client, 0);
    ck_assert_int_gt(agent, 0);
    if (_i == 1) {
        pid_t host = parent_of(parent_of(agent)); /* between them is the agent's watcher */
        pty_type(desk.terminal, "\r");
        wait_for_stretch(host);
    }
    ck_assert_int_eq(kill(client, SIGKILL), 0);
    processes_must_end(GONE_MS);
    ck_assert_int_eq(session_wait_status(desk.terminal), 128 + SIGKILL);
    ck_assert(qr_backend_wait_event(desk.desk.backend, "cancel", 1, SESSION_WAIT_MS));
    ck_assert_int_eq(qr_backend_count(desk.desk.backend, "generate"), 1);
    must_have_logged(" service=sshd account=alice provider=idin-qr tty=ssh rhost=127.0.0.1");
}

/* The client dies while its person reads why the login failed. No signal is blocked there. */
TEST(test_client_dies_at_the_reason)
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){0});
    ssh_desk_enter_as(&desk, "alice");
    ssh_desk_refuse(&desk, "anna");
    pty_type(desk.terminal, "\r");
    pty_must_show(desk.terminal, "Press Enter to go on.", SESSION_WAIT_MS);
    must_have_logged("outcome=refused ");
    pid_t client = processes_find(pty_pid(desk.terminal), "ssh");
    ck_assert_int_gt(client, 0);
    ck_assert_int_eq(kill(client, SIGKILL), 0);
    processes_must_end(GONE_MS);
}

/* sshd has waited long enough. The client, in a prompt, does not look whether it is still
 * connected; all of the server's has ended by then. */
TEST(test_grace_time)
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){.grace_s = 15});
    ssh_desk_enter_as(&desk, "alice");
    ck_assert_int_gt(processes_find(0, "idinqr-agent"), 0);
    ck_assert(qr_backend_wait_event(desk.desk.backend, "cancel", 1, SESSION_WAIT_MS));
    ck_assert(processes_wait_gone("idinqr-agent", PROCESSES_LEAVE_MS));
    ck_assert(processes_wait_gone("sshd", PROCESSES_LEAVE_MS));
    pty_type(desk.terminal, "\r");
    ck_assert_int_eq(session_wait_status(desk.terminal), 255);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(qr_backend_count(desk.desk.backend, "generate"), 1);
    must_have_logged(" service=sshd account=alice provider=idin-qr tty=ssh rhost=127.0.0.1");
}

RUN_TESTS("sshd_leaving", ssh_desk_why_not());
