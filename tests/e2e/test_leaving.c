/* Every way in which a login under the real sudo is left before it is decided: by its
 * person, its terminal, its clock, or the death of one of its processes. After each there is
 * nothing of ours left, the backend has been told where somebody could still tell it, and the
 * terminal is as it was. Needs root, for a machine of its own (namespace.h). */
#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/session.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const enrolled[] = {"--enroll", "alice=anna", NULL};

struct scene {
    struct desk desk;
    struct terminal *terminal;
    struct termios modes;
    pid_t sudo, agent;
};

static void
scene_close(struct scene *scene)
{
    terminal_free(&scene->terminal);
    desk_close(&scene->desk);
}

#define SCENE_AUTO __attribute__((cleanup(scene_close))) struct scene

/* A sudo of alice's that shows its code and waits. */
static void
start_sudo_with(struct scene *ret_scene, const char *const *arguments)
{
    namespace_enter();
    desk_open(&ret_scene->desk, arguments);
    session_pam_service(&ret_scene->desk, "sudo", "");
    ret_scene->terminal = session_start("alice");
    processes_begin();
    terminal_modes(ret_scene->terminal, &ret_scene->modes);
    session_type(ret_scene->terminal, "sudo id -un");
    free(session_scan(ret_scene->terminal));
    ret_scene->sudo = processes_find(terminal_pid(ret_scene->terminal), "sudo");
    ret_scene->agent = processes_find(0, "idinqr-agent");
    ck_assert_int_gt(ret_scene->sudo, 0);
    ck_assert_int_gt(ret_scene->agent, 0);
}

static void
start_sudo(struct scene *ret_scene)
{
    start_sudo_with(ret_scene, enrolled);
}

static void
must_be_as_before(const struct scene *scene)
{
    struct termios modes;

    terminal_modes(scene->terminal, &modes);
    ck_assert_mem_eq(&modes, &scene->modes, sizeof modes);
    ck_assert(strstr(screen_text(terminal_screen(scene->terminal)), "\nroot\n") == NULL);
}

static void
backend_must_know(const struct scene *scene)
{
    ck_assert_msg(backend_wait_event(scene->desk.backend, "cancel", 1, SESSION_WAIT_MS),
                  "the backend was not told");
}

/* sudo ends at once and calls the module no second time: Ctrl-C, and Ctrl-\. */
START_TEST(test_keys)
{
    static const char *const keys[] = {TERMINAL_CTRL_C, TERMINAL_CTRL_BACKSLASH};
    SCENE_AUTO scene = {0};

    start_sudo(&scene);
    terminal_type(scene.terminal, keys[_i]);
    processes_must_end(PROCESSES_LEAVE_MS);
    terminal_must_show(scene.terminal, "Stopped.", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(scene.terminal), 1);
    must_be_as_before(&scene);
    backend_must_know(&scene);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 1);
}
END_TEST

/* The signal was meant for sudo, and it is sudo's death. */
START_TEST(test_host_is_told_to_end)
{
    SCENE_AUTO scene = {0};

    start_sudo(&scene);
    ck_assert_int_eq(kill(scene.sudo, SIGTERM), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_ne(session_wait_status(scene.terminal), 0);
    must_be_as_before(&scene);
    backend_must_know(&scene);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
}
END_TEST

/* sudo survives this, and would ask again in a dead terminal. */
START_TEST(test_terminal_closes)
{
    SCENE_AUTO scene = {0};

    start_sudo(&scene);
    terminal_hang_up(scene.terminal);
    processes_must_end(PROCESSES_LEAVE_MS);
    backend_must_know(&scene);
    ck_assert_int_eq(session_wait_log("outcome=hangup"), 1);
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 1);
}
END_TEST

/* Nobody of ours is left in the host to do anything: the agent sees the end of its wire. */
START_TEST(test_host_is_killed)
{
    SCENE_AUTO scene = {0};

    start_sudo(&scene);
    ck_assert_int_eq(kill(scene.sudo, SIGKILL), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_status(scene.terminal), 128 + SIGKILL);
    must_be_as_before(&scene);
    backend_must_know(&scene);
}
END_TEST

