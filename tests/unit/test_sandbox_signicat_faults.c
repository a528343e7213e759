/* SPDX-License-Identifier: BSD-3-Clause */
/* Signicat's API as the sandbox breaks it: what each of its faults makes of an answer. On a clock
 * of the test's own. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/unit/signicat_client.h"

#include <stdio.h>
#include <string.h>

/* What a fault makes of a success: a member, and what it then is (NULL: not there). */
static const struct {
    const char *fault, *member, *value;
} broken[] = {
    {"signicat-wrong-id", "id", "00000000-0000-4000-8000-000000000000"},
    {"signicat-wrong-reference", "externalReference", "another-login"},
    {"signicat-wrong-provider", "provider", "mitid"},
    {"signicat-no-idpid", "subject.idpId", NULL},
    {"status-no-bin", "subject.idpId", NULL},
    {"signicat-loa-low", "loa", "low"},
    {"signicat-error-object", "error.code", "idp_failure"},
    {"signicat-error-object", "status", "SUCCESS"},
};

TEST_CASE("faults", .setup = signicat_client_begin, .teardown = signicat_client_end);

LOOP_TEST(breaks_a_success, ARRAY_LENGTH(broken))
{
    struct code *code = signicat_client_make_session();
    SANDBOX_ANSWER_AUTO answer;

    sandbox_call_break(signicat_client.sandbox, broken[_i].fault);
    sandbox_call_approve(signicat_client.sandbox, code);
    ck_assert_uint_eq(signicat_client_call("GET", code->qr_id, "", NULL, &answer), 200);
    ck_assert_pstr_eq(sandbox_answer_text(&answer, broken[_i].member), broken[_i].value);
}

TEST(breaks_the_way_there)
{
    struct visit *visit;
    SANDBOX_ANSWER_AUTO evil;

    sandbox_call_break(signicat_client.sandbox, "signicat-status-unknown");
    struct code *code = signicat_client_make_session();
    signicat_client_must_be(code, "CREATED");
    ck_assert_int_eq(sandbox_scan(signicat_client.sandbox, code, &visit), 0);
    signicat_client_must_be(code, "PAUSED");
    sandbox_call_break(signicat_client.sandbox, "picture-other-host");
    ck_assert_uint_eq(signicat_client_call("POST", "", "", SIGNICAT_CLIENT_SESSION, &evil), 200);
    ck_assert_ptr_nonnull(
        strstr(sandbox_answer_text(&evil, "authenticationUrl"), "https://evil.example/"));
}

TEST(breaks_tokens)
{
    SANDBOX_ANSWER_AUTO once, status, expired, always;

    sandbox_call_break(signicat_client.sandbox, "signicat-token-401-once");
    signicat_client_get_token();
    ck_assert_uint_eq(signicat_client_call("POST", "", "", SIGNICAT_CLIENT_SESSION, &once), 401);
    sandbox_call_break(signicat_client.sandbox, "signicat-status-401-once");
    struct code *code = signicat_client_make_session();
    ck_assert_uint_eq(signicat_client_call("GET", code->qr_id, "", NULL, &status), 401);
    signicat_client_must_be(code, "CREATED");
    sandbox_call_break(signicat_client.sandbox, "signicat-token-short");
    signicat_client_get_token();
    codes_tick(&signicat_client.sandbox->codes, SIGNICAT_CLIENT_START_MS + 2000);
    ck_assert_uint_eq(signicat_client_call("GET", code->qr_id, "", NULL, &expired), 401);
    sandbox_call_break(signicat_client.sandbox, "signicat-token-401");
    signicat_client_get_token();
    ck_assert_uint_eq(signicat_client_call("GET", code->qr_id, "", NULL, &always), 401);
}

TEST(is_busy_once)
{
    SANDBOX_ANSWER_AUTO busy;
    struct code *code = signicat_client_make_session();

    sandbox_call_break(signicat_client.sandbox, "busy-once");
    ck_assert_uint_eq(signicat_client_call("GET", code->qr_id, "", NULL, &busy), 429);
    ck_assert_str_eq(busy.reply.headers[0].name, "Retry-After");
    signicat_client_must_be(code, "CREATED");
}

TEST(stalls_a_cancel)
{
    struct code *code = signicat_client_make_session();
    char path[120];
    struct http_request request = {.method = "POST",
                                   .path = path,
                                   .account_id = "",
                                   .authorization = signicat_client.bearer,
                                   .now_ms = SIGNICAT_CLIENT_START_MS};
    struct http_reply reply = {.body = NULL};

    sandbox_call_break(signicat_client.sandbox, "cancel-stalls");
    snprintf(path, sizeof path, SIGNICAT_SESSION_PATH "%s/cancel", code->qr_id);
    ck_assert_int_eq(signicat_api_cancel(signicat_client.sandbox, &request, &reply), HTTP_HOLD);
    ck_assert_ptr_eq(request.watched, &code->changes);
    ck_assert_int_eq(signicat_api_cancel(signicat_client.sandbox, &request, &reply), HTTP_HOLD);
    ck_assert_uint_eq(signicat_client.sandbox->events.counts[EVENT_CANCEL], 1);
    signicat_client_must_be(code, "CANCELLED");
}

/* The session is there before anybody is told of it, once. */
TEST(tells_of_a_session_late)
{
    struct http_request request = {.method = "POST",
                                   .path = SIGNICAT_SESSIONS_PATH,
                                   .account_id = "",
                                   .content_type = "application/json",
                                   .authorization = signicat_client.bearer,
                                   .body = SIGNICAT_CLIENT_SESSION,
                                   .body_size = strlen(SIGNICAT_CLIENT_SESSION),
                                   .now_ms = SIGNICAT_CLIENT_START_MS};
    struct sandbox_answer answer = {.json = NULL};

    signicat_client_get_token();
    sandbox_call_break(signicat_client.sandbox, "signicat-session-late");
    ck_assert_int_eq(signicat_api_create(signicat_client.sandbox, &request, &answer.reply),
                     HTTP_HOLD);
    ck_assert_int_eq(request.hold_until_ms, SIGNICAT_CLIENT_START_MS + 300);
    ck_assert_uint_eq(signicat_client.sandbox->events.counts[EVENT_SESSION], 1);
    request.now_ms = request.hold_until_ms;
    ck_assert_int_eq(signicat_api_create(signicat_client.sandbox, &request, &answer.reply),
                     HTTP_REPLY);
    ck_assert_uint_eq(signicat_client.sandbox->events.counts[EVENT_SESSION], 1);
    ck_assert_uint_eq(answer.reply.status, 200);
    answer.json = json_loadb(answer.reply.body, answer.reply.body_size, 0, NULL);
    ck_assert_ptr_nonnull(codes_by_qr_id(&signicat_client.sandbox->codes, CODE_SIGNICAT,
                                         sandbox_answer_text(&answer, "id")));
    sandbox_answer_free(&answer);
}

RUN_TESTS("sandbox_signicat_faults", NULL);
