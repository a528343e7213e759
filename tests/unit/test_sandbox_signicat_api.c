/* Signicat's API as the sandbox speaks it: tokens, a session from its making to each of its ends,
 * what is refused, and what each fault breaks. On a clock of the test's own. */
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/sandbox/signicat_api.h"
#include "tests/harness/runner.h"
#include "tests/unit/sandbox_call.h"

#include <stdio.h>
#include <string.h>

#define START_MS  1000
#define FORM_TYPE "application/x-www-form-urlencoded"
#define GRANT     "grant_type=client_credentials"
#define SCOPE     "scope=signicat-api"
#define SESSION                                                                                    \
    "{\"flow\":\"redirect\",\"allowedProviders\":[\"idin\"],\"requestedAttributes\":[\"idpId\"],"  \
    "\"callbackUrls\":{\"success\":\"https://a.example/\",\"abort\":\"https://a.example/\","       \
    "\"error\":\"https://a.example/\"},\"externalReference\":\"desk-3\",\"sessionLifetime\":120}"
#define ANNA "NLTSTN3333fe571d5e53ae9f88"

/* One sandbox a test: each runs in a process of its own. */
static struct sandbox *sandbox;
static char bearer[160];

static void
begin(void)
{
    sandbox = sandbox_call_new(START_MS);
}

static void
end(void)
{
    sandbox_free(&sandbox);
}

static void
enable(const char *fault)
{
    ck_assert_int_eq(faults_enable(&sandbox->faults, fault), 0);
}

static unsigned
ask_token(const char *authorization, const char *body, struct sandbox_answer *ret_answer)
{
    return sandbox_call(sandbox,
                        (struct http_request){.method = "POST",
                                              .path = SIGNICAT_TOKEN_PATH,
                                              .content_type = FORM_TYPE,
                                              .authorization = authorization,
                                              .body = body},
                        ret_answer);
}

static const char *
basic(void)
{
    return sandbox_call_basic(sandbox->client_id, sandbox->client_secret);
}

static void
get_token(void)
{
    SANDBOX_ANSWER_AUTO answer;

    ck_assert_uint_eq(ask_token(basic(), GRANT "&" SCOPE, &answer), 200);
    snprintf(bearer, sizeof bearer, "Bearer %s", sandbox_answer_text(&answer, "access_token"));
}

static unsigned
call(const char *method, const char *id, const char *rest, const char *body,
     struct sandbox_answer *ret_answer)
{
    char path[120];

    snprintf(path, sizeof path, SIGNICAT_SESSIONS_PATH "%s%s%s", id[0] ? "/" : "", id, rest);
    return sandbox_call(sandbox,
                        (struct http_request){.method = method,
                                              .path = path,
                                              .content_type = "application/json",
                                              .authorization = bearer,
                                              .body = body},
                        ret_answer);
}

/* A new session, with a token of its own. */
static struct code *
make_session(void)
{
    SANDBOX_ANSWER_AUTO answer;

    get_token();
    ck_assert_uint_eq(call("POST", "", "", SESSION, &answer), 200);
    struct code *code =
        codes_by_qr_id(&sandbox->codes, CODE_SIGNICAT, sandbox_answer_text(&answer, "id"));
    ck_assert_ptr_nonnull(code);
    return code;
}

static void
check_status(const struct code *code, const char *status)
{
    SANDBOX_ANSWER_AUTO answer;

    ck_assert_uint_eq(call("GET", code->qr_id, "", NULL, &answer), 200);
    ck_assert_str_eq(sandbox_answer_text(&answer, "status"), status);
}

START_TEST(gives_tokens)
{
    SANDBOX_ANSWER_AUTO first, second;

    ck_assert_uint_eq(ask_token(basic(), GRANT "&" SCOPE, &first), 200);
    ck_assert_uint_eq(ask_token(basic(), SCOPE "&" GRANT, &second), 200);
    ck_assert_str_eq(sandbox_answer_text(&first, "token_type"), "Bearer");
    ck_assert_int_eq(json_integer_value(json_object_get(first.json, "expires_in")), 600);
    ck_assert_str_ne(sandbox_answer_text(&first, "access_token"),
                     sandbox_answer_text(&second, "access_token"));
    ck_assert_uint_eq(sandbox->events.counts[EVENT_TOKEN], 2);
}
END_TEST

static const struct {
    const char *body, *error, *named;
} wrong_forms[] = {
    {SCOPE, "invalid_request", "grant_type is missing"},
    {"grant_type=password&" SCOPE, "unsupported_grant_type", "grant_type"},
    {GRANT, "invalid_scope", "scope"},
    {GRANT "&scope=openid", "invalid_scope", "scope"},
    {GRANT "&" SCOPE "&audience=x", "invalid_request", "audience"},
    {GRANT "&" SCOPE "&client_id=x", "invalid_request", "client_id"}, /* only in the header */
    {GRANT "&" GRANT, "invalid_request", "body"},
};

