/* SPDX-License-Identifier: BSD-3-Clause */
/* polkit's real agent: pkttyagent on a terminal, whose helper is the host of the module, with pipes
 * for its input and output and next to no environment; asked for by pkexec on another terminal.
 * polkitd and the bus between them are the test's own. Needs root, for a machine of its own
 * (namespace.h). */
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
struct scene {
    struct desk desk;
    struct child *bus;
    struct child *polkitd;
    struct terminal *shell;
    struct terminal *agent;
};

static void
scene_close(struct scene *scene)
{
    terminal_free(&scene->shell);
    terminal_free(&scene->agent);
    child_stop(&scene->polkitd, SESSION_WAIT_MS);
    child_stop(&scene->bus, SESSION_WAIT_MS);
    desk_close(&scene->desk);
}

#define SCENE_AUTO __attribute__((cleanup(scene_close))) struct scene

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
start_services(struct scene *scene)
{
    static const char *const bus[] = {"dbus-daemon", "--system",        "--nofork",
                                      "--nopidfile", "--print-address", NULL};
    static const char *const polkitd[] = {POLKITD, NULL};

    ck_assert_int_eq(mkdir("/run/dbus", 0755), 0);
    scratch_write("/etc/polkit-1/rules.d/10-desk.rules", 0644,
                  "polkit.addAdminRule(function (action, subject) {\n"
                  "    return ['unix-user:alice'];\n"
                  "});\n");
    scene->bus = start_service(bus, "/var/log/bus", "unix:path=/run/dbus/");
    scene->polkitd = start_service(polkitd, "/var/log/polkitd", "Acquired the name");
}

/* Bob asks for a command to be run as root, and his agent asks for alice. */
static void
start(struct scene *scene, const char *settings)
{
    static const char *const pam_lines = "auth optional pam_echo.so asks %u for %U\n";
    char command[200], *service, *whole;

    namespace_enter();
    desk_open(&scene->desk, enrolled);
    desk_configure(&scene->desk, settings);
    session_pam_service(&scene->desk, "polkit-1", "");
    service = scratch_read("/etc/pam.d/polkit-1");
    ck_assert_int_gt(asprintf(&whole, "%s%s", pam_lines, service), 0);
    namespace_pam_service("polkit-1", whole);
    free(service);
    free(whole);
    start_services(scene);
    scene->shell = session_start("bob");
    scene->agent = session_start("bob");
    /* It closes the descriptor when it is ready. */
    snprintf(command, sizeof command,
             "pkttyagent --process %d --notify-fd 1 | { cat; echo It is \"ready.\"; }",
             (int)terminal_pid(scene->shell));
    session_type(scene->agent, command);
    terminal_must_show(scene->agent, "It is ready.", SESSION_WAIT_MS);
    processes_begin();
    session_type(scene->shell, "pkexec sh -c 'echo \"I am $(id -un)\"'");
    /* The administrator is both, not the one who asks. */
    terminal_must_show(scene->agent, "Info: asks alice for alice", SESSION_WAIT_MS);
}

static char *
read_link(struct terminal *terminal)
{
    terminal_must_show(terminal, " left", SESSION_WAIT_MS);
    const char *screen = screen_text(terminal_screen(terminal)), *at = strstr(screen, "https://");

    ck_assert_msg(at != NULL, "no link:\n%s", screen);
    return strndup(at, strcspn(at, " \n"));
}

static void
approve(const struct scene *scene, const char *person)
{
    PHONE_AUTO *phone = phone_new(backend_ca_file(scene->desk.backend), "en");
    char *link = read_link(scene->agent);

    ck_assert_msg(phone_approve(phone, link, person) == 200, "%s", phone_problem(phone));
    free(link);
}

/* Bob's command did not run, and no process of the login is left. */
static void
must_be_closed(const struct scene *scene)
{
    ck_assert_int_eq(session_wait_status(scene->shell), 127);
    ck_assert(strstr(screen_text(terminal_screen(scene->shell)), "\nI am ") == NULL);
    processes_must_end(PROCESSES_LEAVE_MS);
}

/* A desktop's agent has a label, in which no code can be scanned: unless the link is asked for,
 * nobody is asked anything. */
