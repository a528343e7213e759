/* SPDX-License-Identifier: BSD-3-Clause */
/* The real relay between a desk, a phone, and a sandbox that plays the acquirer and the bank: how a
 * login ends. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define SOON_MS 20000 /* far below WAIT_S: the relay has woken the desk */
#define WAIT_S  60

TEST_CASE("outcomes", .teardown = relay_login_end, .timeout_s = 120);

TEST(a_login)
{
    struct relay_wait wait;
    char number[7];

    relay_login_begin(NULL);
    relay_status_must_be("open");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    relay_phone_to_bank(relay_phone, &relay_code);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "pending");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    relay_phone_at_bank(relay_phone, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "number 3");
    relay_page_must_say("You are logging in at Balie 1 (balie-1)");
    relay_page_must_say("sudo");
    relay_page_must_say("alice");
    ck_assert_int_eq(phone_number(relay_phone, number), 0);
    relay_must_succeed(number);
    relay_status_must_be("expired"); /* it is given once */
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"), 1);
    relay_log_must_say("outcome=verified");
    relay_log_must_say("desk=balie-1 station=\"Balie 1\" service=sudo account=alice");
    ck_assert_ptr_null(strstr(relay_server_log(relay_here), "idin1:"));
}

/* The same person has the same identity, another one has another. */
TEST(identities)
{
    static const char *const persons[] = {"anna", "bram", "anna"};
    char *found[3];

    relay_login_begin(&(struct relay_options){.general = "confirm = none"});
    for (size_t i = 0; i < ARRAY_LENGTH(persons); i++) {
        relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
        relay_phone_to_bank(relay_phone, &relay_code);
        relay_phone_at_bank(relay_phone, persons[i], "approve");
        ck_assert_int_eq(relay_phone_return(relay_phone), 200);
        relay_page_must_say("Approved");
        found[i] = relay_code_status(relay_here, &relay_code, 0, NULL);
        ck_assert_int_eq(strncmp(found[i], "success idin1:", 14), 0);
    }
    ck_assert_str_eq(found[0], found[2]);
    ck_assert_str_ne(found[0], found[1]);
}

TEST(a_wrong_number)
{
    static const char *const left[] = {"number 2", "number 1", "wrong-number"};
    char number[7], wrong[7];

    relay_login_begin(NULL);
    relay_phone_approve(relay_phone, &relay_code, number);
    snprintf(wrong, sizeof wrong, "%.5s%c", number, number[5] == '0' ? '1' : '0');
    relay_status_must_be("number 3");
    for (size_t i = 0; i < ARRAY_LENGTH(left); i++)
        ck_assert_str_eq(relay_code_status(relay_here, &relay_code, 0, wrong), left[i]);
    ck_assert_str_eq(relay_code_status(relay_here, &relay_code, 0, number), "wrong-number");
    relay_log_must_say("outcome=wrong-number");
}

TEST(not_me)
{
    struct relay_wait wait;
    char number[7];

    relay_login_begin(NULL);
    relay_phone_approve(relay_phone, &relay_code, number);
    relay_status_must_be("number 3");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    ck_assert_int_eq(phone_press(relay_phone, "This was not me"), 410);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "cancelled");
    ck_assert_str_eq(relay_code_status(relay_here, &relay_code, 0, number), "cancelled");
    relay_log_must_say("outcome=refused");
    relay_log_must_say("detail=\"this was not me\"");
}

/* The button of a page that stayed open. */
TEST(not_me_after_the_desk_was_told)
{
    relay_login_begin(&(struct relay_options){.general = "confirm = none"});
    relay_phone_approve(relay_phone, &relay_code, NULL);
    relay_must_succeed(NULL);
    phone_press(relay_phone, "This was not me");
    relay_log_must_say("the person says that it was someone else");
}

TEST(refused_at_the_bank)
{
    relay_login_begin(NULL);
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_at_bank(relay_phone, "anna", "refuse");
    ck_assert_int_eq(relay_phone_return(relay_phone), 410);
    relay_page_must_say("Nothing was shared");
    relay_status_must_be("cancelled");
    relay_log_must_say("outcome=refused");
}

TEST(a_desk_cancels)
{
    json_t *answer;

    relay_login_begin(NULL);
    ck_assert_int_eq(relay_server_ask(relay_here, NULL, 0, "/desk/v1/cancel",
                                      json_pack("{s:s}", "qr_id", relay_code.id), &answer),
                     200);
    json_decref(answer);
    relay_status_must_be("cancelled");
    ck_assert_int_eq(phone_open(relay_phone, relay_code.link), 410);
    relay_log_must_say("outcome=cancelled");
}

