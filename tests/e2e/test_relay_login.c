/* SPDX-License-Identifier: BSD-3-Clause */
/* Logins of the real sudo, login at its idle screen and sshd through the real relay, whose acquirer
 * and bank, CM.com and QR backend a sandbox plays, or at a third party's OpenID provider. The desk
 * has the configuration that `desk add` printed, and the person was enrolled through the relay.
 * Each end has its sentence on the screen, and its record on both machines. Needs root, for a
 * private machine (namespace.h). */
#include <build.h>

#include "pam_idinqr/common/array.h"
#include "tests/harness/namespace.h"
#include "tests/harness/oidc_provider.h"
#include "tests/harness/phone.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scene.h"
#include "tests/harness/scratch.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* --- the desk ----------------------------------------------------------------------------------
 */

static bool by_qr_backend;            /* which makes the codes, and shows the banks */
static bool by_cm;                    /* which is asked in the place of the acquirer */
static bool at_provider;              /* in the place of the banks */
static struct oidc_provider provider; /* or zeroed */

static void
must_press(struct phone *phone, const char *button)
{
    ck_assert_msg(phone_press(phone, button) == 200, "%s", phone_problem(phone));
}

static void
go_to_bank(struct phone *phone, char *link)
{
    struct relay_code code = {.id = ""};

    if (by_qr_backend) {
        ck_assert_msg(phone_open(phone, link) == 200 && phone_choose(phone, "noord") == 0 &&
                          phone_press(phone, NULL) == 200 && relay_phone_return(phone) == 200,
                      "%s: %s", phone_problem(phone), phone_text(phone));
        return;
    }
    if (provider.process) {
        ck_assert_msg(phone_open(phone, link) == 200, "%s", phone_text(phone));
        must_press(phone, "Continue with Example Login");
        ck_assert_msg(phone_follow(phone, "Continue") == 200, "%s", phone_problem(phone));
        return;
    }
    snprintf(code.link, sizeof code.link, "%s", link);
    relay_phone_to_bank(phone, &code);
}

static void
approve_at_provider(struct phone *phone, const char *person)
{
    ck_assert_msg(phone_fill(phone, "login", person) == 0 &&
                      phone_fill(phone, "password", "any") == 0,
                  "%s", phone_problem(phone));
    must_press(phone, "Sign-in");
    must_press(phone, "Continue"); /* with the scopes; the phone goes back by itself */
}

static void
approve(struct phone *phone, const char *person, char ret_number[7])
{
    if (provider.process) {
        approve_at_provider(phone, person);
    } else {
        relay_phone_at_bank(phone, person, "approve");
        ck_assert_msg(relay_phone_return(phone) == 200, "%s", phone_text(phone));
    }
    ck_assert_msg(phone_number(phone, ret_number) == 0, "%s", phone_problem(phone));
}

/* As an administrator does, at a terminal of the desk. */
static void
enroll(const struct scene *scene)
{
    const char *const argv[] = {BUILD_DIR "/idinqr",
                                "--conf",
                                qr_backend_conf_file(scene_desk(scene)->backend),
                                "enroll",
                                "--yes",
                                "alice",
                                NULL};
    const struct terminal_options options = {.rows = 40, .columns = 100};
    TERMINAL_AUTO *terminal = pty_start(argv, NULL, &options);
    PHONE_AUTO *phone = relay_server_phone(relay_here);
    char *link = NULL, number[7];

    session_next_code(terminal, &link);
    go_to_bank(phone, link);
    approve(phone, "anna", number);
    pty_must_show(terminal, "Number on your phone:", SESSION_WAIT_MS);
    pty_answer(terminal, scratch_text("%s\r", number), SESSION_WAIT_MS);
    pty_must_show(terminal, "Enrolled idin1:", SESSION_WAIT_MS);
    ck_assert_int_eq(pty_wait_exit(terminal, SESSION_WAIT_MS), 0);
}

/* A desk, and a phone. With a fault of the acquirer no person can be enrolled: alice has the
 * identity of another map. */
