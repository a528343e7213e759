/* SPDX-License-Identifier: BSD-3-Clause */
/* The JSON of the iDIN QR protocol: what is asked, word for word, and what is believed. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/idin_qr_messages.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QR_ID "6f2b6c1e-0f7e-4b0e-9a3e-0123456789ab"
#define NONCE "00112233445566778899aabbccddeeff"

static const struct status_request question = {
    .merchant_token = "token", .qr_id = QR_ID, .nonce = NONCE, .wait_s = 25};

static void
must_be(struct secret *request, const char *json)
{
    ck_assert_ptr_nonnull(request);
    ck_assert_str_eq(secret_bytes(request), json);
    ck_assert_uint_eq(secret_size(request), strlen(json));
    secret_free(&request);
}

TEST_CASE("requests");

TEST(requests_word_for_word)
{
    struct status_request without = question;
    struct generate_request request = {
        .merchant_token = "to\"ken", .merchant_sub_id = 999999, .expiration = 1798761599};

    /* Amsterdam is an hour ahead of UTC then: the zone must not show. */
    ck_assert_int_eq(setenv("TZ", "CET-1", 1), 0);
    tzset();
    must_be(idin_qr_write_generate(&request),
            "{\"merchant_token\":\"to\\\"ken\",\"merchant_sub_id\":999999,"
            "\"expiration\":\"2026-12-31 23:59:59\",\"size\":400,\"idin_service_id\":16384,"
            "\"use_case\":\"01\"}");
    request.nonce = NONCE;
    request.station = "Balie \xC3\xA9";
    request.service = "sudo";
    must_be(idin_qr_write_generate(&request),
            "{\"merchant_token\":\"to\\\"ken\",\"merchant_sub_id\":999999,"
            "\"expiration\":\"2026-12-31 23:59:59\",\"size\":400,\"idin_service_id\":16384,"
            "\"use_case\":\"01\",\"nonce\":\"" NONCE
            "\",\"station\":\"Balie \xC3\xA9\",\"service\":\"sudo\"}");
    request.account = "\xFF";
    ck_assert_ptr_null(idin_qr_write_generate(&request)); /* not UTF-8 */
    must_be(idin_qr_write_status(&question),
            "{\"merchant_token\":\"token\",\"qr_id\":\"" QR_ID "\",\"wait\":25,"
            "\"nonce\":\"" NONCE "\"}");
    without.nonce = NULL;
    must_be(idin_qr_write_status(&without),
            "{\"merchant_token\":\"token\",\"qr_id\":\"" QR_ID "\",\"wait\":25}");
    without.number = "012345";
    must_be(idin_qr_write_status(&without), "{\"merchant_token\":\"token\",\"qr_id\":\"" QR_ID
                                            "\",\"wait\":25,\"number\":\"012345\"}");
    must_be(idin_qr_write_cancel("token", QR_ID),
            "{\"merchant_token\":\"token\",\"qr_id\":\"" QR_ID "\"}");
}

static int
read_bytes(const char *body, size_t size, struct generate_answer *ret_answer)
{
    static const struct generate_request request;
    const char *problem;

    return idin_qr_read_generate(body, size, &request, ret_answer, &problem);
}

static int
read_generate(const char *body, struct generate_answer *ret_answer)
{
    return read_bytes(body, strlen(body), ret_answer);
}

TEST_CASE("generate");

TEST(generate_answer)
{
    struct generate_answer answer;

    ck_assert_int_eq(read_generate("{\"qr_id\": \"" QR_ID
                                   "\", \"qr_url\": \"https://a.nl/x.png\", \"new\": []}",
                                   &answer),
                     0);
    ck_assert_str_eq(answer.qr_id, QR_ID);
    ck_assert_str_eq(answer.qr_url, "https://a.nl/x.png");
}