START_TEST(names_what_is_wrong_with_a_form)
{
    SANDBOX_ANSWER_AUTO answer;

    ck_assert_uint_eq(ask_token(basic(), wrong_forms[_i].body, &answer), 400);
    ck_assert_str_eq(sandbox_answer_text(&answer, "error"), wrong_forms[_i].error);
    const char *description = sandbox_answer_text(&answer, "error_description");
    ck_assert_msg(strstr(description, wrong_forms[_i].named) == description, "%s", description);
}
END_TEST

START_TEST(tells_a_session_from_its_making_to_its_success)
{
    SANDBOX_ANSWER_AUTO made, done;
    struct https_url url;

    get_token();
    ck_assert_uint_eq(call("POST", "", "", SESSION, &made), 200);
    const char *link = sandbox_answer_text(&made, "authenticationUrl");
    ck_assert_str_eq(sandbox_answer_text(&made, "status"), "CREATED");
    ck_assert_str_eq(sandbox_answer_text(&made, "externalReference"), "desk-3");
    ck_assert_ptr_null(sandbox_answer_text(&made, "provider"));
    ck_assert_int_eq(json_integer_value(json_object_get(made.json, "sessionLifetime")), 300);
    ck_assert_int_eq(https_url_parse(link, strlen(link), &url), 0);
    ck_assert_uint_ge(strlen(link), 150); /* as long as the real ones: a large code */
    ck_assert_uint_le(strlen(link), 170);

    struct code *code =
        codes_by_qr_id(&sandbox->codes, CODE_SIGNICAT, sandbox_answer_text(&made, "id"));
    ck_assert_ptr_nonnull(strstr(link, code->path));
    check_status(code, "CREATED");
    sandbox_call_approve(sandbox, code);
    check_status(code, "SUCCESS"); /* and it can be asked again */
    ck_assert_uint_eq(call("GET", code->qr_id, "", NULL, &done), 200);
    ck_assert_str_eq(sandbox_answer_text(&done, "provider"), "idin");
    ck_assert_str_eq(sandbox_answer_text(&done, "loa"), "substantial");
    ck_assert_str_eq(sandbox_answer_text(&done, "subject.idpId"), ANNA);
    ck_assert_str_ne(sandbox_answer_text(&done, "subject.id"), ANNA);
    ck_assert_uint_eq(sandbox->events.counts[EVENT_SESSION_STATUS], 3);
    ck_assert_uint_eq(sandbox->events.counts[EVENT_DELIVERED], 1);
}
END_TEST

START_TEST(tells_every_end)
{
    struct code *refused = make_session(), *cancelled = make_session(), *failed = make_session(),
                *expired = make_session();
    struct visit *visit;
    SANDBOX_ANSWER_AUTO answer;

    ck_assert_int_eq(sandbox_scan(sandbox, refused, &visit), 0);
    check_status(refused, "WAITING_FOR_USER");
    ck_assert_int_eq(code_refuse(&sandbox->codes, refused, visit), 0);
    check_status(refused, "ABORT");
    ck_assert_uint_eq(call("POST", cancelled->qr_id, "/cancel", NULL, &answer), 200);
    check_status(cancelled, "CANCELLED");
    ck_assert_uint_eq(sandbox->events.counts[EVENT_CANCEL], 1);
    code_end(&sandbox->codes, failed, CODE_FAILURE);
    check_status(failed, "ERROR");
    codes_tick(&sandbox->codes, START_MS + 300000);
    check_status(expired, "EXPIRED");
}
END_TEST

/* A cancel that comes after the success was told changes nothing any more. */
START_TEST(keeps_a_success_that_was_told)
{
    struct code *told = make_session(), *untold = make_session();
    SANDBOX_ANSWER_AUTO first, second;

    sandbox_call_approve(sandbox, told);
    sandbox_call_approve(sandbox, untold);
    check_status(told, "SUCCESS");
    ck_assert_uint_eq(call("POST", told->qr_id, "/cancel", NULL, &first), 200);
    check_status(told, "SUCCESS");
    ck_assert_uint_eq(call("POST", untold->qr_id, "/cancel", NULL, &second), 200);
    check_status(untold, "CANCELLED");
}
END_TEST

