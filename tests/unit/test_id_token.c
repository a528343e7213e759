/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests ID tokens: those that verify a person, and many that are rejected. Pure. Runs as the user
 * who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/id_token.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/id_tokens.h"
#include "tests/unit/token_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ISSUER "https://id.example.nl/realms/desk"
#define NOW    1800000000 /* as in every exp and iat below */

static struct id_token_terms terms;
static struct result_message result;
static const char *trouble;

static void
set_up(void)
{
    terms = (struct id_token_terms){.issuer = ISSUER,
                                    .client_id = "desk-3",
                                    .subject_claim = "sub",
                                    .required_acr = "",
                                    .asked = NOW - 60,
                                    .now = NOW};
    memset(&result, 0xAA, sizeof result);
    trouble = NULL;
}

static int
read_token(const char *token)
{
    return id_token_read(token, strlen(token), &terms, &result, &trouble);
}

static int
read_claims(const char *claims)
{
    return read_token(id_token_of(ID_TOKEN_HEADER, claims));
}

static void
must_be_nobody(const char *what, int error, int outcome)
{
    struct result_message wiped = {.outcome = outcome};

    ck_assert_msg(error == (outcome ? 0 : IDQ_REPLY), "%s: %d", what, error);
    ck_assert_msg(memcmp(&result, &wiped, sizeof wiped) == 0, "%s leaves a result", what);
    ck_assert_msg(trouble && trouble[0], "%s: no word about it", what);
}

#define ISS      "\"iss\":\"" ISSUER "\""
#define AUD      ",\"aud\":\"desk-3\""
#define SUB      ",\"sub\":\"248289761001\""
#define EXP      ",\"exp\":1800000300"
#define IAT      ",\"iat\":1800000000"
#define CLAIMS   ISS AUD SUB EXP IAT
#define OF(more) "{" CLAIMS more "}"

static const char *const good[] = {
    OF(""),
    OF(",\"nonce\":null,\"name\":\"Anna\",\"deep\":{\"a\":[[[1]]]}"),
    OF(",\"azp\":\"desk-3\""),
    OF(",\"acr\":null"),
    "{" ISS SUB EXP IAT ",\"aud\":[\"desk-3\"]}",
    "{" ISS SUB EXP IAT ",\"aud\":[\"other\",\"desk-3\"],\"azp\":\"desk-3\"}",
    "{" ISS AUD SUB ",\"exp\":1800000000.5" IAT "}",
    "{" ISS AUD SUB ",\"exp\":1799999881,\"iat\":1799999880}", /* two clocks, 119 s apart */
    "{" ISS AUD SUB EXP ",\"iat\":1800000120}",
    "{" ISS AUD SUB EXP IAT ",\"nbf\":1800000120}",
    "{" ISS AUD SUB EXP ",\"iat\":1799999820}",
};

TEST_CASE("claims", .setup = set_up);

LOOP_TEST(a_token_that_verifies, ARRAY_LENGTH(good))
{
    ck_assert_msg(read_claims(good[_i]) == 0, "%s: %s", good[_i], trouble);
    ck_assert_int_eq(result.outcome, 0);
    ck_assert_str_eq(result.subject, "248289761001");
    ck_assert_str_eq(result.issuer, ISSUER);
    ck_assert_str_eq(result.loa, "");
}

