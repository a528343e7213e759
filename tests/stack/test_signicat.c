/* SPDX-License-Identifier: BSD-3-Clause */
/* The provider signicat in whole logins: the real libpam, module and agent, and a sandbox that
 * speaks Signicat's API over TLS. What PAM returns, what the person reads, what is in the log, and
 * what Signicat would have noticed. Needs no rights. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/phone.h"
#include "tests/harness/runner.h"
#include "tests/harness/syslog_capture.h"
#include "tests/harness/verdicts.h"
#include "tests/harness/scratch.h"

#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVENT_MS 60000 /* room for a loaded machine */

static const struct verdict verdicts[] = {
    {"approved", NULL, PHONE_APPROVES, "anna", PAM_SUCCESS, "Welcome, alice.", "verified"},
    {"another person", NULL, PHONE_APPROVES, "bram", PAM_AUTH_ERR, "does not open this account",
     "wrong-person"},
    {"refused", NULL, PHONE_REFUSES, "anna", PAM_AUTH_ERR, "Nothing was opened", "refused"},
    {"bank failed", "status-failure", PHONE_OPENS, NULL, PAM_AUTH_ERR, "could not complete",
     "bank-failed"},
    {"token renewed", "signicat-token-401-once", PHONE_APPROVES, "anna", PAM_SUCCESS,
     "Welcome, alice.", "verified"},
    {"token withdrawn", "signicat-status-401-once", PHONE_APPROVES, "anna", PAM_SUCCESS,
     "Welcome, alice.", "verified"},
    {"short tokens", "signicat-token-short", PHONE_APPROVES, "anna", PAM_SUCCESS, "Welcome, alice.",
     "verified"},
    {"busy", "busy-once", PHONE_APPROVES, "anna", PAM_SUCCESS, "Welcome, alice.", "verified"},
    {"no token is taken", "signicat-token-401", PHONE_AWAY, NULL, PAM_AUTHINFO_UNAVAIL,
     "does not accept this machine", "merchant-rejected"},
    /* These three show as soon as the link is open, and the agent cancels the session at once. */
    {"another session", "signicat-wrong-id", PHONE_OPENS, NULL, PAM_AUTH_ERR,
     "not about this login", "other-code"},
    {"another login", "signicat-wrong-reference", PHONE_OPENS, NULL, PAM_AUTH_ERR,
     "not about this login", "other-code"},
    {"another provider", "signicat-wrong-provider", PHONE_OPENS, NULL, PAM_AUTHINFO_UNAVAIL,
     "sent an invalid answer", "bad-reply"},
    {"no identity", "signicat-no-idpid", PHONE_APPROVES, "anna", PAM_AUTH_ERR, "sent no identity",
     "no-identity"},
    {"low assurance", "signicat-loa-low", PHONE_APPROVES, "anna", PAM_AUTH_ERR,
     "less assurance than this machine requires", "low-assurance"},
    {"contradiction", "signicat-error-object", PHONE_APPROVES, "anna", PAM_AUTH_ERR,
     "could not complete", "bank-failed"},
    {"unknown status", "signicat-status-unknown", PHONE_OPENS, NULL, PAM_AUTH_ERR,
     "could not complete", "bank-failed"},
};

struct bystander {
    struct desk *desk;
    const struct verdict *verdict;
};

