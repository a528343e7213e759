/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the JSON of Signicat's API: the exact requests, and the parser of tokens and errors.
 * test_signicat_messages_session.c tests sessions. Requests and responses are also checked against
 * schemas. Pure. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/signicat_messages.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/signicat_schema.h"

#include <stdio.h>
#include <string.h>

#define REFERENCE "0123456789abcdef0123456789abcdef"

static struct signicat_request
sample_request(void)
{
    return (struct signicat_request){
        .callback_url = "https://desk.example.nl/done",
        .requested_loa = LOA_SUBSTANTIAL,
        .request_domain = "",
        .language = "nl",
        .reference = REFERENCE,
        .lifetime_s = 300,
    };
}

TEST_CASE("requests");

TEST(session_word_for_word)
{
    struct signicat_request request = sample_request();
    SECRET_AUTO *plain = signicat_write_session(&request);

    ck_assert_ptr_nonnull(plain);
    ck_assert_str_eq(
        secret_bytes(plain),
        "{\"flow\":\"redirect\",\"allowedProviders\":[\"idin\"],\"requestedAttributes\":"
        "[\"idpId\"],\"callbackUrls\":{\"success\":\"https://desk.example.nl/done\","
        "\"abort\":\"https://desk.example.nl/done\",\"error\":\"https://desk.example.nl/done\"},"
        "\"sessionLifetime\":300,\"externalReference\":\"" REFERENCE "\",\"language\":\"nl\","
        "\"requestedLoa\":\"substantial\"}");
    signicat_schema_must_allow("signicat-session-request", secret_bytes(plain));
}

LOOP_TEST(sessions_keep_to_the_schema, 3)
{
    static const char *const loas[] = {
        [LOA_LOW] = "low", [LOA_SUBSTANTIAL] = "substantial", [LOA_HIGH] = "high"};
    struct signicat_request request = sample_request();

    request.request_domain = "login.example.nl";
    request.requested_loa = (enum requested_loa)_i;
    request.language = "en";
    request.lifetime_s = 900;
    SECRET_AUTO *session = signicat_write_session(&request);
    ck_assert_ptr_nonnull(session);
    ck_assert_ptr_nonnull(
        strstr(secret_bytes(session), ",\"requestDomain\":\"login.example.nl\"}"));
    ck_assert_ptr_nonnull(strstr(secret_bytes(session), loas[_i]));
    signicat_schema_must_allow("signicat-session-request", secret_bytes(session));
}

