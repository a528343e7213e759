/* SPDX-License-Identifier: BSD-3-Clause */
/* The polls of the provider oidc-device at its token endpoint: what each answer makes of the login,
 * and how far apart the polls are; against a transport that answers from a script. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/id_tokens.h"
#include "tests/unit/oidc_device_fixture.h"
#include "tests/unit/token_keys.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

TEST_CASE("polls", .setup = oidc_device_fixture_begin, .teardown = provider_fixture_end);

TEST(the_first_poll_waits_an_interval)
{
    oidc_device_fixture_start();
    ck_assert_int_eq(provider_fixture.first_ms, 5000);
    script_unsigned(400, OIDC_REFUSAL("authorization_pending"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_uint_eq(script.n_asked, 3);
    ck_assert_str_eq(script.asked[2].url, "https://token.example/t");
    ck_assert_str_eq(script.asked[2].body,
                     "client_id=desk+3&" OIDC_GRANT "&device_code=dev%2Fcode%2B1");
    ck_assert_str_eq(script.asked[2].authorization, "Basic ZGVzayszOnMlM0FjcmV0");
    ck_assert_int_eq(provider_fixture.status.state, PROVIDER_OPEN);
    ck_assert_int_eq(provider_fixture.status.next_ms, 5000);
}

TEST(the_longer_interval_counts)
{
    script.answers[1].body =
        OIDC_DEVICE_WITH("https://id.example.nl/d", ",\"expires_in\":600,\"interval\":2");
    oidc_device_fixture_start();
    ck_assert_int_eq(provider_fixture.first_ms, 2000);
    provider_fixture_end();
    script_rewind();
    provider_fixture_set("poll_interval", "9");
    oidc_device_fixture_start();
    ck_assert_int_eq(provider_fixture.first_ms, 9000);
}

TEST(slow_down_is_for_good)
{
    oidc_device_fixture_start();
    script_unsigned(400, OIDC_REFUSAL("slow_down"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(provider_fixture.status.next_ms, 10000);
    script_unsigned(400, OIDC_REFUSAL("authorization_pending"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(provider_fixture.status.next_ms, 10000);
    script_unsigned(429, OIDC_REFUSAL("slow_down"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(provider_fixture.status.next_ms, 15000);
}

static void
script_failure(int error)
{
    struct scripted_answer *answer = script_unsigned(0, "");

    answer->error = error;
}

TEST(polls_that_fail_get_further_apart)
{
    static const int next_ms[] = {10000, 20000, 40000, 80000, 80000};

    oidc_device_fixture_start();
    for (size_t i = 0; i < 5; i++) {
        if (i % 2)
            script_unsigned(503, "");
        else
            script_failure(IDQ_UNREACHABLE);
        ck_assert_int_eq(provider_fixture_poll(), IDQ_UNREACHABLE);
        ck_assert_int_eq(provider_fixture.status.next_ms, next_ms[i]);
    }
    script_unsigned(400, OIDC_REFUSAL("authorization_pending"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(provider_fixture.status.next_ms, 5000);
}

static const struct {
    long http_status;
    const char *body;
    int error, outcome; /* what the poll returns; else how the login ended */
} ends[] = {
    {400, OIDC_REFUSAL("access_denied"), 0, IDQ_REFUSED},
    {403, OIDC_REFUSAL("access_denied"), 0, IDQ_REFUSED},
    {400, OIDC_REFUSAL("expired_token"), 0, IDQ_EXPIRED},
    {400, OIDC_REFUSAL("invalid_grant"), 0, IDQ_BANK_FAILED},
    {400, OIDC_REFUSAL("unsupported_grant_type"), 0, IDQ_BANK_FAILED},
    {401, OIDC_REFUSAL("invalid_client"), IDQ_MERCHANT, 0},
    {400, OIDC_REFUSAL("unauthorized_client"), IDQ_MERCHANT, 0},
    {401, "", IDQ_MERCHANT, 0},
    {400, "", IDQ_REPLY, 0},
    {302, "", IDQ_REPLY, 0},
    {202, "{}", IDQ_REPLY, 0},
    {500, OIDC_REFUSAL("access_denied"), IDQ_UNREACHABLE, 0},
    {200, OIDC_REFUSAL("authorization_pending"), IDQ_REPLY, 0},
    {200, "{\"access_token\":\"a\"}", IDQ_REPLY, 0},
};

LOOP_TEST(every_end_is_told_apart, ARRAY_LENGTH(ends))
{
    oidc_device_fixture_start();
    script_unsigned(ends[_i].http_status, ends[_i].body);
    ck_assert_int_eq(provider_fixture_poll(), ends[_i].error);
    ck_assert_int_eq(provider_fixture.status.state,
                     ends[_i].outcome ? PROVIDER_DONE : PROVIDER_OPEN);
    ck_assert_int_eq(provider_fixture.status.result.outcome, ends[_i].outcome);
    ck_assert_str_eq(provider_fixture.status.result.subject, "");
}

static const char *
token_answer(const char *issuer, const char *sub, const char *more)
{
    static char body[4000];

    snprintf(body, sizeof body,
             "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"%s\"}",
             id_token_for(issuer, "desk 3", sub, more));
    return body;
}

TEST(success_is_told)
{
    provider_fixture_set("required_acr", "high");
    oidc_device_fixture_start();
    script_unsigned(200, token_answer(OIDC_ISSUER, "anna", ",\"acr\":\"high\""));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(provider_fixture.status.state, PROVIDER_DONE);
    ck_assert_int_eq(provider_fixture.status.result.outcome, 0);
    ck_assert_str_eq(provider_fixture.status.result.subject, "anna");
    ck_assert_str_eq(provider_fixture.status.result.issuer, OIDC_ISSUER);
    ck_assert_str_eq(provider_fixture.status.result.loa, "high");
}

