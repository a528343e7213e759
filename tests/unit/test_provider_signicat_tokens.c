/* SPDX-License-Identifier: BSD-3-Clause */
/* The access tokens of the provider signicat: how one is asked for, kept, replaced in time, and
 * renewed once when it is refused; against a transport that answers from a script. */
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/signicat_fixture.h"

#include <string.h>

TEST_CASE("tokens", .setup = signicat_fixture_begin, .teardown = provider_fixture_end);

LOOP_TEST(token_http_status, 9)
{
    static const struct {
        long status;
        int error;
    } cases[] = {{400, IDQ_MERCHANT},    {401, IDQ_MERCHANT},    {403, IDQ_MERCHANT},
                 {429, IDQ_BUSY},        {408, IDQ_UNREACHABLE}, {500, IDQ_UNREACHABLE},
                 {503, IDQ_UNREACHABLE}, {302, IDQ_REPLY},       {404, IDQ_REPLY}};

    script.answers[0].status = cases[_i].status;
    script.answers[0].body =
        "{\"error\":\"invalid_client\",\"error_description\":\"the secret is se cret\"}";
    ck_assert_int_eq(provider_fixture_start(), cases[_i].error);
    ck_assert_uint_eq(script.n_asked, 1);
    ck_assert_ptr_nonnull(strstr(provider_fixture_logged(), ", invalid_client\n"));
}

TEST(tokens_that_are_none)
{
    script.answers[0].body = "{\"access_token\":\"a\\nb\",\"token_type\":\"Bearer\"}";
    ck_assert_int_eq(provider_fixture_start(), IDQ_REPLY);
    ck_assert_str_eq(provider_fixture_logged(), "token: an answer without a usable token\n");
    provider_fixture_end();
    script_rewind();
    script.answers[0].body = SIGNICAT_FIRST_TOKEN;
    script.answers[0].content_type = "text/html";
    ck_assert_int_eq(provider_fixture_start(), IDQ_REPLY);
    ck_assert_str_eq(provider_fixture_logged(), "token: an answer that is not JSON\n");
    provider_fixture_end();
    script_rewind();
    script.answers[0].status = 0;
    script.answers[0].error = IDQ_TLS;
    ck_assert_int_eq(provider_fixture_start(), IDQ_TLS);
    ck_assert_uint_eq(script.n_asked, 1);
}

/* The token endpoint may be asked again, but not for each question. */
TEST(a_token_is_kept)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    for (int i = 0; i < 3; i++) {
        signicat_fixture_answer(SIGNICAT_CREATED);
        ck_assert_int_eq(provider_fixture_poll(), 0);
        ck_assert_str_eq(script.asked[2 + i].url, SIGNICAT_SESSION);
        ck_assert_str_eq(script.asked[2 + i].authorization, "Bearer first");
        ck_assert_int_eq(script.asked[2 + i].is_post, 0);
        ck_assert_str_eq(script.asked[2 + i].content_type, "");
    }
}

TEST(a_token_that_ends_soon_is_replaced)
{
    /* Over in less than a request may take. */
    script.answers[0].body =
        "{\"access_token\":\"first\",\"expires_in\":9,\"token_type\":\"Bearer\"}";
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_str_eq(script.asked[1].authorization, "Bearer first"); /* fetched just now */
    script_unsigned(200, SIGNICAT_SECOND_TOKEN);
    signicat_fixture_answer(SIGNICAT_CREATED);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_str_eq(script.asked[2].url, SIGNICAT_TOKEN);
    ck_assert_str_eq(script.asked[3].authorization, "Bearer second");
}

TEST(a_token_that_is_refused_is_renewed_once)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    script_unsigned(401, "{\"title\":\"Unauthorized\"}");
    script_unsigned(200, SIGNICAT_SECOND_TOKEN);
    signicat_fixture_answer(SIGNICAT_WAITING);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(provider_fixture.status.state, PROVIDER_SCANNED);
    ck_assert_uint_eq(script.n_asked, 5);
    ck_assert_str_eq(script.asked[2].authorization, "Bearer first");
    ck_assert_str_eq(script.asked[3].url, SIGNICAT_TOKEN);
    ck_assert_str_eq(script.asked[4].url, SIGNICAT_SESSION);
    ck_assert_str_eq(script.asked[4].authorization, "Bearer second");
    ck_assert_str_eq(provider_fixture_logged(), "");
}

TEST(a_second_refusal_is_the_end)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    script_unsigned(401, "{}");
    script_unsigned(200, SIGNICAT_SECOND_TOKEN);
    script_unsigned(401, "{\"title\":\"Unauthorized\"}");
    ck_assert_int_eq(provider_fixture_poll(), IDQ_MERCHANT);
    ck_assert_uint_eq(script.n_asked, 5);
    ck_assert_str_eq(provider_fixture_logged(), "session: HTTP status 401, Unauthorized\n");
}

TEST(a_token_may_be_refused_for_the_session_too)
{
    script_clear();
    script_unsigned(200, SIGNICAT_FIRST_TOKEN);
    script_unsigned(401, "{}");
    script_unsigned(200, SIGNICAT_SECOND_TOKEN);
    signicat_fixture_answer_create(NULL);
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_str_eq(script.asked[3].authorization, "Bearer second");
    ck_assert_str_eq(script.asked[3].body, script.asked[1].body);
}

TEST(patience_that_the_token_endpoint_asks_for)
{
    script.answers[0].body =
        "{\"access_token\":\"first\",\"expires_in\":9,\"token_type\":\"Bearer\"}";
    ck_assert_int_eq(provider_fixture_start(), 0);
    script_unsigned(429, "{}")->retry_after_s = 40;
    ck_assert_int_eq(provider_fixture_poll(), IDQ_BUSY);
    ck_assert_int_eq(provider_fixture.status.next_ms, 40000);
}

TEST(cancel_renews_a_token_as_well)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    script_unsigned(401, "{}");
    script_unsigned(200, SIGNICAT_SECOND_TOKEN);
    script_unsigned(204, "")->content_type = "";
    provider_fixture_cancel(1500);
    ck_assert_uint_eq(script.n_asked, 5);
    ck_assert_int_eq(script.asked[3].uncancelled, 1);
    ck_assert_int_le(script.asked[3].timeout_ms, 1500);
    ck_assert_str_eq(script.asked[4].authorization, "Bearer second");
}

RUN_TESTS("provider_signicat_tokens", NULL);
