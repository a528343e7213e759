/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the provider signicat, from the settings to a code and to the cancel of its session: which
 * requests it sends, where and in which order. The transport is scripted.
 * test_provider_signicat_tokens.c tests its tokens, test_provider_signicat_poll.c its polls of the
 * session. */
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/signicat_fixture.h"

#include <stdio.h>
#include <string.h>

TEST_CASE("start", .setup = signicat_fixture_begin, .teardown = provider_fixture_end);

TEST(a_session_is_asked_for_and_drawn)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_str_eq(provider_fixture.qr.payload, SIGNICAT_LINK);
    ck_assert_uint_eq(script.n_asked, 2);
    ck_assert_str_eq(script.asked[0].url, SIGNICAT_TOKEN);
    ck_assert_str_eq(script.asked[0].body, "grant_type=client_credentials&scope=signicat-api");
    ck_assert_str_eq(script.asked[0].content_type, "application/x-www-form-urlencoded");
    /* printf 'sandbox%%3Aclient:se+cret' | base64 */
    ck_assert_str_eq(script.asked[0].authorization, "Basic c2FuZGJveCUzQWNsaWVudDpzZStjcmV0");
    ck_assert_str_eq(script.asked[1].url, SIGNICAT_SESSIONS);
    ck_assert_str_eq(script.asked[1].content_type, "application/json");
    ck_assert_str_eq(script.asked[1].authorization, "Bearer first");
    ck_assert_ptr_nonnull(
        strstr(script.asked[1].body, "\"success\":\"https://desk.example.nl/done\""));
    ck_assert_ptr_nonnull(strstr(script.asked[1].body, "\"language\":\"nl\""));
    ck_assert_ptr_nonnull(strstr(script.asked[1].body, "\"requestedLoa\":\"substantial\""));
    ck_assert_ptr_null(strstr(script.asked[1].body, "requestDomain"));
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_le(script.asked[i].timeout_ms, 10000 + script.asked[i].grace_ms);
        ck_assert_int_eq(script.asked[i].uncancelled, 0);
    }
    ck_assert_str_eq(provider_fixture_logged(), "");
}

TEST(the_urls_follow_the_settings)
{
    provider_fixture_set("api_url", "https://api.example/auth/rest//");
    provider_fixture_set("account_id", "a-sdge 1&2");
    provider_fixture_set("request_domain", "login.example.nl");
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_str_eq(script.asked[1].url, SIGNICAT_SESSIONS "?signicat-accountId=a-sdge+1%262");
    ck_assert_ptr_nonnull(strstr(script.asked[1].body, "\"requestDomain\":\"login.example.nl\""));
    signicat_fixture_answer(SIGNICAT_CREATED);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_str_eq(script.asked[2].url, SIGNICAT_SESSION "?signicat-accountId=a-sdge+1%262");
    signicat_fixture_answer("");
    provider_fixture_cancel(1500);
    ck_assert_str_eq(script.asked[3].url,
                     SIGNICAT_SESSION "/cancel?signicat-accountId=a-sdge+1%262");
}

LOOP_TEST(api_urls_that_cannot_be_used, 3)
{
    char longest[2049] = "https://api.example/";

    memset(longest + strlen(longest), 'a', sizeof longest - 1 - strlen(longest));
    longest[2048] = '\0';
    provider_fixture_set("api_url", _i == 0   ? "https://api.example/rest?a=b"
                                    : _i == 1 ? "https://api.example/rest#a"
                                              : longest);
    ck_assert_int_eq(provider_fixture_start(), IDQ_CONFIG);
    ck_assert_uint_eq(script.n_asked, 0);
    ck_assert_str_eq(provider_fixture_logged(), "api_url is too long, or has a query\n");
}

/* Signicat takes less than 300 seconds for 300. */
TEST(lifetime_covers_the_login)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_ptr_nonnull(strstr(script.asked[1].body, "\"sessionLifetime\":300,"));
    ck_assert_uint_eq(provider_fixture.qr.lifetime_s, 300);
    provider_fixture_end();
    script_rewind();
    provider_fixture.context.deadline_ms = clock_ms() + 900000;
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_uint_gt(provider_fixture.qr.lifetime_s, 800);
    ck_assert_uint_le(provider_fixture.qr.lifetime_s, 900);
}

TEST(every_login_has_a_reference_of_its_own)
{
    char first[33];

    ck_assert_int_eq(provider_fixture_start(), 0);
    strcpy(first, signicat_fixture_reference());
    ck_assert_uint_eq(strspn(first, "0123456789abcdef"), 32);
    provider_fixture_end();
    script_rewind();
    ck_assert_int_eq(provider_fixture_start(), 0);
    /* 128 bits of it: four words that all differ, of which two alike are one in a billion. */
    for (size_t i = 0; i < 32; i += 8) {
        ck_assert(memcmp(first + i, signicat_fixture_reference() + i, 8) != 0);
        for (size_t j = 0; j < i; j += 8)
            ck_assert(memcmp(first + i, first + j, 8) != 0);
    }
}

