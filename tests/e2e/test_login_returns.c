/* SPDX-License-Identifier: BSD-3-Clause */
/* What the real logins, shadow's and util-linux's, make of each code that the module returns: how
 * often they call it again, and how they end. The table of pam_idinqr(8). Ctrl-C, a terminal that
 * is gone and a deadline are in test_login_leaving.c and test_leaving.c. Needs root (namespace.h).
 */
#include "tests/harness/login_host.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/session.h"
#include "tests/harness/scratch.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define TRIES 3 /* LOGIN_RETRIES, by login_host_enter */

static const char *const enrolled[] = {"--enroll", "alice=anna", NULL};
static const char *const without_name[] = {"/bin/login", NULL};

static void
open_machine(struct desk *desk, const char *const *people, const char *options)
{
    login_host_enter();
    desk_open(desk, people);
    session_pam_service(desk, "login", options);
    processes_begin();
}

static struct pty *
start_on(int rows, const char *const *argv)
{
    const struct terminal_options options = {.rows = rows, .columns = 100};

    return pty_start(argv, NULL, &options);
}

/* For one code. */
static struct pty *
start(const char *const *argv)
{
    return start_on(40, argv);
}

/* login must have exited by itself without a shell. The module must have logged this outcome
 * `calls` times, and no other outcome. */
static void
must_end_after(struct pty *terminal, int calls, const char *outcome)
{
    int status = pty_wait_exit(terminal, SESSION_WAIT_MS);

    ck_assert_msg(status >= 0 && status < 128, "login ended with %d:\n%s", status,
                  screen_text(pty_screen(terminal)));
    ck_assert(!screen_shows(pty_screen(terminal), "$"));
    ck_assert_int_eq(namespace_log_count(outcome), calls);
    ck_assert_int_eq(namespace_log_count(" outcome="), calls);
    processes_must_end(PROCESSES_LEAVE_MS);
}

TEST_CASE(NULL, LOGIN_HOSTS);

/* AUTH_ERR: again. */
TEST(test_refused_at_the_bank)
{
    DESK_AUTO desk;
    char *link = NULL;

    open_machine(&desk, enrolled, "");
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(desk.backend), "en");
    TERMINAL_AUTO *terminal = start(without_name);
    for (int i = 0; i < TRIES; i++) {
        session_next_code(terminal, &link);
        ck_assert_msg(phone_refuse(phone, link, "anna") == 200, "%s", phone_problem(phone));
    }
    must_end_after(terminal, TRIES, "outcome=refused ");
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), TRIES);
}

/* AUTH_ERR: again. */
TEST(test_wrong_identity)
{
    DESK_AUTO desk;
    char *link = NULL;

    open_machine(&desk, enrolled, "");
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(desk.backend), "en");
    TERMINAL_AUTO *terminal = start(without_name);
    for (int i = 0; i < TRIES; i++) {
        session_next_code(terminal, &link);
        ck_assert_msg(phone_approve(phone, link, "celik") == 200, "%s", phone_problem(phone));
    }
    must_end_after(terminal, TRIES, "outcome=unknown-identity ");
}

struct times {
    const char *text;
    int n;
};

static int
shows_times(struct screen *screen, void *user)
{
    const struct times *times = user;

    return session_count(screen_text(screen), times->text) == times->n;
}

/* After a failure that is no person's the module waits before it comes back; Enter cuts that short.
 */
static void
hurry(struct pty *terminal, int n)
{
    struct times times = {"press Enter for a code", n};

    ck_assert_msg(pty_wait(terminal, shows_times, &times, SESSION_WAIT_MS), "no wait %d", n);
    pty_type(terminal, "\r");
}

/* AUTHINFO_UNAVAIL: again. */
TEST(test_backend_down)
{
    DESK_AUTO desk;

    open_machine(&desk, enrolled, "");
    qr_backend_stop(&desk.backend);
    TERMINAL_AUTO *terminal = start_on(120, without_name);
    for (int n = 1; n <= TRIES; n++)
        hurry(terminal, n);
    must_end_after(terminal, TRIES, "outcome=unreachable ");
    ck_assert(screen_shows(pty_screen(terminal), "cannot be reached"));
}

