/* SPDX-License-Identifier: BSD-3-Clause */
/* Which account a login opens, and what it opens when something is missing: through the real libpam
 * and the real module, without any rights. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/phone.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/syslog_capture.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A login at a desk where anna approves by herself. */
struct visit {
    struct desk desk;
    struct login_stack *stack;
    pam_handle_t *pamh;
};

static void
visit_begin(struct visit *visit, const char *const *arguments, const char *user)
{
    char *service;

    desk_open(&visit->desk, arguments);
    visit->stack = login_stack_new();
    service = scratch_text("auth required %s\n", visit->desk.module_line);
    login_stack_service(visit->stack, "desk", service);
    visit->pamh = login_stack_start(visit->stack, "desk", user);
    ck_assert_int_eq(pam_set_item(visit->pamh, PAM_TTY, "none"), PAM_SUCCESS);
}

static void
visit_end(struct visit *visit)
{
    login_stack_free(&visit->stack);
    desk_close(&visit->desk);
}

static void
must_show(const struct visit *visit, const char *sentence)
{
    char *shown = login_stack_text(visit->stack);

    ck_assert_msg(strstr(shown, sentence) != NULL, "not said: %s\n%s", sentence, shown);
}

/* Two accounts that are on every system, or close to it: the one that runs the test, and root. */
static const char *
own_account(void)
{
    return getpwuid(getuid())->pw_name;
}

static char *
enrollment(const char *account, const char *person)
{
    char *text;

    text = scratch_text("%s=%s", account, person);
    return text;
}

TEST_CASE("accounts");

TEST(test_identity_chooses_account)
{
    char *own = enrollment(own_account(), "anna");
    const char *arguments[] = {"--enroll", own, "--auto", "anna", NULL};
    struct visit visit;

    visit_begin(&visit, arguments, NULL);
    ck_assert_int_eq(login_stack_authenticate(visit.stack, 0), PAM_SUCCESS);
    ck_assert_str_eq(login_stack_user(visit.stack), own_account());
    visit_end(&visit);
}

/* A client on the network may send an empty name, or none: it does not get to leave the choice of
 * the account to the identity. */
LOOP_TEST(test_no_name_from_the_network, 3)
{
    static const struct {
        const char *user, *rhost, *detail;
    } rows[] = {
        {"", NULL, "the user name is empty"},
        {"", "client.example", "the user name is empty"},
        {NULL, "client.example", "a login from another host names no account"},
    };
    char *own = enrollment(own_account(), "anna");
    const char *arguments[] = {"--enroll", own, "--auto", "anna", NULL};
    struct visit visit;

    visit_begin(&visit, arguments, rows[_i].user);
    ck_assert_int_eq(pam_set_item(visit.pamh, PAM_RHOST, rows[_i].rhost), PAM_SUCCESS);
    syslog_capture_clear();
    ck_assert_int_eq(login_stack_authenticate(visit.stack, 0), PAM_USER_UNKNOWN);
    ck_assert_int_eq(qr_backend_count(visit.desk.backend, "generate"), 0);
    ck_assert_uint_eq(syslog_capture_count("outcome=not-enrolled"), 1);
    ck_assert_uint_eq(syslog_capture_count(rows[_i].detail), 1);
    visit_end(&visit);
}

/* An identity that opens two accounts: the person is asked, and only a clear answer counts. */
LOOP_TEST(test_person_chooses_account, 8)
{
    static const struct {
        const char *answer;
        int code;
        const char *user;
    } answers[] = {
        {"1", PAM_SUCCESS, "daemon"},   {"2", PAM_SUCCESS, "bin"},  {"3", PAM_CONV_ERR, NULL},
        {"0", PAM_CONV_ERR, NULL},      {"", PAM_CONV_ERR, NULL},   {"1 ", PAM_CONV_ERR, NULL},
        {"daemon", PAM_CONV_ERR, NULL}, {NULL, PAM_CONV_ERR, NULL},
    };
    const char *arguments[] = {"--enroll", "daemon=anna", "--enroll", "bin=anna",
                               "--auto",   "anna",        NULL};
    struct visit visit;
    const char *user;

    visit_begin(&visit, arguments, NULL);
    login_stack_answer(visit.stack, answers[_i].answer);
    ck_assert_int_eq(login_stack_authenticate(visit.stack, 0), answers[_i].code);
    user = login_stack_user(visit.stack);
    if (answers[_i].user)
        ck_assert_str_eq(user, answers[_i].user);
    else
        ck_assert_ptr_null(user);
    visit_end(&visit);
}

