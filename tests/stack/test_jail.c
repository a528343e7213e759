/* The agent's jail in a login through the real libpam and module: the real agent is in it while
 * somebody is at their bank, and an agent that leaves it is named in the log. */
#include <config.h>

#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/syslog_capture.h"
#include "tests/unit/fake_agents.h"
#include "tests/unit/jail_trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct login {
    struct desk *desk;
    struct login_stack *stack;
    char *status; /* /proc/PID/status of the agent while it waits */
};

/* Begins a login of alice's at `desk`; `options` are more of the module's. */
static void
begin(struct login *login, const char *options)
{
    char *service;

    login->stack = login_stack_new();
    ck_assert_int_gt(asprintf(&service, "auth required %s %s\n", login->desk->module_line, options),
                     0);
    login_stack_service(login->stack, "desk", service);
    pam_handle_t *pamh = login_stack_start(login->stack, "desk", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    syslog_capture_clear();
    free(service);
}

static int
look_and_approve(const struct login_message *message, void *user)
{
    struct login *login = user;
    PHONE_AUTO *phone = NULL;
    char path[64], *link;

    if (!strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    snprintf(path, sizeof path, "/proc/%d/status", processes_find(0, "idinqr-agent"));
    login->status = scratch_read(path);
    link = desk_scan(message->text);
    phone = phone_new(backend_ca_file(login->desk->backend), "en");
    ck_assert_msg(phone_approve(phone, link, "anna") == 200, "%s", phone_problem(phone));
    free(link);
    return PAM_SUCCESS;
}

static void
must_say(const char *status, const char *line)
{
    ck_assert_msg(strstr(status, line) != NULL, "no %s in:\n%s", line, status);
}

START_TEST(the_real_agent_is_in_it)
{
    const char *arguments[] = {"--enroll", "alice=anna", NULL};
    DESK_AUTO desk;
    struct login login = {.desk = &desk};

    desk_open(&desk, arguments);
    processes_begin();
    begin(&login, "debug");
    login_stack_on_message(login.stack, look_and_approve, &login);
    ck_assert_int_eq(login_stack_authenticate(login.stack, 0), PAM_SUCCESS);
    ck_assert_ptr_nonnull(login.status);
    must_say(login.status, "\nNoNewPrivs:\t1\n");
    must_say(login.status, "\nSeccomp:\t2\n");
    must_say(login.status, "\nThreads:\t1\n");
    must_say(login.status, "\nCapEff:\t0000000000000000\n");
    ck_assert_uint_eq(syslog_capture_count("jail"), 0);
    free(login.status);
    login_stack_free(&login.stack);
}
END_TEST

/* Puts another agent in the place of the one in the sandbox's configuration. */
static void
replace_agent(struct desk *desk, const char *words)
{
    const char *path = backend_conf_file(desk->backend);
    char *text = scratch_read(path), *line = strstr(text, "\nagent = "), *after, *agent;

    ck_assert_ptr_nonnull(line);
    agent = fake_agents_make(words);
    ck_assert_int_gt(asprintf(&after, "%.*s\nagent = %s%s", (int)(line - text), text, agent,
                              strchr(line + 1, '\n')),
                     0);
    scratch_write(path, 0600, after);
    free(after);
    free(agent);
    free(text);
}

static const struct {
    const char *words; /* fake_agent.c */
    const char *line;  /* in the log */
} leavers[] = {
    {"jail+start+trace", "detail=\"the agent's jail ended it at the system call ptrace ("},
    {"jail+start+warn+trace", "detail=\"the agent's jail ended it at the system call ptrace ("},
    {"jail+start+block+trace", "detail=\"the agent was ended by its jail, at a system call that it "
                               "could not name any more (signal "},
};

START_TEST(who_leaves_it_is_in_the_log)
{
    const char *arguments[] = {"--enroll", "alice=anna", NULL};
    DESK_AUTO desk;
    struct login login = {.desk = &desk};
    char *log;

    desk_open(&desk, arguments);
    replace_agent(&desk, leavers[_i].words);
    begin(&login, "");
    ck_assert_int_eq(login_stack_authenticate(login.stack, 0), PAM_AUTHINFO_UNAVAIL);
    log = syslog_capture_text();
    must_say(log, "outcome=agent ");
    must_say(log, leavers[_i].line);
    free(log);
    login_stack_free(&login.stack);
}
END_TEST

START_TEST(without_its_user_there_is_no_login)
{
    const char *arguments[] = {"--enroll", "alice=anna", "--auto", "anna", NULL};
    DESK_AUTO desk;
    struct login login = {.desk = &desk};
    char *log;

    desk_open(&desk, arguments);
    agent_user_remove();
    begin(&login, "");
    ck_assert_int_eq(login_stack_authenticate(login.stack, 0), PAM_AUTHINFO_UNAVAIL);
    log = syslog_capture_text();
    must_say(log, "outcome=agent ");
    must_say(log, "detail=\"the user " AGENT_USER " is missing: make it with systemd-sysusers ");
    ck_assert_int_eq(backend_count(desk.backend, "generate"), 0);
    free(log);
    login_stack_free(&login.stack);
}
END_TEST

static Suite *
suite(void)
{
    Suite *suite = suite_create("jail");
    TCase *login = tcase_create("login");
    const char *why_not = namespace_why_not();

    tcase_add_test(login, the_real_agent_is_in_it);
    tcase_add_loop_test(login, who_leaves_it_is_in_the_log, 0,
                        (int)(sizeof leavers / sizeof leavers[0]));
    if (!why_not)
        tcase_add_test(login, without_its_user_there_is_no_login);
    else
        runner_skip("login:without_its_user_there_is_no_login", why_not);
    suite_add_tcase(suite, login);
    return suite;
}

static const char *
why_skip(void)
{
    const char *reason = jail_trial_why_not();

    return reason ? reason : agent_user_why_not();
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "jail", suite, why_skip);
}