/* The phone acts as soon as the code is shown. */
static int
scan(const struct login_message *message, void *user)
{
    const struct bystander *bystander = user;
    const char *person = bystander->verdict->person;
    PHONE_AUTO *phone = NULL;
    char *link;
    long status = 0;

    if (!strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    link = desk_scan(message->text);
    phone = phone_new(qr_backend_ca_file(bystander->desk->backend), "en");
    switch (bystander->verdict->phone) {
    case PHONE_APPROVES:
        status = phone_approve(phone, link, person);
        break;
    case PHONE_REFUSES:
        status = phone_refuse(phone, link, person);
        break;
    case PHONE_OPENS:
        status = phone_open(phone, link);
        break;
    case PHONE_AWAY:
        ck_abort_msg("there is a code");
    }
    ck_assert_msg(status > 0, "%s", phone_problem(phone));
    return PAM_SUCCESS;
}

static void
open_desk(struct desk *desk, struct login_stack *stack, const char *fault)
{
    const char *arguments[] = {"--provider",
                               "signicat",
                               "--enroll",
                               "alice=anna",
                               "--enroll",
                               "bob=bram",
                               fault ? "--fault" : NULL,
                               fault,
                               NULL};
    char *service;

    desk_open(desk, arguments);
    service = scratch_text("auth required %s\n", desk->module_line);
    login_stack_service(stack, "desk", service);
}

static int
authenticate(struct login_stack *stack)
{
    pam_handle_t *pamh = login_stack_start(stack, "desk", "alice");

    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    syslog_capture_clear();
    return login_stack_authenticate(stack, PAM_SILENT);
}

TEST_CASE("verdicts", .timeout_s = 60);

LOOP_TEST(test_verdict, ARRAY_LENGTH(verdicts))
{
    const struct verdict *verdict = &verdicts[_i];
    DESK_AUTO desk;
    LOGIN_STACK_AUTO *stack = login_stack_new();
    struct bystander bystander = {&desk, verdict};
    char *shown, *log, outcome[80];
    int result;

    open_desk(&desk, stack, verdict->fault);
    login_stack_on_message(stack, scan, &bystander);
    result = authenticate(stack);
    shown = login_stack_text(stack);
    log = syslog_capture_text();
    ck_assert_msg(result == verdict->pam_code, "%s: PAM returned %d, not %d\n%s\n%s", verdict->name,
                  result, verdict->pam_code, shown, log);
    ck_assert_msg(strstr(shown, verdict->sentence) != NULL, "%s: not said:\n%s", verdict->name,
                  shown);
    snprintf(outcome, sizeof outcome, "outcome=%s session=", verdict->outcome);
    ck_assert_msg(strstr(log, outcome) && strstr(log, " provider=signicat "), "%s: %s",
                  verdict->name, log);
    desk_must_not_leak(&desk, log);
    desk_must_not_leak(&desk, shown);
    ck_assert_msg(!strstr(log, "https://") && !strstr(log, "/q/"), "a URL: %s", log);
}

TEST_CASE("sessions", .timeout_s = 60);

/* One token for the whole login, also for one that asks often. */
TEST(one_token_is_enough)
{
    const struct verdict approved = verdicts[0];
    DESK_AUTO desk;
    LOGIN_STACK_AUTO *stack = login_stack_new();
    struct bystander bystander = {&desk, &approved};

    open_desk(&desk, stack, NULL);
    login_stack_on_message(stack, scan, &bystander);
    ck_assert_int_eq(authenticate(stack), PAM_SUCCESS);
    ck_assert_int_eq(qr_backend_count(desk.backend, "token"), 1);
    ck_assert_int_eq(qr_backend_count(desk.backend, "session"), 1);
    ck_assert_int_eq(qr_backend_count(desk.backend, "cancel"), 0);
}

struct slow_person {
    struct desk *desk;
    char *link;
    int n_told; /* that the scan was noticed */
};

/* Scans, and approves after the agent has looked three times more. */
static int
approve_slowly(const struct login_message *message, void *user)
{
    struct slow_person *person = user;
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(person->desk->backend), "en");

    if (strstr(message->text, "Scan this code")) {
        person->link = desk_scan(message->text);
        ck_assert_msg(phone_open(phone, person->link) > 0, "%s", phone_problem(phone));
    }
    if (strstr(message->text, "Scanned.") && person->n_told++ == 0) {
        int n_polls = qr_backend_count(person->desk->backend, "session-status");
        ck_assert(
            qr_backend_wait_event(person->desk->backend, "session-status", n_polls + 3, EVENT_MS));
        ck_assert_msg(phone_approve(phone, person->link, "anna") > 0, "%s", phone_problem(phone));
    }
    return PAM_SUCCESS;
}

TEST(a_scan_is_told_once)
{
    DESK_AUTO desk;
    LOGIN_STACK_AUTO *stack = login_stack_new();
    struct slow_person person = {.desk = &desk};

    open_desk(&desk, stack, NULL);
    login_stack_on_message(stack, approve_slowly, &person);
    ck_assert_int_eq(authenticate(stack), PAM_SUCCESS);
    ck_assert_int_eq(person.n_told, 1);
}

