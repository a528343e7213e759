/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the messages of an OpenID provider with the code flow: its document, the address of its
 * page, the issuer of a response, and encrypted ID tokens. Pure. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/relay/openid_messages.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/jwe_tokens.h"
#include "tests/unit/token_keys.h"

#include <string.h>

#define ISSUER "https://id.example.nl/desk"

static struct openid_settings settings;
static struct openid_provider provider;
static const char *trouble;

static void
set_up(void)
{
    settings = (struct openid_settings){.issuer = ISSUER,
                                        .client_id = "desk 3:",
                                        .scope = "openid service:DESK",
                                        .acr_values = "",
                                        .decryption_key_file = ""};
    trouble = NULL;
}

/* --- the document --------------------------------------------------------------------------- */

#define ENDPOINTS                                                                                  \
    "'authorization_endpoint':'https://id.example.nl:8443/auth','token_endpoint':'" ISSUER         \
    "/token','jwks_uri':'" ISSUER "/jwks',"
#define DOCUMENT                                                                                   \
    "{'issuer':'" ISSUER "'," ENDPOINTS                                                            \
    "'response_types_supported':['code'],'code_challenge_methods_supported':['plain','S256'],"     \
    "'authorization_response_iss_parameter_supported':true,"                                       \
    "'id_token_encryption_alg_values_supported':['RSA1_5','ECDH-ES'],"                             \
    "'token_endpoint_auth_methods_supported':['client_secret_basic','private_key_jwt'],"           \
    "'id_token_signing_alg_values_supported':['HS256','ES256']}"

/* With quotation marks, and another text in the place of a part. Kept. */
static char *
document_with(const char *part, const char *other)
{
    const char *at = strstr(DOCUMENT, part);
    char *text;

    ck_assert_ptr_nonnull(at);
    text = scratch_text("%.*s%s%s", (int)(at - DOCUMENT), DOCUMENT, other, at + strlen(part));
    for (char *p = text; (p = strchr(p, '\''));)
        *p = '"';
    return text;
}

static int
read_with(const char *part, const char *other)
{
    char *text = document_with(part, other);

    return openid_read_provider(text, strlen(text), &settings, &provider, &trouble);
}

TEST_CASE("document", .setup = set_up);

TEST(a_document)
{
    ck_assert_int_eq(read_with("", ""), 0);
    ck_assert_str_eq(provider.authorization, "https://id.example.nl:8443/auth");
    ck_assert_str_eq(provider.token, ISSUER "/token");
    ck_assert_str_eq(provider.keys, ISSUER "/jwks");
    ck_assert(provider.has_iss && provider.has_pkce);
    ck_assert_ptr_null(provider.mismatch);
    ck_assert_int_eq(read_with("'S256'", "'s256'"), 0);
    ck_assert(!provider.has_pkce);
    ck_assert_int_eq(read_with("supported':true", "supported':false"), 0);
    ck_assert(!provider.has_iss);
}

static const char *const bad[][2] = {
    {ISSUER "'", ISSUER "/'"},
    {ISSUER "'", "https://id.example.nl/desk2'"},
    {"'issuer'", "'issuers'"},
    {"https://id.example.nl:8443", "http://id.example.nl:8443"},
    {":8443/auth", ":8443/auth#a"},
    {":8443/auth'", ":8443/au th'"},
    {"authorization_endpoint", "other_endpoint"},
    {ISSUER "/token", "https://id.example.nl:8443/token"},
    {ISSUER "/token", "http://id.example.nl/token"},
    {"'token_endpoint':", "'other':"},
    {ISSUER "/jwks", "https://id.example.nl:8443/jwks"},
    {"'jwks_uri':", "'other':"},
    {"}", ""},
    {"{", "{'issuer':'" ISSUER "',"}, /* twice */
};

LOOP_TEST(bad_documents, ARRAY_LENGTH(bad))
{
    ck_assert_msg(read_with(bad[_i][0], bad[_i][1]) == IDQ_REPLY, "%s", bad[_i][1]);
    ck_assert(trouble && trouble[0]);
}