/* Whether anna's identity opens nothing, or another account; and how the application asks. */
static const struct {
    const char *others_line; /* a second --enroll */
    int is_named;
    const char *log;
} refusals[] = {
    {"daemon=bram", 1, "outcome=unknown-identity "},
    {"daemon=anna", 1, "outcome=wrong-person "},
    {"daemon=bram", 0, "outcome=unknown-identity "},
};

/* Refused, enrolled from the file of root's module, and let in. Another user's module keeps no
 * file, and refuses all the same. */
LOOP_TEST(test_refused_identity_is_enrolled, ARRAY_LENGTH(refusals))
{
    char *own = enrollment(own_account(), "bram"), *refused_file, *command, *kept;
    const char *arguments[] = {"--enroll", own,    "--enroll", refusals[_i].others_line,
                               "--auto",   "anna", NULL};
    struct visit visit;

    visit_begin(&visit, arguments, refusals[_i].is_named ? own_account() : NULL);
    refused_file = scratch_path(qr_backend_dir(visit.desk.backend), "idinqr.refused");
    ck_assert_int_eq(login_stack_authenticate(visit.stack, 0), PAM_AUTH_ERR);
    ck_assert_uint_eq(syslog_capture_count(refusals[_i].log), 1);
    ck_assert_uint_eq(syslog_capture_count("detail="), 0);
    if (geteuid() != 0) {
        ck_assert_int_eq(access(refused_file, F_OK), -1);
    } else {
        kept = scratch_read(refused_file);
        ck_assert_msg(strncmp(kept, refusals[_i].is_named ? "root idin1:" : "- idin1:", 6) == 0 &&
                          strstr(kept, " service=desk provider=idin-qr scope=127.0.0.1 session="),
                      "%s", kept);
        command = scratch_text("echo y | '%s/idinqr' enroll --conf '%s' --from-refused root >&2",
                               BUILD_DIR, qr_backend_conf_file(visit.desk.backend));
        ck_assert_int_eq(system(command), 0);
        kept = scratch_read(refused_file);
        ck_assert_str_eq(kept, "");
        ck_assert_int_eq(login_stack_authenticate(visit.stack, 0), PAM_SUCCESS);
    }
    visit_end(&visit);
}

/* A file that cannot be written changes no verdict. The record says why. */
TEST(test_refused_identity_that_cannot_be_kept)
{
    char *own = enrollment(own_account(), "bram"), *refused_file;
    const char *arguments[] = {"--enroll", own, "--auto", "anna", NULL};
    struct visit visit;

    visit_begin(&visit, arguments, own_account());
    refused_file = scratch_path(qr_backend_dir(visit.desk.backend), "idinqr.refused");
    scratch_write(refused_file, 0666, "");
    ck_assert_int_eq(login_stack_authenticate(visit.stack, 0), PAM_AUTH_ERR);
    must_show(&visit, "it is not enrolled here.");
    ck_assert_uint_eq(syslog_capture_count("outcome=unknown-identity "), 1);
    ck_assert_uint_eq(syslog_capture_count("idinqr.refused: can be written by others"),
                      geteuid() == 0 ? 1 : 0);
    visit_end(&visit);
}

TEST(test_account_that_is_not_here)
{
    const char *arguments[] = {"--enroll", "nobody-has-this-name=anna", "--auto", "anna", NULL};
    struct visit visit;

    visit_begin(&visit, arguments, NULL);
    ck_assert_int_eq(login_stack_authenticate(visit.stack, 0), PAM_AUTHINFO_UNAVAIL);
    ck_assert_ptr_null(login_stack_user(visit.stack));
    visit_end(&visit);
}

