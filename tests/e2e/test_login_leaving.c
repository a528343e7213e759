/* SPDX-License-Identifier: BSD-3-Clause */
/* Every way in which a login under the real logins, shadow's and util-linux's, is left before it is
 * decided: by its person, its terminal, its clock, or the death of one of its processes. After each
 * the login has ended, there is nothing of ours left, and the backend has been told where somebody
 * could still tell it. Needs root, for a machine of its own (namespace.h). */
#include "tests/harness/login_host.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/session.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char *const enrolled[] = {"--enroll", "alice=anna", NULL};

struct scene {
    struct desk desk;
    struct terminal *terminal;
    char *link; /* of the last code */
    pid_t agent;
};

static void
scene_close(struct scene *scene)
{
    free(scene->link);
    terminal_free(&scene->terminal);
    desk_close(&scene->desk);
}

#define SCENE_AUTO __attribute__((cleanup(scene_close))) struct scene

/* login, which is its own session's leader; its code is on the screen. */
static void
start(struct scene *ret_scene, const char *options, int timeout_s)
{
    static const char *const by_name[] = {"/bin/login", "alice", NULL};
    const struct terminal_options size = {.rows = 40, .columns = 100}; /* for one code */

    login_host_enter();
    login_host_define("LOGIN_TIMEOUT", timeout_s);
    desk_open(&ret_scene->desk, enrolled);
    session_pam_service(&ret_scene->desk, "login", options);
    processes_begin();
    ret_scene->terminal = terminal_start(by_name, NULL, &size);
    session_next_code(ret_scene->terminal, &ret_scene->link);
    ret_scene->agent = processes_find(0, "idinqr-agent");
    ck_assert_int_gt(ret_scene->agent, 0);
}

/* Waits for login's end; how it ended, as a shell says it. */
static int
wait_end(struct scene *scene)
{
    int status = terminal_wait_exit(scene->terminal, SESSION_WAIT_MS);

    ck_assert_msg(status >= 0, "login still runs");
    processes_must_end(PROCESSES_LEAVE_MS);
    return status;
}

static void
must_end_by_itself(struct scene *scene)
{
    ck_assert_int_lt(wait_end(scene), 128);
}

static void
backend_must_know(const struct scene *scene)
{
    ck_assert_msg(backend_wait_event(scene->desk.backend, "cancel", 1, SESSION_WAIT_MS),
                  "the backend was not told");
}

/* What a person at a desk expects of Ctrl-C, also where login itself ignores it: the end, at once,
 * and no second code. */
START_TEST(test_keys)
{
    static const char *const keys[] = {TERMINAL_CTRL_C, TERMINAL_CTRL_BACKSLASH};
    SCENE_AUTO scene = {0};
    struct termios before, after;

    start(&scene, "", 60);
    terminal_modes(scene.terminal, &before);
    terminal_type(scene.terminal, keys[_i]);
    terminal_must_show(scene.terminal, "Stopped.", SESSION_WAIT_MS);
    must_end_by_itself(&scene);
    terminal_modes(scene.terminal, &after);
    ck_assert_mem_eq(&before, &after, sizeof before);
    backend_must_know(&scene);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 1);
}
END_TEST

/* The signal was meant for login, and it is login's death: a shutdown, or whoever ends a session.
 */
START_TEST(test_host_is_told_to_end)
{
    static const struct {
        int number;
        const char *outcome;
    } signals[] = {{SIGTERM, "outcome=cancelled"}, {SIGHUP, "outcome=hangup"}};
    SCENE_AUTO scene = {0};

    start(&scene, "", 60);
    ck_assert_int_eq(kill(terminal_pid(scene.terminal), signals[_i].number), 0);
    ck_assert_int_eq(wait_end(&scene), 128 + signals[_i].number);
    backend_must_know(&scene);
    ck_assert_int_eq(session_wait_log(signals[_i].outcome), 1);
}
END_TEST

START_TEST(test_terminal_closes)
{
    SCENE_AUTO scene = {0};

    start(&scene, "", 60);
    terminal_hang_up(scene.terminal);
    wait_end(&scene);
    backend_must_know(&scene);
    ck_assert_int_eq(session_wait_log("outcome=hangup"), 1);
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 1);
}
END_TEST

/* Nobody of ours is left in the host to do anything: the agent sees the end of its wire. */
START_TEST(test_host_is_killed)
{
    SCENE_AUTO scene = {0};

    start(&scene, "", 60);
    ck_assert_int_eq(kill(terminal_pid(scene.terminal), SIGKILL), 0);
    ck_assert_int_eq(wait_end(&scene), 128 + SIGKILL);
    backend_must_know(&scene);
}
END_TEST

