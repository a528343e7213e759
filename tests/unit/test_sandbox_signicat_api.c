/* SPDX-License-Identifier: BSD-3-Clause */
/* Signicat's API as the sandbox speaks it: tokens, a session from its making to each of its ends,
 * and what is refused. On a clock of the test's own. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/https_url.h"
#include "tests/harness/runner.h"
#include "tests/unit/signicat_client.h"

#include <string.h>

TEST_CASE("signicat", .setup = signicat_client_begin, .teardown = signicat_client_end);

TEST(gives_tokens)
{
    SANDBOX_ANSWER_AUTO first, second;

    ck_assert_uint_eq(signicat_client_ask_token(signicat_client_basic(),
                                                SIGNICAT_CLIENT_GRANT "&" SIGNICAT_CLIENT_SCOPE,
                                                &first),
                      200);
    ck_assert_uint_eq(signicat_client_ask_token(signicat_client_basic(),
                                                SIGNICAT_CLIENT_SCOPE "&" SIGNICAT_CLIENT_GRANT,
                                                &second),
                      200);
    ck_assert_str_eq(sandbox_answer_text(&first, "token_type"), "Bearer");
    ck_assert_int_eq(json_integer_value(json_object_get(first.json, "expires_in")), 600);
    ck_assert_str_ne(sandbox_answer_text(&first, "access_token"),
                     sandbox_answer_text(&second, "access_token"));
    ck_assert_uint_eq(signicat_client.sandbox->events.counts[EVENT_TOKEN], 2);
}

static const struct {
    const char *body, *error, *named;
} wrong_forms[] = {
    {SIGNICAT_CLIENT_SCOPE, "invalid_request", "grant_type is missing"},
    {"grant_type=password&" SIGNICAT_CLIENT_SCOPE, "unsupported_grant_type", "grant_type"},
    {SIGNICAT_CLIENT_GRANT, "invalid_scope", "scope"},
    {SIGNICAT_CLIENT_GRANT "&scope=openid", "invalid_scope", "scope"},
    {SIGNICAT_CLIENT_GRANT "&" SIGNICAT_CLIENT_SCOPE "&audience=x", "invalid_request", "audience"},
    {SIGNICAT_CLIENT_GRANT "&" SIGNICAT_CLIENT_SCOPE "&client_id=x", "invalid_request",
     "client_id"}, /* only in the header */
    {SIGNICAT_CLIENT_GRANT "&" SIGNICAT_CLIENT_GRANT, "invalid_request", "body"},
};

LOOP_TEST(names_what_is_wrong_with_a_form, ARRAY_LENGTH(wrong_forms))
{
    SANDBOX_ANSWER_AUTO answer;

    ck_assert_uint_eq(
        signicat_client_ask_token(signicat_client_basic(), wrong_forms[_i].body, &answer), 400);
    ck_assert_str_eq(sandbox_answer_text(&answer, "error"), wrong_forms[_i].error);
    const char *description = sandbox_answer_text(&answer, "error_description");
    ck_assert_msg(strstr(description, wrong_forms[_i].named) == description, "%s", description);
}

TEST(tells_a_session_from_its_making_to_its_success)
{
    SANDBOX_ANSWER_AUTO made, done;
    struct https_url url;

    signicat_client_get_token();
    ck_assert_uint_eq(signicat_client_call("POST", "", "", SIGNICAT_CLIENT_SESSION, &made), 200);
    const char *link = sandbox_answer_text(&made, "authenticationUrl");
    ck_assert_str_eq(sandbox_answer_text(&made, "status"), "CREATED");
    ck_assert_str_eq(sandbox_answer_text(&made, "externalReference"), "desk-3");
    ck_assert_ptr_null(sandbox_answer_text(&made, "provider"));
    ck_assert_int_eq(json_integer_value(json_object_get(made.json, "sessionLifetime")), 300);
    ck_assert_int_eq(https_url_parse(link, strlen(link), &url), 0);
    ck_assert_uint_ge(strlen(link), 150); /* as long as the real ones: a large code */
    ck_assert_uint_le(strlen(link), 170);

    struct code *code = codes_by_qr_id(&signicat_client.sandbox->codes, CODE_SIGNICAT,
                                       sandbox_answer_text(&made, "id"));
    ck_assert_ptr_nonnull(strstr(link, code->path));
    signicat_client_must_be(code, "CREATED");
    sandbox_call_approve(signicat_client.sandbox, code);
    signicat_client_must_be(code, "SUCCESS"); /* and it can be asked again */
    ck_assert_uint_eq(signicat_client_call("GET", code->qr_id, "", NULL, &done), 200);
    ck_assert_str_eq(sandbox_answer_text(&done, "provider"), "idin");
    ck_assert_str_eq(sandbox_answer_text(&done, "loa"), "substantial");
    ck_assert_str_eq(sandbox_answer_text(&done, "subject.idpId"), SANDBOX_CALL_ANNA);
    ck_assert_str_ne(sandbox_answer_text(&done, "subject.id"), SANDBOX_CALL_ANNA);
    ck_assert_uint_eq(signicat_client.sandbox->events.counts[EVENT_SESSION_STATUS], 3);
    ck_assert_uint_eq(signicat_client.sandbox->events.counts[EVENT_DELIVERED], 1);
}

