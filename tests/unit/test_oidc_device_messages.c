/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the parser of an OpenID provider's responses: the values that it accepts, and the responses
 * that it rejects. Pure. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/oidc_device_messages.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/id_tokens.h"

#include <stdio.h>
#include <string.h>

#define ISSUER "https://id.example.nl"
#define ISS    "\"issuer\":\"" ISSUER "\""
#define DEVICE ",\"device_authorization_endpoint\":\"https://id.example.nl/device\""
#define TOKEN  ",\"token_endpoint\":\"https://token.example/t\""

static const char *trouble;

TEST_CASE("answers");

TEST(discovery)
{
    const char *body = "{" ISS DEVICE TOKEN ",\"scopes_supported\":[\"openid\"]}";
    struct oidc_endpoints endpoints;

    ck_assert_int_eq(oidc_read_discovery(body, strlen(body), ISSUER, "", &endpoints, &trouble), 0);
    ck_assert_str_eq(endpoints.device_authorization, "https://id.example.nl/device");
    ck_assert_str_eq(endpoints.token, "https://token.example/t");
}

/* Where the document names none, and where it names another. */
TEST(a_device_endpoint_of_the_configuration)
{
    static const struct {
        const char *body, *endpoint;
        int error;
    } rows[] = {
        {"{" ISS TOKEN "}", "https://id.example.nl/own", 0},
        {"{" ISS DEVICE TOKEN "}", "https://id.example.nl/own", 0},
        {"{" ISS TOKEN "}", "https://id.example.nl:8443/own", IDQ_CONFIG},
        {"{" ISS DEVICE TOKEN "}", "https://id.example.nl:8443/own", IDQ_CONFIG},
        {"{" ISS "}", "https://id.example.nl/own", IDQ_REPLY},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        struct oidc_endpoints endpoints = {.token = ""};
        ck_assert_msg(oidc_read_discovery(rows[i].body, strlen(rows[i].body), ISSUER,
                                          rows[i].endpoint, &endpoints, &trouble) == rows[i].error,
                      "row %zu: %s", i, trouble);
        ck_assert_str_eq(endpoints.device_authorization,
                         rows[i].error == 0 ? "https://id.example.nl/own" : "");
    }
}

TEST(where_the_keys_are)
{
    static const struct {
        const char *body;
        int error;
    } rows[] = {
        {"{" ISS ",\"jwks_uri\":\"https://keys.example/k\"}", 0},
        {"{" ISS "}", IDQ_REPLY},
        {"{" ISS ",\"jwks_uri\":\"http://keys.example/k\"}", IDQ_REPLY},
        {"{" ISS ",\"jwks_uri\":\"https://keys.example:8443/k\"}", IDQ_REPLY},
        {"{" ISS ",\"jwks_uri\":[\"https://keys.example/k\"]}", IDQ_REPLY},
        {"{\"issuer\":\"https://a.nl\",\"jwks_uri\":\"https://keys.example/k\"}", IDQ_REPLY},
        {"{\"jwks_uri\":\"https://keys.example/k\"}", IDQ_REPLY},
        {"", IDQ_REPLY},
    };
    char url[HTTPS_URL_MAX + 1];

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        trouble = NULL;
        ck_assert_int_eq(
            oidc_read_jwks_uri(rows[i].body, strlen(rows[i].body), ISSUER, url, &trouble),
            rows[i].error);
        ck_assert_ptr_nonnull(trouble);
        if (rows[i].error == 0)
            ck_assert_str_eq(url, "https://keys.example/k");
    }
}

