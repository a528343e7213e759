/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the relay's upstream `openid`, with answers in the place of the network: malicious ID
 * tokens, codes that are sent once, and keys that change. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/relay/openid.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/id_tokens.h"
#include "tests/unit/jwe_tokens.h"
#include "tests/unit/store_fixture.h"
#include "tests/unit/token_keys.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ISSUER "https://id.example.nl"
#define DOCUMENT                                                                                   \
    "{\"issuer\":\"" ISSUER "\",\"authorization_endpoint\":\"" ISSUER                              \
    "/auth\",\"token_endpoint\":\"" ISSUER "/token\",\"jwks_uri\":\"" ISSUER                       \
    "/jwks\",\"response_types_supported\":[\"code\"],"                                             \
    "\"id_token_signing_alg_values_supported\":[\"ES256\"],"                                       \
    "\"authorization_response_iss_parameter_supported\":true}"

static struct relay_config config;
static struct relay *relay;
static struct store_login login;
static struct store_trx trx;
static struct token_key *es256, *rs256, *stranger;
static char *log_path;
static char nonce[RELAY_DERIVED_SIZE], verifier[RELAY_DERIVED_SIZE];

/* --- the network ------------------------------------------------------------------------------ */

#define REQUESTS_MAX 4

static struct {
    http_client_done *done;
    void *context;
    char *url, *body, *authorization;
} requests[REQUESTS_MAX];
static int n_requests, n_tokens, n_keys;

/* In the place of web/http_client.c. */
int
http_client_post(struct http_client *client, const struct http_client_request *request,
                 http_client_done *done, void *context)
{
    (void)client;
    ck_assert_int_lt(n_requests, REQUESTS_MAX);
    requests[n_requests].done = done;
    requests[n_requests].context = context;
    requests[n_requests].url = scratch_text("%s", request->url);
    requests[n_requests].body = scratch_text("%s", request->body ? request->body : "");
    requests[n_requests].authorization =
        scratch_text("%s", request->authorization ? request->authorization : "");
    n_requests++;
    n_tokens += strcmp(request->url, ISSUER "/token") == 0;
    n_keys += strcmp(request->url, ISSUER "/jwks") == 0;
    return 0;
}

/* To the oldest request, which must be for this address. */
static void
answer(const char *url, long status, const char *body)
{
    http_client_done *done = requests[0].done;
    void *context = requests[0].context;

    ck_assert_int_gt(n_requests, 0);
    ck_assert_str_eq(requests[0].url, url);
    n_requests--;
    memmove(requests, requests + 1, sizeof requests - sizeof requests[0]);
    done(context, &(struct http_client_answer){.status = status,
                                               .error = status == 200 ? 0 : IDQ_UNREACHABLE,
                                               .body = body,
                                               .body_size = strlen(body),
                                               .problem = "no answer"});
}

/* --- a login that is at the provider ------------------------------------------------------------
 */

static char *
key_set_of(const struct token_key *key)
{
    return token_key_set((const struct token_key *const[]){key, rs256, NULL});
}

static struct relay_job *
begin(void)
{
    struct relay_job *job = relay_job_begin(relay, login.id);
    bool is_found;

    ck_assert_ptr_nonnull(job);
    ck_assert_int_eq(relay->upstream->begin(relay, &login, OPENID_BANK, "en", job), 0);
    ck_assert(job->is_done);
    ck_assert(store_trx_find(relay->store, job->trx, &trx, &is_found) == 0 && is_found);
    relay_derive(relay, &trx, "openid nonce", nonce);
    relay_derive(relay, &trx, "openid verifier", verifier);
    return job;
}