/* Else all others would hold whatever is sent. */
TEST(the_schema_refuses_what_is_wrong)
{
    static const struct {
        const char *schema, *json;
    } rows[] = {
        {"signicat-session-request", "{}"},
        {"signicat-session-request",
         "{\"flow\":\"redirect\",\"requestedAttributes\":[\"idpId\"],"
         "\"callbackUrls\":{\"success\":\"https://a.nl\",\"abort\":\"https://a.nl\"}}"},
        {"signicat-session-request",
         "{\"flow\":\"redirect\",\"requestedAttributes\":[\"idpId\"],\"callbackUrls\":{\"success\":"
         "\"https://a.nl\",\"abort\":\"http://a.nl\",\"error\":\"https://a.nl\"}}"},
        {"signicat-session-request",
         "{\"flow\":\"redirect\",\"requestedAttributes\":[\"idpId\"],\"callbackUrls\":{\"success\":"
         "\"https://a.nl\",\"abort\":\"https://a.nl\",\"error\":\"https://"
         "a.nl\"},\"reference\":1}"},
        {"signicat-session", "{\"id\":\"a\"}"},
        {"signicat-session", "{\"id\":\"a/b\",\"status\":\"CREATED\"}"},
        {"signicat-session", "{\"id\":\"a\",\"status\":\"created\"}"},
        {"signicat-session", "{\"id\":\"a\",\"status\":\"SUCCESS\",\"subject\":{\"idpId\":1}}"},
        {"signicat-token", "{\"access_token\":\"a\"}"},
        {"signicat-error", "{\"message\":\"a\"}"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        signicat_schema_must_refuse(rows[i].schema, rows[i].json);
}

static int
read_token(const char *body, struct secret **ret_authorization, long *ret_lifetime_s)
{
    return signicat_read_token(body, strlen(body), ret_authorization, ret_lifetime_s);
}

TEST_CASE("answers");

TEST(tokens)
{
    static const struct {
        const char *body, *authorization;
        long lifetime_s;
    } rows[] = {
        {"{\"access_token\":\"eyJh.bGci-_~+/=\",\"expires_in\":600,\"token_type\":\"Bearer\","
         "\"scope\":\"signicat-api\"}",
         "Bearer eyJh.bGci-_~+/=", 600},
        {"{\"access_token\":\"a\",\"token_type\":\"bearer\"}", "Bearer a", -1},
        {"{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":2147483647}", "Bearer a",
         2147483647},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        SECRET_AUTO *authorization = NULL;
        long lifetime_s = 0;
        signicat_schema_must_allow("signicat-token", rows[i].body);
        ck_assert_int_eq(read_token(rows[i].body, &authorization, &lifetime_s), 0);
        ck_assert_str_eq(secret_bytes(authorization), rows[i].authorization);
        ck_assert_int_eq(lifetime_s, rows[i].lifetime_s);
    }
}

TEST(tokens_refused)
{
    static const char *const bodies[] = {
        "",
        "[]",
        "{\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"a\"}",
        "{\"access_token\":\"a\",\"token_type\":\"mac\"}",
        "{\"access_token\":\"\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":1,\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"a b\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"a\\r\\nHost: evil\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"\xC3\xA9\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"a\",\"access_token\":\"b\",\"token_type\":\"Bearer\"}",
        "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":0}",
        "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":-1}",
        "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":\"600\"}",
        "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":1.5}",
        "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":2147483648}",
    };
    static char longest[9000];
    struct secret *authorization = NULL;
    long lifetime_s = 7;
    int used = snprintf(longest, sizeof longest, "{\"token_type\":\"Bearer\",\"access_token\":\"");

    for (size_t i = 0; i < ARRAY_LENGTH(bodies); i++)
        ck_assert_msg(read_token(bodies[i], &authorization, &lifetime_s) == IDQ_REPLY, "taken: %s",
                      bodies[i]);
    memset(longest + used, 'a', 8193);
    strcpy(longest + used + 8193, "\"}");
    ck_assert_int_eq(read_token(longest, &authorization, &lifetime_s), IDQ_REPLY);
    ck_assert_ptr_null(authorization);
    ck_assert_int_eq(lifetime_s, 7);
    strcpy(longest + used + 8192, "\"}");
    ck_assert_int_eq(read_token(longest, &authorization, &lifetime_s), 0);
    ck_assert_uint_eq(secret_size(authorization), strlen("Bearer ") + 8192);
    secret_free(&authorization);
}

TEST(bodies_of_http_errors)
{
    static const struct {
        const char *body, *trouble;
    } rows[] = {
        {"{\"title\":\"Invalid "
         "parameters\",\"code\":\"400-1\",\"detail\":\"secret\",\"type\":\"t\","
         "\"traceId\":\"x\",\"errors\":[],\"invalidParams\":[]}",
         "Invalid parameters (400-1)"},
        {"{\"title\":\"Invalid parameters\"}", "Invalid parameters"},
        {"{\"error\":\"invalid_client\",\"error_description\":\"secret\"}", "invalid_client"},
        {"{\"error\":\"a\\nb\"}", "a?b"},
    };
    static const char *const silent[] = {
        "", "<html>", "[]", "{}", "{\"error\":{\"title\":\"x\"}}", "{\"title\":1,\"error\":2}"};
    char trouble[SIGNICAT_TROUBLE_SIZE];

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        signicat_schema_must_allow("signicat-error", rows[i].body);
        signicat_read_trouble(rows[i].body, strlen(rows[i].body), trouble);
        ck_assert_str_eq(trouble, rows[i].trouble);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(silent); i++) {
        signicat_read_trouble(silent[i], strlen(silent[i]), trouble);
        ck_assert_str_eq(trouble, "");
    }
}

RUN_TESTS("signicat_messages", NULL);