TEST(generate_answers_refused)
{
    static const char *const bodies[] = {
        "",
        "{",
        "[]",
        "\"text\"",
        "null",
        "{\"qr_id\":\"a\"}",
        "{\"qr_url\":\"https://a.nl/\"}",
        "{\"qr_id\":\"\",\"qr_url\":\"https://a.nl/\"}",
        "{\"qr_id\":1,\"qr_url\":\"https://a.nl/\"}",
        "{\"qr_id\":null,\"qr_url\":\"https://a.nl/\"}",
        "{\"qr_id\":\"a\",\"qr_url\":[\"https://a.nl/\"]}",
        "{\"qr_id\":\"a\",\"qr_id\":\"a\",\"qr_url\":\"https://a.nl/\"}",
        "{\"qr_id\":\"a\",\"qr_url\":\"https://a.nl/\"} {}",
        "{\"qr_id\":\"a\\u0000\",\"qr_url\":\"https://a.nl/\"}",
        "{\"qr_id\":\"a b\",\"qr_url\":\"https://a.nl/\"}",
        "{\"qr_id\":\"a\\n\",\"qr_url\":\"https://a.nl/\"}",
        "{\"qr_id\":\"a\",\"qr_url\":\"https://a.nl/\xC3\xA9\"}",
        "{\"qr_id\":\"a\xFF\",\"qr_url\":\"https://a.nl/\"}",
        "{\"qr_id\":\"" QR_ID QR_ID "\",\"qr_url\":\"https://a.nl/\"}",
    };
    struct generate_answer answer = {.qr_id = "untouched"};

    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++)
        ck_assert_msg(read_generate(bodies[i], &answer) == IDQ_REPLY, "taken: %s", bodies[i]);
    ck_assert_int_eq(read_bytes("{\"qr_id\":\"a\",\"qr_url\":\"https://a.nl/\"}\0", 40, &answer),
                     IDQ_REPLY);
    ck_assert_str_eq(answer.qr_id, "untouched");
}

#define LABELS   "\"station\":\"Balie \\u00e9\",\"service\":\"sudo\""
#define REPEATED "\"nonce\":\"" NONCE "\"," LABELS

static const struct generate_request of_relay = {
    .is_relay = true, .nonce = NONCE, .station = "Balie \xC3\xA9", .service = "sudo"};

static int
read_of_relay(const char *body, struct generate_answer *ret_answer, const char **ret_problem)
{
    return idin_qr_read_generate(body, strlen(body), &of_relay, ret_answer, ret_problem);
}

TEST(generate_answers_of_a_relay)
{
    static const char *const refused[] = {
        "{\"qr_id\":\"a\"}",
        "{\"qr_id\":\"a\",\"qr_payload\":7,\"qr_url\":\"https://a.nl/x.png\"}",
        "{\"qr_id\":\"a\",\"qr_payload\":\"\"}",
        "{\"qr_id\":\"a\",\"qr_payload\":[\"https://a.nl/\"]}",
        "{\"qr_id\":\"a\",\"qr_payload\":\"https://a.nl/ b\"}",
        "{\"qr_id\":\"a\",\"qr_payload\":\"https://a.nl/\",\"qr_payload\":\"https://a.nl/\"}",
        "{\"qr_payload\":\"https://a.nl/\"}",
    };
    const char *body =
        "{\"qr_id\":\"a\",\"qr_payload\":\"HTTPS://A.NL/L/1\",\"qr_url\":7," REPEATED "}";
    const char *picture = "{\"qr_id\":\"a\",\"qr_url\":\"https://a.nl/x.png\"," REPEATED "}";
    const char *problem;
    struct generate_answer answer;

    ck_assert_int_eq(read_of_relay(body, &answer, &problem), 0);
    ck_assert_str_eq(answer.qr_payload, "HTTPS://A.NL/L/1");
    ck_assert_str_eq(answer.qr_url, "");
    ck_assert_int_eq(read_generate(body, &answer), IDQ_REPLY);
    ck_assert_int_eq(read_of_relay(picture, &answer, &problem), 0);
    ck_assert_str_eq(answer.qr_payload, "");
    ck_assert_str_eq(answer.qr_url, "https://a.nl/x.png");
    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++)
        ck_assert_msg(read_of_relay(refused[i], &answer, &problem) == IDQ_REPLY &&
                          strstr(problem, "qr_payload or qr_url"),
                      "taken: %s", refused[i]);
}