static void
set_up_with(const char *decryption_key_file)
{
    struct diag diag;

    config = (struct relay_config){.public_url = "https://desk.example.nl",
                                   .ca_file = "",
                                   .proxy = "",
                                   .scope = "id.example.nl",
                                   .openid = {.issuer = ISSUER,
                                              .name = "Example",
                                              .client_id = "desk-3",
                                              .client_key_id = "",
                                              .client_secret = "secret",
                                              .client_key_file = "",
                                              .decryption_key_file = decryption_key_file,
                                              .scope = "openid",
                                              .acr_values = "high higher",
                                              .subject_claim = "sub"}};
    relay = calloc(1, sizeof *relay);
    ck_assert_ptr_nonnull(relay);
    relay->config = &config;
    relay_look_at_clock(relay);
    relay->next_ms = -1;
    relay->map_key = secret_copy("0123456789abcdef0123456789abcdef", 32);
    relay->store = store_must_open(store_path());
    store_add_desks(relay->store);
    login = store_login(1);
    login.expires_ms = relay->wall_ms + 300000;
    ck_assert(STORE_DOES(relay->store, store_login_add, &login));
    ck_assert_msg(openid_open(relay, &diag) == 0, "%s", diag.text);
    log_path = scratch_path(scratch_dir("log"), "relay.log");
    ck_assert_ptr_nonnull(freopen(log_path, "we", stderr));
    n_requests = n_tokens = n_keys = 0;
    es256 = token_key_new("ES256", "es", 0);
    rs256 = token_key_new("RS256", "rs", 0);
    stranger = token_key_new("ES256", "es", 0);
    (void)relay->upstream->tick(relay, relay->wall_ms);
    answer(ISSUER "/.well-known/openid-configuration", 200, DOCUMENT);
    answer(ISSUER "/jwks", 200, key_set_of(es256));
    ck_assert_int_eq(n_requests, 0);
    (void)begin();
}

static void
set_up(void)
{
    set_up_with("");
}

static void
tear_down(void)
{
    openid_close(relay);
    token_key_free(&es256);
    token_key_free(&rs256);
    token_key_free(&stranger);
    free(relay->banks);
    secret_free(&relay->map_key);
    store_close(&relay->store);
    free(relay);
}

/* As relay_return: takes the transaction, and gives the upstream what was there before. */
static void
come_back(const char *code, const char *error, const char *iss)
{
    const struct http_request request = {.code = code, .error = error, .iss = iss};
    struct store_trx before;
    bool is_found;

    ck_assert(store_trx_find(relay->store, trx.id, &before, &is_found) == 0 && is_found);
    ck_assert(STORE_DOES(relay->store, store_trx_take, trx.id, relay->wall_ms,
                         relay->wall_ms + RELAY_LEASE_MS, true));
    ck_assert_int_eq(relay->upstream->fetch(relay, &before, &request, NULL), 0);
}

static char *
token_of(const struct token_key *key, const char *header, const char *claims)
{
    return scratch_text("{\"token_type\":\"Bearer\",\"id_token\":\"%s\"}",
                        token_key_sign(key, header, claims));
}

#define HEADER "{\"alg\":\"ES256\",\"kid\":\"es\"}"

/* The claims of a right token, with another text in the place of a part. Kept. */
static char *
claims_with(const char *part, const char *other)
{
    long now = (long)time(NULL);
    char *right =
        scratch_text("{\"iss\":\"" ISSUER "\",\"aud\":\"desk-3\",\"sub\":\"anna\",\"iat\":%ld,"
                     "\"exp\":%ld,\"nonce\":\"%s\",\"acr\":\"high\"}",
                     now, now + 300, nonce);
    const char *at = strstr(right, part);

    ck_assert_ptr_nonnull(at);
    return scratch_text("%.*s%s%s", (int)(at - right), right, other, at + strlen(part));
}

static enum store_state
state(struct store_login *ret_login)
{
    struct store_login now;
    bool is_found;

    ck_assert(store_login_find(relay->store, login.id, "", &now, &is_found) == 0 && is_found);
    if (ret_login)
        *ret_login = now;
    return now.state;
}

static void
log_must_say(const char *text)
{
    char *log;

    fflush(stderr);
    log = scratch_read(log_path);
    ck_assert_msg(strstr(log, text) != NULL, "no \"%s\" in: %s", text, log);
    ck_assert_ptr_null(strstr(log, "anna"));
}

static void
must_fail(const char *what, const char *reason)
{
    ck_assert_msg(state(NULL) == STORE_FAILED, "%s: %d", what, state(NULL));
    log_must_say(reason);
}

/* --- what verifies a person ------------------------------------------------------------------- */

TEST_CASE("a login", .setup = set_up, .teardown = tear_down);

