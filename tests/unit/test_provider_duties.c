/* SPDX-License-Identifier: BSD-3-Clause */
/* What every provider must do, as one table that runs for each of them, against a fetch process
 * that answers from a script. What a provider does alone is in test_provider_<name>.c. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/id_tokens.h"
#include "tests/unit/idin_qr_fixture.h"
#include "tests/unit/oidc_device_fixture.h"
#include "tests/unit/signicat_fixture.h"

#include <limits.h>
#include <string.h>

/* What a backend answers about the code, in the provider's words. */
enum news { NEWS_NONE, NEWS_REFUSED, NEWS_EXPIRED, NEWS_SUCCESS };

static struct scripted_answer *
answer_idin_qr(enum news news)
{
    static const char *const members[] = {
        [NEWS_NONE] = "\"status\":\"open\"",
        [NEWS_REFUSED] = "\"status\":\"cancelled\"",
        [NEWS_EXPIRED] = "\"status\":\"expired\"",
        [NEWS_SUCCESS] = "\"status\":\"success\",\"bin\":\"NLTEST1\"",
    };

    return idin_qr_fixture_status(members[news]);
}

static struct scripted_answer *
answer_oidc_device(enum news news)
{
    static const char *const refusals[] = {
        [NEWS_NONE] = OIDC_REFUSAL("authorization_pending"),
        [NEWS_REFUSED] = OIDC_REFUSAL("access_denied"),
        [NEWS_EXPIRED] = OIDC_REFUSAL("expired_token"),
    };

    if (news != NEWS_SUCCESS)
        return script_unsigned(400, refusals[news]);
    return script_unsigned(200, scratch_text("{\"id_token\":\"%s\"}",
                                             id_token_for(OIDC_ISSUER, "desk 3", "NLTEST1", "")));
}

static struct scripted_answer *
answer_signicat(enum news news)
{
    static const char *const members[] = {
        [NEWS_NONE] = SIGNICAT_CREATED,
        [NEWS_REFUSED] = ",\"status\":\"ABORT\"",
        [NEWS_EXPIRED] = ",\"status\":\"EXPIRED\"",
        [NEWS_SUCCESS] = SIGNICAT_SUCCESS,
    };

    return signicat_fixture_answer(members[news]);
}

/* The backend's code leads to `url`. */
static void
lead_idin_qr(const char *url)
{
    script.picture.payload = url;
}

static void
lead_oidc_device(const char *url)
{
    script.answers[1].body = scratch_text(OIDC_DEVICE_WITH("%s", ",\"expires_in\":600"), url);
}

static void
lead_signicat(const char *url)
{
    script.answers[1].make_with =
        scratch_text(SIGNICAT_CREATED ",\"authenticationUrl\":\"%s\"", url);
}

/* Each start makes two requests. */
static const struct duty {
    const char *name;
    const struct provider *provider;
    void (*begin)(void);
    const char *host; /* of its codes */
    void (*lead)(const char *url);
    struct scripted_answer *(*answer)(enum news news);
    size_t n_json; /* of the two, whose answer is JSON: these may be put off */
} duties[] = {
    {"idin-qr", &provider_idin_qr, idin_qr_fixture_begin, "qrcode.idin.nl", lead_idin_qr,
     answer_idin_qr, 1},
    {"oidc-device", &provider_oidc_device, oidc_device_fixture_begin, "id.example.nl",
     lead_oidc_device, answer_oidc_device, 2},
    {"signicat", &provider_signicat, signicat_fixture_begin, "login.example.nl", lead_signicat,
     answer_signicat, 2},
};

#define N_DUTIES ARRAY_LENGTH(duties)

static const struct duty *
begin(int row)
{
    duties[row].begin();
    return &duties[row];
}

static const struct duty *
start(int row)
{
    const struct duty *duty = begin(row);

    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_uint_eq(script.n_asked, 2);
    return duty;
}

/* Starts once more, with the same answers. */
static void
must_start(int error, size_t n_asked)
{
    provider_fixture_end();
    script_rewind();
    ck_assert_int_eq(provider_fixture_start(), error);
    ck_assert_uint_eq(script.n_asked, n_asked);
}

