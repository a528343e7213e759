/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests which identities of a backend may open an account: the BIN's pattern, its limits, and
 * transient identities. Pure. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/subject.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/wire/messages.h"
#include "tests/harness/runner.h"

#include <string.h>

static const struct {
    const char *subject;
    int result;
} rows[] = {
    {"NL", 0},
    {"NLINGB3x4u89498qe4tqjvdaj0", 0},
    {"nlingb", 0},
    {"Zz 0!~", 0},
    {"NLRABO\xC3\xA9", 0},
    {"NLRABO\xF0\x9F\x98\x80", 0},
    {"NLTRANS", 0},
    {"TRAN", 0},
    {"TRaNS0", 0},

    {"TRANS", IDQ_TRANSIENT},
    {"TRANS0", IDQ_TRANSIENT},
    {"TRANSACTION-1234567890", IDQ_TRANSIENT},
    {"TRANS\xC3\xA9", IDQ_TRANSIENT},

    {"", IDQ_NO_SUBJECT},
    {"N", IDQ_NO_SUBJECT},
    {"N1", IDQ_NO_SUBJECT},
    {"1N", IDQ_NO_SUBJECT},
    {"@A", IDQ_NO_SUBJECT},
    {"A[", IDQ_NO_SUBJECT},
    {"`a", IDQ_NO_SUBJECT},
    {"a{", IDQ_NO_SUBJECT},
    {" NL", IDQ_NO_SUBJECT},
    {"\xC3\x89L", IDQ_NO_SUBJECT},
    {"NL\n", IDQ_NO_SUBJECT},
    {"NL\x1F", IDQ_NO_SUBJECT}, /* would end a field of the hash */
    {"NL\x7F", IDQ_NO_SUBJECT},
    {"NL\xC2\x85", IDQ_NO_SUBJECT},
    {"NL\xC3", IDQ_NO_SUBJECT},
    {"NL\xED\xA0\x80", IDQ_NO_SUBJECT},
    {"NL\xC0\x80", IDQ_NO_SUBJECT},
    {"TRANS\n", IDQ_NO_SUBJECT},
};

TEST_CASE("bin");

LOOP_TEST(subjects, ARRAY_LENGTH(rows))
{
    ck_assert_msg(subject_check_bin(rows[_i].subject) == rows[_i].result, "%s: %d",
                  rows[_i].subject, subject_check_bin(rows[_i].subject));
    ck_assert_int_eq(subject_check("idin-qr", rows[_i].subject), rows[_i].result);
    ck_assert_int_eq(subject_check("signicat", rows[_i].subject), rows[_i].result);
}

/* 1024 characters may follow the two letters, however many bytes each has; all fit a RESULT. */
TEST(lengths)
{
    static const char *const characters[] = {"x", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"};

    for (size_t i = 0; i < ARRAY_LENGTH(characters); i++) {
        char subject[4200] = "NL";
        size_t size = 2, length = strlen(characters[i]);

        for (int n = 0; n < 1024; n++, size += length)
            memcpy(subject + size, characters[i], length);
        subject[size] = '\0';
        ck_assert_uint_le(size, SUBJECT_MAX);
        ck_assert_int_eq(subject_check_bin(subject), 0);
        memcpy(subject + size, "x", 2);
        ck_assert_int_eq(subject_check_bin(subject), IDQ_NO_SUBJECT);
    }
}

TEST(claims_of_a_token)
{
    static const struct {
        const char *subject;
        int result;
    } claims[] = {
        {"1", 0},
        {"f:c4b3:anna@example.nl", 0},
        {"anna \xC3\xA9", 0},
        {"trans0", 0},
        {"", IDQ_NO_SUBJECT},
        {"a\n", IDQ_NO_SUBJECT},
        {"a\x1F", IDQ_NO_SUBJECT},
        {"a\xC2\x85", IDQ_NO_SUBJECT},
        {"\xFF", IDQ_NO_SUBJECT},
        {"TRANS0", 0}, /* OpenID Core 2 knows no such prefix */
    };
    char longest[SUBJECT_MAX + 2] = "";

    for (size_t i = 0; i < ARRAY_LENGTH(claims); i++) {
        ck_assert_msg(subject_check_claim(claims[i].subject) == claims[i].result, "row %zu", i);
        ck_assert_int_eq(subject_check("oidc-device", claims[i].subject), claims[i].result);
    }
    memset(longest, 'x', SUBJECT_MAX);
    ck_assert_int_eq(subject_check_claim(longest), 0);
    longest[SUBJECT_MAX] = 'x';
    ck_assert_int_eq(subject_check_claim(longest), IDQ_NO_SUBJECT);
}

TEST_CASE("provider");

TEST(a_provider_without_a_rule_has_no_identities)
{
    ck_assert_int_eq(subject_check("", "NLINGB"), IDQ_NO_SUBJECT);
    ck_assert_int_eq(subject_check("idin", "NLINGB"), IDQ_NO_SUBJECT);
    ck_assert_int_eq(subject_check("oidc", "NLINGB"), IDQ_NO_SUBJECT);
}

TEST(every_provider_has_a_rule)
{
    const struct provider_description *provider;

    for (size_t i = 0; (provider = provider_table_at(i)); i++)
        ck_assert_msg(subject_check(provider->name, "NLINGB3x4u89498qe4tqjvdaj0") == 0, "%s",
                      provider->name);
}

RUN_TESTS("subject", NULL);
