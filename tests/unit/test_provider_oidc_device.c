/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the provider oidc-device, from the settings to a code: which requests it sends, where and
 * in which order. The transport is scripted. test_provider_oidc_device_poll.c tests its polls of
 * the token endpoint. */
#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/oidc_device_fixture.h"
#include "tests/unit/token_keys.h"

#include <string.h>

/* With this answer in the place of the n-th. */
static void
must_not_start(size_t n, long http_status, const char *body, int error)
{
    script.answers[n].status = http_status;
    script.answers[n].body = body;
    ck_assert_msg(provider_fixture_start() == error, "%ld %s", http_status, body);
    ck_assert_uint_eq(script.n_asked, n + 1);
}

TEST_CASE("start", .setup = oidc_device_fixture_begin, .teardown = provider_fixture_end);

/* RFC 8628 has none. */
TEST(no_cancel)
{
    ck_assert_ptr_null(provider_oidc_device.cancel);
}

TEST(a_code_is_asked_for_and_drawn)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_str_eq(provider_fixture.qr.payload, "https://id.example.nl/d?c=WDJB-MJHT");
    ck_assert_str_eq(provider_fixture.qr.user_code, "WDJB-MJHT");
    ck_assert_uint_eq(provider_fixture.qr.lifetime_s, 600);
    ck_assert_uint_eq(script.n_asked, 2);
    ck_assert_str_eq(script.asked[0].url, OIDC_ISSUER "/.well-known/openid-configuration");
    ck_assert_int_eq(script.asked[0].is_post, 0);
    ck_assert_str_eq(script.asked[0].authorization, "");
    ck_assert_str_eq(script.asked[1].url, "https://id.example.nl/da");
    ck_assert_str_eq(script.asked[1].content_type, "application/x-www-form-urlencoded");
    /* RFC 6749 3.2.1: client_id may also stand beside the header. Some providers demand it. */
    ck_assert_str_eq(script.asked[1].body, "client_id=desk+3&scope=openid+idin");
    /* "desk+3:s%3Acret" */
    ck_assert_str_eq(script.asked[1].authorization, "Basic ZGVzayszOnMlM0FjcmV0");
}

TEST(an_issuer_may_end_in_a_slash)
{
    provider_fixture_set("issuer", "https://id.example.nl/");
    script.answers[0].body = "{\"issuer\":\"https://id.example.nl/\","
                             "\"device_authorization_endpoint\":\"https://id.example.nl/da\","
                             "\"token_endpoint\":\"https://token.example/t\"}";
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_str_eq(script.asked[0].url, "https://id.example.nl/.well-known/openid-configuration");
}

TEST(issuers_that_cannot_be)
{
    char issuer[400] = "https://id.example.nl/";

    provider_fixture_set("issuer", "https://id.example.nl/?a");
    ck_assert_int_eq(provider_fixture_start(), IDQ_CONFIG);
    provider_fixture_end();
    provider_fixture_set("issuer", "https://id.example.nl/#a");
    ck_assert_int_eq(provider_fixture_start(), IDQ_CONFIG);
    provider_fixture_end();
    memset(issuer + strlen(issuer), 'x', ISSUER_MAX + 1 - strlen(issuer));
    provider_fixture_set("issuer", issuer);
    ck_assert_int_eq(provider_fixture_start(), IDQ_CONFIG);
    ck_assert_uint_eq(script.n_asked, 0);
}

