/* SPDX-License-Identifier: BSD-3-Clause */
/* Logins through the real relay at third-party OpenID providers, with the code flow: panva's
 * oidc-provider on Node, and Debian's glewlwyd, whose pages the phone uses. Needs the packages that
 * tests/harness/npm-packages puts into the build. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map_key.h"
#include "tests/harness/oidc_provider.h"
#include "tests/harness/relay_caller.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECRET      "s3:cret/+%&=~"
#define LOGIN_NAME  "Example Login"
#define BASIC       "client_id = relay 3:basic\nclient_secret = " SECRET "\n"
#define PRIVATE_KEY "client_auth = private_key_jwt\n"

/* The clients of server.mjs. */
static const struct {
    const char *name;
    const char *settings; /* of [openid] */
    const char *keyword;  /* that names the file of a key; or NULL */
    const char *key;
    const char *subject;
} clients[] = {
    {"basic, RS256", BASIC, NULL, NULL, "anna"},
    {"post, ES256",
     "client_id = relay 3:post\nclient_auth = client_secret_post\nclient_secret = " SECRET
     "\nsubject_claim = bin\n",
     NULL, NULL, "NLTESTanna"},
    {"private_key_jwt with RS256, EdDSA", "client_id = relay 3:rsa\n" PRIVATE_KEY,
     "client_key_file", "rs256.pem", "anna"},
    {"private_key_jwt with ES256, RS256",
     "client_id = relay 3:ec\nclient_key_id = desk\nclient_audience = token_endpoint\n" PRIVATE_KEY,
     "client_key_file", "es256.pem", "anna"},
    {"RSA-OAEP-256 around ES256", "client_id = relay 3:rsa-oaep\nclient_secret = " SECRET "\n",
     "decryption_key_file", "rsa-oaep-256.pem", "anna"},
    {"ECDH-ES around ES256", "client_id = relay 3:ecdh-es\nclient_secret = " SECRET "\n",
     "decryption_key_file", "ecdh-es.pem", "anna"},
};

static struct oidc_provider provider;
static struct relay_options options;
static const char *settings, *keyword, *key;

/* The relay's user must own its keys. */
static void
write_settings(const char *dir)
{
    char *line = scratch_text("%s", "");

    if (keyword) {
        ck_assert_int_eq(
            system(scratch_text("install -m 600 %s '%s/%s' '%s/client.pem'",
                                geteuid() == 0 ? "-o 61004" : "", provider.dir, key, dir)),
            0);
        line = scratch_text("%s = %s/client.pem\n", keyword, dir);
    }
    options.openid =
        scratch_text("issuer = %s\nname = " LOGIN_NAME "\n%s%s", provider.issuer, settings, line);
}

static void
begin_with(const char *its_settings, const char *its_keyword, const char *its_key)
{
    settings = its_settings;
    keyword = its_keyword;
    key = its_key;
    options = (struct relay_options){
        .openid = "", .ca_file = provider.ca_file, .prepare = write_settings};
    relay_login_begin(&options);
}

static void
begin(void)
{
    oidc_provider_start(&provider, "oidc-provider-8");
    begin_with(BASIC, NULL, NULL);
}

static void
end(void)
{
    relay_login_end();
    oidc_provider_stop(&provider);
}

static void
must(int condition)
{
    ck_assert_msg(condition, "%s\nThe page (HTTP %ld): %s\nThe relay:\n%s",
                  phone_problem(relay_phone), phone_status(relay_phone), phone_text(relay_phone),
                  relay_server_log(relay_here));
}

/* A request of the test's own to the provider. Returns the number that it answers. */
static int
tell_provider(const char *what)
{
    PHONE_AUTO *phone = phone_new(provider.ca_file, "en");

    ck_assert_int_eq(phone_open(phone, scratch_text("%s/test/%s", provider.issuer, what)), 200);
    return atoi(phone_text(phone));
}

/* From the link to the provider's first page. */
static void
go_to_provider(const struct relay_code *code)
{
    /* A relay that has just started waits for the provider's document. */
    while (phone_open(relay_phone, code->link) == 503)
        must(strstr(phone_text(relay_phone), "Not yet") != NULL);
    must(phone_status(relay_phone) == 200);
    relay_page_must_say("Logging in with " LOGIN_NAME);
    relay_page_must_say("You are logging in at Balie 1 (balie-");
    must(phone_press(relay_phone, "Continue with " LOGIN_NAME) == 200);
    must(phone_follow(relay_phone, "Continue") == 200);
}

/* The provider's pages, from which the phone goes back by itself. A phone that was there before
 * stays logged in. */
