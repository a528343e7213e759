/* SPDX-License-Identifier: BSD-3-Clause */
/* The real relay and others than the desk and the phone of a login: other desks, other phones, and
 * links that were made up. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/deadline.h"
#include "tests/harness/http_client.h"
#include "tests/harness/relay_caller.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOON_MS    20000
#define AT_ONCE_MS 5000 /* less than a request may take */

TEST_CASE("others", .teardown = relay_login_end, .timeout_s = 120);

TEST(another_desk)
{
    json_t *answer;
    char number[7];

    relay_login_begin(NULL);
    relay_phone_approve(relay_phone, &relay_code, number);
    relay_code.desk = 1;
    ck_assert_str_eq(relay_code_status(relay_here, &relay_code, 0, NULL), "HTTP 404");
    ck_assert_str_eq(relay_code_status(relay_here, &relay_code, 0, number), "HTTP 404");
    ck_assert_int_eq(relay_server_ask(relay_here, NULL, 1, "/desk/v1/cancel",
                                      json_pack("{s:s}", "qr_id", relay_code.id), &answer),
                     404);
    json_decref(answer);
    relay_code.desk = 0;
    relay_must_succeed(number);
}

TEST(an_unknown_desk)
{
    json_t *answer;

    relay_login_begin(NULL);
    ck_assert_int_eq(relay_server_ask(relay_here, NULL, -1, "/desk/v1/status",
                                      json_pack("{s:s, s:s}", "qr_id", relay_code.id,
                                                "merchant_token", "0123456789abcdef"),
                                      &answer),
                     401);
    json_decref(answer);
    ck_assert_int_eq(relay_server_ask(relay_here, NULL, -1, "/desk/v1/status",
                                      json_pack("{s:s}", "qr_id", relay_code.id), &answer),
                     401);
    json_decref(answer);
    relay_status_must_be("open");
}

TEST(a_revoked_desk)
{
    char *output;

    relay_login_begin(NULL);
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_at_bank(relay_phone, "anna", "approve");
    ck_assert_int_eq(relay_server_command(relay_here,
                                          (const char *const[]){"desk", "revoke", "balie-1", NULL},
                                          &output),
                     0);
    ck_assert_int_eq(relay_phone_return(relay_phone), 410);
    relay_status_must_be("HTTP 401");
    relay_code.desk = 1;
    relay_code_generate(relay_here, 1, RELAY_LIFETIME_S, &relay_code);
    relay_status_must_be("open");
}

/* Another process revokes it. The relay notices, answers the desk, and writes a record. */
TEST(a_desk_that_waits_is_revoked)
{
    struct relay_wait wait;
    char *output;

    relay_login_begin(NULL);
    relay_status_must_be("open");
    relay_code_status_begin(relay_here, &relay_code, 60, &wait);
    ck_assert_int_eq(relay_server_command(relay_here,
                                          (const char *const[]){"desk", "revoke", "balie-1", NULL},
                                          &output),
                     0);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "HTTP 401");
    relay_log_must_say("outcome=merchant-rejected");
    relay_code_generate(relay_here, 1, RELAY_LIFETIME_S, &relay_code);
    relay_status_must_be("open");
    ck_assert_ptr_null(strstr(relay_server_log(relay_here), "desk=balie-2"));
}

/* One that began later, and waits less. */
TEST(two_desks_that_wait)
{
    struct relay_code other;
    struct relay_wait wait;

    relay_login_begin(NULL);
    relay_code_generate(relay_here, 1, RELAY_LIFETIME_S, &other);
    relay_code_status_begin(relay_here, &relay_code, 60, &wait);
    ck_assert_str_eq(relay_code_status(relay_here, &other, 1, NULL), "open");
    relay_phone_to_bank(relay_phone, &relay_code);
    ck_assert_str_eq(relay_wait_end(&wait, SOON_MS), "pending");
}