static void
open_desk(struct scene *scene, const struct scene_program *program, const char *fault)
{
    static const char *const enrolled[] = {"--enroll", "alice=anna", NULL};
    const char *sandbox[4] = {NULL};
    size_t n = 0;

    if (fault) {
        sandbox[n++] = "--fault";
        sandbox[n++] = fault;
    }
    if (by_qr_backend)
        sandbox[n++] = "--qr-backend";
    scene_open(scene, program, fault ? enrolled : NULL);
    if (at_provider) /* on the scene's own network */
        oidc_provider_start(&provider, "oidc-provider-8");
    relay_here = relay_server_new(&(struct relay_options){
        .sandbox = sandbox,
        .qr_backend = by_qr_backend ? "" : NULL,
        .cm = by_cm ? "" : NULL,
        .ca_file = provider.ca_file,
        .openid =
            provider.process
                ? scratch_text("issuer = %s\nname = Example Login\nclient_id = relay 3:basic\n"
                               "client_secret = s3:cret/+%%&=~\n",
                               provider.issuer)
                : NULL});
    if (provider.process) /* a relay that has just started waits for the provider's document */
        relay_wait_sql("SELECT 1 FROM directory");
    relay_login_configure(scene_desk(scene));
    if (!fault)
        enroll(scene);
    scene->phone = relay_server_phone(relay_here);
}

/* The next login's code, on the phone. */
static void
scan(struct scene *scene)
{
    char *link = NULL;

    scene_start(scene);
    session_next_code(scene->terminal, &link);
    if (at_provider) /* the desk names it, and no bank */
        pty_must_show(scene->terminal, "Example Login", SESSION_WAIT_MS);
    go_to_bank(scene->phone, link);
    /* The bank's page is the sandbox's. The relay's page before it names this login. */
}

static void
approve_and_await_prompt(struct scene *scene, const char *person)
{
    approve(scene->phone, person, scene->number);
    /* The phone says what it opens, as the screen does. */
    ck_assert_msg(strstr(phone_text(scene->phone), scene->program->name) != NULL, "%s",
                  phone_text(scene->phone));
    scene_await_prompt(scene);
}

/* --- records -------------------------------------------------------------------------------------
 */

/* The line of a log that has this text. Kept. */
static char *
line_with(const char *log, const char *text)
{
    const char *at = strstr(log, text), *begin = at;

    ck_assert_msg(at != NULL, "no \"%s\" in:\n%s", text, log);
    while (begin > log && begin[-1] != '\n')
        begin--;
    return scratch_text("%.*s", (int)strcspn(begin, "\n"), begin);
}

/* The value of a field, up to a blank. Kept. */
static char *
field_of(const char *line, const char *field)
{
    const char *at = strstr(line, scratch_text(" %s=", field));

    ck_assert_msg(at != NULL, "no %s in: %s", field, line);
    at += strlen(field) + 2;
    return scratch_text("%.*s", (int)strcspn(at, " \n"), at);
}

/* How the login ended, by the words of both machines. Neither log has personal data. */
static void
must_be_recorded(const struct scene *scene, const char *at_desk, const char *at_relay)
{
    char *relay_log = relay_server_log(relay_here), *desk_log = namespace_log(), *line;

    desk_must_not_leak(scene_desk(scene), desk_log);
    desk_must_not_leak(scene_desk(scene), relay_log);
    ck_assert_msg(!strstr(relay_log, "idin1:"), "%s", relay_log);
    line = line_with(desk_log, scratch_text("outcome=%s ", at_desk));
    ck_assert_str_eq(field_of(line, "service"), scene->program->name);
    if (scene->number[0]) {
        ck_assert_msg(!strstr(desk_log, scene->number), "%s", desk_log);
        ck_assert_msg(!strstr(relay_log, scene->number), "%s", relay_log);
    }
    if (!at_relay)
        return;
    line = line_with(relay_log, scratch_text("outcome=%s ", at_relay));
    ck_assert_str_eq(field_of(line, "desk"), "balie-1");
    /* The enrollment's line is the first. */
    line = line_with(relay_log, scratch_text("service=%s ", scene->program->name));
    ck_assert_msg(strstr(line, scratch_text("outcome=%s ", at_relay)) != NULL, "%s", line);
}