static void
approve_at_provider(void)
{
    if (phone_fill(relay_phone, "login", "anna") == 0) {
        must(phone_fill(relay_phone, "password", "any") == 0);
        must(phone_press(relay_phone, "Sign-in") == 200);
    }
    must(phone_press(relay_phone, "Continue") > 0); /* with the scopes */
}

/* The provider's response to a code, which has not gone to the relay: "code=…&state=…". Kept. */
static char *
keep_response(const struct relay_code *code)
{
    (void)tell_provider("keep");
    go_to_provider(code);
    if (!strstr(phone_url(relay_phone), "/test/kept"))
        approve_at_provider();
    must(strstr(phone_url(relay_phone), "/test/kept?") != NULL);
    return scratch_text("%s", strchr(phone_url(relay_phone), '?') + 1);
}

static long
give_response(const char *query)
{
    return phone_open(relay_phone, scratch_text("https://127.0.0.1:%u/return?%s",
                                                relay_server_port(relay_here), query));
}

/* The query with another value of a parameter, or without it for NULL. Kept. */
static char *
with_value(const char *query, const char *name, const char *value)
{
    const char *at = strstr(query, name), *rest = at + strlen(name) + 1;

    ck_assert_ptr_nonnull(at);
    rest += strcspn(rest, "&");
    return value ? scratch_text("%.*s%s=%s%s", (int)(at - query), query, name, value, rest)
                 : scratch_text("%.*s%s", (int)(at - query), query, *rest ? rest + 1 : "");
}

static char *
value_of(const char *query, const char *name)
{
    const char *at = strstr(query, name) + strlen(name) + 1;

    return scratch_text("%.*s", (int)strcspn(at, "&"), at);
}

static void
must_show_number_and_succeed(void)
{
    char number[7];

    must(phone_status(relay_phone) == 200);
    must(phone_number(relay_phone, number) == 0);
    relay_page_must_say("This was not me");
    relay_must_succeed(number);
}

/* As a desk with the provider oidc-device has it. */
static void
identity_must_be(const char *subject, const char *status)
{
    char hash[IDENTITY_HASH_SIZE], *copy = scratch_path(scratch_dir("key"), "map.key");
    SECRET_AUTO *map_key = NULL;
    struct diag diag;

    /* A copy of the test's own: the original is the relay's. */
    scratch_write(copy, 0600, scratch_read(relay_caller_setting("map_key_file")));
    ck_assert_msg(map_key_read_or_create(copy, &map_key, &diag) == 0, "%s", diag.text);
    ck_assert_int_eq(identity_hash((const unsigned char *)secret_bytes(map_key), "oidc-device",
                                   "127.0.0.1", subject, hash),
                     0);
    ck_assert_str_eq(status, scratch_text("success %s", hash));
}

static void
failure_must_be_logged(const char *reason)
{
    must(phone_status(relay_phone) == 410);
    relay_page_must_say("The login service could not complete this");
    relay_status_must_be("failure");
    relay_log_must_say(reason);
    relay_log_must_say("outcome=bank-failed");
    ck_assert_ptr_null(strstr(relay_server_log(relay_here), "anna"));
}

/* --- every client --------------------------------------------------------------------------- */

static void
log_in_as_each(const char *package)
{
    oidc_provider_start(&provider, package);
    for (size_t i = 0; i < ARRAY_LENGTH(clients); i++) {
        char number[7], *status;
        begin_with(clients[i].settings, clients[i].keyword, clients[i].key);
        go_to_provider(&relay_code);
        approve_at_provider();
        ck_assert_msg(phone_number(relay_phone, number) == 0, "%s: %s\n%s", clients[i].name,
                      phone_problem(relay_phone), relay_server_log(relay_here));
        status = relay_code_status(relay_here, &relay_code, 0, number);
        identity_must_be(clients[i].subject, status);
        relay_log_must_say("outcome=verified");
        relay_login_end();
    }
}

TEST_CASE("clients", .teardown = end, .timeout_s = 300);

TEST(at_oidc_provider_7)
{
    log_in_as_each("oidc-provider-7");
}

TEST(at_oidc_provider_8)
{
    log_in_as_each("oidc-provider-8");
}

static const char *why_not_glewlwyd; /* set by why_skip */

