/* SPDX-License-Identifier: BSD-3-Clause */
/* Logs in at a desk of a relay (relay = yes), through the real libpam, module and agent, against
 * the sandbox that plays the relay. Test code: runs as the user who runs the tests. As root, the
 * agent has its own user. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/identity/map.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/phone.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/syslog_capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"

/* Answers that are something else than themselves. */
#define RIGHT           "the number"
#define RIGHT_IN_GROUPS "the number, in groups"
#define WRONG           "another number"
#define NOT_ME          "the number, but the phone says that it was not me"
#define FAILS           "no answer"

struct visitor {
    struct desk desk;
    struct phone *phone;
    struct login_stack *stack;
    const char *const *answers; /* to each prompt; then the conversation ends */
    char number[7];             /* on the phone */
    int n_prompts;
};

/* What the person types, or does before typing. */
static int
answer(struct visitor *visitor)
{
    const char *word = visitor->answers ? visitor->answers[visitor->n_prompts] : NULL;
    char text[20];

    ck_assert_msg(word != NULL, "another prompt:\n%s", login_stack_text(visitor->stack));
    visitor->n_prompts++;
    ck_assert_msg(phone_number(visitor->phone, visitor->number) == 0, "%s",
                  phone_problem(visitor->phone));
    snprintf(text, sizeof text, "%s", word);
    if (strcmp(word, RIGHT) == 0)
        snprintf(text, sizeof text, "%s", visitor->number);
    if (strcmp(word, RIGHT_IN_GROUPS) == 0)
        snprintf(text, sizeof text, " %.3s %s ", visitor->number, visitor->number + 3);
    if (strcmp(word, WRONG) == 0)
        snprintf(text, sizeof text, "%.5s%c", visitor->number,
                 visitor->number[5] == '0' ? '1' : '0');
    if (strcmp(word, NOT_ME) == 0) {
        ck_assert_msg(phone_press(visitor->phone, "This was not me") == 200, "%s",
                      phone_problem(visitor->phone));
        snprintf(text, sizeof text, "%s", visitor->number);
    }
    if (strcmp(word, FAILS) == 0)
        return PAM_CONV_ERR;
    login_stack_answer(visitor->stack, text);
    return PAM_SUCCESS;
}

static int
on_message(const struct login_message *message, void *user)
{
    struct visitor *visitor = user;
    char *link;

    if (strstr(message->text, "Number on your phone: "))
        return answer(visitor);
    if (!strstr(message->text, "https://127.0.0.1:"))
        return PAM_SUCCESS;
    link = strstr(message->text, "Scan this code")
               ? desk_scan(message->text)
               : scratch_text("%.*s", (int)strcspn(strstr(message->text, "https://"), "\n"),
                              strstr(message->text, "https://"));
    ck_assert_msg(phone_approve(visitor->phone, link, "anna") == 200, "%s",
                  phone_problem(visitor->phone));
    return PAM_SUCCESS;
}

/* A desk at which anna is enrolled for alice; the sandbox has one more option, or none. */
static void
begin(struct visitor *visitor, const char *option)
{
    const char *arguments[] = {"--enroll", "alice=anna", option, NULL, NULL};

    memset(visitor, 0, sizeof *visitor);
    if (option && strcmp(option, "--confirm") == 0)
        arguments[3] = "number";
    desk_open(&visitor->desk, arguments);
    visitor->phone = phone_new(qr_backend_ca_file(visitor->desk.backend), "en");
    visitor->stack = login_stack_new();
    login_stack_service(visitor->stack, "desk",
                        scratch_text("auth required %s\n", visitor->desk.module_line));
    login_stack_on_message(visitor->stack, on_message, visitor);
}

/* One login as alice; its log. */
static char *
log_in(struct visitor *visitor, int *ret_result)
{
    pam_handle_t *pamh = login_stack_start(visitor->stack, "desk", "alice");

    ck_assert_int_eq(pam_set_item(pamh, PAM_TTY, "none"), PAM_SUCCESS);
    syslog_capture_clear();
    *ret_result = login_stack_authenticate(visitor->stack, 0);
    return syslog_capture_text();
}