START_TEST(names_what_is_wrong_with_a_session)
{
    SANDBOX_ANSWER_AUTO answer;

    get_token();
    ck_assert_uint_eq(call("POST", "", "", "{\"flow\":\"headless\"}", &answer), 400);
    const json_t *named = json_array_get(json_object_get(answer.json, "invalidParams"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(named, "name")), "flow");
    ck_assert_ptr_nonnull(sandbox_answer_text(&answer, "title"));
    ck_assert_ptr_nonnull(sandbox_answer_text(&answer, "code"));
    ck_assert_ptr_nonnull(sandbox_answer_text(&answer, "type"));
    ck_assert_ptr_nonnull(sandbox_answer_text(&answer, "traceId"));
    ck_assert_uint_eq(sandbox->events.counts[EVENT_SESSION], 0);
}
END_TEST

START_TEST(wants_a_token_that_is_good)
{
    struct code *code = make_session();
    SANDBOX_ANSWER_AUTO none, late, wrong;

    codes_tick(&sandbox->codes, START_MS + 600000 - 1);
    check_status(code, "EXPIRED"); /* the session is, the token not yet */
    codes_tick(&sandbox->codes, START_MS + 600000);
    ck_assert_uint_eq(call("GET", code->qr_id, "", NULL, &late), 401);
    ck_assert_str_eq(sandbox_answer_text(&late, "code"), "invalid_token");
    get_token();
    char *last = &bearer[strlen(bearer) - 1];
    *last = *last == '0' ? '1' : '0';
    ck_assert_uint_eq(call("POST", code->qr_id, "/cancel", NULL, &wrong), 401);
    memcpy(bearer, "Basic ", 7);
    ck_assert_uint_eq(call("POST", "", "", SESSION, &none), 401);
    ck_assert_uint_eq(sandbox->events.counts[EVENT_SESSION], 1);
}
END_TEST

START_TEST(knows_its_own_sessions_only)
{
    SANDBOX_ANSWER_AUTO unknown, other_api, behind, account;
    struct code *code, *session = make_session();

    ck_assert_int_eq(codes_add(&sandbox->codes, CODE_IDIN_QR, CODE_USE_LOGIN, 60000, &code), 0);
    ck_assert_uint_eq(call("GET", "00000000-0000-4000-8000-000000000000", "", NULL, &unknown), 404);
    ck_assert_uint_eq(call("GET", code->qr_id, "", NULL, &other_api), 404);
    ck_assert_uint_eq(call("POST", session->qr_id, "/cancelled", NULL, &behind), 404);
    ck_assert_uint_eq(sandbox_call(sandbox,
                                   (struct http_request){.method = "POST",
                                                         .path = SIGNICAT_SESSIONS_PATH,
                                                         .content_type = "application/json",
                                                         .account_id = "a-other",
                                                         .authorization = bearer,
                                                         .body = SESSION},
                                   &account),
                      403);
}
END_TEST

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

START_TEST(breaks_a_success)
{
    struct code *code = make_session();
    SANDBOX_ANSWER_AUTO answer;

    enable(broken[_i].fault);
    sandbox_call_approve(sandbox, code);
    ck_assert_uint_eq(call("GET", code->qr_id, "", NULL, &answer), 200);
    ck_assert_pstr_eq(sandbox_answer_text(&answer, broken[_i].member), broken[_i].value);
}
END_TEST

START_TEST(breaks_the_way_there)
{
    struct visit *visit;
    SANDBOX_ANSWER_AUTO evil;

    enable("signicat-status-unknown");
    struct code *code = make_session();
    check_status(code, "CREATED");
    ck_assert_int_eq(sandbox_scan(sandbox, code, &visit), 0);
    check_status(code, "PAUSED");
    enable("picture-other-host");
    ck_assert_uint_eq(call("POST", "", "", SESSION, &evil), 200);
    ck_assert_ptr_nonnull(
        strstr(sandbox_answer_text(&evil, "authenticationUrl"), "https://evil.example/"));
}
END_TEST

START_TEST(breaks_tokens)
{
    SANDBOX_ANSWER_AUTO once, status, expired, always;

    enable("signicat-token-401-once");
    get_token();
    ck_assert_uint_eq(call("POST", "", "", SESSION, &once), 401);
    enable("signicat-status-401-once");
    struct code *code = make_session();
    ck_assert_uint_eq(call("GET", code->qr_id, "", NULL, &status), 401);
    check_status(code, "CREATED");
    enable("signicat-token-short");
    get_token();
    codes_tick(&sandbox->codes, START_MS + 2000);
    ck_assert_uint_eq(call("GET", code->qr_id, "", NULL, &expired), 401);
    enable("signicat-token-401");
    get_token();
    ck_assert_uint_eq(call("GET", code->qr_id, "", NULL, &always), 401);
}
END_TEST

