/* SPDX-License-Identifier: BSD-3-Clause */
/* OpenID as the sandbox speaks it: discovery, the device grant from its start to each of its ends,
 * the distance between polls, the page where a code is typed, and what each fault breaks. On a
 * clock of the test's own. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/sandbox/handlers.h"
#include "tests/harness/runner.h"
#include "tests/unit/sandbox_call.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define START_MS    1000
#define LIFETIME_MS 600000
#define GRANT       "grant_type=urn:ietf:params:oauth:grant-type:device_code"

/* Each test has its own sandbox, because Check runs it in a separate process. */
static struct sandbox *sandbox;

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

static unsigned
get(const char *path, const char *user_code, struct sandbox_answer *ret_answer)
{
    return sandbox_call(
        sandbox, (struct http_request){.method = "GET", .path = path, .user_code = user_code},
        ret_answer);
}

static unsigned
post(const char *path, const char *body, struct sandbox_answer *ret_answer)
{
    return sandbox_call(sandbox,
                        (struct http_request){.method = "POST",
                                              .path = path,
                                              .content_type = SANDBOX_CALL_FORM,
                                              .authorization = sandbox_call_basic(
                                                  sandbox->client_id, sandbox->client_secret),
                                              .body = body},
                        ret_answer);
}

static struct code *
make_device(struct sandbox_answer *ret_answer)
{
    ck_assert_uint_eq(post(OIDC_DEVICE_PATH, "scope=openid", ret_answer), 200);
    struct code *code =
        codes_by_device_code(&sandbox->codes, sandbox_answer_text(ret_answer, "device_code"));
    ck_assert_ptr_nonnull(code);
    return code;
}

static void
tick(int64_t ms)
{
    codes_tick(&sandbox->codes, sandbox->codes.now_ms + ms);
}

static unsigned
poll(const struct code *code, struct sandbox_answer *ret_answer)
{
    char body[160];

    snprintf(body, sizeof body, GRANT "&device_code=%s", code->device_code);
    return post(OIDC_TOKEN_PATH, body, ret_answer);
}

/* A poll that keeps its distance. */
static void
check_poll(const struct code *code, const char *error)
{
    SANDBOX_ANSWER_AUTO answer;

    tick(code->interval_s * 1000);
    ck_assert_uint_eq(poll(code, &answer), 400);
    ck_assert_str_eq(sandbox_answer_text(&answer, "error"), error);
}

/* The claims of the ID token of a success. */
static json_t *
read_claims(const struct sandbox_answer *answer)
{
    const char *token = sandbox_answer_text(answer, "id_token");
    char base64[2048];
    unsigned char bytes[1600];
    size_t size;

    ck_assert_ptr_nonnull(token);
    token = strchr(token, '.') + 1;
    size = strcspn(token, ".");
    ck_assert_uint_lt(size + 4, sizeof base64);
    for (size_t i = 0; i < size; i++)
        base64[i] = token[i] == '-' ? '+' : token[i] == '_' ? '/' : token[i];
    size_t padded = (size + 3) / 4 * 4;
    memset(base64 + size, '=', padded - size);
    int n = EVP_DecodeBlock(bytes, (unsigned char *)base64, (int)padded);
    ck_assert_int_gt(n, 0);
    json_t *claims = json_loadb((char *)bytes, (size_t)n - (padded - size), 0, NULL);
    ck_assert_ptr_nonnull(claims);
    return claims;
}

static json_int_t
number(const json_t *claims, const char *name)
{
    return json_integer_value(json_object_get(claims, name));
}

TEST_CASE("oidc", .setup = begin, .teardown = end);