TEST(tells_every_end)
{
    struct code *refused = signicat_client_make_session(),
                *cancelled = signicat_client_make_session(),
                *failed = signicat_client_make_session(), *expired = signicat_client_make_session();
    struct visit *visit;
    SANDBOX_ANSWER_AUTO answer;

    ck_assert_int_eq(sandbox_scan(signicat_client.sandbox, refused, &visit), 0);
    signicat_client_must_be(refused, "WAITING_FOR_USER");
    ck_assert_int_eq(code_refuse(&signicat_client.sandbox->codes, refused, visit), 0);
    signicat_client_must_be(refused, "ABORT");
    ck_assert_uint_eq(signicat_client_call("POST", cancelled->qr_id, "/cancel", NULL, &answer),
                      200);
    signicat_client_must_be(cancelled, "CANCELLED");
    ck_assert_uint_eq(signicat_client.sandbox->events.counts[EVENT_CANCEL], 1);
    code_end(&signicat_client.sandbox->codes, failed, CODE_FAILURE);
    signicat_client_must_be(failed, "ERROR");
    codes_tick(&signicat_client.sandbox->codes, SIGNICAT_CLIENT_START_MS + 300000);
    signicat_client_must_be(expired, "EXPIRED");
}

/* A cancel that comes after the success was told changes nothing any more. */
TEST(keeps_a_success_that_was_told)
{
    struct code *told = signicat_client_make_session(), *untold = signicat_client_make_session();
    SANDBOX_ANSWER_AUTO first, second;

    sandbox_call_approve(signicat_client.sandbox, told);
    sandbox_call_approve(signicat_client.sandbox, untold);
    signicat_client_must_be(told, "SUCCESS");
    ck_assert_uint_eq(signicat_client_call("POST", told->qr_id, "/cancel", NULL, &first), 200);
    signicat_client_must_be(told, "SUCCESS");
    ck_assert_uint_eq(signicat_client_call("POST", untold->qr_id, "/cancel", NULL, &second), 200);
    signicat_client_must_be(untold, "CANCELLED");
}

TEST(names_what_is_wrong_with_a_session)
{
    SANDBOX_ANSWER_AUTO answer;

    signicat_client_get_token();
    ck_assert_uint_eq(signicat_client_call("POST", "", "", "{\"flow\":\"headless\"}", &answer),
                      400);
    const json_t *named = json_array_get(json_object_get(answer.json, "invalidParams"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(named, "name")), "flow");
    ck_assert_ptr_nonnull(sandbox_answer_text(&answer, "title"));
    ck_assert_ptr_nonnull(sandbox_answer_text(&answer, "code"));
    ck_assert_ptr_nonnull(sandbox_answer_text(&answer, "type"));
    ck_assert_ptr_nonnull(sandbox_answer_text(&answer, "traceId"));
    ck_assert_uint_eq(signicat_client.sandbox->events.counts[EVENT_SESSION], 0);
}

TEST(wants_a_token_that_is_good)
{
    struct code *code = signicat_client_make_session();
    SANDBOX_ANSWER_AUTO none, late, wrong;

    codes_tick(&signicat_client.sandbox->codes, SIGNICAT_CLIENT_START_MS + 600000 - 1);
    signicat_client_must_be(code, "EXPIRED"); /* the session is, the token not yet */
    codes_tick(&signicat_client.sandbox->codes, SIGNICAT_CLIENT_START_MS + 600000);
    ck_assert_uint_eq(signicat_client_call("GET", code->qr_id, "", NULL, &late), 401);
    ck_assert_str_eq(sandbox_answer_text(&late, "code"), "invalid_token");
    signicat_client_get_token();
    char *last = &signicat_client.bearer[strlen(signicat_client.bearer) - 1];
    *last = *last == '0' ? '1' : '0';
    ck_assert_uint_eq(signicat_client_call("POST", code->qr_id, "/cancel", NULL, &wrong), 401);
    memcpy(signicat_client.bearer, "Basic ", 7);
    ck_assert_uint_eq(signicat_client_call("POST", "", "", SIGNICAT_CLIENT_SESSION, &none), 401);
    ck_assert_uint_eq(signicat_client.sandbox->events.counts[EVENT_SESSION], 1);
}

TEST(knows_its_own_sessions_only)
{
    SANDBOX_ANSWER_AUTO unknown, other_api, behind, account;
    struct code *code, *session = signicat_client_make_session();

    ck_assert_int_eq(
        codes_add(&signicat_client.sandbox->codes, CODE_IDIN_QR, CODE_USE_LOGIN, 60000, &code), 0);
    ck_assert_uint_eq(
        signicat_client_call("GET", "00000000-0000-4000-8000-000000000000", "", NULL, &unknown),
        404);
    ck_assert_uint_eq(signicat_client_call("GET", code->qr_id, "", NULL, &other_api), 404);
    ck_assert_uint_eq(signicat_client_call("POST", session->qr_id, "/cancelled", NULL, &behind),
                      404);
    ck_assert_uint_eq(sandbox_call(signicat_client.sandbox,
                                   (struct http_request){.method = "POST",
                                                         .path = SIGNICAT_SESSIONS_PATH,
                                                         .content_type = "application/json",
                                                         .account_id = "a-other",
                                                         .authorization = signicat_client.bearer,
                                                         .body = SIGNICAT_CLIENT_SESSION},
                                   &account),
                      403);
}

TEST(is_approved_by_itself)
{
    struct code *code = signicat_client_make_session();

    signicat_client.sandbox->auto_person = person_find("anna");
    signicat_client.sandbox->auto_bank = bank_at(0);
    signicat_client_must_be(code, "WAITING_FOR_USER");
    signicat_client_must_be(code, "SUCCESS");
}

RUN_TESTS("sandbox_signicat_api", NULL);