TEST(a_login)
{
    char hash[IDENTITY_HASH_SIZE];
    struct store_login now;

    come_back("the+code", "", ISSUER);
    ck_assert_str_eq(requests[0].body,
                     scratch_text("grant_type=authorization_code&code=the%%2Bcode&redirect_uri="
                                  "https%%3A%%2F%%2Fdesk.example.nl%%2Freturn&code_verifier=%s&"
                                  "client_id=desk-3",
                                  verifier));
    ck_assert_str_eq(requests[0].authorization, "Basic ZGVzay0zOnNlY3JldA==");
    answer(ISSUER "/token", 200, token_of(es256, HEADER, claims_with("", "")));
    ck_assert_int_eq(state(&now), STORE_NUMBER);
    ck_assert_int_eq(identity_hash((unsigned char *)secret_bytes(relay->map_key), "oidc-device",
                                   "id.example.nl", "anna", hash),
                     0);
    ck_assert_str_eq(now.hash, hash);
    ck_assert_str_eq(now.loa, "high");
    ck_assert_str_eq(now.issuer, "openid");
}

/* What the page's address has is of this transaction alone. */
TEST(secrets_of_a_transaction)
{
    char first_nonce[RELAY_DERIVED_SIZE], first_verifier[RELAY_DERIVED_SIZE], *first;
    char hash[STORE_HASH_SIZE];
    struct relay_job *job;

    snprintf(first_nonce, sizeof first_nonce, "%s", nonce);
    snprintf(first_verifier, sizeof first_verifier, "%s", verifier);
    job = begin();
    first = scratch_text("%s", job->url);
    ck_assert_str_ne(nonce, first_nonce);
    ck_assert_str_ne(verifier, first_verifier);
    ck_assert_str_ne(nonce, verifier);
    ck_assert_ptr_nonnull(strstr(first, scratch_text("&nonce=%s&", nonce)));
    ck_assert_ptr_null(strstr(first, verifier));
    const char *at = strstr(first, scratch_text("&state=%s.", trx.id));
    ck_assert_ptr_nonnull(at);
    at += strlen("&state=.") + strlen(trx.id);
    relay_hash(scratch_text("%.*s", (int)strcspn(at, "&"), at), hash);
    ck_assert_str_eq(hash, trx.entrance_hash);
    relay_hash(nonce, hash);
    ck_assert_str_ne(hash, trx.entrance_hash);
}

/* --- malicious ID tokens -----------------------------------------------------------------------
 */

static const struct {
    const char *part, *other; /* of the claims */
    const char *reason;
} bad_claims[] = {
    {ISSUER, ISSUER "/", "another issuer's"},
    {"\"desk-3\"", "\"desk-4\"", "for another client"},
    {"\"desk-3\"", "[\"desk-3\",\"desk-4\"]", "another client asked for it"},
    {"\"desk-3\"", "\"desk-3\",\"azp\":\"desk-4\"", "another client asked for it"},
    {"\"exp\":1", "\"exp\":0.1", "it has expired"},
    {"\"iat\":1", "\"iat\":9", "issued in the future"},
    {"\"nonce\":\"", "\"nonce\":\"x", "of another login"},
    {"\"nonce\":", "\"other\":", "of another login"},
    {"\"acr\":\"high\"", "\"acr\":\"low\"", "acr is not one of"},
    {"\"acr\":", "\"other\":", "acr is not one of"},
    {"\"sub\":\"anna\"", "\"sub\":\"\"", "no usable identity"},
    {"\"sub\":\"anna\"", "\"other\":\"anna\"", "no usable identity"},
};

TEST_CASE("claims", .setup = set_up, .teardown = tear_down);

LOOP_TEST(claims_that_are_refused, ARRAY_LENGTH(bad_claims))
{
    come_back("code", "", ISSUER);
    answer(ISSUER "/token", 200,
           token_of(es256, HEADER, claims_with(bad_claims[_i].part, bad_claims[_i].other)));
    must_fail(bad_claims[_i].other, bad_claims[_i].reason);
}

TEST_CASE("signatures", .setup = set_up, .teardown = tear_down);

