/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests old and new ssh clients and servers. Before OpenSSH 10.3, a server holds a message back
 * until the next prompt. Since 10.3, the server sends it at once. A new client then shows it at
 * once, and an old client truncates it. The code must not depend on this. Needs root, for a private
 * machine (namespace.h). tests/e2e/in-debian installs the older client. */
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/ssh_desk.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define END_MS   5000 /* for all of ours to be gone: 2 s, and some room */
#define SHOWN_MS 3000 /* in which what is not held back would be on the screen */
#define OLDER    "/usr/local/lib/older-ssh"

static const struct client {
    const char *directory, *program;
} clients[] = {{"/usr/bin", "/usr/bin/ssh"}, {OLDER, OLDER "/ssh"}};

static const char *
client_name(int i, const char **ret_why_not)
{
    static const char *const names[] = {"own", "older", NULL};

    if (i == 1 && access(OLDER "/ssh", X_OK) != 0)
        *ret_why_not = "there is one client here";
    return names[i];
}

static const struct client *
client(void)
{
    return &clients[runner_variant()];
}

static int
is_server_new(void)
{
    return ssh_desk_is_since_10_3("/usr/sbin/sshd");
}

static int
is_client_new(void)
{
    return ssh_desk_is_since_10_3(client()->program);
}

static void
enter(const struct ssh_desk *desk)
{
    char environment[100];

    snprintf(environment, sizeof environment, "LC_ALL=C.UTF-8 PATH=%s:$PATH", client()->directory);
    ssh_desk_enter(desk, environment, "alice");
}

/* The word in the end is a message without a prompt: seen only where both ends are new. */
static void
must_have_said(const struct ssh_desk *desk, const char *text)
{
    ck_assert_int_eq(screen_shows(pty_screen(desk->terminal), text),
                     is_server_new() && is_client_new());
}

TEST_CASE(NULL, .variant = client_name, .timeout_s = 90);

TEST(test_right_person)
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){0});
    enter(&desk);
    ssh_desk_await_prompts(&desk, "then press Enter", 1);
    char *scanned = session_scan(desk.terminal), *link = ssh_desk_link(&desk);
    ck_assert_str_eq(scanned, link);
    ssh_desk_approve(&desk, "anna");
    pty_type(desk.terminal, "\r");
    pty_must_show(desk.terminal, "\nI am alice\n", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(desk.terminal), 0);
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    must_have_said(&desk, "Welcome, alice.");
    processes_must_end(END_MS);
}

TEST(test_wrong_person)
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){0});
    enter(&desk);
    ssh_desk_await_prompts(&desk, "then press Enter", 1);
    ssh_desk_approve(&desk, "bram");
    ssh_desk_read_reason(&desk, "but it does not open this account.");
    ck_assert_int_eq(session_wait_status(desk.terminal), 255);
    ck_assert_int_eq(session_wait_log("outcome=wrong-person"), 1);
    processes_must_end(END_MS);
}

/* Shows why a code is part of a prompt by default. An old server would hold back a code in a
 * message, and an old client would truncate it. If both are new, the code appears at once, and no
 * person has to press Enter. */
TEST(test_without_prompt)
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){.module = "prompt=wait display=plain timeout=20",
                                               .client = "LogLevel INFO"});
    enter(&desk);
    ck_assert(qr_backend_wait_event(desk.desk.backend, "generate", 1, SESSION_WAIT_MS));
    if (is_server_new() && is_client_new()) {
        session_approve(&desk.desk, desk.terminal, "anna");
        pty_must_show(desk.terminal, "\nI am alice\n", SESSION_WAIT_MS);
        ck_assert_int_eq(session_wait_status(desk.terminal), 0);
        processes_must_end(END_MS);
        return;
    }
    ck_assert(!pty_wait_text(desk.terminal, "https://", SHOWN_MS));
    ck_assert_int_eq(screen_shows(pty_screen(desk.terminal), "Log in to"), is_server_new());
    ck_assert_ptr_null(screen_qr(pty_screen(desk.terminal)));
    ck_assert_int_eq(session_wait_log("outcome=timeout"), 1);
    ck_assert_int_eq(session_wait_status(desk.terminal), 255);
    processes_must_end(END_MS);
}

RUN_TESTS("sshd_clients", ssh_desk_why_not());