/* AUTHINFO_UNAVAIL: again. */
TEST(test_agent_dies)
{
    DESK_AUTO desk;

    open_machine(&desk, enrolled, "");
    TERMINAL_AUTO *terminal = start_on(120, without_name);
    for (int i = 0; i < TRIES; i++) {
        ck_assert(qr_backend_wait_event(desk.backend, "generate", i + 1, SESSION_WAIT_MS));
        pid_t agent = processes_find(0, "idinqr-agent");
        ck_assert_int_gt(agent, 0);
        ck_assert_int_eq(kill(agent, SIGKILL), 0);
        hurry(terminal, i + 1);
    }
    must_end_after(terminal, TRIES, "outcome=agent ");
}

/* USER_UNKNOWN: again, and still nothing is asked of the backend. */
TEST(test_nobody_enrolled)
{
    static const char *const nobody[] = {NULL};
    DESK_AUTO desk;

    open_machine(&desk, nobody, "");
    TERMINAL_AUTO *terminal = start(without_name);
    must_end_after(terminal, TRIES, "outcome=not-enrolled ");
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 0);
}

/* USER_UNKNOWN, for a name: again, and then for anybody. */
TEST(test_named_account_not_enrolled)
{
    static const char *const by_name[] = {"/bin/login", "bob", NULL};
    DESK_AUTO desk;

    open_machine(&desk, enrolled, "");
    TERMINAL_AUTO *terminal = start(by_name);
    pty_must_show(terminal, "is not set up for this account", SESSION_WAIT_MS);
    session_approve(&desk, terminal, "anna");
    pty_must_show(terminal, "Welcome, alice.", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_log("outcome=verified"), 2);
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 1);
}

/* CONV_ERR: one login ends, the other asks again. Ctrl-D in a prompt is a success without an
 * answer, as PAM's own conversation has it. */
TEST(test_end_of_input)
{
    int calls = login_host()->ends_on_conv_err ? 1 : TRIES;
    DESK_AUTO desk;
    char *link = NULL;

    open_machine(&desk, enrolled, "prompt=enter");
    TERMINAL_AUTO *terminal = start(without_name);
    for (int i = 0; i < calls; i++) {
        session_next_code(terminal, &link);
        pty_must_show(terminal, "then press Enter", SESSION_WAIT_MS);
        pty_answer(terminal, TERMINAL_CTRL_D, SESSION_WAIT_MS);
    }
    must_end_after(terminal, calls, "outcome=conversation ");
    ck_assert(qr_backend_wait_event(desk.backend, "cancel", calls, SESSION_WAIT_MS));
}

static int
has_prompts(struct screen *screen, void *count)
{
    return session_count(screen_text(screen), " login:") == *(int *)count;
}

/* AUTHINFO_UNAVAIL, at once: again. The terminal that login names is taken away from under it, by a
 * line of its stack that wants to know the name first. */
TEST(test_no_way_to_show_a_code)
{
    DESK_AUTO desk;
    char *service;

    open_machine(&desk, enrolled, "");
    const char *options = strstr(desk.module_line, " display=half");
    ck_assert_ptr_nonnull(options);
    service = scratch_text("auth required pam_exec.so /bin/mount -t tmpfs none /dev/pts\n"
                           "auth required %.*s language=en\n",
                           (int)(options - desk.module_line), desk.module_line);
    namespace_pam_service("login", service);
    TERMINAL_AUTO *terminal = start(without_name);
    for (int i = 1; i <= TRIES; i++) {
        ck_assert(pty_wait(terminal, has_prompts, &i, SESSION_WAIT_MS));
        pty_answer(terminal, "alice\r", SESSION_WAIT_MS);
    }
    must_end_after(terminal, TRIES, "outcome=no-display ");
    ck_assert(screen_shows(pty_screen(terminal), "No code can be shown here."));
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 0);
}

RUN_TESTS("login_returns", session_why_not(NULL));