/* --- the ends ------------------------------------------------------------------------------------
 */

static void
refuse(struct scene *scene)
{
    relay_phone_at_bank(scene->phone, "anna", "refuse");
    ck_assert_int_eq(relay_phone_return(scene->phone), 410);
}

/* The acquirer's fault is a status that is there before the bank was asked. */
static void
return_at_once(struct scene *scene)
{
    ck_assert_int_eq(relay_phone_return(scene->phone), 410);
}

static void
approve_in_vain(struct scene *scene)
{
    relay_phone_at_bank(scene->phone, "anna", "approve");
    return_at_once(scene);
}

static void
wrong_thrice(struct scene *scene)
{
    approve_and_await_prompt(scene, "anna");
    scene_type_wrong(scene);
    pty_must_show(scene->terminal, "Tries left: 2.", SESSION_WAIT_MS);
    scene_type_wrong(scene);
    pty_must_show(scene->terminal, "Tries left: 1.", SESSION_WAIT_MS);
    scene_type_wrong(scene);
}

static void
not_me(struct scene *scene)
{
    approve_and_await_prompt(scene, "anna");
    ck_assert_int_eq(phone_press(scene->phone, "This was not me"), 410);
    scene_type_number(scene, scene->number);
}

static void
leave(struct scene *scene)
{
    approve_and_await_prompt(scene, "anna");
    pty_answer(scene->terminal, "\r", SESSION_WAIT_MS);
}

static void
another_person(struct scene *scene)
{
    approve_and_await_prompt(scene, "bram");
    scene_type_number(scene, scene->number);
}

static void
revoke(struct scene *scene)
{
    char *output;

    ck_assert_int_eq(relay_server_command(relay_here,
                                          (const char *const[]){"desk", "revoke", "balie-1", NULL},
                                          &output),
                     0);
    approve_in_vain(scene);
}

static const struct ending {
    const char *name, *fault;
    void (*run)(struct scene *scene);
    bool has_prompt; /* for the number */
    const char *sentence, *at_desk, *at_relay;
} endings[] = {
    {"cancelled", NULL, refuse, false, "You stopped or refused at your bank. Nothing was opened.",
     "refused", "refused"},
    {"late success", "acquirer-late", approve_in_vain, false, "Your bank could not complete this.",
     "bank-failed", "bank-failed"},
    {"forged", "acquirer-status-signature-wrong", approve_in_vain, false,
     "Your bank could not complete this.", "bank-failed", "bank-failed"},
    {"wrong number", NULL, wrong_thrice, true, "That was not the number on your phone. Nothing was",
     "wrong-number", "wrong-number"},
    {"not me", NULL, not_me, true, "You stopped or refused at your bank. Nothing was opened.",
     "refused", "refused"},
    {"left at the prompt", NULL, leave, true, "", "cancelled", "cancelled"},
    {"another person", NULL, another_person, true,
     "Your identity was verified, but it is not enrolled here.", "unknown-identity", "verified"},
    {"revoked", NULL, revoke, false, "does not accept this machine. Tell the administrator.",
     "merchant-rejected", "merchant-rejected"},
    /* These two end a code when it is scanned. */
    {"expired", "status-expired", return_at_once, false,
     "The code was not used in time. Try again.", "expired", "expired"},
    {"failure", "status-failure", return_at_once, false, "Your bank could not complete this.",
     "bank-failed", "bank-failed"},
};
#define ENDINGS_AFTER_SCAN (ARRAY_LENGTH(endings) - 2)

static const char *
program_variant(int i, const char **ret_why_not)
{
    static const int chosen[] = {0, 2, 3};

    return i < 3 ? scene_program_variant(chosen[i], ret_why_not) : NULL;
}

TEST_CASE(NULL, .variant = program_variant, .teardown = relay_login_end, .timeout_s = 120);

static const struct scene_program *
program_here(void)
{
    static const int chosen[] = {0, 2, 3};

    return &scene_programs[chosen[runner_variant()]];
}

static int
count_of(const char *text, const char *part)
{
    int n = 0;

    while ((text = strstr(text, part))) {
        text++;
        n++;
    }
    return n;
}