TEST(documents_refused)
{
    static const struct {
        const char *body;
        int error;
    } rows[] = {
        {"", IDQ_REPLY},
        {"[]", IDQ_REPLY},
        {"{" ISS DEVICE TOKEN "} x", IDQ_REPLY},
        {"{" ISS DEVICE TOKEN TOKEN "}", IDQ_REPLY},
        {"{\"issuer\":\"https://id.example.nl/\"" DEVICE TOKEN "}", IDQ_REPLY},
        {"{\"issuer\":\"https://id.example.nl/other\"" DEVICE TOKEN "}", IDQ_REPLY},
        {"{\"issuer\":\"https://ID.example.nl\"" DEVICE TOKEN "}", IDQ_REPLY},
        {"{\"issuer\":1" DEVICE TOKEN "}", IDQ_REPLY},
        {"{\"a\":1" DEVICE TOKEN "}", IDQ_REPLY},
        {"{" ISS TOKEN "}", IDQ_CONFIG}, /* a provider without the grant */
        {"{" ISS DEVICE "}", IDQ_REPLY},
        {"{" ISS DEVICE ",\"token_endpoint\":\"http://id.example.nl/t\"}", IDQ_REPLY},
        {"{" ISS DEVICE ",\"token_endpoint\":\"/t\"}", IDQ_REPLY},
        {"{" ISS DEVICE ",\"token_endpoint\":\"https://u@id.example.nl/t\"}", IDQ_REPLY},
        {"{" ISS DEVICE ",\"token_endpoint\":\"https://id.example.nl:8443/t\"}", IDQ_REPLY},
        {"{" ISS DEVICE ",\"token_endpoint\":null}", IDQ_REPLY},
        {"{" ISS TOKEN ",\"device_authorization_endpoint\":\"http://a.nl/\"}", IDQ_REPLY},
        {"{" ISS TOKEN ",\"device_authorization_endpoint\":[\"https://a.nl/\"]}", IDQ_REPLY},
    };
    struct oidc_endpoints endpoints = {.token = "untouched"};

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        trouble = NULL;
        ck_assert_msg(oidc_read_discovery(rows[i].body, strlen(rows[i].body), ISSUER, "",
                                          &endpoints, &trouble) == rows[i].error,
                      "%s", rows[i].body);
        ck_assert_ptr_nonnull(trouble);
        ck_assert_str_eq(endpoints.token, "untouched");
    }
}

#define CODE  "\"device_code\":\"GmRhmhcxhwAzkoEqiMEg\""
#define USER  ",\"user_code\":\"WDJB-MJHT\""
#define URI   ",\"verification_uri\":\"https://id.example.nl/d\""
#define WHOLE ",\"verification_uri_complete\":\"https://id.example.nl/d?user_code=WDJB-MJHT\""
#define LIFE  ",\"expires_in\":1800"

static int
read_device(const char *body, struct oidc_device *ret_device)
{
    trouble = NULL;
    return oidc_read_device(body, strlen(body), ret_device, &trouble);
}

TEST(device_authorization)
{
    struct oidc_device device;

    ck_assert_int_eq(
        read_device("{" CODE USER URI WHOLE LIFE ",\"interval\":7,\"new\":{}}", &device), 0);
    ck_assert_str_eq(device.device_code, "GmRhmhcxhwAzkoEqiMEg");
    ck_assert_str_eq(device.user_code, "WDJB-MJHT");
    ck_assert_str_eq(device.url, "https://id.example.nl/d?user_code=WDJB-MJHT");
    ck_assert_uint_eq(device.expires_in_s, 1800);
    ck_assert_int_eq(device.interval_s, 7);
    ck_assert_int_eq(read_device("{" CODE USER URI ",\"expires_in\":4000000000}", &device), 0);
    ck_assert_str_eq(device.url, "https://id.example.nl/d");
    ck_assert_uint_eq(device.expires_in_s, 86400);
    ck_assert_int_eq(device.interval_s, 5); /* RFC 8628's own, where nothing is said */
}