/* Its page is that of glewlwyd.mjs. It gives each user an id for `sub`. */
TEST(at_glewlwyd, .why_not = why_not_glewlwyd)
{
    char number[7], *status;

    oidc_provider_start(&provider, "glewlwyd");
    begin_with("client_id = relay-basic\nclient_secret = s3cret-of-a-desk\nsubject_claim = bin\n",
               NULL, NULL);
    go_to_provider(&relay_code);
    must(phone_fill(relay_phone, "login", "anna") == 0);
    must(phone_press(relay_phone, "Sign-in") == 200);
    must(phone_number(relay_phone, number) == 0);
    status = relay_code_status(relay_here, &relay_code, 0, number);
    identity_must_be("NLTESTanna", status);
    (void)relay_server_command(relay_here, (const char *const[]){"check", NULL}, &status);
    ck_assert_msg(strstr(status, " OK: 0 errors") != NULL, "%s", status);
}

/* --- what goes wrong ------------------------------------------------------------------------ */

TEST_CASE("responses", .setup = begin, .teardown = end, .timeout_s = 120);

TEST(denied)
{
    go_to_provider(&relay_code);
    must(phone_follow(relay_phone, "[ Cancel ]") == 410);
    relay_page_must_say("Nothing was shared, and nobody was logged in.");
    relay_log_must_say("access_denied");
    relay_log_must_say("outcome=refused");
    ck_assert_int_eq(tell_provider("count"), 0);
}

TEST(other_error)
{
    char *query = with_value(keep_response(&relay_code), "code", NULL);

    give_response(scratch_text("error=login_required&%s", query));
    failure_must_be_logged("login_required");
    ck_assert_int_eq(tell_provider("count"), 0);
}

/* The response to a transaction is of no use with the state of another one. */
TEST(wrong_state)
{
    char *query = keep_response(&relay_code), *state = value_of(query, "state");

    must(give_response(with_value(query, "state", "1234")) == 404);
    must(give_response(with_value(query, "state", NULL)) == 404);
    must(give_response(with_value(query, "state",
                                  scratch_text("%.*sA", (int)strlen(state) - 1, state))) == 404);
    relay_status_must_be("pending");
    ck_assert_int_eq(tell_provider("count"), 0);
    give_response(query);
    must_show_number_and_succeed();
}

/* The code of one login opens no other: the verifier is another one. */
TEST(state_of_another_login)
{
    char *first = keep_response(&relay_code), *second;

    relay_code_generate(relay_here, 1, RELAY_LIFETIME_S, &relay_code);
    second = keep_response(&relay_code);
    give_response(with_value(second, "code", value_of(first, "code")));
    failure_must_be_logged("token: HTTP status 400: invalid_grant");
}

TEST(another_issuer)
{
    give_response(with_value(keep_response(&relay_code), "iss", "https%3A%2F%2Fother.example"));
    failure_must_be_logged("another issuer");
    ck_assert_int_eq(tell_provider("count"), 0);
}

/* The provider promises to send it. */
TEST(no_issuer)
{
    char *query = keep_response(&relay_code);

    give_response(
        scratch_text("state=%s&code=%s", value_of(query, "state"), value_of(query, "code")));
    failure_must_be_logged("another issuer");
    ck_assert_int_eq(tell_provider("count"), 0);
}

/* The code is sent once, however often the phone comes back. */
TEST(replayed)
{
    char *query = keep_response(&relay_code), number[7], again[7];

    give_response(query);
    must(phone_number(relay_phone, number) == 0);
    must(give_response(query) == 200);
    must(phone_number(relay_phone, again) == 0);
    ck_assert_str_eq(number, again);
    relay_must_succeed(number);
    must(give_response(query) == 200);
    relay_page_must_say("Approved");
    ck_assert_int_eq(tell_provider("count"), 1);
}

/* The provider has seen the code: its answer was for someone else. */
TEST(code_twice)
{
    char *query = keep_response(&relay_code), *code = value_of(query, "code");
    struct relay_code other;

    give_response(query);
    must_show_number_and_succeed();
    relay_code_generate(relay_here, 1, RELAY_LIFETIME_S, &other);
    relay_code = other;
    give_response(with_value(keep_response(&relay_code), "code", code));
    failure_must_be_logged("invalid_grant");
}

TEST(provider_down_at_token)
{
    char *query = keep_response(&relay_code);

    (void)tell_provider("down");
    give_response(query);
    failure_must_be_logged("token: ");
    give_response(query);
    ck_assert_int_eq(tell_provider("count"), 1);
}

TEST(keys_rotated)
{
    char *query;

    go_to_provider(&relay_code);
    approve_at_provider();
    must_show_number_and_succeed();
    relay_code_generate(relay_here, 1, RELAY_LIFETIME_S, &relay_code);
    query = keep_response(&relay_code);
    (void)tell_provider("rotate");
    give_response(query);
    must_show_number_and_succeed();
}

