/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests how the agent fetches an issuer's keys from a scripted transport: its requests, the keys
 * that it sends to the tool, and every response that it rejects. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/agent_probe.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/oidc_device_fixture.h"
#include "tests/unit/token_keys.h"

#include <string.h>

#define DOCUMENT(jwks_uri) "{\"issuer\":\"" OIDC_ISSUER "\",\"jwks_uri\":" jwks_uri "}"
#define RIGHT              DOCUMENT("\"https://keys.example/jwks\"")
#define ED_KEY                                                                                     \
    "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"k\","                                          \
    "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}"
#define ENC_KEY "{\"kty\":\"RSA\",\"use\":\"enc\",\"n\":\"AQ\",\"e\":\"AQAB\",\"kid\":\"enc\"}"
#define ONE_KEY "{\"keys\":[" ENC_KEY "," ED_KEY "]}"

static char logged[1024];
static struct key_message keys[KEY_SET_KEYS_MAX + 1];
static size_t n_keys;

static void
set_up(void)
{
    oidc_device_fixture_begin();
    script_clear();
}

/* Takes apart what the agent sends. */
static int
fetch(void)
{
    struct log_message line;
    struct frame frame;
    int result;

    ck_assert_int_eq(provider_read_settings(&provider_fixture.start, &provider_fixture.settings),
                     0);
    result = key_fetch_run(&provider_fixture.context);
    n_keys = 0;
    logged[0] = '\0';
    frame_begin(&frame, 0);
    while (frame_receive(&frame, provider_fixture.module_end) == 1) {
        if (frame_type(&frame) == MESSAGE_KEY) {
            ck_assert_uint_lt(n_keys, KEY_SET_KEYS_MAX);
            ck_assert_int_eq(message_read_key(&frame, &keys[n_keys++]), 0);
        } else {
            ck_assert_int_eq(message_read_log(&frame, &line), 0);
            ck_assert_str_eq(logged, ""); /* one line */
            strcpy(logged, line.line);
        }
        frame_begin(&frame, 0);
    }
    return result;
}

TEST_CASE("fetch", .setup = set_up);

TEST(keys_for_signatures_are_sent)
{
    TOKEN_KEY_AUTO *rsa = token_key_new("RS256", "one", 4096),
                   *ec = token_key_new("ES256", NULL, 0);
    char *set = token_key_set((const struct token_key *const[]){rsa, ec, NULL});

    script_unsigned(200, RIGHT);
    script_unsigned(200, set)->content_type = "application/jwk-set+json";
    ck_assert_msg(fetch() == 0, "%s", logged);
    ck_assert_str_eq(script.asked[0].url, OIDC_ISSUER "/.well-known/openid-configuration");
    ck_assert_str_eq(script.asked[1].url, "https://keys.example/jwks");
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(script.asked[i].is_post, 0);
        ck_assert_str_eq(script.asked[i].authorization, "");
    }
    ck_assert_uint_eq(n_keys, 2);
    ck_assert_int_eq(keys[0].type, KEY_RSA);
    ck_assert_str_eq(keys[0].kid, "one");
    ck_assert_str_eq(keys[0].second, "AQAB");
    ck_assert_uint_eq(strlen(keys[0].first), 683);
    ck_assert_int_eq(keys[1].type, KEY_P256);
    ck_assert_str_eq(keys[1].kid, "");
    script_clear();
    script_unsigned(200, RIGHT);
    script_unsigned(200, ONE_KEY);
    ck_assert_msg(fetch() == 0, "%s", logged);
    ck_assert_uint_eq(n_keys, 1); /* none for encryption */
    ck_assert_str_eq(keys[0].kid, "k");
}

static const struct {
    long status;
    const char *document; /* NULL: no answer at all */
    const char *type;
    long keys_status;
    const char *keys, *keys_type;
    int error;
    const char *line;
} refused[] = {
    {404, "", "text/html", 0, NULL, NULL, IDQ_REPLY, "discovery: HTTP status 404"},
    {403, "", "text/html", 0, NULL, NULL, IDQ_REPLY, "discovery: HTTP status 403"},
    {503, "", "text/html", 0, NULL, NULL, IDQ_UNREACHABLE, "discovery: HTTP status 503"},
    {200, RIGHT, "text/html", 0, NULL, NULL, IDQ_REPLY, "discovery: an answer that is not JSON"},
    {200, "{\"issuer\":\"https://id.example.nl\",\"jwks_uri\":\"https://id.example.nl/k\"}",
     "application/json", 0, NULL, NULL, IDQ_REPLY, "discovery: another issuer's document"},
    {200, "{}", "application/json", 0, NULL, NULL, IDQ_REPLY,
     "discovery: not an issuer's document"},
    {200, DOCUMENT("null"), "application/json", 0, NULL, NULL, IDQ_REPLY,
     "discovery: jwks_uri is not"},
    {200, DOCUMENT("\"http://id.example.nl/k\""), "application/json", 0, NULL, NULL, IDQ_REPLY,
     "discovery: jwks_uri is not"},
    {200, DOCUMENT("\"https://id.example.nl:8443/k\""), "application/json", 0, NULL, NULL,
     IDQ_REPLY, "discovery: jwks_uri is not"},
    {200, RIGHT, "application/json", 500, "", "text/html", IDQ_UNREACHABLE,
     "jwks_uri: HTTP status 500"},
    {200, RIGHT, "application/json", 200, ONE_KEY, "text/html", IDQ_REPLY,
     "jwks_uri: an answer that is not JSON"},
    {200, RIGHT, "application/json", 200, "{\"keys\":[" ENC_KEY "]}", "application/json", IDQ_REPLY,
     "jwks_uri: it holds no key for"},
    {200, RIGHT, "application/json", 200, "{\"keys\":[" ED_KEY "," ED_KEY "]}", "application/json",
     IDQ_REPLY, "jwks_uri: two of its keys"},
    {200, RIGHT, "application/json", 200, "{\"keys\":[" ED_KEY ",{\"kty\":\"oct\",\"k\":\"AQ\"}]}",
     "application/json", IDQ_REPLY, "jwks_uri: it holds a secret key"},
};

#define N_REFUSED (int)ARRAY_LENGTH(refused)

LOOP_TEST(answers_that_are_refused, N_REFUSED)
{
    script_unsigned(refused[_i].status, refused[_i].document)->content_type = refused[_i].type;
    if (refused[_i].keys)
        script_unsigned(refused[_i].keys_status, refused[_i].keys)->content_type =
            refused[_i].keys_type;
    ck_assert_int_eq(fetch(), refused[_i].error);
    ck_assert_uint_eq(script.n_asked, refused[_i].keys ? 2 : 1);
    ck_assert_uint_eq(n_keys, 0);
    ck_assert_msg(strncmp(logged, refused[_i].line, strlen(refused[_i].line)) == 0, "%s", logged);
}

TEST(issuers_that_cannot_be)
{
    static const char *const issuers[] = {"", "https://id.example.nl/?a"};

    for (size_t i = 0; i < 2; i++) {
        provider_fixture_set("issuer", issuers[i]);
        ck_assert_int_eq(fetch(), IDQ_CONFIG);
    }
    ck_assert_uint_eq(script.n_asked, 0);
}

/* The transport has the line. */
TEST(tls_that_fails)
{
    struct scripted_answer *answer = script_unsigned(0, "");

    answer->error = IDQ_TLS;
    ck_assert_int_eq(fetch(), IDQ_TLS);
}

RUN_TESTS("key_fetch", NULL);