TEST(is_discovered)
{
    SANDBOX_ANSWER_AUTO answer, broken, other;

    ck_assert_uint_eq(get(OIDC_DISCOVERY_PATH, NULL, &answer), 200);
    ck_assert_str_eq(sandbox_answer_text(&answer, "issuer"), SANDBOX_CALL_URL);
    ck_assert_str_eq(sandbox_answer_text(&answer, "device_authorization_endpoint"),
                     SANDBOX_CALL_URL OIDC_DEVICE_PATH);
    ck_assert_str_eq(sandbox_answer_text(&answer, "token_endpoint"),
                     SANDBOX_CALL_URL OIDC_TOKEN_PATH);
    ck_assert_str_eq(sandbox_answer_text(&answer, "jwks_uri"), SANDBOX_CALL_URL OIDC_KEYS_PATH);
    sandbox_call_break(sandbox, "oidc-no-device-endpoint");
    ck_assert_uint_eq(get(OIDC_DISCOVERY_PATH, NULL, &broken), 200);
    ck_assert_ptr_null(sandbox_answer_text(&broken, "device_authorization_endpoint"));
    sandbox_call_break(sandbox, "oidc-discovery-other-issuer");
    ck_assert_uint_eq(get(OIDC_DISCOVERY_PATH, NULL, &other), 200);
    ck_assert_str_eq(sandbox_answer_text(&other, "issuer"), "https://evil.example");
}

TEST(makes_a_device_code)
{
    SANDBOX_ANSWER_AUTO answer, typed, evil;
    struct code *code = make_device(&answer);
    const char *user_code = sandbox_answer_text(&answer, "user_code");
    char complete[120];

    ck_assert_uint_eq(strlen(user_code), 9);
    ck_assert_uint_eq(strspn(user_code, "BCDFGHJKLMNPQRSTVWXZ"), 4);
    ck_assert_uint_eq(strspn(user_code + 5, "BCDFGHJKLMNPQRSTVWXZ"), 4);
    ck_assert_str_eq(user_code, code->user_code);
    ck_assert_str_ne(sandbox_answer_text(&answer, "device_code"), code->path);
    ck_assert_int_eq(number(answer.json, "expires_in"), LIFETIME_MS / 1000);
    ck_assert_int_eq(number(answer.json, "interval"), OIDC_INTERVAL_S);
    ck_assert_str_eq(sandbox_answer_text(&answer, "verification_uri"),
                     SANDBOX_CALL_URL OIDC_DEVICE_PATH);
    snprintf(complete, sizeof complete, SANDBOX_CALL_URL OIDC_DEVICE_PATH "?user_code=%s",
             user_code);
    ck_assert_str_eq(sandbox_answer_text(&answer, "verification_uri_complete"), complete);
    sandbox_call_break(sandbox, "oidc-no-complete-uri");
    make_device(&typed);
    ck_assert_ptr_null(sandbox_answer_text(&typed, "verification_uri_complete"));
    sandbox_call_break(sandbox, "picture-other-host");
    make_device(&evil);
    ck_assert_str_eq(sandbox_answer_text(&evil, "verification_uri"),
                     "https://evil.example" OIDC_DEVICE_PATH);
    ck_assert_uint_eq(sandbox->events.counts[EVENT_DEVICE], 3);
}

TEST(gives_an_id_token_once)
{
    SANDBOX_ANSWER_AUTO device, success;
    struct code *code = make_device(&device);

    check_poll(code, "authorization_pending");
    sandbox_call_approve(sandbox, code);
    tick(OIDC_INTERVAL_S * 1000);
    ck_assert_uint_eq(poll(code, &success), 200);
    ck_assert_str_eq(sandbox_answer_text(&success, "token_type"), "Bearer");
    json_t *claims = read_claims(&success);
    ck_assert_str_eq(json_string_value(json_object_get(claims, "iss")), SANDBOX_CALL_URL);
    ck_assert_str_eq(json_string_value(json_object_get(claims, "aud")), sandbox->client_id);
    ck_assert_str_eq(json_string_value(json_object_get(claims, "sub")), SANDBOX_CALL_ANNA);
    ck_assert_str_eq(json_string_value(json_object_get(claims, "acr")), SANDBOX_LEVEL_OF_ASSURANCE);
    ck_assert_int_le(number(claims, "iat"), time(NULL));
    ck_assert_int_gt(number(claims, "exp"), time(NULL));
    json_decref(claims);
    ck_assert_str_eq(code->bin, "");
    check_poll(code, "invalid_grant");
    ck_assert_uint_eq(sandbox->events.counts[EVENT_DEVICE_POLL], 3);
    ck_assert_uint_eq(sandbox->events.counts[EVENT_DELIVERED], 1);
}

