/* SPDX-License-Identifier: BSD-3-Clause */
/* Every way in which a login under the real sudo is left before it is decided: by its
 * person, its terminal, its clock, or the death of one of its processes. After each there is
 * nothing of ours left, the backend has been told where somebody could still tell it, and the
 * terminal is as it was. Needs root, for a machine of its own (namespace.h). */
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scene.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A sudo of alice's that shows its code and waits. The code's link is freed by the caller. */
static char *
start_sudo_with(struct scene *ret_scene, const char *const *sandbox)
{
    scene_open(ret_scene,
               &(struct scene_options){.user = "alice", .service = "sudo", .sandbox = sandbox});
    session_type(ret_scene->terminal, "sudo id -un");
    return session_scan(ret_scene->terminal);
}

static void
start_sudo(struct scene *ret_scene)
{
    free(start_sudo_with(ret_scene, NULL));
}

static pid_t
find_sudo(const struct scene *scene)
{
    pid_t sudo = processes_find(terminal_pid(scene->terminal), "sudo");

    ck_assert_int_gt(sudo, 0);
    return sudo;
}

static pid_t
find_agent(void)
{
    pid_t agent = processes_find(0, "idinqr-agent");

    ck_assert_int_gt(agent, 0);
    return agent;
}

/* From now on it answers nobody. */
static void
stop_agent(void)
{
    pid_t agent = find_agent();

    ck_assert_int_eq(kill(agent, SIGSTOP), 0);
    ck_assert(processes_wait_state(agent, 'T', SESSION_WAIT_MS));
}

/* Nobody got in, and the terminal is as it was. */
static void
must_be_as_before(const struct scene *scene)
{
    scene_must_be_as_before(scene);
    ck_assert(strstr(screen_text(terminal_screen(scene->terminal)), "\nroot\n") == NULL);
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
    scene_backend_must_know(&scene);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 1);
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 1);
}
END_TEST

/* The signal was meant for sudo, and it is sudo's death. */
START_TEST(test_host_is_told_to_end)
{
    SCENE_AUTO scene = {0};

    start_sudo(&scene);
    ck_assert_int_eq(kill(find_sudo(&scene), SIGTERM), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_ne(session_wait_status(scene.terminal), 0);
    must_be_as_before(&scene);
    scene_backend_must_know(&scene);
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
    scene_backend_must_know(&scene);
    ck_assert_int_eq(session_wait_log("outcome=hangup"), 1);
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 1);
}
END_TEST

/* Nobody of ours is left in the host to do anything: the agent sees the end of its wire. */
START_TEST(test_host_is_killed)
{
    SCENE_AUTO scene = {0};

    start_sudo(&scene);
    ck_assert_int_eq(kill(find_sudo(&scene), SIGKILL), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_status(scene.terminal), 128 + SIGKILL);
    must_be_as_before(&scene);
    scene_backend_must_know(&scene);
}
END_TEST

/* The agent, or the process that watches it, dies: this attempt fails, and sudo makes another. */
START_TEST(test_agent_is_killed)
{
    SCENE_AUTO scene = {0};
    char *link = start_sudo_with(&scene, NULL);

    pid_t watcher = processes_find(find_sudo(&scene), "sudo");
    ck_assert_int_gt(watcher, 0);
    ck_assert_int_eq(kill(_i == 0 ? find_agent() : watcher, SIGKILL), 0);
    terminal_must_show(scene.terminal, "stopped unexpectedly", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_log("outcome=agent"), 1);
    session_next_code(scene.terminal, &link);
    terminal_type(scene.terminal, TERMINAL_CTRL_C);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_status(scene.terminal), 1);
    must_be_as_before(&scene);
    scene_backend_must_know(&scene);
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 2);
    free(link);
}
END_TEST

/* One that does not answer is given its time to say goodbye, and then it is ended. */
START_TEST(test_agent_is_stuck)
{
    SCENE_AUTO scene = {0};

    start_sudo(&scene);
    stop_agent();
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
    stop_agent();
    ck_assert_int_eq(kill(find_sudo(&scene), SIGKILL), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_status(scene.terminal), 128 + SIGKILL);
    must_be_as_before(&scene);
    ck_assert_int_eq(backend_count(scene.desk.backend, "cancel"), 0);
}
END_TEST

/* The backend takes the cancel and never answers it: nobody waits for it. */
START_TEST(test_backend_stalls)
{
    static const char *const stalling[] = {"--enroll", "alice=anna", "--fault", "cancel-stalls",
                                           NULL};
    SCENE_AUTO scene = {0};

    free(start_sudo_with(&scene, stalling));
    if (_i == 0)
        terminal_type(scene.terminal, TERMINAL_CTRL_C);
    else
        ck_assert_int_eq(kill(find_sudo(&scene), SIGKILL), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_status(scene.terminal), _i == 0 ? 1 : 128 + SIGKILL);
    must_be_as_before(&scene);
    scene_backend_must_know(&scene);
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
    return session_why_not("/usr/bin/sudo");
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "leaving", suite, why_skip);
}