static const char *const bad_claims[] = {
    "",
    "null",
    "[]",
    "{",
    "{} {}",
    "{}",
    "{\"iss\":\"" ISSUER "\"}",
    "{" CLAIMS SUB "}", /* a member twice */
    OF(",\"iss\":\"https://id.example.nl/\""),
    "{\"iss\":\"https://id.example.nl/realms/desk/\"" AUD SUB EXP IAT "}",
    "{\"iss\":\"HTTPS://id.example.nl/realms/desk\"" AUD SUB EXP IAT "}",
    "{\"iss\":[\"" ISSUER "\"]" AUD SUB EXP IAT "}",
    "{\"iss\":\"" ISSUER "\\u0000\"" AUD SUB EXP IAT "}",
    "{\"iss\":\"\"" AUD SUB EXP IAT "}",
    "{\"a\":1" AUD SUB EXP IAT "}",
    "{" ISS SUB EXP IAT "}",
    "{" ISS SUB EXP IAT ",\"aud\":null}",
    "{" ISS SUB EXP IAT ",\"aud\":\"\"}",
    "{" ISS SUB EXP IAT ",\"aud\":\"desk-33\"}",
    "{" ISS SUB EXP IAT ",\"aud\":\"desk-\"}",
    "{" ISS SUB EXP IAT ",\"aud\":[]}",
    "{" ISS SUB EXP IAT ",\"aud\":[\"other\"]}",
    "{" ISS SUB EXP IAT ",\"aud\":[\"desk-3\",1],\"azp\":\"desk-3\"}",
    "{" ISS SUB EXP IAT ",\"aud\":[[\"desk-3\"]]}",
    "{" ISS SUB EXP IAT ",\"aud\":{\"desk-3\":1}}",
    "{" ISS SUB EXP IAT ",\"aud\":[\"desk-3\",\"other\"]}", /* which of the two asked? */
    "{" ISS SUB EXP IAT ",\"aud\":[\"desk-3\",\"other\"],\"azp\":\"other\"}",
    OF(",\"azp\":\"other\""),
    OF(",\"azp\":null"),
    OF(",\"azp\":[\"desk-3\"]"),
    "{" ISS AUD SUB IAT "}",
    "{" ISS AUD SUB IAT ",\"exp\":\"1800000300\"}",
    "{" ISS AUD SUB IAT ",\"exp\":null}",
    "{" ISS AUD SUB IAT ",\"exp\":[1800000300]}",
    "{" ISS AUD SUB IAT ",\"exp\":-1800000300}",
    "{" ISS AUD SUB IAT ",\"exp\":0}",
    "{" ISS AUD SUB IAT ",\"exp\":1e300}",
    "{" ISS AUD SUB IAT ",\"exp\":9223372036854775807}",
    "{" ISS AUD SUB IAT ",\"exp\":99999999999999999999}", /* more than jansson reads */
    "{" ISS AUD SUB IAT ",\"exp\":1799999880}",
    "{" ISS AUD SUB EXP "}",
    "{" ISS AUD SUB EXP ",\"iat\":\"1800000000\"}",
    "{" ISS AUD SUB EXP ",\"iat\":true}",
    "{" ISS AUD SUB EXP ",\"iat\":1800000121}",
    "{" ISS AUD SUB EXP IAT ",\"nbf\":1800000121}",
    "{" ISS AUD SUB EXP IAT ",\"nbf\":\"1799999999\"}",
    "{" ISS AUD SUB EXP IAT ",\"nbf\":null}",
    "{" ISS AUD SUB EXP ",\"iat\":1799999819}", /* issued before this login */
    OF(",\"acr\":1"),
    OF(",\"acr\":[\"high\"]"),
    OF(",\"acr\":\"hi\\ngh\""),
    OF(",\"acr\":\"hi\\u001bgh\""),
};

LOOP_TEST(claims_that_are_refused, ARRAY_LENGTH(bad_claims))
{
    must_be_nobody(bad_claims[_i], read_claims(bad_claims[_i]), 0);
}

TEST_CASE("form", .setup = set_up);

TEST(headers_that_are_refused)
{
    static const char *const headers[] = {
        "",
        "{}",
        "[]",
        "null",
        "{\"alg\":\"\"}",
        "{\"alg\":1}",
        "{\"alg\":null}",
        "{\"alg\":\"none\"}",
        "{\"alg\":\"None\"}",
        "{\"alg\":\"NONE\"}",
        "{\"alg\":\"RS256\",\"alg\":\"RS256\"}",
        "{\"alg\":\"RS256\",\"crit\":[\"exp\"],\"exp\":1}",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(headers); i++)
        must_be_nobody(headers[i], read_token(id_token_of(headers[i], OF(""))), 0);
}