/* A link that an attacker makes up. */
TEST(a_wrong_entrance_code)
{
    static const char *const codes[] = {"", "&ec=", "&ec=abc",
                                        "&ec=0000000000000000000000000000000000000000"};
    const char *host, *id;

    relay_login_begin(NULL);
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_at_bank(relay_phone, "anna", "approve");
    host = scratch_text("%.*s", (int)(strstr(relay_code.link, "/L/") - relay_code.link),
                        relay_code.link);
    id = relay_sql("SELECT id FROM trx"); /* which an attacker may know */
    for (size_t i = 0; i < ARRAY_LENGTH(codes); i++) {
        PHONE_AUTO *other = relay_server_phone(relay_here);
        ck_assert_int_eq(
            phone_open(other, scratch_text("%s/return?trxid=%s%s", host, id, codes[i])), 404);
        ck_assert_int_eq(
            phone_open(other, scratch_text("%s/return?trxid=0050000000000000%s", host, codes[i])),
            404);
    }
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"), 0);
    relay_status_must_be("pending");
    ck_assert_int_eq(relay_phone_return(relay_phone), 200);
}

TEST(a_reload)
{
    char number[7], again[7];

    relay_login_begin(NULL);
    relay_phone_approve(relay_phone, &relay_code, number);
    ck_assert_int_eq(phone_follow(relay_phone, "Nederlands"), 200);
    ck_assert_int_eq(phone_number(relay_phone, again), 0);
    ck_assert_str_eq(again, number);
    ck_assert_int_eq(relay_server_count(relay_here, "transaction-status"), 1);
    relay_must_succeed(number);
}

/* A phone that has no button against the login may send its form all the same. */
static void
must_not_deny(const char *page)
{
    struct http_client *client = http_client_new(relay_server_ca_file(relay_here), "en");
    struct http_answer answer;

    ck_assert_int_eq(http_request(client, "POST",
                                  scratch_text("%.*s", (int)strcspn(page, "?"), page),
                                  "application/x-www-form-urlencoded",
                                  scratch_text("%s&answer=deny", strchr(page, '?') + 1), &answer),
                     1);
    ck_assert_int_ne(answer.status, 410);
    http_answer_free(&answer);
    http_client_free(&client);
    relay_status_must_be("number 3");
}

/* The first success counts. The second phone's identity goes nowhere. */
TEST(two_phones)
{
    PHONE_AUTO *second = NULL;
    char number[7], *status;

    relay_login_begin(NULL);
    second = relay_server_phone(relay_here);
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_to_bank(second, &relay_code);
    relay_phone_at_bank(second, "bram", "approve");
    ck_assert_int_eq(relay_phone_return(second), 200);
    ck_assert_int_eq(phone_number(second, number), 0);
    relay_phone_at_bank(relay_phone, "anna", "approve");
    ck_assert_int_eq(relay_phone_return(relay_phone), 409);
    relay_page_must_say("The code is used up");
    must_not_deny(phone_url(relay_phone));
    status = relay_code_status(relay_here, &relay_code, 0, number);
    ck_assert_int_eq(strncmp(status, "success idin1:", 14), 0);
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &relay_code);
    relay_phone_to_bank(second, &relay_code);
    relay_phone_at_bank(second, "bram", "approve");
    ck_assert_int_eq(relay_phone_return(second), 200);
    ck_assert_int_eq(phone_number(second, number), 0);
    ck_assert_str_eq(relay_code_status(relay_here, &relay_code, 0, number), status);
}

/* One phone refuses, and the other is still at the bank. */
TEST(one_of_two_phones_refuses)
{
    PHONE_AUTO *second = NULL;
    char number[7];

    relay_login_begin(NULL);
    second = relay_server_phone(relay_here);
    relay_phone_to_bank(relay_phone, &relay_code);
    relay_phone_to_bank(second, &relay_code);
    relay_phone_at_bank(relay_phone, "anna", "refuse");
    relay_phone_return(relay_phone);
    relay_status_must_be("pending");
    relay_phone_at_bank(second, "bram", "approve");
    ck_assert_int_eq(relay_phone_return(second), 200);
    ck_assert_int_eq(phone_number(second, number), 0);
    relay_must_succeed(number);
}