/* The relay has one record of the login, and it names the same transaction as the desk's. A login
 * that no transaction has ended has none in either. */
static void
must_have_same_transaction(const struct scene *scene, const char *outcome, bool has_one)
{
    char *at_desk = line_with(namespace_log(), scratch_text("outcome=%s ", outcome));
    char *at_relay =
        line_with(relay_server_log(relay_here), scratch_text("service=%s ", scene->program->name));
    char *transaction = field_of(at_relay, "transaction");

    ck_assert_uint_eq(strlen(transaction), has_one ? 16 : 0);
    if (has_one)
        ck_assert_str_eq(field_of(at_desk, "transaction"), transaction);
    else
        ck_assert_ptr_null(strstr(at_desk, " transaction="));
    /* One record: the log begins with the enrollment's, of another service. */
    ck_assert_int_eq(
        count_of(relay_server_log(relay_here), scratch_text(" service=%s ", scene->program->name)),
        1);
}

static void
must_open(void)
{
    SCENE_AUTO scene = {0};

    open_desk(&scene, program_here(), NULL);
    (void)relay_sql("UPDATE desk SET seen_ms = 0"); /* by the test itself */
    scan(&scene);
    ck_assert_str_eq(relay_sql("SELECT version FROM desk WHERE name = 'balie-1'"), PACKAGE_VERSION);
    approve_and_await_prompt(&scene, "anna");
    scene_type_number(&scene, scene.number);
    pty_must_show(scene.terminal, scene.program->is_in, SESSION_WAIT_MS);
    session_wait_log("outcome=verified");
    must_be_recorded(&scene, "verified", "verified");
    must_have_same_transaction(&scene, "verified", true);
}

static void
must_stay_closed(const struct ending *ending)
{
    SCENE_AUTO scene = {0};

    open_desk(&scene, program_here(), ending->fault);
    scan(&scene);
    ending->run(&scene);
    if (scene.ssh.terminal && !ending->has_prompt) {
        session_await_result();
        ssh_desk_read_reason(&scene.ssh, ending->sentence);
    } else {
        pty_must_show(scene.terminal, ending->sentence, SESSION_WAIT_MS);
    }
    scene_must_not_open(&scene, scratch_text("outcome=%s session=", ending->at_desk));
    must_be_recorded(&scene, ending->at_desk, ending->at_relay);
    must_have_same_transaction(&scene, ending->at_desk, ending->run != revoke);
}

TEST(a_login_opens)
{
    must_open();
}

TEST(a_login_by_a_qr_backend_opens)
{
    by_qr_backend = true;
    must_open();
}

TEST(a_login_by_cm_opens)
{
    by_cm = true;
    must_open();
}

static const char *why_no_provider; /* set by why_skip */

/* The person was enrolled through the same relay. */
TEST(a_login_by_an_openid_provider_opens, .why_not = why_no_provider)
{
    at_provider = true;
    must_open();
    oidc_provider_stop(&provider);
}

LOOP_TEST(a_login_that_stays_closed, ARRAY_LENGTH(endings))
{
    must_stay_closed(&endings[_i]);
}

/* Those that differ from the acquirer's. */
static const struct ending cm_endings[] = {
    {"cancelled", NULL, refuse, false, "You stopped or refused at your bank. Nothing was opened.",
     "refused", "refused"},
    {"late success", "acquirer-late", approve_in_vain, false, "Your bank could not complete this.",
     "bank-failed", "bank-failed"},
    {"other transaction", "cm-other-id", approve_in_vain, false,
     "Your bank could not complete this.", "bank-failed", "bank-failed"},
    {"other bank", "cm-other-bank", approve_in_vain, false, "Your bank could not complete this.",
     "bank-failed", "bank-failed"},
};

LOOP_TEST(a_login_by_cm_that_stays_closed, ARRAY_LENGTH(cm_endings))
{
    by_cm = true;
    must_stay_closed(&cm_endings[_i]);
}

LOOP_TEST(a_login_by_a_qr_backend_that_stays_closed, ENDINGS_AFTER_SCAN)
{
    by_qr_backend = true;
    must_stay_closed(&endings[_i]);
}