START_TEST(test_nothing_to_show)
{
    static const char *const settings[] = {"", "display = half"};
    SCENE_AUTO scene = {0};

    start(&scene, settings[_i]);
    terminal_must_show(scene.agent, "Info:   No code can be shown here. Log in another way.",
                       SESSION_WAIT_MS);
    terminal_must_show(scene.agent, "==== AUTHENTICATION FAILED ====", SESSION_WAIT_MS);
    must_be_closed(&scene);
    ck_assert_int_eq(session_wait_log("outcome=no-display"), 1);
    json_t *events = backend_events(scene.desk.backend);
    const json_t *all = json_object_get(events, "events");
    ck_assert(json_is_array(all));
    ck_assert_uint_eq(json_array_size(all), 0);
    json_decref(events);
}
END_TEST

/* What an administrator says brings the link, and never a drawing. */
START_TEST(test_link)
{
    static const char *const settings[] = {"display = url", "prompt = wait",
                                           "prompt = wait\ndisplay = half"};
    SCENE_AUTO scene = {0};

    start(&scene, settings[_i]);
    terminal_must_show(scene.agent, "as alice (polkit-1)", SESSION_WAIT_MS);
    approve(&scene, "anna");
    terminal_must_show(scene.agent, "Info:   Welcome, alice.", SESSION_WAIT_MS);
    terminal_must_show(scene.shell, "I am root", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(scene.shell), 0);
    ck_assert(!screen_shows(terminal_screen(scene.agent), "\342\226\210"));
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    session_wait_log("service=polkit-1 account=alice ");
    processes_must_end(PROCESSES_LEAVE_MS);
}
END_TEST

/* The link in a prompt: the agent's own, on its terminal. */
START_TEST(test_prompt)
{
    SCENE_AUTO scene = {0};

    start(&scene, "prompt = enter");
    approve(&scene, "anna");
    session_await_result();
    terminal_answer(scene.agent, "\r", SESSION_WAIT_MS);
    terminal_must_show(scene.shell, "I am root", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(scene.shell), 0);
    ck_assert(!screen_shows(terminal_screen(scene.agent), "\342\226\210"));
    processes_must_end(PROCESSES_LEAVE_MS);
}
END_TEST

/* Bob himself is enrolled, and no administrator. */
START_TEST(test_wrong_person)
{
    SCENE_AUTO scene = {0};

    start(&scene, "display = url");
    approve(&scene, "bram");
    terminal_must_show(scene.agent, "does not open this account", SESSION_WAIT_MS);
    must_be_closed(&scene);
    ck_assert_int_eq(session_wait_log("outcome=wrong-person"), 1);
}
END_TEST

/* Bob stops his command, and polkit its helper; or he stops his agent. */
START_TEST(test_cancel)
{
    SCENE_AUTO scene = {0};

    start(&scene, "display = url");
    free(read_link(scene.agent));
    ck_assert_int_gt(processes_find(0, "idinqr-agent"), 0);
    terminal_type(_i == 0 ? scene.shell : scene.agent, TERMINAL_CTRL_C);
    ck_assert_int_eq(session_wait_status(scene.shell), _i == 0 ? 128 + SIGINT : 127);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert(backend_wait_event(scene.desk.backend, "cancel", 1, SESSION_WAIT_MS));
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
}
END_TEST

static Suite *
suite(void)
{
    Suite *suite = suite_create("polkit");
    TCase *polkit = tcase_create("polkit");

    tcase_set_timeout(polkit, 90);
    tcase_add_loop_test(polkit, test_nothing_to_show, 0, 2);
    tcase_add_loop_test(polkit, test_link, 0, 3);
    tcase_add_test(polkit, test_prompt);
    tcase_add_test(polkit, test_wrong_person);
    tcase_add_loop_test(polkit, test_cancel, 0, 2);
    suite_add_tcase(suite, polkit);
    return suite;
}

static const char *
why_skip(void)
{
    static const char *const programs[] = {"/usr/bin/pkttyagent", "/usr/bin/pkexec",
                                           "/usr/bin/dbus-daemon"};
    const char *reason = NULL;
    struct stat helper;

    for (size_t i = 0; !reason && i < sizeof programs / sizeof programs[0]; i++)
        reason = session_why_not(programs[i]);
    if (reason)
        return reason;
    /* Since 127 it has no rights of its own, and the agent reaches it through a socket. */
    if (stat("/usr/lib/polkit-1/polkit-agent-helper-1", &helper) != 0 ||
        !(helper.st_mode & S_ISUID))
        return "this polkit's helper is a service that systemd starts, and here is no systemd";
    return NULL;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "polkit", suite, why_skip);
}