/* RFC 8628 3.2 says neither that a number is whole, nor how large it may be. */
TEST(rfc_8628_3_2_numbers)
{
    static const struct {
        const char *body;
        uint32_t expires_in_s;
        int interval_s;
    } rows[] = {
        {"{" CODE USER URI LIFE ",\"interval\":5.5}", 1800, 6},
        {"{" CODE USER URI LIFE ",\"interval\":0}", 1800, 0},
        {"{" CODE USER URI LIFE ",\"interval\":0.2}", 1800, 1},
        {"{" CODE USER URI LIFE ",\"interval\":90}", 1800, 90},
        {"{" CODE USER URI LIFE ",\"interval\":9223372036854775807}", 1800, 86400},
        {"{" CODE USER URI ",\"expires_in\":1800.9}", 1800, 5},
        {"{" CODE USER URI ",\"expires_in\":1e300}", 86400, 5},
    };
    struct oidc_device device;

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        ck_assert_msg(read_device(rows[i].body, &device) == 0, "%s: %s", rows[i].body, trouble);
        ck_assert_uint_eq(device.expires_in_s, rows[i].expires_in_s);
        ck_assert_int_eq(device.interval_s, rows[i].interval_s);
    }
}

/* What is null or empty is as if it were not there: so acr is read too. */
TEST(rfc_8628_3_2_optional_members)
{
    static const char *const bodies[] = {
        "{" CODE USER URI LIFE ",\"verification_uri_complete\":null}",
        "{" CODE USER URI LIFE ",\"verification_uri_complete\":\"\"}",
        "{" CODE USER URI LIFE ",\"interval\":null}",
    };
    struct oidc_device device;

    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++) {
        ck_assert_msg(read_device(bodies[i], &device) == 0, "%s: %s", bodies[i], trouble);
        ck_assert_str_eq(device.url, "https://id.example.nl/d");
        ck_assert_int_eq(device.interval_s, 5);
    }
}

TEST(rfc_8628_6_1_long_user_codes)
{
    struct oidc_device device;

    ck_assert_int_eq(read_device("{" CODE URI LIFE ",\"user_code\":\"123456789 123456789 "
                                 "123456789 123456789 123456789 123456789 1234\"}",
                                 &device),
                     0);
    ck_assert_uint_eq(strlen(device.user_code), 64);
}

TEST(devices_refused)
{
    static const char *const bodies[] = {
        "",
        "null",
        "{" CODE USER URI LIFE LIFE "}",
        "{\"a\":1" USER URI LIFE "}",
        "{\"device_code\":\"\"" USER URI LIFE "}",
        "{\"device_code\":1" USER URI LIFE "}",
        "{\"device_code\":\"a b\"" USER URI LIFE "}",
        "{" CODE URI LIFE "}",
        "{" CODE URI LIFE ",\"user_code\":\"\"}",
        "{" CODE URI LIFE ",\"user_code\":12345678}",
        "{" CODE URI LIFE ",\"user_code\":\"AB\\nCD\"}",
        "{" CODE URI LIFE ",\"user_code\":\"\\u001b[2J\"}",
        "{" CODE URI LIFE ",\"user_code\":\"caf\xC3\xA9\"}",
        "{" CODE URI LIFE ",\"user_code\":\"123456789 123456789 123456789 123456789 "
        "123456789 123456789 12345\"}",
        "{" CODE USER LIFE "}",
        "{" CODE USER LIFE ",\"verification_uri\":\"\"}",
        "{" CODE USER LIFE ",\"verification_uri\":\"https://a.nl/ x\"}",
        "{" CODE USER URI LIFE ",\"verification_uri_complete\":1}",
        "{" CODE USER URI "}",
        "{" CODE USER URI ",\"expires_in\":0}",
        "{" CODE USER URI ",\"expires_in\":-1}",
        "{" CODE USER URI ",\"expires_in\":\"1800\"}",
        "{" CODE USER URI ",\"expires_in\":null}",
        "{" CODE USER URI LIFE ",\"interval\":-1}",
        "{" CODE USER URI LIFE ",\"interval\":-0.1}",
        "{" CODE USER URI LIFE ",\"interval\":\"5\"}",
        "{" CODE USER URI LIFE ",\"interval\":true}",
    };
    struct oidc_device device = {.url = "untouched"};

    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++) {
        ck_assert_msg(read_device(bodies[i], &device) == IDQ_REPLY, "taken: %s", bodies[i]);
        ck_assert_ptr_nonnull(trouble);
        ck_assert_str_eq(device.url, "untouched");
    }
}