static int
leave(const struct login_message *message, void *user)
{
    (void)user;
    return strstr(message->text, "Scan this code") ? PAM_CONV_ERR : PAM_SUCCESS;
}

/* A code lives for five minutes. If the person leaves, the agent must cancel it. */
TEST(a_login_that_is_left_is_cancelled)
{
    DESK_AUTO desk;
    LOGIN_STACK_AUTO *stack = login_stack_new();

    open_desk(&desk, stack, NULL);
    login_stack_on_message(stack, leave, NULL);
    ck_assert_int_eq(authenticate(stack), PAM_CONV_ERR);
    ck_assert(qr_backend_wait_event(desk.backend, "cancel", 1, EVENT_MS));
}

/* What is refused here may be open there. */
TEST(a_session_that_is_not_believed_is_cancelled)
{
    static const struct verdict unknown = {.phone = PHONE_OPENS};
    DESK_AUTO desk;
    LOGIN_STACK_AUTO *stack = login_stack_new();
    struct bystander bystander = {&desk, &unknown};

    open_desk(&desk, stack, "signicat-status-unknown");
    login_stack_on_message(stack, scan, &bystander);
    ck_assert_int_eq(authenticate(stack), PAM_AUTH_ERR);
    ck_assert(qr_backend_wait_event(desk.backend, "cancel", 1, EVENT_MS));
}

/* What ends a login while its session is being made: a key, the terminal, its time. */
static const struct {
    int number;    /* of a signal, or */
    int hangs_up;  /* the terminal, or */
    long limit_ms; /* the host's own */
    const char *outcome;
} leavings[] = {
    {.number = SIGINT, .outcome = "cancelled"},
    {.hangs_up = 1, .outcome = "hangup"},
    {.limit_ms = 300, .outcome = "timeout"},
};

/* Starts a process that ends the login once the sandbox has made the session and while it holds its
 * answer back. With a time limit, the login's own alarm ends it. */
static pid_t
leave_when_made(struct desk *desk, int leaving, int terminal)
{
    pid_t host = getpid(), child = fork();

    ck_assert_int_ge(child, 0);
    if (child > 0)
        return child;
    if (leavings[leaving].limit_ms == 0 &&
        !qr_backend_wait_event(desk->backend, "session", 1, EVENT_MS))
        _exit(1);
    if (leavings[leaving].number)
        _exit(kill(host, leavings[leaving].number) != 0);
    close(terminal);
    _exit(0);
}

/* Each session must be cancelled, even if its id came after the end of the login. Otherwise a
 * person would be left with an open session. */
LOOP_TEST(a_session_that_was_being_made_is_cancelled, ARRAY_LENGTH(leavings))
{
    const struct itimerval alarm = {
        .it_value = {.tv_sec = 5, .tv_usec = leavings[_i].limit_ms * 1000}};
    DESK_AUTO desk;
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char name[64], *log, outcome[80];
    int master, slave, status;
    pid_t child;

    open_desk(&desk, stack, "signicat-session-late");
    ck_assert_int_eq(openpty(&master, &slave, name, NULL, NULL), 0);
    pam_handle_t *pamh = login_stack_start(stack, "desk", "alice");
    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, name), PAM_SUCCESS);
    syslog_capture_clear();
    child = leave_when_made(&desk, _i, master);
    if (leavings[_i].hangs_up)
        close(master); /* the child has the last one */
    ck_assert(signal(SIGALRM, SIG_IGN) != SIG_ERR);
    if (leavings[_i].limit_ms > 0)
        ck_assert_int_eq(setitimer(ITIMER_REAL, &alarm, NULL), 0);
    ck_assert_int_eq(login_stack_authenticate(stack, PAM_SILENT), PAM_CRED_UNAVAIL);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    log = syslog_capture_text();
    snprintf(outcome, sizeof outcome, "outcome=%s session=", leavings[_i].outcome);
    ck_assert_msg(strstr(log, outcome) != NULL, "%s", log);
    /* However slow this machine is, a login that asked for a session has taken it back. */
    ck_assert_msg(qr_backend_wait_event(desk.backend, "cancel",
                                        qr_backend_count(desk.backend, "session"), EVENT_MS),
                  "the session is still open: %s", log);
    close(slave);
}

RUN_TESTS("signicat", agent_user_why_not());