TEST(a_client_may_prove_itself_in_the_form)
{
    provider_fixture_set("client_auth", "client_secret_post");
    oidc_device_fixture_start();
    ck_assert_str_eq(script.asked[1].authorization, "");
    ck_assert_str_eq(script.asked[1].body,
                     "client_id=desk+3&client_secret=s%3Acret&scope=openid+idin");
    script_unsigned(400, OIDC_REFUSAL("authorization_pending"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_str_eq(script.asked[2].body, "client_id=desk+3&client_secret=s%3Acret&" OIDC_GRANT
                                           "&device_code=dev%2Fcode%2B1");
}

TEST(a_client_may_have_no_secret)
{
    provider_fixture_set("client_auth", "none");
    provider_fixture_set("client_secret", "");
    provider_fixture_set("required_acr", "substantial high");
    oidc_device_fixture_start();
    ck_assert_str_eq(script.asked[1].authorization, "");
    ck_assert_str_eq(script.asked[1].body,
                     "client_id=desk+3&scope=openid+idin&acr_values=substantial+high");
    script_unsigned(400, OIDC_REFUSAL("authorization_pending"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    ck_assert_str_eq(script.asked[2].body,
                     "client_id=desk+3&" OIDC_GRANT "&device_code=dev%2Fcode%2B1");
}

static void
use_key(const char *pem)
{
    provider_fixture_set("client_auth", "private_key_jwt");
    provider_fixture_set("client_secret", "");
    provider_fixture_set("client_key", pem);
}

/* What stands between two texts of a form. Kept (scratch.h). */
static char *
between(const char *form, const char *before, const char *behind)
{
    const char *at = strstr(form, before), *end;

    ck_assert_msg(at != NULL, "%s", form);
    at += strlen(before);
    end = strstr(at, behind);
    ck_assert_msg(end != NULL, "%s", form);
    return scratch_text("%.*s", (int)(end - at), at);
}

/* The audience of the proof in a form. Kept (scratch.h). */
static char *
audience_in(const char *form)
{
    char *proof = between(form, "&client_assertion=", "&"), *claims = between(proof, ".", ".");
    SECRET_AUTO *text = base64url_decode(claims, strlen(claims));

    ck_assert_ptr_nonnull(text);
    return between(secret_bytes(text), "\"aud\":\"", "\"");
}

static const struct {
    const char *value, *device, *token; /* the audience at either endpoint */
} audiences[] = {
    {"issuer", OIDC_ISSUER, OIDC_ISSUER},
    {"token_endpoint", "https://token.example/t", "https://token.example/t"},
    {"endpoint", "https://id.example.nl/da", "https://token.example/t"},
};

/* Each request has another proof, because a provider takes no proof twice. */
LOOP_TEST(a_client_may_sign, ARRAY_LENGTH(audiences))
{
    TOKEN_KEY_AUTO *key = token_key_new("ES256", NULL, 0);
    char *first, *second;

    use_key(token_key_pem(key, NULL));
    provider_fixture_set("client_audience", audiences[_i].value);
    oidc_device_fixture_start();
    ck_assert_str_eq(script.asked[1].authorization, "");
    first = between(script.asked[1].body,
                    "client_id=desk+3&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
                    "client-assertion-type%3Ajwt-bearer&client_assertion=",
                    "&scope=openid+idin");
    script_unsigned(400, OIDC_REFUSAL("authorization_pending"));
    ck_assert_int_eq(provider_fixture_poll(), 0);
    second = between(script.asked[2].body, "&client_assertion=", "&" OIDC_GRANT);
    ck_assert_str_ne(first, second);
    ck_assert_str_eq(audience_in(script.asked[1].body), audiences[_i].device);
    ck_assert_str_eq(audience_in(script.asked[2].body), audiences[_i].token);
}

/* Before anything is asked of the network. */
TEST(keys_of_a_client_that_cannot_be_used)
{
    use_key("-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n");
    ck_assert_int_eq(provider_fixture_start(), IDQ_CONFIG);
    ck_assert_str_eq(provider_fixture_logged(),
                     "client_key_file: is not a private key in PEM without a passphrase\n");
    ck_assert_uint_eq(script.n_asked, 0);
}

TEST(a_device_endpoint_may_be_configured)
{
    provider_fixture_set("device_endpoint", "https://id.example.nl/own");
    oidc_device_fixture_start();
    ck_assert_str_eq(script.asked[1].url, "https://id.example.nl/own");
}

/* Before anything is asked of the network. */
TEST(pinned_keys_that_cannot_be_used)
{
    static const char *const sets[] = {"", "{\"keys\":[]}",
                                       "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AQ\"}]}"};

    provider_fixture_set("jwks_file", "/etc/idinqr.jwks");
    for (size_t i = 0; i < ARRAY_LENGTH(sets); i++) {
        strcpy(provider_fixture.start.key_set, sets[i]);
        ck_assert_int_eq(provider_fixture_start(), IDQ_CONFIG);
        ck_assert_ptr_nonnull(strstr(provider_fixture_logged(), "/etc/idinqr.jwks: it "));
        provider_fixture_end();
    }
    ck_assert_uint_eq(script.n_asked, 0);
}

static const struct {
    long status;
    const char *body;
    int discovery, device; /* what it makes of either request */
} bad_starts[] = {
    {401, "", IDQ_REPLY, IDQ_MERCHANT},
    {403, "<html>", IDQ_REPLY, IDQ_MERCHANT},
    {404, "", IDQ_REPLY, IDQ_REPLY},
    {302, "", IDQ_REPLY, IDQ_REPLY},
    {201, OIDC_DEVICE, IDQ_REPLY, IDQ_REPLY},
    {408, "", IDQ_UNREACHABLE, IDQ_UNREACHABLE},
    {500, "", IDQ_UNREACHABLE, IDQ_UNREACHABLE},
    {503, OIDC_REFUSAL("temporarily_unavailable"), IDQ_UNREACHABLE, IDQ_UNREACHABLE},
    {429, OIDC_REFUSAL("slow_down"), IDQ_BUSY, IDQ_BUSY},
    {400, OIDC_REFUSAL("invalid_scope"), IDQ_REPLY, IDQ_REPLY},
    {400, OIDC_REFUSAL("unauthorized_client"), IDQ_REPLY, IDQ_MERCHANT},
    {401, OIDC_REFUSAL("invalid_client"), IDQ_REPLY, IDQ_MERCHANT},
    {200, "{}", IDQ_REPLY, IDQ_REPLY},
};

LOOP_TEST(a_start_that_fails, ARRAY_LENGTH(bad_starts))
{
    must_not_start(0, bad_starts[_i].status, bad_starts[_i].body, bad_starts[_i].discovery);
    provider_fixture_end();
    script_rewind();
    script.answers[0].status = 200;
    script.answers[0].body = OIDC_DISCOVERED;
    must_not_start(1, bad_starts[_i].status, bad_starts[_i].body, bad_starts[_i].device);
}

TEST(a_provider_without_the_grant)
{
    must_not_start(0, 200, "{\"issuer\":\"" OIDC_ISSUER "\",\"token_endpoint\":\"https://a.nl/\"}",
                   IDQ_CONFIG);
}

TEST(where_a_code_may_lead)
{
    static const struct {
        const char *hosts, *body;
        int error;
    } rows[] = {
        {"", OIDC_DEVICE_WITH("https://ID.example.nl/d", ",\"expires_in\":600"), 0},
        {"", OIDC_DEVICE_WITH("https://token.example/d", ",\"expires_in\":600"), IDQ_HOST},
        {"", OIDC_DEVICE_WITH("javascript:alert(1)", ",\"expires_in\":600"), IDQ_HOST},
        {"login.example", OIDC_DEVICE_WITH("https://login.example/d", ",\"expires_in\":600"), 0},
        {"login.example", OIDC_DEVICE, IDQ_HOST}, /* a list is the whole list */
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        provider_fixture_set("qr_hosts", rows[i].hosts);
        script.n_asked = 0;
        script.answers[1].body = rows[i].body;
        ck_assert_msg(provider_fixture_start() == rows[i].error, "row %zu", i);
        provider_fixture_end();
    }
}

RUN_TESTS("provider_oidc_device", NULL);