/* If no identity can open the account, the module does not contact the backend. */
LOOP_TEST(test_not_enrolled, 4)
{
    static const char *const users[] = {"bob", "root", "alice ", "ALICE"};
    const char *arguments[] = {"--enroll", "alice=anna", "--auto", "anna", NULL};
    struct visit visit;

    visit_begin(&visit, arguments, users[_i]);
    ck_assert_int_eq(login_stack_authenticate(visit.stack, 0), PAM_USER_UNKNOWN);
    must_show(&visit, "Logging in with iDIN is not set up for this account.");
    ck_assert_int_eq(qr_backend_count(visit.desk.backend, "generate"), 0);
    ck_assert_uint_eq(syslog_capture_count("outcome=not-enrolled"), 1);
    visit_end(&visit);
}

TEST(test_nobody_enrolled_at_all)
{
    const char *arguments[] = {"--auto", "anna", NULL};
    const char *users[] = {"alice", NULL};

    for (size_t i = 0; i < 2; i++) {
        struct visit visit;

        visit_begin(&visit, arguments, users[i]);
        ck_assert_int_eq(login_stack_authenticate(visit.stack, 0), PAM_USER_UNKNOWN);
        visit_end(&visit);
    }
}

TEST_CASE("mistakes");

/* What is wrong on this machine, or on the way: never a success, a sentence, and a line that says
 * where. */
LOOP_TEST(test_mistakes, 8)
{
    static const struct {
        const char *file;    /* of the desk, that is replaced; NULL: lines for idinqr.conf */
        const char *content; /* NULL: the file is removed */
        int code;
        const char *log;
    } mistakes[] = {
        {NULL, "timout = 3\n", PAM_AUTHINFO_UNAVAIL, "idinqr.conf:1: there is no keyword timout"},
        {NULL, "timeout = 3\n", PAM_AUTHINFO_UNAVAIL, "idinqr.conf:1: timeout must be"},
        {"idinqr.conf", NULL, PAM_AUTHINFO_UNAVAIL, "idinqr.conf: No such file"},
        {"idinqr.conf", "", PAM_AUTHINFO_UNAVAIL, "provider is not set"},
        {"idinqr.map", "alice everything\n", PAM_AUTHINFO_UNAVAIL, "idinqr.map:1: "},
        {"idinqr.key", NULL, PAM_AUTHINFO_UNAVAIL, ": key: is this path right? /"},
        {"idinqr.key", "00\n", PAM_AUTHINFO_UNAVAIL, "idinqr.key: is not a key"},
        {"ca.pem", "-----BEGIN CERTIFICATE-----\n", PAM_AUTHINFO_UNAVAIL, "outcome=tls"},
    };
    const char *arguments[] = {"--enroll", "alice=anna", "--auto", "anna", NULL};
    struct visit visit;
    char *path, *log;

    visit_begin(&visit, arguments, "alice");
    if (!mistakes[_i].file) {
        desk_configure(&visit.desk, mistakes[_i].content);
    } else {
        path = scratch_path(qr_backend_dir(visit.desk.backend), mistakes[_i].file);
        if (mistakes[_i].content)
            scratch_write(path, strcmp(mistakes[_i].file, "ca.pem") ? 0600 : 0644,
                          mistakes[_i].content);
        else
            ck_assert_int_eq(unlink(path), 0);
    }
    syslog_capture_clear();
    ck_assert_int_eq(login_stack_authenticate(visit.stack, 0), mistakes[_i].code);
    log = syslog_capture_text();
    ck_assert_msg(strstr(log, mistakes[_i].log) && syslog_capture_count("outcome=") == 1, "%s",
                  log);
    must_show(&visit, "ell the administrator.");
    visit_end(&visit);
}