static void
must_refuse(const char *what, const char *token, const char *reason)
{
    come_back("code", "", ISSUER);
    answer(ISSUER "/token", 200, scratch_text("{\"id_token\":\"%s\"}", token));
    must_fail(what, reason);
}

TEST(unsigned_token)
{
    must_refuse("none", id_token_of("{\"alg\":\"none\"}", claims_with("", "")),
                "its alg is not RS256");
}

/* The public key is known to all, so it must not be taken for a secret. */
TEST(hs256_with_the_public_key)
{
    const char *token = id_token_of("{\"alg\":\"HS256\",\"kid\":\"rs\"}", claims_with("", ""));
    EVP_PKEY *key = jwe_key(token_key_pem(rs256, NULL));
    BIO *memory = BIO_new(BIO_s_mem());
    unsigned char mac[EVP_MAX_MD_SIZE];
    char text[100], *pem;
    unsigned size;
    int length = (int)(strrchr(token, '.') - token);

    ck_assert_int_eq(PEM_write_bio_PUBKEY(memory, key), 1);
    long pem_size = BIO_get_mem_data(memory, &pem);
    ck_assert_ptr_nonnull(HMAC(EVP_sha256(), pem, (int)pem_size, (const unsigned char *)token,
                               (size_t)length, mac, &size));
    (void)characters_write_base64url(mac, size, text);
    BIO_free(memory);
    EVP_PKEY_free(key);
    must_refuse("HS256", scratch_text("%.*s.%s", length, token, text), "its alg is not RS256");
}

TEST(another_key_of_the_same_name)
{
    must_refuse("stranger", token_key_sign(stranger, HEADER, claims_with("", "")),
                "its signature is wrong");
}

TEST(key_of_another_alg)
{
    must_refuse("alg",
                token_key_sign(es256, "{\"alg\":\"RS256\",\"kid\":\"es\"}", claims_with("", "")),
                "not one for its alg");
}

/* --- keys that change ---------------------------------------------------------------------------
 */

#define NEW_HEADER "{\"alg\":\"ES256\",\"kid\":\"new\"}"

TEST_CASE("keys", .setup = set_up, .teardown = tear_down);

TEST(new_keys)
{
    TOKEN_KEY_AUTO *new_key = token_key_new("ES256", "new", 0);

    come_back("code", "", ISSUER);
    answer(ISSUER "/token", 200, token_of(new_key, NEW_HEADER, claims_with("", "")));
    ck_assert_int_eq(state(NULL), STORE_PENDING); /* it waits */
    answer(ISSUER "/jwks", 200, key_set_of(new_key));
    ck_assert_int_eq(state(NULL), STORE_NUMBER);
}

/* Once a minute, or a stream of tokens would be a stream of requests to the provider. */
TEST(unknown_keys)
{
    TOKEN_KEY_AUTO *new_key = token_key_new("ES256", "new", 0);

    come_back("code", "", ISSUER);
    answer(ISSUER "/token", 200, token_of(new_key, NEW_HEADER, claims_with("", "")));
    answer(ISSUER "/jwks", 200, key_set_of(es256));
    must_fail("unknown", "its kid is not one of the provider's keys");
    ck_assert_int_eq(n_keys, 2);
    login = store_login(2);
    login.expires_ms = relay->wall_ms + 300000;
    ck_assert(STORE_DOES(relay->store, store_login_add, &login));
    (void)begin();
    come_back("code", "", ISSUER);
    answer(ISSUER "/token", 200, token_of(new_key, NEW_HEADER, claims_with("", "")));
    must_fail("unknown", "its kid is not one of the provider's keys");
    ck_assert_int_eq(n_keys, 2);
}

TEST(a_minute_later)
{
    TOKEN_KEY_AUTO *new_key = token_key_new("ES256", "new", 0);
    struct openid *openid = relay->upstream_state;

    openid->keys_ms = relay->wall_ms + 60000;
    come_back("code", "", ISSUER);
    openid->keys_ms = relay->wall_ms;
    answer(ISSUER "/token", 200, token_of(new_key, NEW_HEADER, claims_with("", "")));
    ck_assert_int_eq(n_keys, 2);
    ck_assert_int_gt(openid->keys_ms, relay->wall_ms + 50000);
    answer(ISSUER "/jwks", 200, key_set_of(new_key));
    ck_assert_int_eq(state(NULL), STORE_NUMBER);
}