/* A login that lasts less than the least time at a bank, as that of login(1) with LOGIN_TIMEOUT. */
TEST(a_short_login_opens)
{
    SCENE_AUTO scene = {0};

    open_desk(&scene, program_here(), NULL);
    scene_configure(&scene, "timeout = 40");
    scan(&scene);
    approve_and_await_prompt(&scene, "anna");
    scene_type_number(&scene, scene.number);
    pty_must_show(scene.terminal, scene.program->is_in, SESSION_WAIT_MS);
    session_wait_log("outcome=verified");
}

/* The relay is killed while the desk waits: for a phone, for the bank, for the number. The desk
 * asks the next one, and the login opens once. */
LOOP_TEST(a_relay_that_is_killed, 3)
{
    SCENE_AUTO scene = {0};
    char *link = NULL;

    open_desk(&scene, program_here(), NULL);
    scene_start(&scene);
    session_next_code(scene.terminal, &link);
    for (int step = 0; step < 3; step++) {
        if (step == _i) {
            relay_server_kill(relay_here);
            relay_server_start(relay_here);
        }
        if (step == 0)
            go_to_bank(scene.phone, link);
        if (step == 1)
            approve_and_await_prompt(&scene, "anna");
        if (step == 2)
            scene_type_number(&scene, scene.number);
    }
    pty_must_show(scene.terminal, scene.program->is_in, SESSION_WAIT_MS);
    session_wait_log("outcome=verified");
    must_be_recorded(&scene, "verified", "verified");
    must_have_same_transaction(&scene, "verified", true);
}

/* It is killed, and nothing listens at its address. */
TEST(no_relay)
{
    SCENE_AUTO scene = {0};

    open_desk(&scene, program_here(), NULL);
    relay_server_kill(relay_here);
    /* sshd shows a sentence with its next prompt only. */
    if (scene.ssh.terminal) {
        ssh_desk_enter(&scene.ssh, "LC_ALL=C.UTF-8", "alice");
        pty_must_show(scene.terminal, "Permission denied", SESSION_WAIT_MS);
    } else {
        scene_start(&scene);
        pty_must_show(scene.terminal, "cannot be reached. Try again later", SESSION_WAIT_MS);
    }
    scene_must_not_open(&scene, "outcome=unreachable session=");
    must_be_recorded(&scene, "unreachable", NULL);
}

/* --- what an attacker may do ---------------------------------------------------------------------
 */

TEST_CASE("attacks", .teardown = relay_login_end, .timeout_s = 120);

/* An attacker photographs the code of the login that he has begun, and anna approves it elsewhere.
 * He has neither her number nor another one of hers. */
TEST(a_code_approved_elsewhere)
{
    SCENE_AUTO scene = {0};
    PHONE_AUTO *phone = NULL;
    struct relay_code other;
    char number[7], *log;

    open_desk(&scene, &scene_programs[0], NULL);
    scan(&scene);
    approve_and_await_prompt(&scene, "anna");
    /* Her own login, at another desk. */
    phone = relay_server_phone(relay_here);
    relay_code_generate(relay_here, 1, RELAY_LIFETIME_S, &other);
    relay_phone_approve(phone, &other, number);
    ck_assert_str_ne(number, scene.number);
    scene_type_number(&scene, number);
    pty_must_show(scene.terminal, "Tries left: 2.", SESSION_WAIT_MS);
    scene_type_wrong(&scene);
    scene_type_wrong(&scene);
    scene_must_not_open(&scene, "outcome=wrong-number session=");
    must_be_recorded(&scene, "wrong-number", "wrong-number");
    log = relay_server_log(relay_here);
    ck_assert_ptr_null(strstr(line_with(log, "service=sudo "), "outcome=verified"));
    /* Hers still opens. */
    ck_assert_int_eq(strncmp(relay_code_status(relay_here, &other, 0, number), "success ", 8), 0);
}

static const char *
why_skip(void)
{
    why_no_provider = oidc_provider_why_not();
    return ssh_desk_why_not();
}

RUN_TESTS("relay_login", why_skip());