TEST(token)
{
    const struct id_token_terms terms = {.issuer = ISSUER,
                                         .client_id = "desk-3",
                                         .subject_claim = "sub",
                                         .required_acr = "",
                                         .asked = time(NULL),
                                         .now = time(NULL)};
    static const char *const bodies[] = {"",
                                         "{}",
                                         "[]",
                                         "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}",
                                         "{\"id_token\":null}",
                                         "{\"id_token\":\"\"}",
                                         "{\"id_token\":{\"sub\":\"anna\"}}",
                                         "{\"id_token\":\"a.b.c\"}"};
    struct result_message result;
    char body[2000];

    snprintf(body, sizeof body,
             "{\"access_token\":\"a\",\"refresh_token\":\"r\",\"id_token\":\"%s\"}",
             id_token_for(ISSUER, "desk-3", "anna", ""));
    ck_assert_int_eq(oidc_read_token(body, strlen(body), &terms, &result, &trouble), 0);
    ck_assert_int_eq(result.outcome, 0);
    ck_assert_str_eq(result.subject, "anna");
    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++) {
        ck_assert_msg(oidc_read_token(bodies[i], strlen(bodies[i]), &terms, &result, &trouble) ==
                          IDQ_REPLY,
                      "taken: %s", bodies[i]);
        ck_assert_str_eq(result.subject, "");
    }
}

TEST(refusals)
{
    static const struct {
        const char *body;
        enum oidc_refusal refusal;
        const char *word;
    } rows[] = {
        {"{\"error\":\"authorization_pending\"}", OIDC_PENDING, "authorization_pending"},
        {"{\"error\":\"slow_down\",\"error_description\":\"x\"}", OIDC_SLOW_DOWN, "slow_down"},
        {"{\"error\":\"access_denied\"}", OIDC_DENIED, "access_denied"},
        {"{\"error\":\"expired_token\"}", OIDC_EXPIRED, "expired_token"},
        {"{\"error\":\"invalid_client\"}", OIDC_CLIENT, "invalid_client"},
        {"{\"error\":\"unauthorized_client\"}", OIDC_CLIENT, "unauthorized_client"},
        {"{\"error\":\"invalid_grant\"}", OIDC_FAILED, "invalid_grant"},
        {"{\"error\":\"invalid_scope\"}", OIDC_FAILED, "invalid_scope"},
        {"{\"error\":\"Authorization_pending\"}", OIDC_FAILED, "Authorization_pending"},
        {"{\"error\":\"a\\nb\xC3\xA9\"}", OIDC_FAILED, "a?b??"},
        {"{\"error\":\"12345678901234567890123456789012345678901234567890\"}", OIDC_FAILED,
         "12345678901234567890123456789012345678901234567"},
        {"{\"error\":\"\"}", OIDC_NO_WORD, ""},
        {"{\"error\":{\"code\":400}}", OIDC_NO_WORD, ""},
        {"{\"error\":\"slow_down\",\"error\":\"access_denied\"}", OIDC_NO_WORD, ""},
        {"{}", OIDC_NO_WORD, ""},
        {"<html>", OIDC_NO_WORD, ""},
        {"", OIDC_NO_WORD, ""},
    };
    char word[OIDC_WORD_SIZE];

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        ck_assert_msg(oidc_read_refusal(rows[i].body, strlen(rows[i].body), word) ==
                          rows[i].refusal,
                      "%s", rows[i].body);
        ck_assert_str_eq(word, rows[i].word);
    }
}

RUN_TESTS("oidc_device_messages", NULL);