TEST(too_many_phones)
{
    relay_login_begin(NULL);
    for (int i = 0; i < 4; i++)
        relay_phone_to_bank(relay_phone, &relay_code);
    ck_assert_int_eq(phone_open(relay_phone, relay_code.link), 409);
    relay_page_must_say("The code is used up");
}

/* An account is whatever a person typed at the desk. */
TEST(labels_that_look_like_fields)
{
    json_t *answer;

    relay_login_begin(NULL);
    ck_assert_int_eq(
        relay_server_ask(relay_here, NULL, 0, "/desk/v1/generate",
                         json_pack("{s:s, s:i, s:s, s:s, s:s, s:s}", "expiration",
                                   relay_time_in(RELAY_LIFETIME_S), "idin_service_id", 16384,
                                   "nonce", RELAY_NONCE, "station", "a\" account=eve", "service",
                                   "su account=eve", "account", "eve outcome=verified"),
                         &answer),
        200);
    snprintf(relay_code.id, sizeof relay_code.id, "%s",
             json_string_value(json_object_get(answer, "qr_id")));
    json_decref(answer);
    ck_assert_int_eq(relay_server_ask(relay_here, NULL, 0, "/desk/v1/cancel",
                                      json_pack("{s:s}", "qr_id", relay_code.id), &answer),
                     200);
    json_decref(answer);
    relay_log_must_say(" station=\"a? account=eve\" service=su?account?eve "
                       "account=eve?outcome?verified transaction=");
}

static void
leave_half_a_key(const char *dir)
{
    scratch_write(scratch_path(dir, "relay-signing.key.new"), 0666,
                  "-----BEGIN PRIVATE KEY-----\n");
}

/* The run before was killed while it made the key. */
TEST(half_a_key)
{
    char *path;

    relay_login_begin(&(struct relay_options){.prepare = leave_half_a_key});
    path = scratch_path(relay_server_dir(relay_here), "relay-signing.key.new");
    ck_assert_int_ne(access(path, F_OK), 0);
    relay_status_must_be("open");
}

/* Each start costs money: one at a time, whatever the phones do. */
TEST(two_phones_at_once)
{
    PHONE_AUTO *second = NULL;
    struct relay_wait first;

    relay_login_begin_with_fault("acquirer-slow");
    second = relay_server_phone(relay_here);
    relay_phone_to_banks(relay_phone, &relay_code);
    relay_phone_to_banks(second, &relay_code);
    relay_phone_press_begin(relay_phone, &first);
    relay_wait_sql("SELECT 1 FROM login WHERE n_trx = 1");
    ck_assert_int_eq(phone_press(second, NULL), 503);
    ck_assert_str_eq(relay_wait_end(&first, SOON_MS), "200");
    ck_assert_str_eq(relay_sql("SELECT n_trx FROM login"), "1");
}

/* Each start counts, also those that the acquirer refuses. */
TEST(starts_that_fail)
{
    relay_login_begin_with_fault("acquirer-error");
    for (int i = 0; i < 4; i++) {
        relay_phone_to_banks(relay_phone, &relay_code);
        ck_assert_int_eq(phone_press(relay_phone, NULL), 502);
    }
    ck_assert_int_eq(phone_open(relay_phone, relay_code.link), 409);
    relay_page_must_say("The code is used up");
    relay_status_must_be("open");
}

/* The transaction was paid for: the store has it, so its status will be asked. */
TEST(a_desk_cancels_while_a_transaction_starts)
{
    struct relay_wait first;
    json_t *answer;

    relay_login_begin_with_fault("acquirer-slow");
    relay_phone_to_banks(relay_phone, &relay_code);
    relay_phone_press_begin(relay_phone, &first);
    relay_wait_sql("SELECT 1 FROM login WHERE n_trx = 1");
    ck_assert_int_eq(relay_server_ask(relay_here, NULL, 0, "/desk/v1/cancel",
                                      json_pack("{s:s}", "qr_id", relay_code.id), &answer),
                     200);
    json_decref(answer);
    ck_assert_str_eq(relay_wait_end(&first, SOON_MS), "410");
    relay_status_must_be("cancelled");
    ck_assert_str_eq(relay_sql("SELECT count(*) FROM trx WHERE state = 0"), "1");
}

