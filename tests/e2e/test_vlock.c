/* SPDX-License-Identifier: BSD-3-Clause */
/* The real vlock, which is setuid root, locking a person's terminal: it has a prefix of its own in
 * front of the first message, takes Ctrl-C for a key like any other, asks for root when the person
 * was refused, and stays locked. Debian ships no pam.d file for it. Needs root, for a machine of
 * its own (namespace.h). */
#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scene.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char *const enrolled[] = {"--enroll", "alice=anna", "--enroll", "bob=bram", NULL};

/* Waits until the lock's own text is the last on the screen. */
static int
is_locked(struct screen *screen, void *unused)
{
    static const char last[] = "\nPlease press [ENTER] to unlock.\n";
    const char *text = screen_text(screen);
    size_t size = strlen(text);

    (void)unused;
    return size >= strlen(last) && strcmp(text + size - strlen(last), last) == 0;
}

static void
wait_locked(const struct scene *scene)
{
    ck_assert(terminal_wait(scene->terminal, is_locked, NULL, SESSION_WAIT_MS));
}

/* A newer vlock clears the screen at once when it asks again. */
static void
must_have_said(const struct scene *scene, const char *text)
{
    size_t size;

    ck_assert_ptr_nonnull(strstr(terminal_output(scene->terminal, &size), text));
}

/* A shell of this person's, in which the terminal is locked. */
static void
lock(struct scene *ret_scene, const char *user, const char *command)
{
    scene_open(ret_scene,
               &(struct scene_options){.user = user, .service = "vlock", .sandbox = enrolled});
    session_type(ret_scene->terminal, command);
    wait_locked(ret_scene);
}

static void
ask_for_a_code(const struct scene *scene)
{
    static char *link; /* of the code before */

    terminal_answer(scene->terminal, "\r", SESSION_WAIT_MS);
    session_next_code(scene->terminal, &link);
}

static void
must_open(const struct scene *scene, const char *person)
{
    session_approve(&scene->desk, scene->terminal, person);
    terminal_must_show(scene->terminal, "Welcome, alice.", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(scene->terminal), 0);
    scene_must_be_as_before(scene);
    processes_must_end(PROCESSES_LEAVE_MS);
}

START_TEST(test_right_person)
{
    SCENE_AUTO scene = {0};

    lock(&scene, "alice", "vlock");
    /* An impatient person; one is enough. */
    terminal_answer(scene.terminal, "\r\r\r", SESSION_WAIT_MS);
    free(session_scan(scene.terminal));
    /* The prefix is on a row of its own, and shifts nothing. */
    const char *text = screen_text(terminal_screen(scene.terminal));
    ck_assert_msg(strstr(text, "\nalice's\n  Log in to ") != NULL, "%s", text);
    ck_assert_ptr_nonnull(strstr(text, " as alice (vlock)\n"));
    must_open(&scene, "anna");
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
    session_wait_log("service=vlock account=alice ");
}
END_TEST

/* Where code and words need every row there is, the prefix shifts their first one, and nothing of
 * the code. */
START_TEST(test_small_terminal)
{
    static const char *const argv[] = {"/usr/bin/vlock", NULL};
    static char user[] = "alice";
    const struct terminal_options options = {
        .rows = 23, .columns = 80, .prepare = namespace_become, .prepare_user = user};
    SCENE_AUTO scene = {0};

    namespace_enter();
    desk_open(&scene.desk, enrolled);
    session_pam_service(&scene.desk, "vlock", "");
    processes_begin();
    scene.terminal = terminal_start(argv, NULL, &options);
    wait_locked(&scene);
    ask_for_a_code(&scene);
    const char *text = screen_text(terminal_screen(scene.terminal));
    ck_assert_msg(strstr(text, "alice's   Log in to ") != NULL, "%s", text);
    session_approve(&scene.desk, scene.terminal, "anna");
    ck_assert_int_eq(terminal_wait_exit(scene.terminal, SESSION_WAIT_MS), 0);
    processes_must_end(PROCESSES_LEAVE_MS);
    ck_assert_int_eq(session_wait_log("outcome=verified"), 1);
}
END_TEST