/* Each differs from the request in one member. */
TEST(generate_answers_of_a_relay_for_another_login)
{
    static const char *const members[] = {
        "\"station\":\"Balie \\u00e9\",\"service\":\"sudo\"",
        "\"nonce\":\"10112233445566778899aabbccddeeff\"," LABELS,
        "\"nonce\":\"" NONCE "0\"," LABELS,
        "\"nonce\":\"\"," LABELS,
        "\"nonce\":[\"" NONCE "\"]," LABELS,
        "\"nonce\":null," LABELS,
        "\"nonce\":\"" NONCE "\",\"service\":\"sudo\"",
        "\"nonce\":\"" NONCE "\",\"station\":\"Balie e\",\"service\":\"sudo\"",
        "\"nonce\":\"" NONCE "\",\"station\":\"Balie \\u00e9\",\"service\":\"su\"",
        "\"nonce\":\"" NONCE "\"," LABELS ",\"account\":\"alice\"",
        "\"nonce\":\"" NONCE "\"," LABELS ",\"account\":\"\"",
    };
    struct generate_answer answer = {.qr_id = "untouched"};
    const char *problem;

    for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
        char body[400];
        snprintf(body, sizeof body, "{\"qr_id\":\"a\",\"qr_url\":\"https://a.nl/x.png\",%s}",
                 members[i]);
        ck_assert_msg(read_of_relay(body, &answer, &problem) == IDQ_REPLY, "taken: %s", body);
        ck_assert_msg(strstr(problem, "of another login") != NULL, "%s", problem);
    }
    ck_assert_str_eq(answer.qr_id, "untouched");
}

/* The account too; and without a nonce there is nothing to compare with. */
TEST(generate_answers_of_a_relay_and_the_request)
{
    struct generate_request request = of_relay;
    struct generate_answer answer;
    const char *problem, *body = "{\"qr_id\":\"a\",\"qr_url\":\"https://a.nl/\"," REPEATED "}";

    request.account = "alice";
    ck_assert_int_eq(idin_qr_read_generate(body, strlen(body), &request, &answer, &problem),
                     IDQ_REPLY);
    body = "{\"qr_id\":\"a\",\"qr_url\":\"https://a.nl/\"," REPEATED ",\"account\":\"alice\"}";
    ck_assert_int_eq(idin_qr_read_generate(body, strlen(body), &request, &answer, &problem), 0);
    request.account = "alic";
    ck_assert_int_eq(idin_qr_read_generate(body, strlen(body), &request, &answer, &problem),
                     IDQ_REPLY);
    request = (struct generate_request){.is_relay = true};
    body = "{\"qr_id\":\"a\",\"qr_url\":\"https://a.nl/\"}";
    ck_assert_int_eq(idin_qr_read_generate(body, strlen(body), &request, &answer, &problem),
                     IDQ_REPLY);
}

TEST(deep_nesting_is_refused)
{
    const size_t depth = 50000;
    char *body = malloc(depth + 1);
    struct generate_answer answer;

    ck_assert_ptr_nonnull(body);
    memset(body, '[', depth);
    body[depth] = '\0';
    ck_assert_int_eq(read_generate(body, &answer), IDQ_REPLY);
    free(body);
}

static int
read_whole(const char *body, const struct status_request *request,
           struct provider_status *ret_status, const char **ret_problem)
{
    long retry_after_s;

    return idin_qr_read_status(body, strlen(body), request, ret_status, &retry_after_s,
                               ret_problem);
}

/* The status in an answer whose members behind qr_id and nonce are `members`. */
static int
read_status(const char *members, struct provider_status *ret_status, long *ret_retry_after_s)
{
    static char body[16384];
    int size =
        snprintf(body, sizeof body, "{\"qr_id\":\"" QR_ID "\",\"nonce\":\"" NONCE "\"%s}", members);
    const char *problem;

    ck_assert_int_lt(size, (int)sizeof body);
    return idin_qr_read_status(body, (size_t)size, &question, ret_status, ret_retry_after_s,
                               &problem);
}

