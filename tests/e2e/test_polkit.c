/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs polkit's real agent: pkttyagent on a terminal. Its helper loads the module, with pipes for
 * its input and output and almost no environment. pkexec on another terminal asks for the login.
 * The test starts its own polkitd and bus. Needs root, for a private machine (namespace.h). */
#include "pam_idinqr/common/array.h"
#include "tests/harness/child.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/session.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define POLKITD "/usr/lib/polkit-1/polkitd"

static const char *const enrolled[] = {"--enroll", "alice=anna", "--enroll", "bob=bram", NULL};

/* Alice is the administrator, and bob wants to run something. */
struct fixture {
    struct desk desk;
    struct child *bus;
    struct child *polkitd;
    struct pty *shell;
    struct pty *agent;
};

static void
fixture_close(struct fixture *fixture)
{
    pty_free(&fixture->shell);
    pty_free(&fixture->agent);
    child_stop(&fixture->polkitd, SESSION_WAIT_MS);
    child_stop(&fixture->bus, SESSION_WAIT_MS);
    desk_close(&fixture->desk);
}

#define FIXTURE_AUTO __attribute__((cleanup(fixture_close))) struct fixture

/* Starts a service and waits for the line that says that it is ready. */
static struct child *
start_service(const char *const *argv, const char *log_path, const char *ready)
{
    struct child *child = child_start(argv, log_path);
    char line[300];

    do
        ck_assert_msg(child_read_line(child, line, sizeof line, SESSION_WAIT_MS), "%s:\n%s",
                      argv[0], scratch_read(log_path));
    while (strstr(line, ready) == NULL);
    return child;
}

static void
start_services(struct fixture *fixture)
{
    static const char *const bus[] = {"dbus-daemon", "--system",        "--nofork",
                                      "--nopidfile", "--print-address", NULL};
    static const char *const polkitd[] = {POLKITD, NULL};

    ck_assert_int_eq(mkdir("/run/dbus", 0755), 0);
    scratch_write("/etc/polkit-1/rules.d/10-desk.rules", 0644,
                  "polkit.addAdminRule(function (action, subject) {\n"
                  "    return ['unix-user:alice'];\n"
                  "});\n");
    fixture->bus = start_service(bus, "/var/log/bus", "unix:path=/run/dbus/");
    fixture->polkitd = start_service(polkitd, "/var/log/polkitd", "Acquired the name");
}

/* Bob asks for a command to be run as root, and his agent asks for alice. */
static void
start(struct fixture *fixture, const char *settings)
{
    static const char *const pam_lines = "auth optional pam_echo.so asks %u for %U\n";
    char command[200], *service, *whole;

    namespace_enter();
    desk_open(&fixture->desk, enrolled);
    desk_configure(&fixture->desk, settings);
    session_pam_service(&fixture->desk, "polkit-1", "");
    service = scratch_read("/etc/pam.d/polkit-1");
    whole = scratch_text("%s%s", pam_lines, service);
    namespace_pam_service("polkit-1", whole);
    start_services(fixture);
    fixture->shell = session_start("bob");
    fixture->agent = session_start("bob");
    /* It closes the descriptor when it is ready. */
    snprintf(command, sizeof command,
             "pkttyagent --process %d --notify-fd 1 | { cat; echo It is \"ready.\"; }",
             (int)pty_pid(fixture->shell));
    session_type(fixture->agent, command);
    pty_must_show(fixture->agent, "It is ready.", SESSION_WAIT_MS);
    processes_begin();
    session_type(fixture->shell, "pkexec sh -c 'echo \"I am $(id -un)\"'");
    /* The administrator is both, not the one who asks. */
    pty_must_show(fixture->agent, "Info: asks alice for alice", SESSION_WAIT_MS);
}

static char *
read_link(struct pty *terminal)
{
    pty_must_show(terminal, " left", SESSION_WAIT_MS);
    const char *screen = screen_text(pty_screen(terminal)), *at = strstr(screen, "https://");

    ck_assert_msg(at != NULL, "no link:\n%s", screen);
    return strndup(at, strcspn(at, " \n"));
}

static void
approve(const struct fixture *fixture, const char *person)
{
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(fixture->desk.backend), "en");
    char *link = read_link(fixture->agent);

    ck_assert_msg(phone_approve(phone, link, person) == 200, "%s", phone_problem(phone));
    free(link);
}

