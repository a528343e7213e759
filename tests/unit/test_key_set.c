/* SPDX-License-Identifier: BSD-3-Clause */
/* JWK Sets, and signatures under them: the RFCs' own examples, fresh keys of each algorithm, and
 * every set, header and signature that must be refused. Pure. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/key_set.h"
#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/token_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLAIMS "{\"sub\":\"anna\"}"

/* RFC 7515, A.2. */
#define RSA_N                                                                                      \
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4" \
    "d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5re" \
    "xMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxX" \
    "FvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
#define RSA_KEY "\"kty\":\"RSA\",\"n\":\"" RSA_N "\",\"e\":\"AQAB\""
/* RFC 7515, A.3. */
#define EC_X   "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define EC_Y   "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define EC_KEY "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" EC_X "\",\"y\":\"" EC_Y "\""
/* RFC 8037, A.2. */
#define ED_X   "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
#define ED_KEY "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\""

#define SET(keys) "{\"keys\":[" keys "]}"

static const char *trouble;

static struct key_set *
read_set(const char *text)
{
    struct key_set *set = NULL;

    ck_assert_msg(key_set_read(text, strlen(text), &set, &trouble) == 0, "%s: %s", trouble, text);
    return set;
}

/* What is wrong with a token under a set; NULL for nothing. Reads header and signature as
 * id_token.c does. */
static const char *
verify(const struct key_set *set, const char *token)
{
    const char *end = strrchr(token, '.');
    SECRET_AUTO *header_text = base64url_decode(token, strcspn(token, "."));
    SECRET_AUTO *signature = base64url_decode(end + 1, strlen(end + 1));

    ck_assert(header_text && signature);
    JSON_AUTO *header = json_text_read(secret_bytes(header_text), secret_size(header_text));
    ck_assert_ptr_nonnull(header);
    return key_set_verify(set, header, token, (size_t)(end - token), secret_bytes(signature),
                          secret_size(signature));
}

#define JOE                                                                                        \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl" \
    "fQ"