static void
must_end_as(const char *members, int outcome)
{
    struct provider_status status;
    long retry_after_s;

    ck_assert_msg(read_status(members, &status, &retry_after_s) == 0, "refused: %s", members);
    ck_assert_int_eq(status.state, PROVIDER_DONE);
    ck_assert_msg(status.result.outcome == outcome, "%d from %s", status.result.outcome, members);
    if (outcome) {
        ck_assert_str_eq(status.result.subject, "");
        ck_assert_str_eq(status.result.issuer, "");
        ck_assert_str_eq(status.result.loa, "");
        ck_assert_str_eq(status.result.transaction, "");
    }
}

TEST_CASE("status");

TEST(states)
{
    struct provider_status status;
    long retry_after_s;

    ck_assert_int_eq(read_status(",\"status\":\"open\"", &status, &retry_after_s), 0);
    ck_assert_int_eq(status.state, PROVIDER_OPEN);
    ck_assert_int_eq(retry_after_s, -1);
    ck_assert_int_eq(read_status(",\"status\":\"pending\",\"scans\":2,\"retry_after\":3", &status,
                                 &retry_after_s),
                     0);
    ck_assert_int_eq(status.state, PROVIDER_SCANNED);
    ck_assert_int_eq(retry_after_s, 3);
    must_end_as(",\"status\":\"cancelled\",\"bin\":\"NLTEST1\"", IDQ_REFUSED);
    must_end_as(",\"status\":\"expired\"", IDQ_EXPIRED);
    must_end_as(",\"status\":\"failure\"", IDQ_BANK_FAILED);
    must_end_as(",\"status\":\"Success\",\"bin\":\"NLTEST1\"", IDQ_BANK_FAILED);
    must_end_as(",\"status\":\"approved\",\"bin\":\"NLTEST1\"", IDQ_BANK_FAILED);
}

/* For the log. */
LOOP_TEST(a_transaction_without_an_identity, 4)
{
    static const struct {
        const char *status;
        int outcome;
    } rows[] = {{"cancelled", IDQ_REFUSED},
                {"expired", IDQ_EXPIRED},
                {"failure", IDQ_BANK_FAILED},
                {"success", IDQ_NO_SUBJECT}};
    struct provider_status status;
    long retry_after_s;
    char members[200];

    snprintf(members, sizeof members,
             ",\"status\":\"%s\",\"issuer_id\":\"TESTNL2A\",\"transaction_id\":\"1234\"",
             rows[_i].status);
    ck_assert_int_eq(read_status(members, &status, &retry_after_s), 0);
    ck_assert_int_eq(status.result.outcome, rows[_i].outcome);
    ck_assert_str_eq(status.result.transaction, "1234");
    ck_assert_str_eq(status.result.issuer, "");
    snprintf(members, sizeof members, ",\"status\":\"%s\",\"transaction_id\":\"1\\n2\"",
             rows[_i].status);
    ck_assert_int_eq(read_status(members, &status, &retry_after_s), IDQ_REPLY);
    ck_assert_str_eq(status.result.transaction, "");
}

TEST(success)
{
    struct provider_status status;
    long retry_after_s;

    ck_assert_int_eq(
        read_status(
            ",\"status\":\"success\",\"bin\":\"NLTEST\xC3\xA9 1\",\"issuer_id\":\"TESTNL2A\","
            "\"loa\":\"nl:bvn:bankid:1.0:loa3\",\"transaction_id\":\"1234567890123456\"",
            &status, &retry_after_s),
        0);
    ck_assert_int_eq(status.state, PROVIDER_DONE);
    ck_assert_int_eq(status.result.outcome, 0);
    ck_assert_str_eq(status.result.subject, "NLTEST\xC3\xA9 1");
    ck_assert_str_eq(status.result.issuer, "TESTNL2A");
    ck_assert_str_eq(status.result.loa, "nl:bvn:bankid:1.0:loa3");
    ck_assert_str_eq(status.result.transaction, "1234567890123456");
    must_end_as(",\"status\":\"success\",\"bin\":\"NLTEST1\",\"issuer_id\":null,\"loa\":\"\"", 0);
}