/* Asks for a status with this nonce. */
static long
ask_with_nonce(const char *nonce, const char *number)
{
    json_t *answer;
    long status = relay_server_ask(relay_here, NULL, 0, "/desk/v1/status",
                                   json_pack("{s:s, s:i, s:s, s:s*}", "qr_id", relay_code.id,
                                             "wait", 0, "nonce", nonce, "number", number),
                                   &answer);

    json_decref(answer);
    return status;
}

/* The desk's token and the id of the code are not enough: the nonce is of the agent that asked for
 * the code. */
TEST(the_nonce_of_another_login)
{
    const char *other = "1123456789abcdef0123456789abcdef";
    char number[7];

    relay_login_begin(NULL);
    ck_assert_int_eq(ask_with_nonce(other, NULL), 404);
    relay_phone_approve(relay_phone, &relay_code, number);
    relay_status_must_be("number 3");
    ck_assert_int_eq(ask_with_nonce(other, NULL), 404);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(ask_with_nonce(other, "000000"), 404);
    ck_assert_int_eq(ask_with_nonce(other, number), 404);
    ck_assert_int_eq(ask_with_nonce("", number), 400);
    relay_status_must_be("number 3");
    relay_must_succeed(number);
}

static const char *const nonces[] = {"", RELAY_NONCE "0", "0123456789ABCDEF0123456789ABCDEF", NULL};

/* The answer names the login that it is for. */
TEST(a_code_is_for_one_login)
{
    json_t *answer, *request;

    relay_login_begin(NULL);
    for (size_t i = 0; i < ARRAY_LENGTH(nonces); i++) {
        request = json_pack("{s:s, s:i, s:s*, s:s, s:s}", "expiration",
                            relay_time_in(RELAY_LIFETIME_S), "idin_service_id", 16384, "nonce",
                            nonces[i], "station", "Balie \u20ac", "service", "sudo");
        ck_assert_int_eq(
            relay_server_ask(relay_here, NULL, 0, "/desk/v1/generate", request, &answer), 400);
        ck_assert_str_eq(json_string_value(json_object_get(answer, "field")), "nonce");
        json_decref(answer);
    }
    request = json_pack("{s:s, s:i, s:s, s:s, s:s}", "expiration", relay_time_in(RELAY_LIFETIME_S),
                        "idin_service_id", 16384, "nonce", RELAY_NONCE, "station", "Balie \u20ac",
                        "service", "sudo");
    ck_assert_int_eq(relay_server_ask(relay_here, NULL, 0, "/desk/v1/generate", request, &answer),
                     200);
    ck_assert_str_eq(json_string_value(json_object_get(answer, "nonce")), RELAY_NONCE);
    ck_assert_str_eq(json_string_value(json_object_get(answer, "station")), "Balie \u20ac");
    ck_assert_str_eq(json_string_value(json_object_get(answer, "service")), "sudo");
    ck_assert_ptr_null(json_object_get(answer, "account"));
    json_decref(answer);
}