static void
must_poll(int error)
{
    ck_assert_int_eq(provider_fixture_poll(), error);
    ck_assert_str_eq(provider_fixture.status.result.subject, "");
}

TEST_CASE("start", .teardown = provider_fixture_end);

LOOP_TEST(found_by_its_name, N_DUTIES)
{
    const struct duty *duty = begin(_i);

    ck_assert_ptr_eq(provider_find(duty->name), duty->provider);
    ck_assert_ptr_null(provider_find(scratch_text("%.4s", duty->name)));
    ck_assert_ptr_null(provider_find(""));
}

/* The n-th answer asks for patience, and the usual one follows. */
static void
put_off(size_t n, long retry_after_s)
{
    for (size_t i = script.n_answers++; i > n; i--)
        script.answers[i] = script.answers[i - 1];
    script.answers[n].status = 429;
    script.answers[n].make = NULL;
    script.answers[n].body = "busy";
    script.answers[n].retry_after_s = retry_after_s;
}

/* A person waits a little for a code. */
LOOP_TEST(a_busy_backend_is_asked_again, N_DUTIES * 2)
{
    const struct duty *duty = begin(_i / 2);
    size_t n = (size_t)_i % 2;
    int64_t start_ms = clock_ms();

    put_off(n, _i % 2); /* none is taken for a second */
    if (n >= duty->n_json) {
        ck_assert_int_ne(provider_fixture_start(), 0);
        return;
    }
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_uint_eq(script.n_asked, 3);
    ck_assert_str_eq(script.asked[n].url, script.asked[n + 1].url);
    ck_assert_int_ge(clock_ms() - start_ms, 1000);
}

/* But not longer. */
LOOP_TEST(a_busy_backend_is_not_asked_again, N_DUTIES * 3)
{
    static const long retry_after_s[] = {-1, 11, 3600};

    begin(_i / 3);
    put_off(0, retry_after_s[_i % 3]);
    ck_assert_int_eq(provider_fixture_start(), IDQ_BUSY);
    ck_assert_uint_eq(script.n_asked, 1);
}

LOOP_TEST(no_patience_beyond_the_deadline, N_DUTIES)
{
    begin(_i);
    provider_fixture.context.deadline_ms = clock_ms() + 2900;
    put_off(0, 3);
    ck_assert_int_eq(provider_fixture_start(), IDQ_BUSY);
}

LOOP_TEST(patience_ends_with_the_module, N_DUTIES)
{
    begin(_i);
    provider_fixture.wire.cancelled = 1;
    put_off(0, 5);
    ck_assert_int_eq(provider_fixture_start(), IDQ_CANCELLED);
    ck_assert_uint_eq(script.n_asked, 1);
}

/* Neither request, nor both. */
LOOP_TEST(a_start_without_an_answer, N_DUTIES * 2)
{
    size_t n = (size_t)_i % 2;

    start(_i / 2);
    script.answers[n].status = 0;
    script.answers[n].error = IDQ_TLS;
    must_start(IDQ_TLS, n + 1);
}

LOOP_TEST(statuses_of_a_start, N_DUTIES * 5)
{
    static const struct {
        long status;
        int error;
    } rows[] = {{408, IDQ_UNREACHABLE},
                {500, IDQ_UNREACHABLE},
                {503, IDQ_UNREACHABLE},
                {429, IDQ_BUSY},
                {302, IDQ_REPLY}};

    start(_i / 5);
    script.answers[0].status = rows[_i % 5].status;
    must_start(rows[_i % 5].error, 1);
}

LOOP_TEST(a_start_must_be_json, N_DUTIES * 2)
{
    const struct duty *duty = start(_i / 2);
    size_t n = (size_t)_i % 2;

    script.answers[n].content_type = "text/html";
    must_start(n < duty->n_json ? IDQ_REPLY : IDQ_PICTURE, n + 1);
}