LOOP_TEST(create_http_status, 10)
{
    static const struct {
        long status;
        int error;
    } cases[] = {{200, 0},         {201, 0},        {400, IDQ_REPLY},       {403, IDQ_MERCHANT},
                 {404, IDQ_REPLY}, {429, IDQ_BUSY}, {408, IDQ_UNREACHABLE}, {500, IDQ_UNREACHABLE},
                 {302, IDQ_REPLY}, {202, IDQ_REPLY}};

    script.answers[1].status = cases[_i].status;
    ck_assert_int_eq(provider_fixture_start(), cases[_i].error);
    ck_assert_uint_eq(script.n_asked, 2);
    if (cases[_i].error)
        provider_fixture_cancel(1500);
    ck_assert_uint_eq(script.n_asked, 2); /* there is no session to cancel */
}

TEST(what_signicat_objects_to_is_logged)
{
    script_clear();
    script_unsigned(200, SIGNICAT_FIRST_TOKEN);
    script_unsigned(400,
                    "{\"title\":\"Invalid request\",\"code\":\"auth-12\",\"detail\":\"NLTEST1\"}");
    ck_assert_int_eq(provider_fixture_start(), IDQ_REPLY);
    ck_assert_str_eq(provider_fixture_logged(),
                     "session: HTTP status 400, Invalid request (auth-12)\n");
}

TEST(a_code_that_leads_elsewhere)
{
    char members[] = SIGNICAT_CREATED ",\"authenticationUrl\":\"https://api.example/auth\"";

    script.answers[1].make_with = members;
    ck_assert_int_eq(provider_fixture_start(), IDQ_HOST);
    /* The session is ours, and open. */
    signicat_fixture_answer(",\"status\":\"CANCELLED\"");
    provider_fixture_cancel(1500);
    ck_assert_str_eq(script.asked[2].url, SIGNICAT_SESSION "/cancel");
}

TEST(a_session_of_another_login)
{
    script.answers[1].make = NULL;
    script.answers[1].body =
        "{\"id\":\"" SIGNICAT_ID "\",\"externalReference\":\"0123456789abcdef0123456789abcdef\","
        "\"status\":\"CREATED\",\"authenticationUrl\":\"" SIGNICAT_LINK "\"}";
    ck_assert_int_eq(provider_fixture_start(), IDQ_OTHER_CODE);
    provider_fixture_cancel(1500); /* nor is it ours to cancel */
    ck_assert_uint_eq(script.n_asked, 2);
}

TEST(long_links)
{
    static const char head[] =
        ",\"status\":\"CREATED\",\"authenticationUrl\":\"https://login.example.nl/";
    char members[1200];
    const size_t fits = PAYLOAD_MAX - strlen("https://login.example.nl/");

    memset(members, 'a', sizeof members);
    memcpy(members, head, strlen(head));
    strcpy(members + strlen(head) + fits, "\"");
    script.answers[1].make_with = members;
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_uint_eq(strlen(provider_fixture.qr.payload), PAYLOAD_MAX);
    provider_fixture_end();
    script_rewind();
    strcpy(members + strlen(head) + fits, "a\"");
    ck_assert_int_eq(provider_fixture_start(), IDQ_REPLY);
}

/* An interrupted request could leave a session with an unknown id, so it gets a grace period. The
 * token's request needs none. */
TEST(a_session_that_is_being_made_is_finished)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_int_eq(script.asked[0].grace_ms, 0);
    ck_assert_int_gt(script.asked[1].grace_ms, 0);
    ck_assert_int_lt(script.asked[1].grace_ms, PROVIDER_CANCEL_MS);
    signicat_fixture_answer(SIGNICAT_CREATED);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(script.asked[2].grace_ms, 0);
    /* It may also take a little longer than the login itself. */
    provider_fixture_end();
    script_rewind();
    provider_fixture.context.deadline_ms = clock_ms() + 2000;
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_int_le(script.asked[0].timeout_ms, 2000);
    ck_assert_int_gt(script.asked[1].timeout_ms, script.asked[1].grace_ms);
    ck_assert_int_le(script.asked[1].timeout_ms, 2000 + script.asked[1].grace_ms);
}

TEST_CASE("cancel", .setup = signicat_fixture_begin, .teardown = provider_fixture_end);

TEST(cancel_is_told)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    provider_fixture.context.deadline_ms =
        clock_ms(); /* the login's time is over, and not the cancel's */
    script_unsigned(500, "")->content_type = ""; /* changes nothing */
    provider_fixture_cancel(1500);
    ck_assert_uint_eq(script.n_asked, 3);
    ck_assert_str_eq(script.asked[2].url, SIGNICAT_SESSION "/cancel");
    ck_assert_int_eq(script.asked[2].is_post, 1);
    ck_assert_str_eq(script.asked[2].body, "");
    ck_assert_str_eq(script.asked[2].authorization, "Bearer first");
    ck_assert_int_gt(script.asked[2].timeout_ms, 0);
    ck_assert_int_le(script.asked[2].timeout_ms, 1500);
    ck_assert_int_eq(script.asked[2].uncancelled, 1);
    ck_assert_str_eq(provider_fixture_logged(), "");
}

TEST(cancel_without_a_session_is_silent)
{
    script.answers[1].status = 500;
    ck_assert_int_eq(provider_fixture_start(), IDQ_UNREACHABLE);
    provider_fixture_cancel(1500);
    ck_assert_uint_eq(script.n_asked, 2);
    provider_fixture_end();
    provider_fixture_cancel(1500); /* the state of a start without memory */
    ck_assert_uint_eq(script.n_asked, 2);
}

RUN_TESTS("provider_signicat", NULL);