static const struct {
    const char *set, *token;
} examples[] = {
    {SET("{" RSA_KEY "}"),
     "eyJhbGciOiJSUzI1NiJ9." JOE ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh"
     "7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO"
     "75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6B"
     "fI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe7"
     "7Rw"},
    {SET("{" EC_KEY "}"), "eyJhbGciOiJFUzI1NiJ9." JOE ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4Gawxaep"
                          "mXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
    {SET("{" ED_KEY "}"),
     "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcv"
     "Mg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
};

#define N_EXAMPLES (int)ARRAY_LENGTH(examples)

TEST_CASE("signatures");

/* And with any one byte of claims or signature another, no more. */
LOOP_TEST(examples_of_the_rfcs, N_EXAMPLES)
{
    KEY_SET_AUTO *set = read_set(examples[_i].set);
    char token[1024];
    const size_t start = strcspn(examples[_i].token, ".") + 1, end = strlen(examples[_i].token) - 1;

    ck_assert_ptr_null(verify(set, examples[_i].token));
    for (size_t at = start; at < end; at++) {
        strcpy(token, examples[_i].token);
        if (token[at] == '.')
            continue;
        token[at] = token[at] == 'A' ? 'B' : 'A';
        ck_assert_pstr_eq(verify(set, token), "its signature is wrong");
    }
}

static const char *const algs[] = {"RS256", "ES256", "EdDSA"};

#define N_ALGS (int)ARRAY_LENGTH(algs)

static const char *
header_of(const char *alg, const char *kid)
{
    static char header[200];

    if (kid)
        snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", alg, kid);
    else
        snprintf(header, sizeof header, "{\"alg\":\"%s\"}", alg);
    return header;
}

static struct key_set *
read_keys(const struct token_key *const *keys)
{
    char *text = token_key_set(keys);
    struct key_set *set = read_set(text);

    return set;
}

/* Keys of all kinds in one set, and another of the same kind. */
LOOP_TEST(the_key_of_the_kid, N_ALGS)
{
    TOKEN_KEY_AUTO *rsa = token_key_new("RS256", "one", 0), *ec = token_key_new("ES256", "two", 0),
                   *ed = token_key_new("EdDSA", "three", 0),
                   *other = token_key_new(algs[_i], "four", 0);
    const struct token_key *const all[] = {rsa, ec, ed, other, NULL}, *const most[] = {rsa, ec, ed,
                                                                                       NULL};
    static const char *const kids[] = {"one", "two", "three"};
    const struct token_key *right = all[_i];
    KEY_SET_AUTO *set = read_keys(all), *without_other = read_keys(most);

    ck_assert_ptr_null(verify(set, token_key_sign(right, header_of(algs[_i], kids[_i]), CLAIMS)));
    ck_assert_ptr_null(verify(set, token_key_sign(other, header_of(algs[_i], "four"), CLAIMS)));
    ck_assert_pstr_eq(verify(set, token_key_sign(other, header_of(algs[_i], kids[_i]), CLAIMS)),
                      "its signature is wrong");
    ck_assert_ptr_nonnull(
        strstr(verify(set, token_key_sign(right, header_of(algs[_i], "five"), CLAIMS)),
               "its kid is not in jwks_file"));
    ck_assert_pstr_eq(
        verify(set, token_key_sign(right, header_of(algs[_i], kids[(_i + 1) % N_ALGS]), CLAIMS)),
        "the key of its kid is not one for its alg");
    /* Without a kid: where there is one key for the alg only. */
    ck_assert_ptr_null(
        verify(without_other, token_key_sign(right, header_of(algs[_i], NULL), CLAIMS)));
    ck_assert_pstr_eq(verify(set, token_key_sign(right, header_of(algs[_i], NULL), CLAIMS)),
                      "it has no kid, and jwks_file not exactly one key for its alg");
}

/* Often: a number of an ES256 signature begins with a zero byte once in 128. */
TEST(many_signatures)
{
    TOKEN_KEY_AUTO *key = token_key_new("ES256", "k", 0);
    KEY_SET_AUTO *set = read_keys((const struct token_key *const[]){key, NULL});

    for (int i = 0; i < 500; i++)
        ck_assert_ptr_null(verify(set, token_key_sign(key, header_of("ES256", "k"), CLAIMS)));
}

/* The algorithm is the header's to name, but never to choose a weaker check. */
TEST(algs_that_are_refused)
{
    static const char *const others[] = {"none",   "None",    "",      "HS256", "RS384",
                                         "RS512",  "PS256",   "ES384", "ES512", "rs256",
                                         "RS256 ", "Ed25519", "RSA1_5"};
    TOKEN_KEY_AUTO *rsa = token_key_new("RS256", "k", 0), *ec = token_key_new("ES256", "l", 0);
    KEY_SET_AUTO *set = read_keys((const struct token_key *const[]){rsa, ec, NULL});

    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        ck_assert_pstr_eq(verify(set, token_key_sign(rsa, header_of(others[i], "k"), CLAIMS)),
                          "its alg is not RS256, ES256 or EdDSA");
    ck_assert_pstr_eq(verify(set, token_key_sign(rsa, "{\"kid\":\"k\"}", CLAIMS)),
                      "its alg is not RS256, ES256 or EdDSA");
    ck_assert_pstr_eq(
        verify(set, token_key_sign(rsa, "{\"alg\":[\"RS256\"],\"kid\":\"k\"}", CLAIMS)),
        "its alg is not RS256, ES256 or EdDSA");
    ck_assert_pstr_eq(verify(set, token_key_sign(ec, header_of("ES256", "k"), CLAIMS)),
                      "the key of its kid is not one for its alg");
    ck_assert_pstr_eq(verify(set, token_key_sign(rsa, header_of("EdDSA", NULL), CLAIMS)),
                      "it has no kid, and jwks_file not exactly one key for its alg");
}

TEST(kids_that_are_refused)
{
    static const char *const headers[] = {
        "{\"alg\":\"EdDSA\",\"kid\":\"\"}",
        "{\"alg\":\"EdDSA\",\"kid\":null}",
        "{\"alg\":\"EdDSA\",\"kid\":1}",
        "{\"alg\":\"EdDSA\",\"kid\":[\"k\"]}",
        "{\"alg\":\"EdDSA\",\"kid\":\"kk\"}",
        "{\"alg\":\"EdDSA\",\"kid\":\"K\"}",
        /* A key that the token brings along, or leads to, is no key. */
        "{\"alg\":\"EdDSA\",\"kid\":\"x\",\"jwk\":{" ED_KEY "}}",
        "{\"alg\":\"EdDSA\",\"kid\":\"x\",\"jku\":\"https://evil.example/\"}",
    };
    TOKEN_KEY_AUTO *key = token_key_new("EdDSA", "k", 0);
    KEY_SET_AUTO *set = read_keys((const struct token_key *const[]){key, NULL});

    for (size_t i = 0; i < ARRAY_LENGTH(headers); i++)
        ck_assert_ptr_nonnull(strstr(verify(set, token_key_sign(key, headers[i], CLAIMS)), "kid"));
}

TEST_CASE("sets");

/* Kept by name only, so that a token with one gets the right word. */
TEST(keys_for_other_uses)
{
    static const char *const others[] = {
        "{\"kid\":\"k\",\"use\":\"enc\"," ED_KEY "}",
        "{\"kid\":\"k\",\"use\":null," ED_KEY "}",
        "{\"kid\":\"k\",\"key_ops\":[\"encrypt\"]," ED_KEY "}",
        "{\"kid\":\"k\",\"key_ops\":[]," ED_KEY "}",
        "{\"kid\":\"k\",\"key_ops\":\"verify\"," ED_KEY "}",
        "{\"kid\":\"k\",\"alg\":\"ECDH-ES\"," ED_KEY "}",
        "{\"kid\":\"k\",\"alg\":\"RS256\"," ED_KEY "}",
        "{\"kid\":\"k\",\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" ED_X "\"}",
        "{\"kid\":\"k\",\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}",
        "{\"kid\":\"k\",\"kty\":\"AKP\"}",
        "{\"kid\":\"k\"}",
    };
    char text[2000];

    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        snprintf(text, sizeof text, SET("%s,{\"kid\":\"good\"," EC_KEY "}"), others[i]);
        KEY_SET_AUTO *set = read_set(text);
        ck_assert_pstr_eq(verify(set, "eyJhbGciOiJFZERTQSIsImtpZCI6ImsifQ.e30.AAAA"),
                          "the key of its kid is not one for signatures");
    }
    KEY_SET_AUTO *allowed =
        read_set(SET("{\"kid\":\"k\",\"use\":\"sig\",\"key_ops\":[\"sign\",\"verify\"],\"alg\":"
                     "\"EdDSA\",\"x5c\":[\"AAAA\"]," ED_KEY "}"));
    ck_assert_ptr_null(verify(allowed, examples[2].token));
}

#define MALFORMED_RSA "an RSA key is malformed, or has fewer than 2048 bits"
#define MALFORMED_EC  "a P-256 key is malformed"
#define MALFORMED_ED  "an Ed25519 key is malformed"
#define NOT_A_SET     "it is not a JWK Set in JSON"
#define NO_KEY        "it holds no key for RS256, ES256 or EdDSA"
#define BAD_KID       "a kid is not a short text of visible ASCII"
#define SECRET_KEY    "it holds a secret key; only public ones belong there"
#define TWINS         "two of its keys have the same kid"

#define RSA_WITH(n, e) SET("{\"kty\":\"RSA\",\"n\":\"" n "\",\"e\":\"" e "\"}")
#define EC_WITH(x, y)  SET("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" x "\",\"y\":\"" y "\"}")
#define ED_WITH(x)     SET("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" x "\"}")

static const struct {
    const char *text, *trouble;
} bad_sets[] = {
    {"", NOT_A_SET},
    {"null", NOT_A_SET},
    {"[]", NOT_A_SET},
    {"{}", NOT_A_SET},
    {"{" ED_KEY "}", NOT_A_SET}, /* a key, not a set */
    {"{\"keys\":{}}", NOT_A_SET},
    {SET("{" ED_KEY "}") "x", NOT_A_SET},
    {"{\"keys\":[{" ED_KEY "}],\"keys\":[{" ED_KEY "}]}", NOT_A_SET},
    {SET("{" ED_KEY ",\"x\":\"" ED_X "\"}"), NOT_A_SET},
    {SET("{\"kid\":\"a\",\"kid\":\"b\"," ED_KEY "}"), NOT_A_SET},
    {SET(""), NO_KEY},
    {SET("{\"use\":\"enc\"," RSA_KEY "}"), NO_KEY},
    {SET("\"key\""), "a key is not an object"},
    {SET("{" ED_KEY "},null"), "a key is not an object"},
    {SET("{\"kid\":\"\"," ED_KEY "}"), BAD_KID},
    {SET("{\"kid\":null," ED_KEY "}"), BAD_KID},
    {SET("{\"kid\":7," ED_KEY "}"), BAD_KID},
    {SET("{\"kid\":\"a b\"," ED_KEY "}"), BAD_KID},
    {SET("{\"kid\":\"k\"," ED_KEY "},{\"kid\":\"k\"," ED_KEY "}"), TWINS},
    {SET("{\"d\":\"AQAB\"," RSA_KEY "}"), SECRET_KEY},
    {SET("{\"kty\":\"oct\",\"k\":\"AQAB\"},{" ED_KEY "}"), SECRET_KEY},
    {RSA_WITH("", "AQAB"), MALFORMED_RSA},
    {RSA_WITH("AQAB", "AQAB"), MALFORMED_RSA},
    {RSA_WITH(RSA_N "=", "AQAB"), MALFORMED_RSA},
    {RSA_WITH(RSA_N, ""), MALFORMED_RSA},
    {RSA_WITH(RSA_N, "AA"), MALFORMED_RSA},       /* e = 0 */
    {RSA_WITH(RSA_N, "AQ"), MALFORMED_RSA},       /* e = 1: a signature is then the text itself */
    {RSA_WITH(RSA_N, "AQAA"), MALFORMED_RSA},     /* e is even */
    {RSA_WITH(RSA_N, RSA_N), MALFORMED_RSA},      /* e as long as n */
    {RSA_WITH(RSA_N "A", "AQAB"), MALFORMED_RSA}, /* no base64url */
    {EC_WITH(EC_X, ""), MALFORMED_EC},
    {EC_WITH(EC_X, EC_X), MALFORMED_EC}, /* not a point of the curve */
    {EC_WITH(EC_X, "AMfxRM0bvZt-hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt"), MALFORMED_EC}, /* 33 bytes */
    {EC_WITH("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
     MALFORMED_EC},
    {ED_WITH(""), MALFORMED_ED},
    {ED_WITH("11qY"), MALFORMED_ED},
    {ED_WITH(ED_X "AA"), MALFORMED_ED},
};

#define N_BAD_SETS (int)ARRAY_LENGTH(bad_sets)

LOOP_TEST(sets_that_are_refused, N_BAD_SETS)
{
    struct key_set *set = NULL;

    ck_assert_int_eq(key_set_read(bad_sets[_i].text, strlen(bad_sets[_i].text), &set, &trouble),
                     IDQ_CONFIG);
    ck_assert_ptr_null(set);
    ck_assert_str_eq(trouble, bad_sets[_i].trouble);
}

TEST(short_rsa_keys)
{
    for (unsigned bits = 2047; bits <= 2048; bits++) {
        TOKEN_KEY_AUTO *key = token_key_new("RS256", "k", bits);
        char *text = token_key_set((const struct token_key *const[]){key, NULL});
        KEY_SET_AUTO *set = NULL;
        ck_assert_int_eq(key_set_read(text, strlen(text), &set, &trouble),
                         bits == 2048 ? 0 : IDQ_CONFIG);
    }
}

TEST(as_many_keys_as_fit)
{
    for (int n = KEY_SET_KEYS_MAX; n <= KEY_SET_KEYS_MAX + 1; n++) {
        json_t *keys = json_array(), *object = json_pack("{s:o}", "keys", keys);
        KEY_SET_AUTO *set = NULL;
        for (int i = 0; i < n; i++)
            json_array_append_new(keys,
                                  json_pack("{s:s, s:s, s:s, s:o}", "kty", "OKP", "crv", "Ed25519",
                                            "x", ED_X, "kid", json_sprintf("k%d", i)));
        char *text = json_dumps(object, 0);
        ck_assert_int_eq(key_set_read(text, strlen(text), &set, &trouble),
                         n == KEY_SET_KEYS_MAX ? 0 : IDQ_CONFIG);
        free(text);
        json_decref(object);
    }
}

RUN_TESTS("key_set", NULL);