/* Everything in base64url that could be said in two ways, or is cut, or has a part too many. */
TEST(forms_that_are_refused)
{
    static const char *const tails[] = {
        "",    ".",    ".a",   ".A",   ".YWJjA", ".a=",    ".YQ==",     ".YR",      ".YWJ",
        ".Y ", ".Y+A", ".Y/A", ".Y\n", ".YQ.",   ".YQ.YQ", ".YQ.YQ.YQ", ".\xC3\xA9"};
    char token[4096];
    const char *whole = id_token_of(ID_TOKEN_HEADER, OF(""));
    size_t size = (size_t)(strrchr(whole, '.') - whole);

    for (size_t i = 0; i < ARRAY_LENGTH(tails); i++) {
        snprintf(token, sizeof token, "%.*s%s", (int)size, whole, tails[i]);
        must_be_nobody(tails[i], read_token(token), 0);
    }
    static const char *const tokens[] = {"", ".", "..", "...", "a", "a.b.c", "....", "{}.{}.{}"};
    for (size_t i = 0; i < ARRAY_LENGTH(tokens); i++)
        must_be_nobody(tokens[i], read_token(tokens[i]), 0);
    snprintf(token, sizeof token, "%.*s.YQ", (int)size, whole);
    ck_assert_int_eq(read_token(token), 0); /* so that the tails are what was refused */
}

TEST(cut_anywhere)
{
    const char *whole = id_token_of(ID_TOKEN_HEADER, OF(""));
    size_t size = (size_t)(strrchr(whole, '.') - whole) + 1;

    for (size_t i = 0; i <= size; i++) {
        char *part = strndup(whole, i); /* a separate block: a memory checker sees overreads */
        must_be_nobody(part, read_token(part), 0);
        free(part);
    }
}

TEST(deep_nesting_is_refused)
{
    static char claims[16000];

    strcpy(claims, "{\"a\":");
    memset(claims + 5, '[', sizeof claims - 6);
    must_be_nobody("deep", read_claims(claims), 0);
}

TEST(bytes_that_are_no_json_text)
{
    must_be_nobody("no UTF-8", read_claims(OF(",\"name\":\"\xFF\"")), 0);
    must_be_nobody("a zero", read_claims(OF(",\"name\":\"\\u0000\"")), 0);
}

TEST_CASE("identity", .setup = set_up);

TEST(the_claim_that_is_the_subject)
{
    terms.subject_claim = "bin";
    ck_assert_int_eq(read_claims(OF(",\"bin\":\"NLINGB3x4u\xC3\xA9\"")), 0);
    ck_assert_int_eq(result.outcome, 0);
    ck_assert_str_eq(result.subject, "NLINGB3x4u\xC3\xA9");
}

TEST(subjects_that_identify_nobody)
{
    static const char *const claims[] = {
        "",
        ",\"bin\":\"\"",
        ",\"bin\":null",
        ",\"bin\":12345",
        ",\"bin\":true",
        ",\"bin\":[\"NLINGB\"]",
        ",\"bin\":{\"value\":\"NLINGB\"}",
        ",\"bin\":\"a\\u001fb\"", /* would end a field of the hash */
        ",\"bin\":\"a\\u0085\"",
    };
    char all[600];

    terms.subject_claim = "bin";
    for (size_t i = 0; i < ARRAY_LENGTH(claims); i++) {
        snprintf(all, sizeof all, "{" CLAIMS "%s}", claims[i]);
        must_be_nobody(all, read_claims(all), IDQ_NO_SUBJECT);
    }
    must_be_nobody("transient", read_claims(OF(",\"bin\":\"TRANS0123\"")), IDQ_TRANSIENT);
}

/* `sub` is any text of this provider. Only another claim may pass on an identity of iDIN. */
TEST(openid_core_2_sub_may_begin_with_trans)
{
    ck_assert_int_eq(read_claims("{" ISS AUD EXP IAT ",\"sub\":\"TRANS0123\"}"), 0);
    ck_assert_int_eq(result.outcome, 0);
    ck_assert_str_eq(result.subject, "TRANS0123");
}