TEST(tells_every_end)
{
    SANDBOX_ANSWER_AUTO a, b, c;
    struct code *refused = make_device(&a), *failed = make_device(&b), *expired = make_device(&c);
    struct visit *visit;

    ck_assert_int_eq(sandbox_scan(sandbox, refused, &visit), 0);
    check_poll(refused, "authorization_pending");
    ck_assert_int_eq(code_refuse(&sandbox->codes, refused, visit), 0);
    check_poll(refused, "access_denied");
    code_end(&sandbox->codes, failed, CODE_FAILURE);
    check_poll(failed, "server_error");
    tick(LIFETIME_MS);
    check_poll(expired, "expired_token");
}

TEST(slows_down_who_polls_too_fast)
{
    SANDBOX_ANSWER_AUTO device, first, early, still, late;
    struct code *code = make_device(&device);

    ck_assert_uint_eq(poll(code, &first), 400); /* at once: the first poll needs no wait */
    ck_assert_str_eq(sandbox_answer_text(&first, "error"), "authorization_pending");
    tick(OIDC_INTERVAL_S * 1000 - 1);
    ck_assert_uint_eq(poll(code, &early), 400);
    ck_assert_str_eq(sandbox_answer_text(&early, "error"), "slow_down");
    /* From now on five seconds more. */
    tick((OIDC_INTERVAL_S + 5) * 1000 - 1);
    ck_assert_uint_eq(poll(code, &still), 400);
    ck_assert_str_eq(sandbox_answer_text(&still, "error"), "slow_down");
    tick((OIDC_INTERVAL_S + 10) * 1000);
    ck_assert_uint_eq(poll(code, &late), 400);
    ck_assert_str_eq(sandbox_answer_text(&late, "error"), "authorization_pending");
    ck_assert_uint_eq(sandbox->events.counts[EVENT_SLOW_DOWN], 2);
    ck_assert_uint_eq(sandbox->events.counts[EVENT_DEVICE_POLL], 2);
}

static const struct {
    const char *path, *body, *error, *named;
} wrong[] = {
    {OIDC_DEVICE_PATH, "", "invalid_scope", "scope"},
    {OIDC_DEVICE_PATH, "scope=openid+profile", "invalid_scope", "scope"},
    {OIDC_DEVICE_PATH, "scope=openid&login_hint=x", "invalid_request", "login_hint"},
    {OIDC_DEVICE_PATH, "scope=openid&acr_values=", "invalid_request", "acr_values"},
    {OIDC_TOKEN_PATH, "device_code=x", "invalid_request", "grant_type"},
    {OIDC_TOKEN_PATH, "grant_type=client_credentials", "unsupported_grant_type", "grant_type"},
    {OIDC_TOKEN_PATH, GRANT, "invalid_request", "device_code"},
    {OIDC_TOKEN_PATH, GRANT "&device_code=x", "invalid_grant", "device_code"},
    {OIDC_TOKEN_PATH, GRANT "&device_code=x&scope=openid", "invalid_request", "scope"},
};

LOOP_TEST(names_what_is_wrong, ARRAY_LENGTH(wrong))
{
    SANDBOX_ANSWER_AUTO answer;

    ck_assert_uint_eq(post(wrong[_i].path, wrong[_i].body, &answer), 400);
    ck_assert_str_eq(sandbox_answer_text(&answer, "error"), wrong[_i].error);
    const char *description = sandbox_answer_text(&answer, "error_description");
    ck_assert_msg(strstr(description, wrong[_i].named) == description, "%s", description);
}

static void
check_leads_to(const char *typed, const struct code *code)
{
    SANDBOX_ANSWER_AUTO answer;
    const char *location = "";

    ck_assert_uint_eq(get(OIDC_DEVICE_PATH, typed, &answer), 303);
    for (size_t i = 0; i < answer.reply.n_headers; i++)
        if (strcmp(answer.reply.headers[i].name, "Location") == 0)
            location = answer.reply.headers[i].value;
    ck_assert_msg(strncmp(location, "/q/", 3) == 0, "%s", location);
    ck_assert_str_eq(location + 3, code->path);
}