TEST(not_me)
{
    go_to_provider(&relay_code);
    approve_at_provider();
    must(phone_press(relay_phone, "This was not me") == 410);
    relay_status_must_be("cancelled");
    relay_log_must_say("this was not me");
}

/* A relay that has just started knows the provider from the store, and the transaction's secrets
 * from the map's key. */
TEST(another_relay_goes_on)
{
    char *query = keep_response(&relay_code);

    relay_server_kill(relay_here);
    relay_server_start(relay_here);
    give_response(query);
    must_show_number_and_succeed();
}

/* A relay that was killed while it had the code: none sends it again. */
TEST(killed_with_the_code)
{
    char *query = keep_response(&relay_code);
    struct relay_wait wait;

    (void)tell_provider("hang");
    relay_phone_return_begin(relay_phone, &wait);
    while (tell_provider("count") == 0)
        continue;
    relay_server_kill(relay_here);
    (void)relay_wait_end(&wait, 60000);
    relay_server_start(relay_here);
    relay_must_become(relay_here, "failure");
    relay_log_must_say("a relay was stopped while it had the code");
    must(give_response(query) == 410);
    ck_assert_int_eq(tell_provider("count"), 1);
}

TEST_CASE("assurance", .teardown = end, .timeout_s = 120);

/* The provider's pages vouch for no level. */
TEST(low_assurance)
{
    oidc_provider_start(&provider, "oidc-provider-8");
    begin_with(BASIC "acr_values = high\n", NULL, NULL);
    go_to_provider(&relay_code);
    approve_at_provider();
    failure_must_be_logged("its acr is not one of");
}

TEST(wrong_secret)
{
    oidc_provider_start(&provider, "oidc-provider-8");
    begin_with("client_id = relay 3:basic\nclient_secret = another\n", NULL, NULL);
    go_to_provider(&relay_code);
    approve_at_provider();
    failure_must_be_logged("invalid_client");
}

/* A token that is encrypted, for a relay without the key; and one that is not, for a client that
 * asks for it. */
TEST(encryption_of_another_client)
{
    oidc_provider_start(&provider, "oidc-provider-8");
    begin_with("client_id = relay 3:ecdh-es\nclient_secret = " SECRET "\n", NULL, NULL);
    go_to_provider(&relay_code);
    approve_at_provider();
    failure_must_be_logged("there is no decryption_key_file");
    relay_login_end();
    begin_with(BASIC, "decryption_key_file", "ecdh-es.pem");
    go_to_provider(&relay_code);
    approve_at_provider();
    failure_must_be_logged("it is not encrypted");
}

/* --- idinqr-relay check ----------------------------------------------------------------------- */

static char *said;

static void
check(const char *its_settings, const char *its_keyword, const char *its_key)
{
    begin_with(its_settings, its_keyword, its_key);
    (void)relay_server_command(relay_here, (const char *const[]){"check", NULL}, &said);
    relay_login_end();
}

TEST_CASE("check", .teardown = end, .timeout_s = 120);

TEST(nothing_to_find)
{
    oidc_provider_start(&provider, "oidc-provider-8");
    check("client_id = relay 3:rsa\n" PRIVATE_KEY, "client_key_file", "rs256.pem");
    ck_assert_msg(strstr(said, " OK: 0 errors, 0 warnings, 0 notes") != NULL, "%s", said);
}

TEST(a_poor_provider)
{
    oidc_provider_start(&provider, "oidc-provider-8");
    strcat(provider.issuer, "/test/poor");
    check(BASIC, NULL, NULL);
    ck_assert_msg(strstr(said, "[pkce]") != NULL, "%s", said);
    ck_assert_msg(strstr(said, "signs with none of RS256") != NULL, "%s", said);
}

TEST(no_provider)
{
    oidc_provider_start(&provider, "oidc-provider-8");
    strcat(provider.issuer, "/none");
    check(BASIC, NULL, NULL);
    ck_assert_msg(strstr(said, "HTTP 404 [upstream]") || strstr(said, "HTTP 400 [upstream]"), "%s",
                  said);
    strcpy(strstr(provider.issuer, "/none"), "/");
    check(BASIC, NULL, NULL);
    ck_assert_msg(strstr(said, "another issuer's document [upstream]") != NULL, "%s", said);
}

static const char *
why_skip(void)
{
    if (access("/usr/bin/glewlwyd", X_OK) != 0)
        why_not_glewlwyd = "glewlwyd is not installed";
    return oidc_provider_why_not();
}

RUN_TESTS("relay_openid", why_skip());