TEST(what_the_settings_cannot_use)
{
    ck_assert_int_eq(read_with("['code']", "['id_token']"), 0);
    ck_assert_ptr_nonnull(strstr(provider.mismatch, "code flow"));
    ck_assert_int_eq(read_with("'HS256','ES256'", "'HS256','PS256','none'"), 0);
    ck_assert_ptr_nonnull(strstr(provider.mismatch, "signs with none"));
    settings.client_auth = CLIENT_SECRET_POST;
    ck_assert_int_eq(read_with("", ""), 0);
    ck_assert_ptr_nonnull(strstr(provider.mismatch, "client_auth"));
    settings.client_auth = CLIENT_SECRET_BASIC; /* the default of Discovery */
    ck_assert_int_eq(read_with("token_endpoint_auth_methods_supported", "other"), 0);
    ck_assert_ptr_null(provider.mismatch);
    settings.client_auth = CLIENT_PRIVATE_KEY_JWT;
    ck_assert_int_eq(read_with("token_endpoint_auth_methods_supported", "other"), 0);
    ck_assert_ptr_nonnull(strstr(provider.mismatch, "client_auth"));
    settings.decryption_key_file = "/key";
    ck_assert_int_eq(read_with("", ""), 0);
    ck_assert_ptr_null(provider.mismatch);
    ck_assert_int_eq(read_with(",'ECDH-ES'", ""), 0);
    ck_assert_ptr_nonnull(strstr(provider.mismatch, "encrypts with none"));
}

/* --- to the provider, and back -------------------------------------------------------------- */

/* The verifier and its hash are those of RFC 7636, appendix B. */
TEST(the_address_of_the_page)
{
    const struct openid_request request = {
        .return_url = "https://desk.example.nl/return",
        .language = "nl",
        .state = "1.a",
        .nonce = "n",
        .verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
    };
    char url[600];
    size_t size;

    ck_assert_int_eq(read_with("", ""), 0);
    ck_assert_int_eq(openid_write_url(&provider, &settings, &request, url, sizeof url), 0);
    ck_assert_str_eq(
        url, "https://id.example.nl:8443/auth?response_type=code&client_id=desk+3%3A&"
             "redirect_uri=https%3A%2F%2Fdesk.example.nl%2Freturn&scope=openid+service%3ADESK&"
             "state=1.a&nonce=n&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&"
             "code_challenge_method=S256&ui_locales=nl");
    size = strlen(url) + 1;
    ck_assert_int_eq(openid_write_url(&provider, &settings, &request, url, size), 0);
    ck_assert_int_eq(openid_write_url(&provider, &settings, &request, url, size - 1), IDQ_SYSTEM);
    settings.acr_values = "a b";
    ck_assert_int_eq(read_with("8443/auth", "8443/auth?tenant=1"), 0);
    ck_assert_int_eq(openid_write_url(&provider, &settings, &request, url, sizeof url), 0);
    ck_assert_ptr_nonnull(strstr(url, ":8443/auth?tenant=1&response_type=code&"));
    ck_assert_ptr_nonnull(strstr(url, "&acr_values=a+b&"));
}

TEST(the_issuer_of_a_response)
{
    provider.has_iss = true;
    ck_assert_ptr_null(openid_check_iss(&provider, &settings, ISSUER));
    ck_assert_ptr_nonnull(openid_check_iss(&provider, &settings, ""));
    ck_assert_ptr_nonnull(openid_check_iss(&provider, &settings, ISSUER "/"));
    provider.has_iss = false;
    ck_assert_ptr_null(openid_check_iss(&provider, &settings, ""));
    ck_assert_ptr_null(openid_check_iss(&provider, &settings, ISSUER));
    ck_assert_ptr_nonnull(openid_check_iss(&provider, &settings, "https://other.example"));
}

/* --- encrypted ID tokens ---------------------------------------------------------------------- */