TEST(is_typed)
{
    static const char *const others[] = {"AAAA-AAAA", "x", "BCDF-GHJK-L", "BCDFGHJ1", "<b>"};
    SANDBOX_ANSWER_AUTO device, empty;
    struct code *code = make_device(&device);
    const char *u = code->user_code;
    char typed[16];

    check_leads_to(u, code);
    snprintf(typed, sizeof typed, " %.4s %s", u, u + 5);
    for (char *p = typed; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    check_leads_to(typed, code);
    ck_assert_uint_eq(get(OIDC_DEVICE_PATH, NULL, &empty), 200);
    ck_assert_ptr_nonnull(strstr(empty.reply.body, "name=\"user_code\""));
    ck_assert_ptr_null(strstr(empty.reply.body, "role=\"alert\""));
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        SANDBOX_ANSWER_AUTO answer;

        ck_assert_uint_eq(get(OIDC_DEVICE_PATH, others[i], &answer), 404);
        ck_assert_ptr_nonnull(strstr(answer.reply.body, "role=\"alert\""));
        ck_assert_ptr_null(strstr(answer.reply.body, "<b>"));
    }
}

/* What a fault makes of the ID token: a claim, and what it then is (NULL: not there). */
static const struct {
    const char *fault, *claim, *value;
} broken[] = {
    {"oidc-other-issuer", "iss", "https://evil.example"},
    {"oidc-aud-wrong", "aud", "another-client"},
    {"oidc-acr-low", "acr", "nl:bvn:bankid:1.0:loa2"},
    {"status-no-bin", "sub", NULL},
};

LOOP_TEST(breaks_the_id_token, ARRAY_LENGTH(broken))
{
    SANDBOX_ANSWER_AUTO device, answer;
    struct code *code = make_device(&device);

    sandbox_call_break(sandbox, broken[_i].fault);
    sandbox_call_approve(sandbox, code);
    ck_assert_uint_eq(poll(code, &answer), 200);
    json_t *claims = read_claims(&answer);
    ck_assert_pstr_eq(json_string_value(json_object_get(claims, broken[_i].claim)),
                      broken[_i].value);
    json_decref(claims);
}

TEST(breaks_success)
{
    SANDBOX_ANSWER_AUTO a, b, old, none;
    struct code *first = make_device(&a), *second = make_device(&b);

    sandbox_call_break(sandbox, "oidc-id-token-expired");
    sandbox_call_approve(sandbox, first);
    ck_assert_uint_eq(poll(first, &old), 200);
    json_t *claims = read_claims(&old);
    ck_assert_int_lt(number(claims, "exp"), time(NULL));
    json_decref(claims);
    sandbox_call_break(sandbox, "oidc-no-id-token");
    sandbox_call_approve(sandbox, second);
    ck_assert_uint_eq(poll(second, &none), 200);
    ck_assert_ptr_nonnull(sandbox_answer_text(&none, "access_token"));
    ck_assert_ptr_null(sandbox_answer_text(&none, "id_token"));
}

TEST(breaks_polls)
{
    SANDBOX_ANSWER_AUTO device, slow, busy;
    struct code *code = make_device(&device);
    struct visit *visit;

    sandbox_call_break(sandbox, "oidc-slow-down");
    ck_assert_uint_eq(poll(code, &slow), 400);
    ck_assert_str_eq(sandbox_answer_text(&slow, "error"), "slow_down");
    sandbox_call_break(sandbox, "busy-once");
    tick(code->interval_s * 1000);
    ck_assert_uint_eq(poll(code, &busy), 429);
    check_poll(code, "authorization_pending");
    sandbox_call_break(sandbox, "oidc-unknown-error");
    check_poll(code, "authorization_pending");
    ck_assert_int_eq(sandbox_scan(sandbox, code, &visit), 0);
    check_poll(code, "sandbox_error");
}

TEST(is_approved_by_itself)
{
    SANDBOX_ANSWER_AUTO device, answer;
    struct code *code = make_device(&device);

    sandbox->auto_person = person_find("anna");
    sandbox->auto_bank = bank_at(0);
    check_poll(code, "authorization_pending");
    ck_assert_int_eq(code->status, CODE_PENDING);
    tick(OIDC_INTERVAL_S * 1000);
    ck_assert_uint_eq(poll(code, &answer), 200);
}

RUN_TESTS("sandbox_oidc_device_api", NULL);