TEST(the_longest_subject)
{
    static char claims[8192];

    for (size_t size = SUBJECT_MAX; size <= SUBJECT_MAX + 1; size++) {
        char *end = claims + sprintf(claims, "{" ISS AUD EXP IAT ",\"sub\":\"");
        memset(end, 'x', size);
        strcpy(end + size, "\"}");
        ck_assert_int_eq(read_claims(claims), 0);
        ck_assert_int_eq(result.outcome, size == SUBJECT_MAX ? 0 : IDQ_NO_SUBJECT);
        ck_assert_uint_eq(strlen(result.subject), size == SUBJECT_MAX ? size : 0);
    }
}

TEST(assurance)
{
    static const struct {
        const char *required, *more;
        int outcome;
    } rows[] = {
        {"high", ",\"acr\":\"high\"", 0},
        {"substantial high", ",\"acr\":\"high\"", 0},
        {"  substantial   high ", ",\"acr\":\"substantial\"", 0},
        {"high", "", IDQ_LOW_ASSURANCE},
        {"high", ",\"acr\":\"\"", IDQ_LOW_ASSURANCE},
        {"high", ",\"acr\":null", IDQ_LOW_ASSURANCE},
        {"high", ",\"acr\":\"low\"", IDQ_LOW_ASSURANCE},
        {"high", ",\"acr\":\"hig\"", IDQ_LOW_ASSURANCE},
        {"high", ",\"acr\":\"highest\"", IDQ_LOW_ASSURANCE},
        {"substantial high", ",\"acr\":\"substantial high\"", IDQ_LOW_ASSURANCE},
        {"high", ",\"acr\":\"HIGH\"", IDQ_LOW_ASSURANCE},
        {" ", ",\"acr\":\"high\"", IDQ_LOW_ASSURANCE},
    };
    char claims[600];

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        terms.required_acr = rows[i].required;
        snprintf(claims, sizeof claims, "{" CLAIMS "%s}", rows[i].more);
        ck_assert_int_eq(read_claims(claims), 0);
        ck_assert_msg(result.outcome == rows[i].outcome, "row %zu: %d", i, result.outcome);
        ck_assert_str_eq(result.subject, rows[i].outcome ? "" : "248289761001");
    }
    terms.required_acr = "";
    ck_assert_int_eq(read_claims(OF(",\"acr\":\"nl:bvn:bankid:1.0:loa3\"")), 0);
    ck_assert_str_eq(result.loa, "nl:bvn:bankid:1.0:loa3");
}

/* With pinned keys. Each alg has its key, of which the kid is the alg's name. */
static struct token_key *signers[3];
static struct key_set *keys;
static const char *const algs[] = {"RS256", "ES256", "EdDSA"};

#define N_ALGS (int)ARRAY_LENGTH(algs)

static void
set_up_keys(void)
{
    char *text;

    set_up();
    for (int i = 0; i < N_ALGS; i++)
        signers[i] = token_key_new(algs[i], algs[i], 0);
    text =
        token_key_set((const struct token_key *const[]){signers[0], signers[1], signers[2], NULL});
    ck_assert_int_eq(key_set_read(text, strlen(text), &keys, &trouble), 0);
    terms.keys = keys;
}

static void
tear_down_keys(void)
{
    for (int i = 0; i < N_ALGS; i++)
        token_key_free(&signers[i]);
    key_set_free(&keys);
}

static const char *
header_of(const char *alg, const char *kid)
{
    static char header[100];

    snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\"}", alg, kid);
    return header;
}

static void
must_be_unsigned(const char *token, const char *word)
{
    static const struct result_message wiped;

    ck_assert_int_eq(read_token(token), IDQ_SIGNATURE);
    ck_assert_mem_eq(&result, &wiped, sizeof wiped);
    ck_assert_msg(strstr(trouble, word), "%s, not %s", trouble, word);
}

TEST_CASE("pinned", .setup = set_up_keys, .teardown = tear_down_keys);

LOOP_TEST(a_token_of_a_pinned_key, N_ALGS)
{
    const char *header = header_of(algs[_i], algs[_i]);

    ck_assert_msg(read_token(token_key_sign(signers[_i], header, OF(""))) == 0, "%s", trouble);
    ck_assert_int_eq(result.outcome, 0);
    ck_assert_str_eq(result.subject, "248289761001");
}