/* The agent, or the process that watches it, dies: this attempt fails, and sudo makes another. */
START_TEST(test_agent_is_killed)
{
    SCENE_AUTO scene = {0};

    start_sudo(&scene);
    pid_t watcher = processes_find(scene.sudo, "sudo");
    ck_assert_int_gt(watcher, 0);
    ck_assert_int_eq(kill(_i == 0 ? scene.agent : watcher, SIGKILL), 0);
    terminal_must_show(scene.terminal, "stopped unexpectedly", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_log("outcome=agent"), 1);
    ck_assert(backend_wait_event(scene.desk.backend, "generate", 2, SESSION_WAIT_MS));
    terminal_must_show(scene.terminal, "left (Ctrl-C stops)", SESSION_WAIT_MS);
    terminal_type(scene.terminal, TERMINAL_CTRL_C);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_status(scene.terminal), 1);
    must_be_as_before(&scene);
    backend_must_know(&scene);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 2);
}
END_TEST

/* One that does not answer is given its time to say goodbye, and then it is ended. */
START_TEST(test_agent_is_stuck)
{
    SCENE_AUTO scene = {0};

    start_sudo(&scene);
    ck_assert_int_eq(kill(scene.agent, SIGSTOP), 0);
    ck_assert(processes_wait_state(scene.agent, 'T', SESSION_WAIT_MS));
    terminal_type(scene.terminal, TERMINAL_CTRL_C);
    processes_must_end(PROCESSES_LEAVE_MS);
    terminal_must_show(scene.terminal, "Stopped.", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(scene.terminal), 1);
    must_be_as_before(&scene);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
    ck_assert_int_eq(backend_count(scene.desk.backend, "cancel"), 0); /* nobody could */
}
END_TEST

/* Now there is neither a module to end the agent, nor an agent that ends itself. */
START_TEST(test_host_is_killed_and_agent_is_stuck)
{
    SCENE_AUTO scene = {0};

    start_sudo(&scene);
    ck_assert_int_eq(kill(scene.agent, SIGSTOP), 0);
    ck_assert(processes_wait_state(scene.agent, 'T', SESSION_WAIT_MS));
    ck_assert_int_eq(kill(scene.sudo, SIGKILL), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_status(scene.terminal), 128 + SIGKILL);
    must_be_as_before(&scene);
    ck_assert_int_eq(backend_count(scene.desk.backend, "cancel"), 0);
}
END_TEST

/* The backend takes the cancel and never answers it: nobody waits for it. */
START_TEST(test_backend_stalls)
{
    const char *const stalling[] = {enrolled[0], enrolled[1], "--fault", "cancel-stalls", NULL};
    SCENE_AUTO scene = {0};

    start_sudo_with(&scene, stalling);
    if (_i == 0)
        terminal_type(scene.terminal, TERMINAL_CTRL_C);
    else
        ck_assert_int_eq(kill(scene.sudo, SIGKILL), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_status(scene.terminal), _i == 0 ? 1 : 128 + SIGKILL);
    must_be_as_before(&scene);
    backend_must_know(&scene);
    if (_i == 0)
        ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
}
END_TEST

static Suite *
suite(void)
{
    Suite *suite = suite_create("leaving");
    TCase *sudo = tcase_create("sudo");

    tcase_set_timeout(sudo, 90);
    tcase_add_loop_test(sudo, test_keys, 0, 2);
    tcase_add_test(sudo, test_host_is_told_to_end);
    tcase_add_test(sudo, test_terminal_closes);
    tcase_add_test(sudo, test_host_is_killed);
    tcase_add_loop_test(sudo, test_agent_is_killed, 0, 2);
    tcase_add_test(sudo, test_agent_is_stuck);
    tcase_add_test(sudo, test_host_is_killed_and_agent_is_stuck);
    tcase_add_loop_test(sudo, test_backend_stalls, 0, 2);
    suite_add_tcase(suite, sudo);
    return suite;
}

static const char *
why_skip(void)
{
#ifdef SANITIZER
    return "a module with a sanitizer in it does not load into sudo";
#endif
    return access("/usr/bin/sudo", X_OK) == 0 ? namespace_why_not() : "there is no sudo";
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "leaving", suite, why_skip);
}