TEST(time_is_over)
{
    struct relay_wait wait;

    relay_login_begin(NULL);
    relay_code_generate(relay_here, 0, 3, &relay_code);
    relay_status_must_be("open");
    relay_code_status_begin(relay_here, &relay_code, WAIT_S, &wait);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "expired");
    ck_assert_int_eq(phone_open(relay_phone, relay_code.link), 410);
    relay_page_must_say("The code has expired");
    relay_log_must_say("outcome=expired");
}

/* No transaction may be shorter than a minute. The phone says so in its language, nothing is
 * started, and the desk goes on. */
TEST(the_last_minute)
{
    relay_login_begin(NULL);
    relay_phone_to_banks(relay_phone, &relay_code);
    relay_sql("UPDATE login SET expires_ms = unixepoch() * 1000 + 50000");
    ck_assert_int_eq(phone_press(relay_phone, NULL), 410); /* it has the list of banks already */
    relay_page_must_say("Too little time is left");
    ck_assert_int_eq(phone_open(relay_phone, relay_code.link), 410);
    relay_page_must_say("This code is valid for less than a minute");
    relay_page_must_say("Ask for a new code at the screen.");
    ck_assert_int_eq(phone_follow(relay_phone, "Nederlands"), 410);
    relay_page_must_say("Deze code is nog geen minuut geldig.");
    relay_status_must_be("open");
    ck_assert_str_eq(relay_sql("SELECT n_trx FROM login"), "0");
    ck_assert_int_eq(relay_server_count(relay_here, "transaction"), 0);
}

/* A status of the acquirer, its page, and the desk's word. */
static const struct {
    const char *fault, *page, *status;
    long http;
    const char *log;
} statuses[] = {
    {"status-expired", "The code has expired", "expired", 410, "outcome=expired"},
    {"status-failure", "Your bank could not complete this", "failure", 410, "outcome=bank-failed"},
    {"status-cancelled", "Nothing was shared", "cancelled", 410, "outcome=refused"},
    {"acquirer-pending", "Your bank could not complete this", "failure", 410,
     "outcome=bank-failed"},
    {"acquirer-late", "Your bank could not complete this", "failure", 410, "outcome=bank-failed"},
    {"acquirer-status-error", "The bank cannot help you now.", "failure", 410,
     "outcome=bank-failed"},
    {"acquirer-status-garbage", "Your bank could not complete this", "failure", 410,
     "outcome=bank-failed"},
    {"acquirer-status-signature-wrong", "Your bank could not complete this", "failure", 410,
     "outcome=bank-failed"},
    {"acquirer-status-down", "Your bank or this service does not answer.", "pending", 503,
     "status: the backend is unreachable: HTTP status 502"},
    {"acquirer-open", "choose another bank", "open", 409, ""},
};

LOOP_TEST(statuses_of_the_acquirer, ARRAY_LENGTH(statuses))
{
    relay_login_begin_with_fault(statuses[_i].fault);
    relay_phone_to_bank(relay_phone, &relay_code);
    if (strncmp(statuses[_i].fault, "acquirer", 8) == 0)
        relay_phone_at_bank(relay_phone, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(relay_phone), statuses[_i].http);
    relay_page_must_say(statuses[_i].page);
    relay_status_must_be(statuses[_i].status);
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"),
                     !strstr("acquirer-status-error acquirer-status-garbage acquirer-status-down",
                             statuses[_i].fault));
    relay_log_must_say(statuses[_i].log);
}

/* Persons who have no lasting identity. */
LOOP_TEST(no_identity, 2)
{
    relay_login_begin(NULL);
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_at_bank(relay_phone, _i ? "nobin" : "transient", "approve");
    ck_assert_int_eq(relay_phone_return(relay_phone), 410);
    relay_status_must_be("failure");
}

static const struct {
    const char *fault, *page;
} transaction_faults[] = {
    {"acquirer-error", "The bank cannot help you now."},
    {"acquirer-garbage", "Your bank or this service does not answer."},
    {"acquirer-signature-wrong", "Your bank or this service does not answer."},
    {"acquirer-silent", "Your bank or this service does not answer."},
};