/* The agent, or the process that watches it, dies: this try fails, and login makes another. */
START_TEST(test_agent_is_killed)
{
    SCENE_AUTO scene = {0};

    start(&scene, "", 60);
    pid_t watcher = processes_find(terminal_pid(scene.terminal), "login");
    ck_assert_int_gt(watcher, 0);
    ck_assert_int_eq(kill(_i == 0 ? scene.agent : watcher, SIGKILL), 0);
    terminal_must_show(scene.terminal, "stopped unexpectedly", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_log("outcome=agent"), 1);
    session_next_code(scene.terminal, &scene.link);
    ck_assert(terminal_wait_gone(scene.terminal, "as alice (login)", SESSION_WAIT_MS));
    terminal_type(scene.terminal, TERMINAL_CTRL_C);
    must_end_by_itself(&scene);
    backend_must_know(&scene);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 2);
}
END_TEST

/* One that does not answer is given its time to say goodbye, and then it is ended. */
START_TEST(test_agent_is_stuck)
{
    SCENE_AUTO scene = {0};

    start(&scene, "", 60);
    ck_assert_int_eq(kill(scene.agent, SIGSTOP), 0);
    ck_assert(processes_wait_state(scene.agent, 'T', SESSION_WAIT_MS));
    terminal_type(scene.terminal, TERMINAL_CTRL_C);
    terminal_must_show(scene.terminal, "Stopped.", SESSION_WAIT_MS);
    must_end_by_itself(&scene);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
    ck_assert_int_eq(backend_count(scene.desk.backend, "cancel"), 0); /* nobody could */
}
END_TEST

/* login kills itself when its time is over, in the middle of whatever it does. The module knows
 * that time, tells it to the person, and ends before it with a word. */
START_TEST(test_timeout)
{
    SCENE_AUTO scene = {0};

    start(&scene, "", 15);
    terminal_must_show(scene.terminal, "Waiting for your bank, 0:0", SESSION_WAIT_MS);
    terminal_must_show(scene.terminal, "The time to log in is over.", SESSION_WAIT_MS);
    must_end_by_itself(&scene);
    backend_must_know(&scene);
    ck_assert_int_eq(session_wait_log("outcome=timeout"), 1);
    ck_assert(!screen_shows(terminal_screen(scene.terminal), "timed out"));
}
END_TEST

/* One budget for all tries: the second has what the first has left. Were the module to trust in
 * its own 120 seconds again, login's clock would strike first. */
START_TEST(test_timeout_over_tries)
{
    SCENE_AUTO scene = {0};

    start(&scene, "", 20);
    PHONE_AUTO *phone = phone_new(backend_ca_file(scene.desk.backend), "en");
    ck_assert_msg(phone_refuse(phone, scene.link, "anna") == 200, "%s", phone_problem(phone));
    ck_assert_int_eq(session_wait_log("outcome=refused"), 1);
    ck_assert(backend_wait_event(scene.desk.backend, "generate", 2, SESSION_WAIT_MS));
    terminal_must_show(scene.terminal, "The time to log in is over.", SESSION_WAIT_MS);
    must_end_by_itself(&scene);
    backend_must_know(&scene);
    ck_assert_int_eq(session_wait_log("outcome=timeout"), 2);
    ck_assert(!screen_shows(terminal_screen(scene.terminal), "timed out"));
}
END_TEST

/* In a prompt the time is login's own to keep. It is killed there, and the agent sees that. */
START_TEST(test_timeout_in_a_prompt)
{
    SCENE_AUTO scene = {0};

    start(&scene, "prompt=enter", 15);
    terminal_must_show(scene.terminal, "timed out after 15 seconds", SESSION_WAIT_MS);
    must_end_by_itself(&scene);
    backend_must_know(&scene);
}
END_TEST

/* And so are the keys: as at any other prompt of this login. */
START_TEST(test_ctrl_c_in_a_prompt)
{
    SCENE_AUTO scene = {0};

    start(&scene, "prompt=enter", 60);
    terminal_must_show(scene.terminal, "then press Enter", SESSION_WAIT_MS);
    terminal_answer(scene.terminal, TERMINAL_CTRL_C, SESSION_WAIT_MS);
    if (login_host()->ignores_keys) {
        terminal_type(scene.terminal, "\r");
        terminal_must_show(scene.terminal, "Not approved yet", SESSION_WAIT_MS);
        terminal_answer(scene.terminal, TERMINAL_CTRL_D, SESSION_WAIT_MS);
        must_end_by_itself(&scene);
        ck_assert_int_eq(session_wait_log("outcome=conversation"), 1);
    } else {
        ck_assert_int_eq(wait_end(&scene), 128 + SIGINT);
    }
    backend_must_know(&scene);
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 1);
}
END_TEST

static void
add_tests(TCase *login)
{
    tcase_add_loop_test(login, test_keys, 0, 2);
    tcase_add_loop_test(login, test_host_is_told_to_end, 0, 2);
    tcase_add_test(login, test_terminal_closes);
    tcase_add_test(login, test_host_is_killed);
    tcase_add_loop_test(login, test_agent_is_killed, 0, 2);
    tcase_add_test(login, test_agent_is_stuck);
    tcase_add_test(login, test_timeout);
    tcase_add_test(login, test_timeout_over_tries);
    tcase_add_test(login, test_timeout_in_a_prompt);
    tcase_add_test(login, test_ctrl_c_in_a_prompt);
}

int
main(int argc, char **argv)
{
    return login_host_main(argc, argv, "login_leaving", add_tests);
}