/* Bob's command did not run, and no process of the login is left. */
static void
must_be_closed(const struct fixture *fixture)
{
    ck_assert_int_eq(session_wait_status(fixture->shell), 127);
    ck_assert(strstr(screen_text(pty_screen(fixture->shell)), "\nI am ") == NULL);
    processes_must_end(PROCESSES_LEAVE_MS);
}

TEST_CASE("polkit", .timeout_s = 90);

/* A desktop's agent shows messages in a label, where no phone can scan a code. Unless the
 * administrator asks for the link, the module does not contact the backend. */
LOOP_TEST(test_nothing_to_show, 2)
{
    static const char *const settings[] = {"", "display = half"};
    FIXTURE_AUTO fixture = {0};

    start(&fixture, settings[_i]);
    pty_must_show(fixture.agent, "Info:   No code can be shown here. Log in another way.",
                  SESSION_WAIT_MS);
    pty_must_show(fixture.agent, "==== AUTHENTICATION FAILED ====", SESSION_WAIT_MS);
    must_be_closed(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=no-display"), 1);
    json_t *events = qr_backend_events(fixture.desk.backend);
    const json_t *all = json_object_get(events, "events");
    ck_assert(json_is_array(all));
    ck_assert_uint_eq(json_array_size(all), 0);
    json_decref(events);
}

/* What an administrator says brings the link, and never a drawing. */
LOOP_TEST(test_link, 3)
{
    static const char *const settings[] = {"display = url", "prompt = wait",
                                           "prompt = wait\ndisplay = half"};
    FIXTURE_AUTO fixture = {0};

    start(&fixture, settings[_i]);
    pty_must_show(fixture.agent, "as alice (polkit-1)", SESSION_WAIT_MS);
    approve(&fixture, "anna");
    pty_must_show(fixture.agent, "Info:   Welcome, alice.", SESSION_WAIT_MS);
    pty_must_show(fixture.shell, "I am root", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(fixture.shell), 0);
    ck_assert(!screen_shows(pty_screen(fixture.agent), "\342\226\210"));
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    session_wait_log("service=polkit-1 account=alice ");
    processes_must_end(PROCESSES_LEAVE_MS);
}

/* The link in a prompt: the agent's own, on its terminal. */
TEST(test_prompt)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "prompt = enter");
    approve(&fixture, "anna");
    session_await_result();
    pty_answer(fixture.agent, "\r", SESSION_WAIT_MS);
    pty_must_show(fixture.shell, "I am root", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(fixture.shell), 0);
    ck_assert(!screen_shows(pty_screen(fixture.agent), "\342\226\210"));
    processes_must_end(PROCESSES_LEAVE_MS);
}

/* Bob himself is enrolled, and no administrator. */
TEST(test_wrong_person)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "display = url");
    approve(&fixture, "bram");
    pty_must_show(fixture.agent, "does not open this account", SESSION_WAIT_MS);
    must_be_closed(&fixture);
    ck_assert_int_eq(session_wait_log("outcome=wrong-person"), 1);
}

/* Bob stops his command, and polkit its helper; or he stops his agent. */
LOOP_TEST(test_cancel, 2)
{
    FIXTURE_AUTO fixture = {0};

    start(&fixture, "display = url");
    free(read_link(fixture.agent));
    ck_assert_int_gt(processes_find(0, "idinqr-agent"), 0);
    pty_type(_i == 0 ? fixture.shell : fixture.agent, TERMINAL_CTRL_C);
    ck_assert_int_eq(session_wait_status(fixture.shell), _i == 0 ? 128 + SIGINT : 127);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert(qr_backend_wait_event(fixture.desk.backend, "cancel", 1, SESSION_WAIT_MS));
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
}

static const char *
why_skip(void)
{
    static const char *const programs[] = {"/usr/bin/pkttyagent", "/usr/bin/pkexec",
                                           "/usr/bin/dbus-daemon"};
    const char *reason = NULL;
    struct stat helper;

    for (size_t i = 0; !reason && i < ARRAY_LENGTH(programs); i++)
        reason = session_why_not(programs[i]);
    if (reason)
        return reason;
    /* Since polkit 127 the helper is not setuid, and the agent reaches it through a socket. */
    if (stat("/usr/lib/polkit-1/polkit-agent-helper-1", &helper) != 0 ||
        !(helper.st_mode & S_ISUID))
        return "this polkit's helper is a service that systemd starts, and here is no systemd";
    return NULL;
}

RUN_TESTS("polkit", why_skip());