TEST(success_without_an_identity)
{
    char members[12000];
    size_t used;

    must_end_as(",\"status\":\"success\"", IDQ_NO_SUBJECT);
    must_end_as(",\"status\":\"success\",\"issuer_id\":\"TESTNL2A\"", IDQ_NO_SUBJECT);
    must_end_as(",\"status\":\"success\",\"bin\":\"\"", IDQ_NO_SUBJECT);
    must_end_as(",\"status\":\"success\",\"bin\":null", IDQ_NO_SUBJECT);
    must_end_as(",\"status\":\"success\",\"bin\":12", IDQ_NO_SUBJECT);
    must_end_as(",\"status\":\"success\",\"bin\":[\"NLTEST1\"]", IDQ_NO_SUBJECT);
    must_end_as(",\"status\":\"success\",\"bin\":\"1234\"", IDQ_NO_SUBJECT);
    must_end_as(",\"status\":\"success\",\"bin\":\"NL\\u0085\"", IDQ_NO_SUBJECT);
    must_end_as(",\"status\":\"success\",\"bin\":\"TRANSabc\",\"issuer_id\":\"TESTNL2A\"",
                IDQ_TRANSIENT);
    /* More than the whole result holds. */
    used = (size_t)snprintf(members, sizeof members, ",\"status\":\"success\",\"bin\":\"");
    memset(members + used, 'N', 2 * sizeof(struct provider_status));
    strcpy(members + used + 2 * sizeof(struct provider_status), "\"");
    must_end_as(members, IDQ_NO_SUBJECT);
}

#define HASH "idin1:0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcde"

/* The status in an answer of a relay, or of another backend. */
static int
read_from(bool is_relay, const char *members, struct provider_status *ret_status)
{
    struct status_request request = question;
    static char body[1000];
    const char *problem;

    request.is_relay = is_relay;
    request.tries_most = 2;
    ck_assert_int_lt(
        snprintf(body, sizeof body, "{\"qr_id\":\"" QR_ID "\",\"nonce\":\"" NONCE "\"%s}", members),
        (int)sizeof body);
    return read_whole(body, &request, ret_status, &problem);
}

TEST(success_of_a_relay)
{
    struct provider_status status;

    ck_assert_int_eq(read_from(true,
                               ",\"status\":\"success\",\"identity\":\"" HASH
                               "\",\"bin\":null,\"issuer_id\":\"TESTNL2A\"",
                               &status),
                     0);
    ck_assert_int_eq(status.result.outcome, 0);
    ck_assert_str_eq(status.result.subject, HASH);
    ck_assert_str_eq(status.result.issuer, "TESTNL2A");
    ck_assert_int_eq(read_from(true, ",\"status\":\"success\",\"identity\":null", &status), 0);
    ck_assert_int_eq(status.result.outcome, IDQ_NO_SUBJECT);
    ck_assert_str_eq(status.result.subject, "");
    ck_assert_int_eq(read_from(true, ",\"status\":\"success\"", &status), 0);
    ck_assert_int_eq(status.result.outcome, IDQ_NO_SUBJECT);
}

