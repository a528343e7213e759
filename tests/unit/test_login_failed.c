/* How a login that fails is left: the person learns of it at once, while the agent may take its
 * time to say goodbye to the backend. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/module/login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/fake_agents.h"
#include "tests/unit/sample_config.h"
#include "tests/unit/scripted_conversation.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

static int n_failed, told_error;
static int must_have_ended; /* what `failed` waits for */

/* Ctrl-C, when the code has been shown. */
static void
stop(void *user, unsigned number)
{
    (void)user;
    (void)number;
    ck_assert_int_eq(raise(SIGINT), 0);
}

static void
note_log(void *context, int priority, const char *line)
{
    (void)context;
    (void)priority;
    (void)line;
}

static void
note_failure(void *context, int error)
{
    siginfo_t info = {0};

    ck_assert_ptr_eq(context, &n_failed);
    n_failed++;
    told_error = error;
    /* The agent's process is there, whatever it does: it has not been waited for. */
    ck_assert_int_eq(
        waitid(P_ALL, 0, &info, WEXITED | WNOWAIT | __WALL | (must_have_ended ? 0 : WNOHANG)), 0);
    ck_assert_int_eq(info.si_pid != 0, must_have_ended);
}

static int
run(const char *words)
{
    char *dir = scratch_dir("login"), *agent = fake_agents_make(words), *lines;
    struct scripted_conversation script = {.on_show = stop};
    const struct conversation conversation = scripted_conversation(&script);
    const struct terminal terminal = {.fd = -1, .rows = 50, .columns = 100};
    struct result_message result;
    struct problem problem;
    CONFIG_AUTO *config;

    ck_assert_int_gt(asprintf(&lines, "agent = %s\n", agent), 0);
    config = sample_config(dir, lines);
    const struct login login = {.config = config,
                                .conversation = &conversation,
                                .terminal = &terminal,
                                .host = HOST_TERMINAL,
                                .language = LANGUAGE_EN,
                                .service = "sudo",
                                .account = "alice",
                                .failed = note_failure,
                                .failed_context = &n_failed,
                                .log = note_log};
    int outcome = login_run(&login, &result, &problem);
    ck_assert_int_eq(waitid(P_ALL, 0, NULL, WEXITED | WNOHANG | __WALL), -1);
    ck_assert_int_eq(errno, ECHILD);
    free(lines);
    free(agent);
    free(dir);
    return outcome;
}

START_TEST(the_person_does_not_wait_for_the_agent)
{
    ck_assert_int_eq(run("start+qr+hang"), IDQ_CANCELLED);
    ck_assert_int_eq(n_failed, 1);
    ck_assert_int_eq(told_error, IDQ_CANCELLED);
}
END_TEST

START_TEST(the_agent_does_not_wait_for_the_person)
{
    must_have_ended = 1; /* as it does when it knows that the login is over */
    ck_assert_int_eq(run("start+qr+wait"), IDQ_CANCELLED);
    ck_assert_int_eq(n_failed, 1);
}
END_TEST

static Suite *
login_failed_suite(void)
{
    Suite *suite = suite_create("login_failed");
    TCase *told = tcase_create("told");

    tcase_set_timeout(told, 30);
    tcase_add_test(told, the_person_does_not_wait_for_the_agent);
    tcase_add_test(told, the_agent_does_not_wait_for_the_person);
    suite_add_tcase(suite, told);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "login_failed", login_failed_suite, NULL);
}