static void
end(struct visitor *visitor)
{
    login_stack_free(&visitor->stack);
    phone_free(&visitor->phone);
    desk_close(&visitor->desk);
}

TEST_CASE("relay", .timeout_s = 60);

/* The package idinqr-picture need not be there. */
TEST(no_picture_is_read)
{
    struct visitor visitor;
    char *agent, *log;
    int result;

    begin(&visitor, "--relay");
    agent = desk_setting(&visitor.desk, "agent");
    ck_assert_int_eq(
        unlink(scratch_text("%.*s/idinqr-picture", (int)(strrchr(agent, '/') - agent), agent)), 0);
    log = log_in(&visitor, &result);
    ck_assert_msg(result == PAM_SUCCESS, "%s", log);
    ck_assert_int_eq(qr_backend_count(visitor.desk.backend, "picture"), 0);
    end(&visitor);
}

/* The relay's key makes the hashes, and the desk has none. */
TEST(an_identity_needs_no_key)
{
    struct visitor visitor;
    char *log, *map;
    int result;

    begin(&visitor, "--relay");
    ck_assert_int_ne(access(desk_setting(&visitor.desk, "key"), F_OK), 0);
    log = log_in(&visitor, &result);
    ck_assert_msg(result == PAM_SUCCESS, "%s", log);
    map = scratch_read(desk_setting(&visitor.desk, "map"));
    ck_assert_ptr_nonnull(strstr(log, " identity=idin1:"));
    ck_assert_msg(strstr(map, scratch_text("%.50s", strstr(log, "idin1:"))) != NULL, "%s", log);
    end(&visitor);
}

/* The fingerprint is of the relay's key. Another key that is left here makes no difference. */
TEST(a_map_with_the_fingerprint_of_another_key)
{
    struct visitor visitor;
    char *log, *map;
    int result;

    begin(&visitor, "--relay");
    map = desk_setting(&visitor.desk, "map");
    scratch_write(map, 0600,
                  scratch_text("# " MAP_FINGERPRINT " 0123456789abcdef\n%s", scratch_read(map)));
    scratch_write(desk_setting(&visitor.desk, "key"), 0600, "no key\n");
    log = log_in(&visitor, &result);
    ck_assert_msg(result == PAM_SUCCESS, "%s", log);
    end(&visitor);
}

/* What the two ends think of each other must agree. */
LOOP_TEST(the_other_kind_of_backend, 2)
{
    static const struct {
        const char *option, *lines;
    } rows[] = {{"--relay", "relay = no\n"}, {NULL, "relay = yes\n"}};
    struct visitor visitor;
    char *log, *path;
    int result;

    begin(&visitor, rows[_i].option);
    path = scratch_path(qr_backend_dir(visitor.desk.backend), "idinqr.conf.d/relay.conf");
    scratch_write(path, 0644, scratch_text("[idin-qr]\n%s", rows[_i].lines));
    scratch_write(desk_setting(&visitor.desk, "key"), 0600, KEY);
    log = log_in(&visitor, &result);
    ck_assert_int_eq(result, PAM_AUTHINFO_UNAVAIL);
    ck_assert_msg(strstr(log, "outcome=bad-reply") && strstr(log, "generate: HTTP status 400"),
                  "%s", log);
    end(&visitor);
}

TEST_CASE("number", .timeout_s = 60);