/* Two tokens wait for the same answer. */
TEST(two_wait)
{
    TOKEN_KEY_AUTO *new_key = token_key_new("ES256", "new", 0);
    char *first_token, *first_login;

    come_back("code", "", ISSUER);
    first_token = token_of(new_key, NEW_HEADER, claims_with("", ""));
    first_login = scratch_text("%s", login.id);
    login = store_login(2);
    login.expires_ms = relay->wall_ms + 300000;
    ck_assert(STORE_DOES(relay->store, store_login_add, &login));
    (void)begin();
    come_back("code", "", ISSUER);
    answer(ISSUER "/token", 200, first_token);
    answer(ISSUER "/token", 200, token_of(new_key, NEW_HEADER, claims_with("", "")));
    ck_assert_int_eq(n_keys, 2);
    answer(ISSUER "/jwks", 200, key_set_of(new_key));
    ck_assert_int_eq(state(NULL), STORE_NUMBER);
    snprintf(login.id, sizeof login.id, "%s", first_login);
    ck_assert_int_eq(state(NULL), STORE_NUMBER);
}

/* The keys that are there stay. */
TEST(keys_that_cannot_be_read)
{
    TOKEN_KEY_AUTO *new_key = token_key_new("ES256", "new", 0);

    come_back("code", "", ISSUER);
    answer(ISSUER "/token", 200, token_of(new_key, NEW_HEADER, claims_with("", "")));
    answer(ISSUER "/jwks", 500, "");
    must_fail("keys", "its kid is not one of the provider's keys");
    login = store_login(2);
    login.expires_ms = relay->wall_ms + 300000;
    ck_assert(STORE_DOES(relay->store, store_login_add, &login));
    (void)begin();
    come_back("code", "", ISSUER);
    answer(ISSUER "/token", 200, token_of(es256, HEADER, claims_with("", "")));
    ck_assert_int_eq(state(NULL), STORE_NUMBER);
}

/* --- responses, and the code that is sent once ---------------------------------------------------
 */

TEST_CASE("responses", .setup = set_up, .teardown = tear_down);

TEST(refused)
{
    come_back("", "access_denied", ISSUER);
    ck_assert_int_eq(state(NULL), STORE_REFUSED);
    ck_assert_int_eq(n_tokens, 0);
}

TEST(refused_by_another_issuer)
{
    come_back("", "access_denied", "https://other.example");
    must_fail("issuer", "another issuer's");
}

TEST(errors)
{
    come_back("code", "login_required", ISSUER);
    must_fail("error", "the provider says login_required");
    ck_assert_int_eq(n_tokens, 0);
}

TEST(no_code)
{
    come_back("", "", ISSUER);
    must_fail("code", "there is no code");
    ck_assert_int_eq(n_tokens, 0);
}

TEST(no_issuer)
{
    come_back("code", "", "");
    must_fail("issuer", "another issuer's");
    ck_assert_int_eq(n_tokens, 0);
}

static const struct {
    long status;
    const char *body, *reason;
} answers[] = {
    {400, "{\"error\":\"invalid_grant\"}", "token: no answer: invalid_grant"},
    {401, "{\"error\":\"invalid_client\"}", "<3>token: no answer: invalid_client"},
    {500, "", "token: no answer"},
    {0, "", "token: no answer"},
    {200, "{\"access_token\":\"a\"}", "token: the answer has no id_token"},
    {200, "<html>", "token: the answer is not JSON"},
};

LOOP_TEST(answers_without_a_token, ARRAY_LENGTH(answers))
{
    come_back("code", "", ISSUER);
    answer(ISSUER "/token", answers[_i].status, answers[_i].body);
    must_fail(answers[_i].reason, answers[_i].reason);
    ck_assert_int_eq(n_tokens, 1);
}