START_TEST(is_busy_once)
{
    SANDBOX_ANSWER_AUTO busy;
    struct code *code = make_session();

    enable("busy-once");
    ck_assert_uint_eq(call("GET", code->qr_id, "", NULL, &busy), 429);
    ck_assert_str_eq(busy.reply.headers[0].name, "Retry-After");
    check_status(code, "CREATED");
}
END_TEST

START_TEST(stalls_a_cancel)
{
    struct code *code = make_session();
    char path[120];
    struct http_request request = {.method = "POST",
                                   .path = path,
                                   .account_id = "",
                                   .authorization = bearer,
                                   .now_ms = START_MS};
    struct http_reply reply = {.body = NULL};

    enable("cancel-stalls");
    snprintf(path, sizeof path, SIGNICAT_SESSION_PATH "%s/cancel", code->qr_id);
    ck_assert_int_eq(signicat_api_cancel(sandbox, &request, &reply), HTTP_HOLD);
    ck_assert_ptr_eq(request.watched, &code->changes);
    ck_assert_int_eq(signicat_api_cancel(sandbox, &request, &reply), HTTP_HOLD);
    ck_assert_uint_eq(sandbox->events.counts[EVENT_CANCEL], 1);
    check_status(code, "CANCELLED");
}
END_TEST

/* The session is there before anybody is told of it, once. */
START_TEST(tells_of_a_session_late)
{
    static const char body[] =
        "{\"flow\":\"redirect\",\"allowedProviders\":[\"idin\"],\"requestedAttributes\":[\"idpId\"]"
        ","
        "\"externalReference\":\"login-7\",\"callbackUrls\":{\"success\":\"https://a.nl/\","
        "\"abort\":\"https://a.nl/\",\"error\":\"https://a.nl/\"}}";
    struct http_request request = {.method = "POST",
                                   .path = "/auth/rest/sessions",
                                   .account_id = "",
                                   .content_type = "application/json",
                                   .authorization = bearer,
                                   .body = body,
                                   .body_size = sizeof body - 1,
                                   .now_ms = START_MS};
    struct sandbox_answer answer = {.json = NULL};

    get_token();
    enable("signicat-session-late");
    ck_assert_int_eq(signicat_api_create(sandbox, &request, &answer.reply), HTTP_HOLD);
    ck_assert_int_eq(request.hold_until_ms, START_MS + 300);
    ck_assert_uint_eq(sandbox->events.counts[EVENT_SESSION], 1);
    request.now_ms = request.hold_until_ms;
    ck_assert_int_eq(signicat_api_create(sandbox, &request, &answer.reply), HTTP_REPLY);
    ck_assert_uint_eq(sandbox->events.counts[EVENT_SESSION], 1);
    ck_assert_uint_eq(answer.reply.status, 200);
    answer.json = json_loadb(answer.reply.body, answer.reply.body_size, 0, NULL);
    ck_assert_ptr_nonnull(
        codes_by_qr_id(&sandbox->codes, CODE_SIGNICAT, sandbox_answer_text(&answer, "id")));
    sandbox_answer_free(&answer);
}
END_TEST

START_TEST(is_approved_by_itself)
{
    struct code *code = make_session();

    sandbox->auto_person = person_find("anna");
    sandbox->auto_bank = bank_at(0);
    check_status(code, "WAITING_FOR_USER");
    check_status(code, "SUCCESS");
}
END_TEST

static Suite *
suite(void)
{
    Suite *suite = suite_create("sandbox_signicat_api");
    TCase *api = tcase_create("signicat");

    tcase_add_checked_fixture(api, begin, end);
    tcase_add_test(api, gives_tokens);
    tcase_add_loop_test(api, names_what_is_wrong_with_a_form, 0,
                        sizeof wrong_forms / sizeof wrong_forms[0]);
    tcase_add_test(api, tells_a_session_from_its_making_to_its_success);
    tcase_add_test(api, tells_every_end);
    tcase_add_test(api, keeps_a_success_that_was_told);
    tcase_add_test(api, names_what_is_wrong_with_a_session);
    tcase_add_test(api, wants_a_token_that_is_good);
    tcase_add_test(api, knows_its_own_sessions_only);
    tcase_add_loop_test(api, breaks_a_success, 0, sizeof broken / sizeof broken[0]);
    tcase_add_test(api, breaks_the_way_there);
    tcase_add_test(api, breaks_tokens);
    tcase_add_test(api, is_busy_once);
    tcase_add_test(api, stalls_a_cancel);
    tcase_add_test(api, tells_of_a_session_late);
    tcase_add_test(api, is_approved_by_itself);
    suite_add_tcase(suite, api);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "sandbox_signicat_api", suite, NULL);
}
