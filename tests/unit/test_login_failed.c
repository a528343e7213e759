/* SPDX-License-Identifier: BSD-3-Clause */
/* How a login that fails is left: the person learns of it at once, while the agent may take its
 * time to say goodbye to the backend. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/login/login.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/fake_agents.h"
#include "tests/unit/sample_config.h"
#include "tests/unit/scripted_conversation.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

static char *agent; /* its path */
static int n_failed, told_error;
static enum { RUNS, ENDS, EITHER } agent_then; /* when `failed` is called */

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
    int how = WEXITED | WNOWAIT | __WALL | (agent_then == ENDS ? 0 : WNOHANG);

    ck_assert_ptr_eq(context, &n_failed);
    n_failed++;
    told_error = error;
    /* The agent's process is there, whatever it does: it has not been waited for. */
    ck_assert_int_eq(waitid(P_ALL, 0, &info, how), 0);
    if (agent_then != EITHER)
        ck_assert_int_eq(info.si_pid != 0, agent_then == ENDS);
}

/* Sits in a prompt until the agent has gone and the time is over. */
static void
answer_late(void *user, unsigned number)
{
    const struct timespec late = {.tv_nsec = 300000000};

    (void)user;
    (void)number;
    fake_agents_let_through(agent);
    ck_assert_int_eq(nanosleep(&late, NULL), 0);
}

static int
run(const char *words, enum application_kind kind)
{
    struct scripted_conversation script = {.on_show = stop, .on_ask = answer_late, .answer = ""};
    char *dir = scratch_dir("login"), *lines;
    const struct conversation conversation = scripted_conversation(&script);
    const struct terminal terminal = {.fd = -1, .rows = 50, .columns = 100};
    struct result_message result;
    struct diag diag;
    CONFIG_AUTO *config;

    agent = fake_agents_make(words);
    lines = scratch_text("agent = %s\n", agent);
    config = sample_config(dir, lines);
    const struct login login = {.config = config,
                                .conversation = &conversation,
                                .terminal = &terminal,
                                .application = kind,
                                .voice = &text_idin_voices[LANGUAGE_EN],
                                .service = "sudo",
                                .account = "alice",
                                .failed = note_failure,
                                .failed_context = &n_failed,
                                .log = note_log};
    int outcome = login_run(&login, &result, &diag);
    siginfo_t ended;
    ck_assert_int_eq(waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | __WALL), -1);
    ck_assert_int_eq(errno, ECHILD);
    return outcome;
}

TEST_CASE("told", .timeout_s = 30);

TEST(the_person_does_not_wait_for_the_agent)
{
    ck_assert_int_eq(run("start+qr+hang", APPLICATION_TERMINAL), IDQ_CANCELLED);
    ck_assert_int_eq(n_failed, 1);
    ck_assert_int_eq(told_error, IDQ_CANCELLED);
}

TEST(the_agent_does_not_wait_for_the_person)
{
    agent_then = ENDS; /* as it does when it knows that the login is over */
    ck_assert_int_eq(run("start+qr+wait", APPLICATION_TERMINAL), IDQ_CANCELLED);
    ck_assert_int_eq(n_failed, 1);
}

/* Not "the agent stopped unexpectedly", after which a host would begin again. */
TEST(the_time_passes_in_a_prompt)
{
    /* Five seconds of it are for saying goodbye. */
    const struct itimerval alarm = {.it_value = {.tv_sec = 5, .tv_usec = 200000}}, none = {0};

    ck_assert_int_eq(setitimer(ITIMER_REAL, &alarm, NULL), 0);
    agent_then = EITHER;
    ck_assert_int_eq(run("start+qr+gate", APPLICATION_PROMPT), IDQ_TIMEOUT);
    ck_assert_int_eq(setitimer(ITIMER_REAL, &none, NULL), 0);
    ck_assert_int_eq(n_failed, 1);
}

RUN_TESTS("login_failed", agent_user_why_not());