/* It asks for root next, whom nobody is enrolled for; then it is as locked as before. */
START_TEST(test_wrong_person)
{
    SCENE_AUTO scene = {0};

    lock(&scene, "alice", "vlock");
    ask_for_a_code(&scene);
    session_approve(&scene.desk, scene.terminal, "bram");
    wait_locked(&scene);
    must_have_said(&scene, "does not open this account");
    ck_assert_int_eq(session_wait_log("outcome=wrong-person"), 2);
    session_wait_log("service=vlock account=root ");
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 1);
    ask_for_a_code(&scene);
    must_open(&scene, "anna");
    ck_assert_int_eq(session_wait_log("outcome=verified"), 3);
}
END_TEST

/* The wait can be left, here by Enter; what was typed with it answers nothing, and opens nothing.
 */
START_TEST(test_enter_stops)
{
    SCENE_AUTO scene = {0};

    lock(&scene, "alice", "vlock");
    ask_for_a_code(&scene);
    terminal_must_show(scene.terminal, "left (Enter stops)", SESSION_WAIT_MS);
    terminal_type(scene.terminal, TERMINAL_CTRL_C "a password\r");
    wait_locked(&scene);
    must_have_said(&scene, "Stopped.");
    scene_backend_must_know(&scene);
    ck_assert(processes_wait_gone("idinqr-agent", PROCESSES_LEAVE_MS));
    ck_assert_int_eq(session_wait_log("outcome=cancelled"), 2);
    session_wait_log("service=vlock account=root ");
    ask_for_a_code(&scene);
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 2);
    must_open(&scene, "anna");
}
END_TEST

START_TEST(test_terminal_closes)
{
    SCENE_AUTO scene = {0};

    lock(&scene, "alice", "vlock");
    ask_for_a_code(&scene);
    terminal_hang_up(scene.terminal);
    processes_must_end(PROCESSES_LEAVE_MS);
    scene_backend_must_know(&scene);
    ck_assert_int_eq(session_wait_log("outcome=hangup"), 1);
}
END_TEST

START_TEST(test_locker_is_killed)
{
    SCENE_AUTO scene = {0};

    lock(&scene, "alice", "vlock");
    ask_for_a_code(&scene);
    pid_t locker = processes_find(terminal_pid(scene.terminal), "vlock-main");
    ck_assert_int_gt(locker, 0);
    ck_assert_int_eq(kill(locker, SIGKILL), 0);
    ck_assert_int_eq(session_wait_status(scene.terminal), 128 + SIGKILL);
    processes_must_end(PROCESSES_LEAVE_MS);
    scene_backend_must_know(&scene);
}
END_TEST

/* A locker without root's rights cannot read the settings: it says so at once, and stays locked. */
START_TEST(test_locker_without_rights)
{
    SCENE_AUTO scene = {0};

    lock(&scene, "alice",
         "cp /usr/sbin/vlock-main . && "
         "VLOCK_MESSAGE='Please press [ENTER] to unlock.' ./vlock-main");
    terminal_answer(scene.terminal, "\r", SESSION_WAIT_MS);
    terminal_must_show(scene.terminal, "is not set up well on this machine", SESSION_WAIT_MS);
    wait_locked(&scene);
    ck_assert_int_eq(session_wait_log("outcome=configuration"), 2);
    session_wait_log("service=vlock account=root ");
    session_wait_log("Permission denied");
    ck_assert_int_eq(backend_count(scene.desk.backend, "generate"), 0);
}
END_TEST

static Suite *
suite(void)
{
    Suite *suite = suite_create("vlock");
    TCase *vlock = tcase_create("vlock");

    tcase_set_timeout(vlock, 90);
    tcase_add_test(vlock, test_right_person);
    tcase_add_test(vlock, test_small_terminal);
    tcase_add_test(vlock, test_wrong_person);
    tcase_add_test(vlock, test_enter_stops);
    tcase_add_test(vlock, test_terminal_closes);
    tcase_add_test(vlock, test_locker_is_killed);
    tcase_add_test(vlock, test_locker_without_rights);
    suite_add_tcase(suite, vlock);
    return suite;
}

static const char *
why_skip(void)
{
    return session_why_not("/usr/bin/vlock");
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "vlock", suite, why_skip);
}