/* %s: the host of its codes. */
LOOP_TEST(a_code_that_leads_elsewhere, N_DUTIES * 6)
{
    static const char *const urls[] = {
        "https://evil.example/q/%s",  "https://%s.evil.example/q", "https://%s:8443/q/abc",
        "https://%s@evil.example/q/", "http://%s/q/abcdef",        "%s",
    };
    const struct duty *duty = start(_i / 6);
    const char *url = urls[_i % 6], *host = strstr(url, "%s");

    duty->lead(scratch_text("%.*s%s%s", (int)(host - url), url, duty->host, host + 2));
    must_start(IDQ_HOST, 2);
    duty->lead(scratch_text("https://%s/q/abc", duty->host));
    must_start(0, 2);
    ck_assert_str_eq(provider_fixture.qr.payload, scratch_text("https://%s/q/abc", duty->host));
}

TEST_CASE("polls", .teardown = provider_fixture_end);

LOOP_TEST(every_end, N_DUTIES * 4)
{
    static const int outcomes[] = {[NEWS_NONE] = 0,
                                   [NEWS_REFUSED] = IDQ_REFUSED,
                                   [NEWS_EXPIRED] = IDQ_EXPIRED,
                                   [NEWS_SUCCESS] = 0};
    const struct duty *duty = start(_i / 4);
    enum news news = (enum news)(_i % 4);

    duty->answer(news);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_int_eq(provider_fixture.status.state,
                     news == NEWS_NONE ? PROVIDER_OPEN : PROVIDER_DONE);
    ck_assert_int_eq(provider_fixture.status.result.outcome, outcomes[news]);
    ck_assert_str_eq(provider_fixture.status.result.subject, news == NEWS_SUCCESS ? "NLTEST1" : "");
}

LOOP_TEST(success_under_another_http_status_is_none, N_DUTIES)
{
    start(_i)->answer(NEWS_SUCCESS)->status = 202;
    must_poll(IDQ_REPLY);
}

LOOP_TEST(success_under_another_type_is_none, N_DUTIES)
{
    start(_i)->answer(NEWS_SUCCESS)->content_type = "text/html";
    must_poll(IDQ_REPLY);
}

LOOP_TEST(tls_that_fails, N_DUTIES)
{
    start(_i);
    script_unsigned(0, "")->error = IDQ_TLS;
    must_poll(IDQ_TLS);
}

/* The answer that comes later counts. */
LOOP_TEST(a_backend_that_is_away_for_a_while, N_DUTIES)
{
    const struct duty *duty = start(_i);
    struct scripted_answer *answer = script_unsigned(0, "");

    answer->error = IDQ_UNREACHABLE;
    answer->retry_after_s = 3600; /* of no answer at all */
    must_poll(IDQ_UNREACHABLE);
    ck_assert_int_gt(provider_fixture.status.next_ms, 0);
    ck_assert_int_le(provider_fixture.status.next_ms, 10000);
    script_unsigned(500, "<html>");
    must_poll(IDQ_UNREACHABLE);
    ck_assert_int_gt(provider_fixture.status.next_ms, 0);
    duty->answer(NEWS_SUCCESS);
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_str_eq(provider_fixture.status.result.subject, "NLTEST1");
}

LOOP_TEST(the_backend_may_ask_for_patience, N_DUTIES)
{
    start(_i);
    script_unsigned(429, "busy")->retry_after_s = 40;
    must_poll(IDQ_BUSY);
    ck_assert_int_ge(provider_fixture.status.next_ms, 40000);
    ck_assert_int_le(provider_fixture.status.next_ms, 41000);
    script_unsigned(429, "busy")->retry_after_s = INT_MAX;
    must_poll(IDQ_BUSY);
    ck_assert_int_gt(provider_fixture.status.next_ms, 60000);
    ck_assert_int_le(provider_fixture.status.next_ms, 120000); /* the end of the login */
}

LOOP_TEST(waiting_ends_with_the_login, N_DUTIES)
{
    const struct duty *duty = start(_i);

    provider_fixture.context.deadline_ms = clock_ms() + 900;
    duty->answer(NEWS_NONE);
    must_poll(0);
    ck_assert_int_le(script.asked[2].timeout_ms, 900);
    ck_assert_int_le(provider_fixture.status.next_ms, 900);
}

RUN_TESTS("provider_duties", NULL);