TEST(identities_refused)
{
    static const struct {
        bool is_relay;
        const char *members;
    } rows[] = {
        {true, ",\"bin\":\"NLTEST1\""},
        {true, ",\"bin\":\"NLTEST1\",\"identity\":\"" HASH "\""},
        {true, ",\"bin\":7,\"identity\":\"" HASH "\""},
        {true, ",\"identity\":\"\""},
        {true, ",\"identity\":\"NLTEST1\""},
        {true, ",\"identity\":[\"" HASH "\"]"},
        {true, ",\"identity\":\"" HASH "=\""},
        {true, ",\"identity\":\"idin2:0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcde\""},
        {true, ",\"identity\":\"idin1:0123456789+/ABCDEFGHIJKLMNOPQRSTUVWXYZabcde\""},
        {true, ",\"identity\":\"idin1:0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcd\\u0000\""},
        {false, ",\"identity\":\"" HASH "\""},
        {false, ",\"bin\":\"NLTEST1\",\"identity\":\"" HASH "\""},
        {false, ",\"bin\":\"NLTEST1\",\"identity\":\"\""},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct provider_status status;
        char members[400];
        snprintf(members, sizeof members, ",\"status\":\"success\"%s", rows[i].members);
        ck_assert_msg(read_from(rows[i].is_relay, members, &status) == IDQ_REPLY, "taken: %s",
                      members);
        ck_assert_str_eq(status.result.subject, "");
    }
}

TEST(a_relay_asks_for_the_number)
{
    struct provider_status status;

    for (unsigned tries_left = 1; tries_left <= 2; tries_left++) {
        char members[60];
        snprintf(members, sizeof members, ",\"status\":\"number\",\"tries_left\":%u", tries_left);
        ck_assert_int_eq(read_from(true, members, &status), 0);
        ck_assert_int_eq(status.state, PROVIDER_NUMBER);
        ck_assert_uint_eq(status.tries_left, tries_left);
        ck_assert_int_eq(status.was_scanned, 1);
    }
    ck_assert_int_eq(read_from(true, ",\"status\":\"wrong-number\"", &status), 0);
    ck_assert_int_eq(status.state, PROVIDER_DONE);
    ck_assert_int_eq(status.result.outcome, IDQ_WRONG_NUMBER);
    /* These words are a relay's alone. */
    must_end_as(",\"status\":\"number\",\"tries_left\":2", IDQ_BANK_FAILED);
    must_end_as(",\"status\":\"wrong-number\"", IDQ_BANK_FAILED);
}

LOOP_TEST(tries_that_are_refused, 7)
{
    static const char *const members[] = {"",
                                          ",\"tries_left\":null",
                                          ",\"tries_left\":0",
                                          ",\"tries_left\":-1",
                                          ",\"tries_left\":3", /* two are left at most */
                                          ",\"tries_left\":\"2\"",
                                          ",\"tries_left\":4294967298"};
    struct provider_status status;
    char body[100];

    snprintf(body, sizeof body, ",\"status\":\"number\"%s", members[_i]);
    ck_assert_int_eq(read_from(true, body, &status), IDQ_REPLY);
}

TEST(longest_identity)
{
    char members[8192] = ",\"status\":\"success\",\"bin\":\"NL";
    struct provider_status status;
    long retry_after_s;

    for (int i = 0; i < 1024; i++)
        strcat(members, "\xF0\x9F\x8F\xA6");
    strcat(members, "\"");
    ck_assert_int_eq(read_status(members, &status, &retry_after_s), 0);
    ck_assert_int_eq(status.result.outcome, 0);
    ck_assert_uint_eq(strlen(status.result.subject), 2 + 4 * 1024);
}

TEST(status_answers_refused)
{
    static const char *const members[] = {
        "",
        ",\"status\":1",
        ",\"status\":\"\"",
        ",\"status\":\"success\\n\",\"bin\":\"NLTEST1\"",
        ",\"status\":\"open\",\"status\":\"open\"",
        ",\"status\":\"open\",\"retry_after\":-1",
        ",\"status\":\"open\",\"retry_after\":\"1\"",
        ",\"status\":\"open\",\"retry_after\":1.5",
        ",\"status\":\"open\",\"retry_after\":99999999999",
        ",\"status\":\"open\",\"retry_after\":99999999999999999999",
        ",\"status\":\"success\",\"bin\":\"NLTEST1\",\"issuer_id\":1",
        ",\"status\":\"success\",\"bin\":\"NLTEST1\",\"loa\":\"\\u001b[2J\"",
        (",\"status\":\"success\",\"bin\":\"NLTEST1\",\"transaction_id\":"
         "\"12345678901234567890123456789012345678901234567890123456789012345\""),
        ",\"status\":\"success\",\"bin\":\"NLTEST1\",\"bin\":\"NLTEST2\"",
    };
    struct provider_status status;
    long retry_after_s;

    for (size_t i = 0; i < ARRAY_LENGTH(members); i++) {
        ck_assert_msg(read_status(members[i], &status, &retry_after_s) == IDQ_REPLY, "taken: %s",
                      members[i]);
        ck_assert_str_eq(status.result.subject, "");
        ck_assert_str_eq(status.result.issuer, "");
    }
}