TEST(success_by_another_claim)
{
    provider_fixture_set("subject_claim", "bin");
    oidc_device_fixture_start();
    script_unsigned(200, token_answer(OIDC_ISSUER, "anna", ",\"bin\":\"NLTEST1\""));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_str_eq(provider_fixture.status.result.subject, "NLTEST1");
}

TEST(success_that_is_none)
{
    static const struct {
        const char *issuer, *sub, *more, *type, *required;
        int error, outcome;
    } rows[] = {
        {"https://id.example.nl", "anna", "", "application/json", "", IDQ_REPLY, 0},
        {OIDC_ISSUER, "anna", "", "text/html", "", IDQ_REPLY, 0},
        {OIDC_ISSUER, "anna", ",\"acr\":\"low\"", "application/json", "high", 0, IDQ_LOW_ASSURANCE},
        {OIDC_ISSUER, "anna", "", "application/json", "high", 0, IDQ_LOW_ASSURANCE},
        {OIDC_ISSUER, "", "", "application/json", "", 0, IDQ_NO_SUBJECT},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        provider_fixture_set("required_acr", rows[i].required);
        script.n_asked = 0;
        script.n_answers = 2;
        oidc_device_fixture_start();
        script_unsigned(200, token_answer(rows[i].issuer, rows[i].sub, rows[i].more))
            ->content_type = rows[i].type;
        ck_assert_int_eq(provider_fixture_poll(), rows[i].error);
        ck_assert_int_eq(provider_fixture.status.result.outcome, rows[i].outcome);
        ck_assert_str_eq(provider_fixture.status.result.subject, "");
        provider_fixture_end();
    }
}

/* A success with a token that this key has signed, for the right person. */
static const char *
signed_answer(const struct token_key *key)
{
    static char body[4000];
    char claims[400];
    long now = (long)time(NULL);

    snprintf(claims, sizeof claims,
             "{\"iss\":\"" OIDC_ISSUER
             "\",\"aud\":\"desk 3\",\"sub\":\"anna\",\"iat\":%ld,\"exp\":%ld}",
             now, now + 300);
    snprintf(body, sizeof body, "{\"id_token\":\"%s\"}",
             token_key_sign(key, "{\"alg\":\"ES256\",\"kid\":\"k\"}", claims));
    return body;
}

/* Whose key the set holds decides, and one line says so. */
TEST(a_pinned_key_decides)
{
    TOKEN_KEY_AUTO *right = token_key_new("ES256", "k", 0), *wrong = token_key_new("ES256", "k", 0),
                   *renamed = token_key_new("ES256", "new", 0);
    const struct {
        const struct token_key *pinned;
        int error;
        const char *line;
    } rows[] = {
        {right, 0, ""},
        {wrong, IDQ_SIGNATURE, "ID token: its signature is wrong ("},
        {renamed, IDQ_SIGNATURE, "ID token: its kid is not in jwks_file: "},
    };

    provider_fixture_set("jwks_file", "/etc/idinqr.jwks");
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char *set = token_key_set((const struct token_key *const[]){rows[i].pinned, NULL});
        strcpy(provider_fixture.start.key_set, set);
        script.n_asked = 0;
        script.n_answers = 2;
        oidc_device_fixture_start();
        script_unsigned(200, signed_answer(right));
        ck_assert_int_eq(provider_fixture_poll(), rows[i].error);
        const char *lines = provider_fixture_logged();
        ck_assert_msg(strncmp(lines, rows[i].line, strlen(rows[i].line)) == 0, "%s", lines);
        ck_assert_msg(rows[i].error ? strchr(lines, '\n')[1] == '\0' : !*lines, "%s", lines);
        ck_assert_str_eq(provider_fixture.status.result.subject, rows[i].error ? "" : "anna");
        ck_assert_int_eq(provider_fixture.status.state,
                         rows[i].error ? PROVIDER_OPEN : PROVIDER_DONE);
        provider_fixture_end();
    }
}

TEST(a_wrong_clock_is_named)
{
    static const struct {
        long ahead_s;
        int error;
    } clocks[] = {{0, IDQ_REPLY}, {120, IDQ_REPLY}, {121, IDQ_CLOCK}, {-121, IDQ_CLOCK}};

    for (size_t i = 0; i < ARRAY_LENGTH(clocks); i++) {
        script.n_asked = 0;
        script.n_answers = 2;
        oidc_device_fixture_start();
        script_unsigned(200, token_answer("https://other.example", "anna", ""))->clock_ahead_s =
            clocks[i].ahead_s;
        ck_assert_int_eq(provider_fixture_poll(), clocks[i].error);
        provider_fixture_end();
    }
}

/* Whatever the provider would say: the code on the screen is over. */
TEST(a_code_whose_time_is_over)
{
    script.answers[1].body =
        OIDC_DEVICE_WITH("https://id.example.nl/d", ",\"expires_in\":1,\"interval\":1");
    ck_assert_int_eq(provider_fixture_start(), 0);
    for (int64_t end_ms = clock_ms() + 1000; clock_ms() < end_ms;)
        (void)wire_wait(&provider_fixture.wire, clock_left_ms(end_ms));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(provider_fixture.status.state, PROVIDER_DONE);
    ck_assert_int_eq(provider_fixture.status.result.outcome, IDQ_EXPIRED);
    ck_assert_uint_eq(script.n_asked, 2);
}

RUN_TESTS("provider_oidc_device_poll", NULL);
