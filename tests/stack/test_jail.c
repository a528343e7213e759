/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the jail in a login through the real libpam and module. While a person is at their bank,
 * the real agent and fetch process are jailed, with their own descriptors and no others. If an
 * agent leaves the jail, the log records it. */
#include <build.h>

#include "pam_idinqr/common/array.h"
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

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct login {
    struct desk *desk;
    struct login_stack *stack;
    int n_looked;
};

/* Begins a login of alice's at `desk`; `options` are more of the module's. */
static void
begin(struct login *login, const char *options)
{
    char *service;

    login->stack = login_stack_new();
    service = scratch_text("auth required %s %s\n", login->desk->module_line, options);
    login_stack_service(login->stack, "desk", service);
    pam_handle_t *pamh = login_stack_start(login->stack, "desk", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    syslog_capture_clear();
}

static void
must_say(const char *status, const char *line)
{
    ck_assert_msg(strstr(status, line) != NULL, "no %s in:\n%s", line, status);
}

/* What a process has open under this number: "socket:[…]", a path; "" for nothing. */
static void
read_descriptor(pid_t pid, int number, char ret_target[64])
{
    char path[64];
    ssize_t size;

    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, number);
    size = readlink(path, ret_target, 63);
    ck_assert_msg(size >= 0 || errno == ENOENT, "%s: %s", path, strerror(errno));
    ret_target[size < 0 ? 0 : size] = '\0';
}

static void
must_be_jailed(pid_t pid)
{
    char path[64], target[64];

    ck_assert_int_gt(pid, 0);
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    char *status = scratch_read(path);
    must_say(status, "\nNoNewPrivs:\t1\n");
    must_say(status, "\nSeccomp:\t2\n");
    must_say(status, "\nThreads:\t1\n");
    must_say(status, "\nCapEff:\t0000000000000000\n");
    for (int number = 1; number <= 2; number++) {
        read_descriptor(pid, number, target);
        ck_assert_str_eq(target, "/dev/null");
    }
}

/* A helper that is stopped must not stop the agent in a send. */
static void
must_not_block(pid_t pid, int number)
{
    char path[64];
    unsigned flags;

    snprintf(path, sizeof path, "/proc/%d/fdinfo/%d", (int)pid, number);
    char *text = scratch_read(path);
    ck_assert_int_eq(sscanf(strstr(text, "flags:"), "flags:%o", &flags), 1);
    ck_assert_msg(flags & O_NONBLOCK, "the agent's %d: %s", number, text);
}

/* The agent has its three sockets. The fetch process has one, and whatever it talks to the network
 * by; the wire to the module is not among them. Only root may look. */
static void
look_at_both(void)
{
    pid_t agent = processes_find(0, "idinqr-agent"), fetch = processes_find(0, "idinqr-fetch");
    char wire[64], target[64];

    must_be_jailed(agent);
    must_be_jailed(fetch);
    read_descriptor(agent, 0, wire);
    ck_assert_mem_eq(wire, "socket:", 7);
    for (int number = 3; number < 64; number++) {
        read_descriptor(agent, number, target);
        ck_assert_msg(number <= 4 ? strncmp(target, "socket:", 7) == 0 : target[0] == '\0',
                      "the agent has %s at %d", target, number);
    }
    must_not_block(agent, 3);
    must_not_block(agent, 4);
    for (int number = 0; number < 64; number++) {
        read_descriptor(fetch, number, target);
        ck_assert_msg(strcmp(target, wire) != 0, "the fetch process has the wire");
        ck_assert_msg(target[0] != '/' || strcmp(target, "/dev/null") == 0,
                      "the fetch process has %s at %d", target, number);
    }
}

static int
look_and_approve(const struct login_message *message, void *user)
{
    struct login *login = user;
    PHONE_AUTO *phone = NULL;
    char *link;

    if (!strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    look_at_both();
    login->n_looked++;
    link = desk_scan(message->text);
    phone = phone_new(qr_backend_ca_file(login->desk->backend), "en");
    ck_assert_msg(phone_approve(phone, link, "anna") == 200, "%s", phone_problem(phone));
    return PAM_SUCCESS;
}

TEST_CASE("login");

TEST(the_real_processes_are_in_it,
     .why_not = geteuid() == 0 ? NULL : "only root may look into them")
{
    const char *arguments[] = {"--enroll", "alice=anna", NULL};
    DESK_AUTO desk;
    struct login login = {.desk = &desk};

    desk_open(&desk, arguments);
    processes_begin();
    begin(&login, "debug");
    login_stack_on_message(login.stack, look_and_approve, &login);
    ck_assert_int_eq(login_stack_authenticate(login.stack, 0), PAM_SUCCESS);
    ck_assert_int_eq(login.n_looked, 1);
    ck_assert_uint_eq(syslog_capture_count("jail"), 0);
    login_stack_free(&login.stack);
}

/* Puts another agent in the place of the one in the sandbox's configuration. */
static void
replace_agent(struct desk *desk, const char *words)
{
    const char *path = qr_backend_conf_file(desk->backend);
    char *text = scratch_read(path), *line = strstr(text, "\nagent = "), *after, *agent;

    ck_assert_ptr_nonnull(line);
    agent = fake_agents_make(words);
    after =
        scratch_text("%.*s\nagent = %s%s", (int)(line - text), text, agent, strchr(line + 1, '\n'));
    scratch_write(path, 0600, after);
}

static const struct {
    const char *words; /* fake_agent.c */
    const char *line;  /* in the log */
} leavers[] = {
    {"jail+start+trace", "detail=\"the agent's jail ended it at the system call ptrace ("},
    {"jail+start+warn+trace", "detail=\"the agent's jail ended it at the system call ptrace ("},
    {"jail+start+block+trace", "detail=\"the jail killed the agent at a system call that could "
                               "not be logged (signal "},
};

LOOP_TEST(who_leaves_it_is_in_the_log, ARRAY_LENGTH(leavers))
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
    login_stack_free(&login.stack);
}

TEST(without_its_user_there_is_no_login, .why_not = namespace_why_not())
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
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 0);
    login_stack_free(&login.stack);
}

static const char *
why_skip(void)
{
    const char *reason = jail_trial_why_not();

    return reason ? reason : agent_user_why_not();
}

RUN_TESTS("jail", why_skip());