#define INNER "eyJhbGciOiJFUzI1NiJ9.e30.c2ln"

static EVP_PKEY *rsa, *ec, *other;
static struct secret *token;

static void
make_keys(void)
{
    static const char *const algs[] = {"RS256", "ES256", "RS256"};
    EVP_PKEY **const keys[] = {&rsa, &ec, &other};

    set_up();
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        TOKEN_KEY_AUTO *key = token_key_new(algs[i], NULL, 0);
        *keys[i] = jwe_key(token_key_pem(key, NULL));
    }
}

static void
free_keys(void)
{
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
    EVP_PKEY_free(other);
    secret_free(&token);
}

static int
open_with(const char *id_token, EVP_PKEY *key)
{
    char *body = scratch_text("{\"access_token\":\"a\",\"id_token\":\"%s\"}", id_token);

    secret_free(&token);
    return openid_read_token(body, strlen(body), key, &token, &trouble);
}

static void
must_refuse(const char *what, const char *id_token, EVP_PKEY *key, const char *word)
{
    ck_assert_msg(open_with(id_token, key) == IDQ_REPLY, "%s", what);
    ck_assert_ptr_null(token);
    ck_assert_msg(trouble && strstr(trouble, word), "%s: %s", what, trouble);
}

static EVP_PKEY *
key_for(const char *header)
{
    return strstr(header, "RSA") ? rsa : ec;
}

TEST_CASE("encrypted", .setup = make_keys, .teardown = free_keys);

#define RSA_HEADER "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"cty\":\"JWT\"}"

static const char *const headers[] = {
    "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128CBC-HS256\",\"cty\":\"JWT\"}",
    "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"cty\":\"jwt\"}",
    "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256CBC-HS512\",\"cty\":\"JWT\",\"kid\":\"1\"}",
    RSA_HEADER,
    "{\"alg\":\"ECDH-ES\",\"enc\":\"A128CBC-HS256\",\"cty\":\"JWT\"}",
    "{\"alg\":\"ECDH-ES\",\"enc\":\"A256CBC-HS512\",\"cty\":\"JWT\"}",
    "{\"alg\":\"ECDH-ES\",\"enc\":\"A128GCM\",\"cty\":\"JWT\",\"apu\":\"YQ\",\"apv\":\"Yg\"}",
    "{\"alg\":\"ECDH-ES\",\"enc\":\"A256GCM\",\"cty\":\"JWT\"}",
};

LOOP_TEST(accepted, ARRAY_LENGTH(headers))
{
    EVP_PKEY *key = key_for(headers[_i]);

    ck_assert_msg(open_with(jwe_of(key, headers[_i], INNER), key) == 0, "%s", trouble);
    ck_assert_str_eq(secret_bytes(token), INNER);
    ck_assert_uint_eq(secret_size(token), strlen(INNER));
}

/* Each is well made. */
static const char *const refused[][2] = {
    {"{\"alg\":\"RSA1_5\",\"enc\":\"A128GCM\",\"cty\":\"JWT\"}", "an alg that is not accepted"},
    {"{\"alg\":\"ECDH-ES+A128KW\",\"enc\":\"A128GCM\",\"cty\":\"JWT\"}",
     "an alg that is not accepted"},
    {"{\"alg\":\"RSA-OAEP\",\"enc\":\"A192CBC-HS384\",\"cty\":\"JWT\"}",
     "an enc that is not accepted"},
    {"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"cty\":\"JWT\",\"zip\":\"DEF\"}",
     "more than is understood"},
    {"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"cty\":\"JWT\",\"crit\":[\"exp\"]}",
     "more than is understood"},
    {"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"cty\":\"text\"}", "no token"},
    {"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\"}", "no token"},
    {"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"cty\":[\"JWT\"]}", "no token"},
};

LOOP_TEST(not_accepted, ARRAY_LENGTH(refused))
{
    EVP_PKEY *key = key_for(refused[_i][0]);

    must_refuse(refused[_i][0], jwe_of(key, refused[_i][0], INNER), key, refused[_i][1]);
}