/* What an administrator does between a code that is shown and the approval of it. */
static const struct {
    const char *command; /* of the shell's, in the sandbox's directory; its $1 is idinqr */
    int code;
    const char *log;
} changes[] = {
    {"\"$1\" revoke --conf \"$PWD/idinqr.conf\" --yes alice", PAM_AUTH_ERR,
     "outcome=unknown-identity"},
    {"\"$1\" revoke --conf \"$PWD/idinqr.conf\" --yes bob", PAM_SUCCESS, "outcome=verified"},
    {"rm idinqr.map", PAM_AUTH_ERR, "outcome=unknown-identity"},
    {"chmod 0666 idinqr.map", PAM_AUTHINFO_UNAVAIL, "idinqr.map: can be written by others"},
    {"rm idinqr.key", PAM_AUTHINFO_UNAVAIL, "idinqr.key: is missing: restore it"},
};

struct change {
    const struct desk *desk;
    const char *command;
};

static int
change_and_approve(const struct login_message *message, void *user)
{
    const struct change *change = user;
    PHONE_AUTO *phone = NULL;
    char *command, *link;

    if (!strstr(message->text, "Scan this code"))
        return PAM_SUCCESS;
    command = scratch_text("set -- '%s/idinqr'; cd '%s' && %s >&2", BUILD_DIR,
                           qr_backend_dir(change->desk->backend), change->command);
    ck_assert_int_eq(system(command), 0);
    link = desk_scan(message->text);
    phone = phone_new(qr_backend_ca_file(change->desk->backend), "en");
    ck_assert_int_eq(phone_approve(phone, link, "anna"), 200);
    return PAM_SUCCESS;
}

LOOP_TEST(test_change_while_the_code_is_shown, 5)
{
    const char *arguments[] = {"--enroll", "alice=anna", "--enroll", "bob=bram", NULL};
    struct visit visit;
    struct change change = {&visit.desk, changes[_i].command};
    char *log;
    int result;

    visit_begin(&visit, arguments, "alice");
    login_stack_on_message(visit.stack, change_and_approve, &change);
    syslog_capture_clear();
    result = login_stack_authenticate(visit.stack, 0);
    log = syslog_capture_text();
    ck_assert_msg(result == changes[_i].code && strstr(log, changes[_i].log), "%d: %s", result,
                  log);
    visit_end(&visit);
}

TEST(test_backend_gone)
{
    const char *arguments[] = {"--enroll", "alice=anna", NULL};
    struct visit visit;

    visit_begin(&visit, arguments, "alice");
    /* Port 1 of the loopback address: no server listens there. */
    char *path = strdup(qr_backend_conf_file(visit.desk.backend)), *text = scratch_read(path);
    char *port = strstr(text, "qr_backend_url = https://127.0.0.1:") +
                 strlen("qr_backend_url = https://127.0.0.1:");
    size_t digits = strcspn(port, "/");
    memset(port, '0', digits);
    port[digits - 1] = '1';
    scratch_write(path, 0600, text);
    ck_assert_int_eq(login_stack_authenticate(visit.stack, 0), PAM_AUTHINFO_UNAVAIL);
    must_show(&visit, "The iDIN service cannot be reached.");
    ck_assert_uint_eq(syslog_capture_count("outcome=unreachable"), 1);
    free(path);
    visit_end(&visit);
}

TEST(test_setcred)
{
    static const int flags[] = {PAM_ESTABLISH_CRED, PAM_DELETE_CRED, PAM_REINITIALIZE_CRED,
                                PAM_REFRESH_CRED, 0};
    const char *arguments[] = {NULL};
    struct visit visit;

    visit_begin(&visit, arguments, "alice");
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++)
        ck_assert_int_eq(pam_setcred(visit.pamh, flags[i]), PAM_SUCCESS);
    visit_end(&visit);
}

/* A module argument that is not known must not be the same as none. */
TEST(test_unknown_argument)
{
    const char *arguments[] = {"--enroll", "alice=anna", "--auto", "anna", NULL};
    DESK_AUTO desk;
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char *service;

    desk_open(&desk, arguments);
    service = scratch_text("auth required %s nullok\n", desk.module_line);
    login_stack_service(stack, "desk", service);
    login_stack_start(stack, "desk", "alice");
    ck_assert_int_eq(login_stack_authenticate(stack, 0), PAM_AUTHINFO_UNAVAIL);
    ck_assert_uint_eq(syslog_capture_count("module argument nullok is unknown"), 1);
}

RUN_TESTS("accounts", agent_user_why_not());
