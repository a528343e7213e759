/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests private_key_jwt: which keys a client may have, and what it signs with them. key_set.h
 * verifies the signatures; test_key_set.c tests that with the examples of the RFCs. Pure. */
#include "pam_idinqr/agent/client_assertion.h"

#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/agent/key_set.h"
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/token_keys.h"

#include <string.h>

#define NOT_PEM   "is not a private key in PEM without a passphrase"
#define NOT_FIT   "is neither an RSA key of 2048 to 4096 bits, nor a P-256 key"
#define CLIENT_ID "desk \"3\""

/* Returns the member of a part of a JWT; part 0 is the header. */
static json_t *
read_part(const char *jwt, int part)
{
    for (; part > 0; part--)
        jwt = strchr(jwt, '.') + 1;
    SECRET_AUTO *text = base64url_decode(jwt, strcspn(jwt, "."));

    ck_assert_ptr_nonnull(text);
    return json_text_read(secret_bytes(text), secret_size(text));
}

TEST_CASE("assertions");

static const struct {
    const char *alg, *key_id;
    unsigned bits;
} keys[] = {{"RS256", "", 2048}, {"RS256", "key 1", 3072}, {"RS256", "", 4096}, {"ES256", "k", 0}};

/* RFC 7523, 3, and OpenID Connect Core, 9. */
LOOP_TEST(what_is_signed, ARRAY_LENGTH(keys))
{
    TOKEN_KEY_AUTO *key = token_key_new(keys[_i].alg, NULL, keys[_i].bits);
    const struct token_key *const set_of_one[] = {key, NULL};
    KEY_SET_AUTO *set = NULL;
    char *set_text = token_key_set(set_of_one), *pem = token_key_pem(key, NULL);
    const char *trouble, *end;
    struct client_assertion assertion = {.key_id = keys[_i].key_id,
                                         .client_id = CLIENT_ID,
                                         .audience = "https://id.example.nl",
                                         .id = "0123",
                                         .now = 1700000000};

    ck_assert_int_eq(key_set_read(set_text, strlen(set_text), &set, &trouble), 0);
    ck_assert_int_eq(client_key_read(pem, &assertion.key, &trouble), 0);
    SECRET_AUTO *jwt = client_assertion_write(&assertion);
    ck_assert_ptr_nonnull(jwt);
    ck_assert_uint_eq(strlen(secret_bytes(jwt)), secret_size(jwt));
    JSON_AUTO *header = read_part(secret_bytes(jwt), 0), *claims = read_part(secret_bytes(jwt), 1);
    JSON_AUTO *wanted_header = json_pack("{s:s, s:s}", "alg", keys[_i].alg, "typ", "JWT");
    JSON_AUTO *wanted_claims =
        json_pack("{s:s, s:s, s:s, s:s, s:i, s:i}", "iss", CLIENT_ID, "sub", CLIENT_ID, "aud",
                  "https://id.example.nl", "jti", "0123", "iat", 1700000000, "exp", 1700000180);

    if (keys[_i].key_id[0])
        json_object_set_new(wanted_header, "kid", json_string(keys[_i].key_id));
    ck_assert(json_equal(header, wanted_header));
    ck_assert(json_equal(claims, wanted_claims));
    /* The set of one has no kid, so any kid is looked up in vain. */
    json_object_del(header, "kid");
    end = strrchr(secret_bytes(jwt), '.');
    SECRET_AUTO *signature = base64url_decode(end + 1, strlen(end + 1));
    size_t size = (size_t)(end - secret_bytes(jwt));
    trouble = key_set_verify(set, header, secret_bytes(jwt), size, secret_bytes(signature),
                             secret_size(signature));
    ck_assert_msg(trouble == NULL, "%s", trouble);
    ck_assert_str_eq(key_set_verify(set, header, secret_bytes(jwt), size - 1,
                                    secret_bytes(signature), secret_size(signature)),
                     "its signature is wrong");
    EVP_PKEY_free(assertion.key);
}

/* About every 128th signature has a number of fewer than 32 bytes, which is padded. */
TEST(a_signature_has_64_bytes)
{
    TOKEN_KEY_AUTO *key = token_key_new("ES256", NULL, 0);
    struct client_assertion assertion = {
        .key_id = "", .client_id = "c", .audience = "a", .id = "1", .now = 1};
    const char *trouble;

    ck_assert_int_eq(client_key_read(token_key_pem(key, NULL), &assertion.key, &trouble), 0);
    for (int i = 0; i < 1000; i++) {
        SECRET_AUTO *jwt = client_assertion_write(&assertion);
        ck_assert_ptr_nonnull(jwt);
        ck_assert_uint_eq(strlen(strrchr(secret_bytes(jwt), '.') + 1), 86);
    }
    EVP_PKEY_free(assertion.key);
}

TEST(keys_that_cannot_be_used)
{
    TOKEN_KEY_AUTO *weak = token_key_new("RS256", NULL, 1024);
    TOKEN_KEY_AUTO *ed25519 = token_key_new("EdDSA", NULL, 0);
    TOKEN_KEY_AUTO *right = token_key_new("ES256", NULL, 0);
    char *pem = token_key_pem(right, NULL), *cut = scratch_text("%.*s", 60, pem);
    const struct {
        const char *pem, *trouble;
    } rows[] = {
        {"", NOT_PEM},
        {"hunter2", NOT_PEM},
        {cut, NOT_PEM},
        {token_key_pem(right, "hunter2"), NOT_PEM}, /* no terminal is asked for the passphrase */
        {token_key_pem(weak, NULL), NOT_FIT},
        {token_key_pem(ed25519, NULL), NOT_FIT},
        {"-----BEGIN PUBLIC KEY-----\n"
         "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEXH8UTN\n"
         "G72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n-----END PUBLIC KEY-----\n",
         NOT_PEM},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        EVP_PKEY *key = NULL;
        const char *trouble = NULL;
        ck_assert_msg(client_key_read(rows[i].pem, &key, &trouble) == IDQ_CONFIG, "row %zu", i);
        ck_assert_str_eq(trouble, rows[i].trouble);
        ck_assert_ptr_null(key);
    }
}

RUN_TESTS("client_assertion", NULL);