TEST(of_another_key)
{
    char *jwe = jwe_of(rsa, RSA_HEADER, INNER);

    must_refuse("another", jwe, other, "cannot be decrypted");
    must_refuse("of another kind", jwe, ec, "cannot be decrypted");
    must_refuse("of another kind", jwe_of(ec, headers[4], INNER), rsa, "cannot be decrypted");
    must_refuse("none", jwe, NULL, "there is no decryption_key_file");
}

/* One character of each part, and each part left out. */
TEST(changed)
{
    static const char *const kinds[] = {RSA_HEADER,
                                        "{\"alg\":\"ECDH-ES\",\"enc\":\"A128CBC-HS256\","
                                        "\"cty\":\"JWT\"}"};

    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        EVP_PKEY *key = key_for(kinds[i]);
        char *jwe = jwe_of(key, kinds[i], INNER);
        for (char *part = jwe; part; part = strchr(part, '.') ? strchr(part, '.') + 1 : NULL) {
            char was = *part;
            if (was == '.')
                continue; /* ECDH-ES has no encrypted key */
            char *without =
                scratch_text("%.*s%s", (int)(part - jwe), jwe, part + strcspn(part, "."));
            must_refuse("a part is missing", without, key, "it");
            *part = was == 'B' ? 'C' : 'B';
            must_refuse(part, jwe, key, "it");
            *part = was;
        }
        ck_assert_int_eq(open_with(jwe, key), 0);
    }
}

TEST(forms)
{
    char *jwe = jwe_of(rsa, RSA_HEADER, INNER);

    must_refuse("not encrypted", INNER, rsa, "it is not encrypted");
    must_refuse("four parts", "a.b.c.d", rsa, "it is not encrypted");
    must_refuse("six parts", scratch_text("%s.a", jwe), rsa, "it is not encrypted");
    must_refuse("empty parts", "....", rsa, "outer header");
    must_refuse("none", "", rsa, "the answer has no id_token");
    ck_assert_int_eq(open_with(INNER, NULL), 0);
    ck_assert_str_eq(secret_bytes(token), INNER);
    secret_free(&token);
    ck_assert_int_eq(openid_read_token("<html>", 6, NULL, &token, &trouble), IDQ_REPLY);
    ck_assert_int_eq(openid_read_token("{\"id_token\":1}", 14, NULL, &token, &trouble), IDQ_REPLY);
}

/* --- whether there are new keys --------------------------------------------------------------- */

TEST(keys_that_a_token_needs)
{
    TOKEN_KEY_AUTO *one = token_key_new("ES256", "one", 0);
    TOKEN_KEY_AUTO *two = token_key_new("EdDSA", "two", 0);
    char *text = token_key_set((const struct token_key *const[]){one, two, NULL});
    static const struct {
        const char *header;
        bool needs;
    } rows[] = {
        {"{\"alg\":\"ES256\",\"kid\":\"one\"}", false},
        {"{\"alg\":\"ES256\",\"kid\":\"two\"}", false},
        {"{\"alg\":\"ES256\",\"kid\":\"on\"}", true},
        {"{\"alg\":\"ES256\",\"kid\":\"three\"}", true},
        {"{\"alg\":\"ES256\"}", false}, /* the signature says */
        {"{\"alg\":\"ES256\",\"kid\":1}", false},
        {"no JSON", false},
    };
    KEY_SET_AUTO *keys = NULL;

    ck_assert_int_eq(key_set_read(text, strlen(text), &keys, &trouble), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        ck_assert_int_eq(open_with(token_key_sign(one, rows[i].header, "{}"), NULL), 0);
        ck_assert_msg(openid_needs_keys(token, keys) == rows[i].needs, "%s", rows[i].header);
        ck_assert(openid_needs_keys(token, NULL));
    }
}

RUN_TESTS("openid_messages", NULL);