static const struct {
    const char *name, *answers[8];
    int pam_code;
    const char *outcome, *sentence, *event;
} numbers[] = {
    {"right", {RIGHT}, PAM_SUCCESS, "verified", "Welcome, alice.", "number"},
    {"in groups", {RIGHT_IN_GROUPS}, PAM_SUCCESS, "verified", "Welcome, alice.", "number"},
    {"wrong, then right",
     {WRONG, RIGHT},
     PAM_SUCCESS,
     "verified",
     "That is not the number on your phone. Tries left: 2.\n",
     "wrong-number"},
    {"wrong twice, then right",
     {WRONG, WRONG, RIGHT},
     PAM_SUCCESS,
     "verified",
     "That is not the number on your phone. Tries left: 1.\n",
     "wrong-number"},
    {"wrong three times",
     {WRONG, WRONG, WRONG},
     PAM_AUTH_ERR,
     "wrong-number",
     "That was not the number on your phone. Nothing was opened.",
     "wrong-number"},
    {"no number costs no try",
     {"12345", "1234567", "twelve", WRONG, WRONG, RIGHT},
     PAM_SUCCESS,
     "verified",
     "Type the 6 digits that your phone shows.\n",
     "wrong-number"},
    {"never a number",
     {"secret", "secret", "secret", "secret", "secret"},
     PAM_AUTH_ERR,
     "wrong-number",
     "That was not the number on your phone. Nothing was opened.",
     "cancel"},
    {"empty", {""}, PAM_CRED_UNAVAIL, "cancelled", "", "cancel"},
    {"blank", {"  "}, PAM_CRED_UNAVAIL, "cancelled", "", "cancel"},
    {"no answer", {FAILS}, PAM_CONV_ERR, "conversation", "", "cancel"},
    {"not me",
     {NOT_ME},
     PAM_AUTH_ERR,
     "refused",
     "You stopped or refused at your bank. Nothing was opened.",
     "refused"},
};

LOOP_TEST(the_number_on_the_phone, ARRAY_LENGTH(numbers))
{
    struct visitor visitor;
    char *log, *shown, *outcome;
    int result, n = 0;

    begin(&visitor, "--confirm");
    visitor.answers = numbers[_i].answers;
    while (n < 8 && numbers[_i].answers[n])
        n++;
    log = log_in(&visitor, &result);
    shown = login_stack_text(visitor.stack);
    ck_assert_msg(result == numbers[_i].pam_code, "%s: %d\n%s\n%s", numbers[_i].name, result, shown,
                  log);
    outcome = scratch_text("outcome=%s session=", numbers[_i].outcome);
    ck_assert_msg(strstr(log, outcome) != NULL, "%s:\n%s", numbers[_i].name, log);
    ck_assert_msg(strstr(shown, numbers[_i].sentence) != NULL, "%s:\n%s", numbers[_i].name, shown);
    ck_assert_int_eq(visitor.n_prompts, n);
    ck_assert(!strstr(outcome, "cancelled") || !strstr(shown, "Press Enter to go on."));
    ck_assert(qr_backend_wait_event(visitor.desk.backend, numbers[_i].event, 1, 20000));
    ck_assert_int_eq(qr_backend_count(visitor.desk.backend, "delivered"), result == PAM_SUCCESS);
    ck_assert_msg(!strstr(log, visitor.number), "the number is in: %s", log);
    desk_must_not_leak(&visitor.desk, log);
    end(&visitor);
}

/* A locker answers each prompt with the password that was typed, so it is not asked. */
TEST(a_window_cannot_ask)
{
    static const char forced[] = " display=half";
    struct visitor visitor;
    char *line, *at, *log, *path;
    pam_handle_t *pamh;

    begin(&visitor, "--confirm");
    line = visitor.desk.module_line;
    at = strstr(line, forced);
    login_stack_service(
        visitor.stack, "swaylock",
        scratch_text("auth required %.*s%s\n", (int)(at - line), line, at + strlen(forced)));
    path = scratch_path(qr_backend_dir(visitor.desk.backend), "idinqr.conf.d/window.conf");
    scratch_write(path, 0644, "display = url\n");
    pamh = login_stack_start(visitor.stack, "swaylock", "alice");
    ck_assert_ptr_nonnull(pamh);
    syslog_capture_clear();
    ck_assert_int_eq(login_stack_authenticate(visitor.stack, 0), PAM_AUTHINFO_UNAVAIL);
    log = syslog_capture_text();
    ck_assert_msg(strstr(log, "outcome=no-prompt session=") != NULL, "%s", log);
    ck_assert_int_eq(visitor.n_prompts, 0);
    ck_assert_ptr_nonnull(strstr(login_stack_text(visitor.stack), "cannot be typed here"));
    ck_assert(qr_backend_wait_event(visitor.desk.backend, "cancel", 1, 20000));
    end(&visitor);
}

RUN_TESTS("relay", agent_user_why_not());