#define SUCCESS "\"status\":\"success\",\"bin\":\"NLA1\"}"

TEST(another_code)
{
    static const char *const ids[] = {
        "6f2b6c1e-0f7e-4b0e-9a3e-0123456789ac",
        "6F2B6C1E-0F7E-4B0E-9A3E-0123456789AB",
        "6f2b6c1e",
    };
    struct provider_status status;
    const char *problem;
    char body[200];

    for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
        snprintf(body, sizeof body, "{\"qr_id\":\"%s\",\"nonce\":\"" NONCE "\"," SUCCESS, ids[i]);
        ck_assert_int_eq(read_whole(body, &question, &status, &problem), IDQ_OTHER_CODE);
        ck_assert_str_eq(problem, error_text(IDQ_OTHER_CODE));
        ck_assert_str_eq(status.result.subject, "");
    }
}

TEST(no_qr_id_at_all)
{
    const char *body = "{\"nonce\":\"" NONCE "\"," SUCCESS;
    struct provider_status status;
    const char *problem;

    ck_assert_int_eq(read_whole(body, &question, &status, &problem), IDQ_REPLY);
    ck_assert_str_eq(problem, error_text(IDQ_REPLY));
}

/* A recorded answer has the right signature, and the right code when the recording begins with the
 * one that made it. */
TEST(another_nonce)
{
    static const struct {
        const char *member, *problem;
    } cases[] = {
        {"", "status_nonce"},
        {"\"nonce\":null,", "status_nonce"},
        {"\"Nonce\":\"" NONCE "\",", "status_nonce"},
        {"\"nonce\":\"\",", "another login"},
        {"\"nonce\":\"00112233445566778899aabbccddeef\",", "another login"},
        {"\"nonce\":\"" NONCE "0\",", "another login"},
        {"\"nonce\":\"00112233445566778899AABBCCDDEEFF\",", "another login"},
        {"\"nonce\":\"10112233445566778899aabbccddeeff\",", "another login"},
        {"\"nonce\":[\"" NONCE "\"],", "another login"},
        {"\"nonce\":0,", "another login"},
    };
    struct provider_status status;
    const char *problem;
    char body[200];

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        snprintf(body, sizeof body, "{\"qr_id\":\"" QR_ID "\",%s" SUCCESS, cases[i].member);
        ck_assert_msg(read_whole(body, &question, &status, &problem) == IDQ_OTHER_CODE, "taken: %s",
                      body);
        ck_assert_msg(strstr(problem, cases[i].problem) != NULL, "%s: %s", body, problem);
        ck_assert_str_eq(status.result.subject, "");
    }
}

TEST(a_nonce_that_was_not_sent)
{
    struct status_request without = question;
    struct provider_status status;
    const char *problem;

    without.nonce = NULL;
    ck_assert_int_eq(read_whole("{\"qr_id\":\"" QR_ID "\"," SUCCESS, &without, &status, &problem),
                     0);
    ck_assert_str_eq(status.result.subject, "NLA1");
    ck_assert_int_eq(read_whole("{\"qr_id\":\"" QR_ID "\",\"nonce\":\"" NONCE "\"," SUCCESS,
                                &without, &status, &problem),
                     0);
    ck_assert_int_eq(read_whole("{\"qr_id\":\"other\"," SUCCESS, &without, &status, &problem),
                     IDQ_OTHER_CODE);
}

RUN_TESTS("idin_qr_messages", NULL);