/* As many as the configuration says, of one desk and of all. */
TEST(limits)
{
    const char *generate = "/desk/v1/generate";
    struct relay_code other;
    json_t *answer;

    relay_login_begin(&(struct relay_options){.general = "codes_per_desk = 2\ncodes_in_all = 3"});
    relay_code_generate(relay_here, 0, RELAY_LIFETIME_S, &other);
    for (int desk = 0; desk < RELAY_DESKS; desk++) {
        json_t *request = json_pack("{s:s, s:i, s:s}", "expiration", "2000-01-01 00:00:00",
                                    "idin_service_id", 16384, "station", "Balie");
        ck_assert_int_eq(relay_server_ask(relay_here, NULL, desk, generate, request, &answer), 400);
        json_decref(answer);
    }
    relay_code_generate(relay_here, 1, RELAY_LIFETIME_S,
                        &other); /* the limit of a desk is its own */
    for (int desk = 0; desk < RELAY_DESKS; desk++)
        ck_assert_int_eq(relay_code_try(relay_here, desk, RELAY_LIFETIME_S, &other), 429);
    relay_log_must_say("codes_per_desk of balie-1");
    relay_log_must_say("codes_in_all of balie-2");
}

/* Each transaction is paid for, so it counts as a code does. */
TEST(limits_of_transactions)
{
    relay_login_begin(&(struct relay_options){
        .general = "codes_per_desk = 2\ncodes_in_all = 0",
        .sandbox = (const char *const[]){"--fault", "acquirer-error", NULL}});
    for (int i = 0; i < 3; i++) {
        relay_phone_to_banks(relay_phone, &relay_code);
        ck_assert_int_eq(phone_press(relay_phone, NULL), i < 2 ? 502 : 503);
    }
    relay_log_must_say("limit: codes_per_desk of balie-1 is reached: no transaction is started");
    ck_assert_str_eq(relay_sql("SELECT n_trx FROM login"), "2");
}

/* Opens connections that say nothing, and returns how many are still open when all have been seen.
 */
static int
open_connections(int *fds, int n, int n_closed_at_last)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)atoi(strrchr(relay_caller_setting("listen"), ':') + 1)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct deadline deadline = deadline_in(AT_ONCE_MS);
    int n_closed = 0;

    for (int i = 0; i < n; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(connect(fds[i], (struct sockaddr *)&address, sizeof address), 0);
    }
    do {
        n_closed = 0;
        for (int i = 0; i < n; i++) {
            struct pollfd relay = {.fd = fds[i], .events = POLLRDHUP};
            n_closed += poll(&relay, 1, 0) == 1;
        }
    } while (n_closed < n_closed_at_last && deadline_left(deadline, 1) > 0 &&
             poll(NULL, 0, 20) == 0);
    return n - n_closed;
}

static const struct {
    const char *general;
    int n_closed; /* of 20 at least */
} addresses[] = {
    {"connections_per_address = 5", 15},
    {"connections_per_address = 0", 0},
    {"connections_per_address = 5\nbehind_proxy = yes", 0},
    {"", 0},
};

LOOP_TEST(connections_of_one_address, ARRAY_LENGTH(addresses))
{
    int fds[20], n_open;

    relay_login_begin(&(struct relay_options){.general = addresses[_i].general});
    n_open = open_connections(fds, 20, addresses[_i].n_closed);
    if (addresses[_i].n_closed == 0) {
        relay_status_must_be("open"); /* the relay has seen the others, which came before */
        for (int i = 0; i < 20; i++) {
            struct pollfd relay = {.fd = fds[i], .events = POLLRDHUP};
            ck_assert_int_eq(poll(&relay, 1, 0), 0);
        }
    }
    ck_assert_int_le(n_open, 20 - addresses[_i].n_closed);
    for (int i = 0; i < 20; i++)
        close(fds[i]);
    relay_must_become(relay_here, "open");
}

static const char *const listens[] = {"127.0.0.1", "127.0.0.1:", "127.0.0.1:0x", "127.0.0.1:65536",
                                      ":0",        "[::1]0",     "127.0.0.1:-1"};

LOOP_TEST(no_address_to_listen_at, ARRAY_LENGTH(listens))
{
    char *output;

    relay_login_begin(NULL);
    relay_caller_set("listen", listens[_i]);
    ck_assert_int_eq(
        relay_server_command(relay_here, (const char *const[]){"serve", NULL}, &output), 3);
    ck_assert_str_eq(output, "");
}

RUN_TESTS("relay_others", NULL);