/* The claims of one token and the signature of another, of the same key. */
LOOP_TEST(claims_swapped_after_signing, N_ALGS)
{
    const char *header = header_of(algs[_i], algs[_i]);
    char *right =
        strdup(token_key_sign(signers[_i], header, "{" ISS AUD EXP IAT ",\"sub\":\"someone\"}"));
    const char *other = token_key_sign(signers[_i], header, OF(""));
    char swapped[4000];

    snprintf(swapped, sizeof swapped, "%.*s%s", (int)(strrchr(other, '.') - other), other,
             strrchr(right, '.'));
    must_be_unsigned(swapped, "its signature is wrong");
    ck_assert_int_eq(read_token(right), 0);
    free(right);
}

TEST(tokens_of_no_pinned_key)
{
    TOKEN_KEY_AUTO *stranger = token_key_new("ES256", NULL, 0);

    must_be_unsigned(id_token_of("{\"alg\":\"none\"}", OF("")), "its alg is not");
    must_be_unsigned(id_token_of("{\"alg\":\"HS256\",\"kid\":\"RS256\"}", OF("")),
                     "its alg is not");
    must_be_unsigned(id_token_of(header_of("RS256", "RS256"), OF("")), "its signature is wrong");
    must_be_unsigned(id_token_of(header_of("RS256", "1"), OF("")), "run idinqr keys --fetch");
    must_be_unsigned(token_key_sign(stranger, header_of("ES256", "ES256"), OF("")),
                     "its signature is wrong");
    must_be_unsigned(token_key_sign(signers[1], header_of("RS256", "ES256"), OF("")),
                     "not one for its alg");
    /* Of a right signature, all the rest is looked at as without keys. */
    must_be_nobody(
        "crit",
        read_token(token_key_sign(
            signers[1], "{\"alg\":\"ES256\",\"kid\":\"ES256\",\"crit\":[\"exp\"]}", OF(""))),
        0);
    must_be_nobody("expired",
                   read_token(token_key_sign(signers[1], header_of("ES256", "ES256"),
                                             "{" ISS AUD SUB IAT ",\"exp\":1}")),
                   0);
    must_be_nobody(
        "kid twice",
        read_token(token_key_sign(
            signers[1], "{\"alg\":\"ES256\",\"kid\":\"ES256\",\"kid\":\"ES256\"}", OF(""))),
        0);
}

/* Under a pinned key a token of an earlier login would be worth something to who has recorded it.
 */
TEST(a_token_of_an_earlier_login)
{
    terms.asked = NOW;
    ck_assert_int_eq(read_token(token_key_sign(signers[1], header_of("ES256", "ES256"), OF(""))),
                     0);
    ck_assert_str_eq(result.subject, "248289761001");
    terms.asked = NOW + 1;
    must_be_nobody("a second before",
                   read_token(token_key_sign(signers[1], header_of("ES256", "ES256"), OF(""))), 0);
    ck_assert_ptr_nonnull(strstr(trouble, "issued before this login"));
    terms.keys = NULL; /* TLS vouches for where it came from: two clocks may differ */
    ck_assert_int_eq(read_claims(OF("")), 0);
}

/* The nonce ties a token to its login, so two clocks may differ. */
TEST(a_nonce)
{
    const char *header = header_of("ES256", "ES256");

    terms.nonce = "n-0S6_WzA2Mj";
    terms.asked = NOW + 1;
    ck_assert_int_eq(
        read_token(token_key_sign(signers[1], header, OF(",\"nonce\":\"n-0S6_WzA2Mj\""))), 0);
    ck_assert_int_eq(result.outcome, 0);
    must_be_nobody("none", read_token(token_key_sign(signers[1], header, OF(""))), 0);
    ck_assert_str_eq(trouble, "it is of another login");
    must_be_nobody("another",
                   read_token(token_key_sign(signers[1], header, OF(",\"nonce\":\"n-0S6_WzA2M\""))),
                   0);
    must_be_nobody(
        "a list",
        read_token(token_key_sign(signers[1], header, OF(",\"nonce\":[\"n-0S6_WzA2Mj\"]"))), 0);
}

RUN_TESTS("id_token", NULL);
