/* SPDX-License-Identifier: BSD-3-Clause */
/* The polls of the provider idin-qr for the status of its code: what each answer makes of the
 * login, and how far apart the polls are; and answers that are signed by Ed25519. Against a
 * transport that answers from a script. */
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/idin_qr_fixture.h"

#include <stdio.h>
#include <string.h>

#define STATUS(word) "\"status\":\"" word "\""
#define SUCCESS      STATUS("success") ",\"bin\":\"NLTEST1\""

/* The question, up to its nonce. */
#define QUESTION                                                                                   \
    "{\"merchant_token\":\"token\",\"qr_id\":\"" IDIN_QR_ID "\",\"wait\":25,\"nonce\":\""

TEST_CASE("polls", .setup = idin_qr_fixture_begin, .teardown = provider_fixture_end);

/* A backend that holds its answer may be asked at once; any other would have nothing to say. */
TEST(the_first_poll)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_int_eq(provider_fixture.first_ms, 0);
    provider_fixture_end();
    script_rewind();
    provider_fixture_set("long_poll", "0");
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_int_eq(provider_fixture.first_ms, 2000);
}

TEST(a_change_is_followed_by_another_poll_at_once)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    idin_qr_fixture_status(STATUS("pending"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(provider_fixture.status.state, PROVIDER_SCANNED);
    ck_assert_int_eq(provider_fixture.status.next_ms, 0);
    ck_assert_str_eq(script.asked[2].url, "https://desk.example/status");
    ck_assert_ptr_eq(strstr(script.asked[2].body, QUESTION), script.asked[2].body);
    ck_assert_int_eq(script.asked[2].timeout_ms, 35000);
}

TEST(an_unchanged_answer_that_was_not_held_is_paced)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    idin_qr_fixture_status(STATUS("open"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(provider_fixture.status.state, PROVIDER_OPEN);
    ck_assert_int_gt(provider_fixture.status.next_ms, 0);
    ck_assert_int_le(provider_fixture.status.next_ms, 2000);
}

TEST(without_long_poll_nothing_is_held)
{
    provider_fixture_set("long_poll", "0");
    ck_assert_int_eq(provider_fixture_start(), 0);
    idin_qr_fixture_status(STATUS("open"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_ptr_nonnull(strstr(script.asked[2].body, "\"wait\":0"));
    ck_assert_int_eq(script.asked[2].timeout_ms, 10000);
}

TEST(waiting_ends_with_the_login)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    provider_fixture.context.deadline_ms = clock_ms() + 5900;
    idin_qr_fixture_status(STATUS("open"))->retry_after_s = 3600;
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_ptr_null(strstr(script.asked[2].body, "\"wait\":25"));
    ck_assert_int_le(script.asked[2].timeout_ms, 5900);
    ck_assert_int_le(provider_fixture.status.next_ms, 5900);
    ck_assert_int_gt(provider_fixture.status.next_ms, 2000);
}

TEST(the_answer_may_ask_for_patience)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    idin_qr_fixture_status(STATUS("open") ",\"retry_after\":30");
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_ge(provider_fixture.status.next_ms, 30000);
}

TEST(a_scan_is_news_once)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    idin_qr_fixture_status(STATUS("pending"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(provider_fixture.status.next_ms, 0);
    idin_qr_fixture_status(STATUS("open"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_gt(provider_fixture.status.next_ms, 0);
    idin_qr_fixture_status(STATUS("pending"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_gt(provider_fixture.status.next_ms, 0);
}

LOOP_TEST(success_needs_its_signature, 3)
{
    static const int how[] = {0, -1, 2};

    ck_assert_int_eq(provider_fixture_start(), 0);
    idin_qr_fixture_status(SUCCESS)->signed_how = how[_i];
    ck_assert_int_eq(provider_fixture_poll(), IDQ_SIGNATURE);
    ck_assert_int_ne(provider_fixture.status.state, PROVIDER_DONE);
    ck_assert_str_eq(provider_fixture.status.result.subject, "");
}

TEST(success_of_another_code_is_refused)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    script_answer("{\"qr_id\":\"6f2b6c1e-0f7e-4b0e-9a3e-0123456789ac\",\"status\":\"success\","
                  "\"bin\":\"NLTEST1\"}");
    ck_assert_int_eq(provider_fixture_poll(), IDQ_OTHER_CODE);
    ck_assert_str_eq(provider_fixture.status.result.subject, "");
}

/* The nonce of the n-th request, which is a question about the status. */
static void
read_nonce(size_t n, char ret_nonce[PROVIDER_NONCE_SIZE])
{
    const char *body = script.asked[n].body;

    ck_assert_ptr_eq(strstr(body, QUESTION), body);
    snprintf(ret_nonce, PROVIDER_NONCE_SIZE, "%s", body + strlen(QUESTION));
    ck_assert_uint_eq(strspn(ret_nonce, "0123456789abcdef"), PROVIDER_NONCE_SIZE - 1);
    ck_assert_str_eq(body + strlen(QUESTION) + PROVIDER_NONCE_SIZE - 1, "\"}");
}

TEST(a_nonce_is_of_one_login)
{
    char first[PROVIDER_NONCE_SIZE], second[PROVIDER_NONCE_SIZE];

    ck_assert_int_eq(provider_fixture_start(), 0);
    idin_qr_fixture_status(STATUS("pending"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    read_nonce(2, first);
    idin_qr_fixture_status(STATUS("pending"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    read_nonce(3, second);
    ck_assert_str_eq(first, second);
    provider_fixture_end();
    script_rewind();
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    read_nonce(2, second);
    ck_assert_str_ne(first, second);
}

LOOP_TEST(a_recorded_success_is_refused, 2)
{
    static const char *const nonces[] = {"", "\"nonce\":\"00112233445566778899aabbccddeeff\","};
    static const char *const logged[] = {"see status_nonce in idinqr.conf(5)",
                                         "the nonce of another login"};
    char body[200];

    ck_assert_int_eq(provider_fixture_start(), 0);
    snprintf(body, sizeof body, "{\"qr_id\":\"" IDIN_QR_ID "\",%s" SUCCESS "}", nonces[_i]);
    script_answer(body);
    ck_assert_int_eq(provider_fixture_poll(), IDQ_OTHER_CODE);
    ck_assert_str_eq(provider_fixture.status.result.subject, "");
    ck_assert_ptr_nonnull(strstr(provider_fixture_logged(), logged[_i]));
}

TEST(without_a_nonce)
{
    provider_fixture_set("status_nonce", "off");
    ck_assert_int_eq(provider_fixture_start(), 0);
    script_answer("{\"qr_id\":\"" IDIN_QR_ID "\"," SUCCESS "}");
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_ptr_null(strstr(script.asked[2].body, "nonce"));
    ck_assert_str_eq(provider_fixture.status.result.subject, "NLTEST1");
}

/* The merchant's own server signs, and the desk has its public key. */
static void
use_public_key(void)
{
    script.is_ed25519 = 1;
    provider_fixture_set("signing_key_encoding", "ed25519");
    provider_fixture_set("signing_key", SCRIPT_PUBLIC_KEY);
}

TEST_CASE("ed25519", .setup = idin_qr_fixture_begin, .teardown = provider_fixture_end);

LOOP_TEST(answers_that_a_private_key_signed, 4, .first = -1)
{
    use_public_key();
    idin_qr_fixture_status("\"status\":\"pending\"");
    idin_qr_fixture_status("\"status\":\"pending\"")->signed_how = _i;
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(provider_fixture_poll(), _i == 1 ? 0 : IDQ_SIGNATURE);
    provider_fixture_end();
    script_rewind();
    script.answers[0].signed_how = _i;
    ck_assert_int_eq(provider_fixture_start(), _i == 1 ? 0 : IDQ_SIGNATURE);
}

/* The setting alone decides what a signature is. */
TEST(signed_in_another_way)
{
    use_public_key();
    script.is_ed25519 = 0;
    ck_assert_int_eq(provider_fixture_start(), IDQ_SIGNATURE);
    provider_fixture_end();
    script_rewind();
    script.is_ed25519 = 1;
    provider_fixture_set("signing_key_encoding", "text");
    ck_assert_int_eq(provider_fixture_start(), IDQ_SIGNATURE);
}

LOOP_TEST(public_keys, 4)
{
    static const struct {
        const char *key;
        int error;
    } cases[] = {
        {"12qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", IDQ_SIGNATURE}, /* another one */
        {"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHUQ==", IDQ_CONFIG},    /* 31 bytes */
        {SCRIPT_PUBLIC_KEY "=", IDQ_CONFIG},
        {SCRIPT_KEY, IDQ_CONFIG},
    };

    use_public_key();
    provider_fixture_set("signing_key", cases[_i].key);
    ck_assert_int_eq(provider_fixture_start(), cases[_i].error);
    ck_assert_uint_eq(script.n_asked, cases[_i].error == IDQ_CONFIG ? 0 : 1);
}

static void
relay_begin(void)
{
    idin_qr_fixture_begin();
    idin_qr_fixture_relay(",\"qr_payload\":\"https://qrcode.idin.nl/L/7F3K9QX2\"");
    script.n_answers = 1; /* and no picture */
    ck_assert_int_eq(provider_fixture_start(), 0);
}

static int
poll_relay(const char *members)
{
    idin_qr_fixture_status(members);
    return provider_fixture_poll();
}

#define ASK(tries_left) STATUS("number") ",\"tries_left\":" tries_left
#define HASH            "idin1:0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcde"

TEST_CASE("relay", .setup = relay_begin, .teardown = provider_fixture_end);

/* It is sent once, in a question that is not held, and then forgotten. */
TEST(a_number_goes_with_the_next_question)
{
    ck_assert_int_eq(poll_relay(ASK("3")), 0);
    ck_assert_int_eq(provider_fixture.status.state, PROVIDER_NUMBER);
    ck_assert_uint_eq(provider_fixture.status.tries_left, 3);
    ck_assert_int_eq(provider_fixture.status.next_ms, 0);
    provider_fixture.provider->take_number(provider_fixture.state, "012345");
    ck_assert_int_eq(poll_relay(ASK("2")), 0);
    ck_assert_ptr_nonnull(strstr(script.asked[2].body, "\"wait\":0"));
    ck_assert_ptr_nonnull(strstr(script.asked[2].body, ",\"number\":\"012345\"}"));
    ck_assert_int_le(script.asked[2].timeout_ms, 10000);
    ck_assert_uint_eq(provider_fixture.status.tries_left, 2);
    provider_fixture.provider->take_number(provider_fixture.state, "678901");
    ck_assert_int_eq(poll_relay(STATUS("success") ",\"identity\":\"" HASH "\""), 0);
    ck_assert_ptr_nonnull(strstr(script.asked[3].body, ",\"number\":\"678901\"}"));
    ck_assert_str_eq(provider_fixture.status.result.subject, HASH);
}

TEST(a_question_without_a_number_has_none)
{
    ck_assert_int_eq(poll_relay(ASK("3")), 0);
    provider_fixture.provider->take_number(provider_fixture.state, "012345");
    ck_assert_int_eq(poll_relay(STATUS("pending")), 0);
    ck_assert_int_eq(poll_relay(STATUS("pending")), 0);
    ck_assert_ptr_null(strstr(script.asked[3].body, "number"));
    ck_assert_ptr_nonnull(strstr(script.asked[3].body, "\"wait\":25"));
}

TEST(a_number_without_an_answer_is_sent_again)
{
    ck_assert_int_eq(poll_relay(ASK("3")), 0);
    provider_fixture.provider->take_number(provider_fixture.state, "012345");
    idin_qr_fixture_status(ASK("2"))->status = 503;
    ck_assert_int_eq(provider_fixture_poll(), IDQ_UNREACHABLE);
    ck_assert_int_eq(poll_relay(STATUS("success") ",\"identity\":\"" HASH "\""), 0);
    ck_assert_ptr_nonnull(strstr(script.asked[3].body, ",\"number\":\"012345\"}"));
}

/* So that the questions come to an end. */
LOOP_TEST(each_question_leaves_fewer_tries, 3)
{
    static const char *const second[] = {ASK("2"), ASK("3"), ASK("1")};

    ck_assert_int_eq(poll_relay(ASK("2")), 0);
    provider_fixture.provider->take_number(provider_fixture.state, "012345");
    ck_assert_int_eq(poll_relay(second[_i]), _i < 2 ? IDQ_REPLY : 0);
    if (_i < 2)
        return;
    provider_fixture.provider->take_number(provider_fixture.state, "012345");
    ck_assert_int_eq(poll_relay(ASK("1")), IDQ_REPLY); /* nor is there a fourth */
}

RUN_TESTS("provider_idin_qr_poll", NULL);