/* The phone can try again: nothing has begun. */
LOOP_TEST(no_transaction, ARRAY_LENGTH(transaction_faults))
{
    relay_login_begin_with_fault(transaction_faults[_i].fault);
    do
        phone_open(relay_phone, relay_code.link);
    while (strstr(phone_text(relay_phone), "No banks yet"));
    ck_assert_int_eq(phone_choose(relay_phone, "Testbank Noord"), 0);
    ck_assert_msg(phone_press(relay_phone, NULL) == 502, "%s", phone_text(relay_phone));
    relay_page_must_say(transaction_faults[_i].page);
    ck_assert_int_eq(phone_follow(relay_phone, "Try again"), 200);
    relay_page_must_say("Choose your bank");
    relay_status_must_be("open");
}

/* An acquirer that takes its time, and one that is silent at first asked: the lease ends. */
TEST(slow_answers)
{
    char number[7];

    relay_login_begin(&(struct relay_options){
        .sandbox = (const char *const[]){"--fault", "acquirer-slow", "--fault",
                                         "acquirer-status-slow", NULL}});
    relay_phone_approve(relay_phone, &relay_code, number);
    relay_must_succeed(number);
}

TEST(no_acquirer)
{
    relay_login_begin(NULL);
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_server_end_acquirer(relay_here);
    ck_assert_int_eq(phone_open(relay_phone, relay_code.link), 200);
    ck_assert_int_eq(phone_choose(relay_phone, "Proefbank"), 0);
    ck_assert_int_eq(phone_press(relay_phone, NULL), 502);
    relay_page_must_say("Your bank or this service does not answer.");
    relay_status_must_be("pending");
    /* The list of banks is kept. */
    relay_server_stop(relay_here);
    relay_server_start(relay_here);
    ck_assert_int_eq(phone_open(relay_phone, relay_code.link), 200);
    relay_page_must_say("Proefbank");
}

TEST(no_directory)
{
    relay_login_begin_with_fault("acquirer-directory-garbage");
    ck_assert_int_eq(phone_open(relay_phone, relay_code.link), 503);
    relay_page_must_say("No banks yet");
    relay_status_must_be("open");
}

/* --- the key that signs for desks ----------------------------------------------------------------
 */

TEST_CASE("signing key", .teardown = relay_login_end, .timeout_s = 120);

/* What `key` prints for the desks. Kept. */
static char *
keys_after(const char *command)
{
    char *output, *keys;

    ck_assert_int_eq(
        relay_server_command(relay_here, (const char *const[]){"key", command, NULL}, &output), 0);
    keys = strstr(output, "signing_key = ");
    ck_assert_msg(keys != NULL, "%s", output);
    keys += strlen("signing_key = ");
    return scratch_text("%.*s", (int)strcspn(keys, "\n"), keys);
}

static void
generate_with(const char *keys)
{
    relay_server_set_key(relay_here, keys);
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
}

TEST(a_key_that_is_replaced)
{
    char *first, *both, *second, *output;
    struct stat status;

    relay_login_begin(NULL);
    first = keys_after(NULL);
    ck_assert_uint_eq(strlen(first), 44);
    both = keys_after("next");
    ck_assert_uint_eq(strlen(both), 89);
    ck_assert_int_eq(strncmp(both, first, 44), 0);
    ck_assert_str_eq(keys_after("next"), both); /* there is one */
    second = both + 45;
    ck_assert_int_eq(
        stat(scratch_path(relay_server_dir(relay_here), "relay-signing.key.next"), &status), 0);
    ck_assert_uint_eq(status.st_mode & 07777, 0600);
    ck_assert_int_eq(relay_server_command(relay_here,
                                          (const char *const[]){"desk", "add", "balie-9", NULL},
                                          &output),
                     0);
    ck_assert_ptr_nonnull(strstr(output, both));

    /* A relay signs with the key of its start. */
    generate_with(first);
    ck_assert_str_eq(keys_after("switch"), second);
    generate_with(both);
    generate_with(first);
    relay_server_stop(relay_here);
    relay_server_start(relay_here);
    generate_with(both);
    generate_with(second);
    ck_assert_str_eq(keys_after(NULL), second);
}

TEST(no_next_key)
{
    char *first, *output;

    relay_login_begin(NULL);
    first = keys_after(NULL);
    ck_assert_int_ne(
        relay_server_command(relay_here, (const char *const[]){"key", "switch", NULL}, &output), 0);
    ck_assert_str_eq(keys_after(NULL), first);
    ck_assert_int_ne(
        relay_server_command(relay_here, (const char *const[]){"key", "nxt", NULL}, &output), 0);
}

RUN_TESTS("relay_outcomes", NULL);