/* Another relay had the code, and died: the lease is over, and the phone comes back again. */
TEST(code_after_a_lease)
{
    ck_assert(STORE_DOES(relay->store, store_trx_take, trx.id, relay->wall_ms - 13000,
                         relay->wall_ms - 1000, true));
    come_back("code", "", ISSUER);
    must_fail("lease", "the code was sent before");
    ck_assert_int_eq(n_tokens, 0);
}

TEST(lease_that_ends)
{
    ck_assert(STORE_DOES(relay->store, store_trx_take, trx.id, relay->wall_ms - 13000,
                         relay->wall_ms - 1000, true));
    (void)relay->upstream->tick(relay, relay->wall_ms);
    must_fail("lease", "a relay was stopped while it had the code");
    ck_assert_int_eq(n_tokens, 0);
}

TEST(a_phone_that_never_comes_back)
{
    relay->wall_ms = login.expires_ms + 1;
    (void)relay->upstream->tick(relay, relay->wall_ms);
    ck_assert_int_eq(state(NULL), STORE_EXPIRED);
    ck_assert_int_eq(n_tokens, 0);
}

/* --- without the provider ------------------------------------------------------------------------
 */

TEST_CASE("start", .setup = set_up, .teardown = tear_down);

/* With this issuer. What the store has stays. */
static void
restart(const char *issuer)
{
    struct diag diag;

    openid_close(relay);
    free(relay->banks);
    relay->banks = NULL;
    relay->n_banks = 0;
    config.openid.issuer = issuer;
    ck_assert_int_eq(openid_open(relay, &diag), 0);
    (void)relay->upstream->tick(relay, relay->wall_ms);
}

/* A relay that has just started finds the document in the store. */
TEST(document_of_the_store)
{
    restart(ISSUER);
    ck_assert_uint_eq(relay->n_banks, 1);
    answer(ISSUER "/.well-known/openid-configuration", 500, "");
    come_back("code", "", ISSUER);
    answer(ISSUER "/token", 200, token_of(es256, HEADER, claims_with("", "")));
    answer(ISSUER "/jwks", 200, key_set_of(es256));
    ck_assert_int_eq(state(NULL), STORE_NUMBER);
}

/* It is of another provider, that was configured before. */
TEST(document_of_another_provider)
{
    restart(ISSUER "/new");
    ck_assert_uint_eq(relay->n_banks, 0);
    answer(ISSUER "/new/.well-known/openid-configuration", 200, DOCUMENT);
    ck_assert_uint_eq(relay->n_banks, 0);
    log_must_say("another issuer's document");
}

/* --- encrypted ID tokens
 * -------------------------------------------------------------------------- */

static void
set_up_encrypted(void)
{
    TOKEN_KEY_AUTO *key = token_key_new("RS256", NULL, 0);
    char *path = scratch_path(scratch_dir("key"), "decrypt.key");

    scratch_write(path, 0600, token_key_pem(key, NULL));
    set_up_with(path);
}

#define OUTER "{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\",\"cty\":\"JWT\"}"

TEST_CASE("encrypted", .setup = set_up_encrypted, .teardown = tear_down);

/* What is in it is checked as if it were not encrypted: anyone can encrypt. */
TEST(encrypted)
{
    struct openid *openid = relay->upstream_state;

    come_back("code", "", ISSUER);
    answer(ISSUER "/token", 200,
           scratch_text("{\"id_token\":\"%s\"}",
                        jwe_of(openid->decryption_key, OUTER,
                               token_key_sign(es256, HEADER, claims_with("", "")))));
    ck_assert_int_eq(state(NULL), STORE_NUMBER);
}

TEST(encrypted_by_a_stranger)
{
    struct openid *openid = relay->upstream_state;

    must_refuse("stranger",
                jwe_of(openid->decryption_key, OUTER,
                       token_key_sign(stranger, HEADER, claims_with("", ""))),
                "its signature is wrong");
}

TEST(encrypted_and_unsigned)
{
    struct openid *openid = relay->upstream_state;

    must_refuse("claims", jwe_of(openid->decryption_key, OUTER, claims_with("", "")),
                "it is not header.claims.signature");
}

TEST(signed_alone)
{
    must_refuse("signed", token_key_sign(es256, HEADER, claims_with("", "")),
                "it is not encrypted");
}

RUN_TESTS("openid", NULL);
