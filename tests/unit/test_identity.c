/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the hash that stands for a person in the map, against OpenSSL's HMAC and base64. One fixed
 * value must never change, because every map in use would become invalid. Runs as the user who runs
 * the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/identity/identity.h"
#include "tests/harness/runner.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

static const unsigned char key[IDENTITY_KEY_SIZE] = {
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f};

static const char *
hash_of(const char *provider, const char *scope, const char *subject)
{
    static char hash[IDENTITY_HASH_SIZE + 1];

    hash[IDENTITY_HASH_SIZE] = 'x';
    ck_assert_int_eq(identity_hash(key, provider, scope, subject, hash), 0);
    ck_assert_int_eq(hash[IDENTITY_HASH_SIZE], 'x');
    ck_assert_uint_eq(strlen(hash), IDENTITY_HASH_SIZE - 1);
    return hash;
}

TEST_CASE("hash");

/* printf 'idin-qr\037status.example\037NLINGB3x4u89498qe4tqjvdaj0' | openssl dgst -sha256 -mac HMAC
 * -macopt hexkey:000102…1f -binary | basenc --base64url | tr -d = */
TEST(the_hash_of_a_known_person)
{
    ck_assert_str_eq(hash_of("idin-qr", "status.example", "NLINGB3x4u89498qe4tqjvdaj0"),
                     "idin1:AhxCIOQAiHYaGbRDF3UF6NSqDI3WMaSNCpWoflK6u84");
}

/* OpenSSL's MAC in OpenSSL's base64, turned into base64url by hand. */
static void
openssl_hash(const char *message, char ret_hash[IDENTITY_HASH_SIZE])
{
    unsigned char mac[32], base64[45];
    unsigned size = sizeof mac;

    ck_assert_ptr_nonnull(HMAC(EVP_sha256(), key, sizeof key, (const unsigned char *)message,
                               strlen(message), mac, &size));
    ck_assert_int_eq(EVP_EncodeBlock(base64, mac, sizeof mac), 44);
    for (size_t i = 0; i < 43; i++)
        base64[i] = base64[i] == '+' ? '-' : base64[i] == '/' ? '_' : base64[i];
    snprintf(ret_hash, IDENTITY_HASH_SIZE, "idin1:%.43s", (const char *)base64);
}

TEST(as_openssl_does)
{
    for (int i = 0; i < 500; i++) {
        char subject[600] = "NL", message[700], theirs[IDENTITY_HASH_SIZE];

        memset(subject + 2, 'A' + i % 26, (size_t)i);
        strcpy(subject + 2 + i, "\xC3\xA9");
        snprintf(message, sizeof message, "idin-qr\037scope.example\037%s", subject);
        openssl_hash(message, theirs);
        ck_assert_str_eq(hash_of("idin-qr", "scope.example", subject), theirs);
        ck_assert(subject_is_hash(theirs, strlen(theirs)));
    }
}

/* Another provider, scope, subject or place of the border between them is another person. */
/* printf 'fingerprint of idinqr.key' | openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f */
TEST(the_fingerprint_of_a_known_key)
{
    char fingerprint[IDENTITY_FINGERPRINT_SIZE + 1];

    fingerprint[IDENTITY_FINGERPRINT_SIZE] = 'x';
    identity_fingerprint(key, fingerprint);
    ck_assert_str_eq(fingerprint, "b8251fdf9c1c9723");
    ck_assert_int_eq(fingerprint[IDENTITY_FINGERPRINT_SIZE], 'x');
}

TEST(no_two_triples_share_a_hash)
{
    const char *const triples[][3] = {
        {"idin-qr", "a", "NLX"}, {"idin-q", "ra", "NLX"},  {"idin-qr", "aN", "LX"},
        {"idin-qr", "a", "NLx"}, {"idin-qr", "a", "NLX "}, {"idin-qr", "", "aNLX"},
        {"other", "a", "NLX"},   {"idin-qr", "b", "NLX"},
    };
    enum { N = ARRAY_LENGTH(triples) };
    char hashes[N][IDENTITY_HASH_SIZE];

    for (size_t i = 0; i < N; i++) {
        strcpy(hashes[i], hash_of(triples[i][0], triples[i][1], triples[i][2]));
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(strcmp(hashes[i], hashes[j]) != 0, "%zu and %zu", i, j);
    }
}

TEST(every_bit_of_the_key_counts)
{
    char hash[IDENTITY_HASH_SIZE], first[IDENTITY_HASH_SIZE];

    strcpy(first, hash_of("idin-qr", "a", "NLX"));
    for (size_t i = 0; i < sizeof key; i++) {
        unsigned char other[IDENTITY_KEY_SIZE];

        memcpy(other, key, sizeof key);
        other[i] ^= 0x80;
        ck_assert_int_eq(identity_hash(other, "idin-qr", "a", "NLX", hash), 0);
        ck_assert_str_ne(hash, first);
    }
}

TEST_CASE("form");

TEST(the_form_of_a_hash)
{
    char text[] = "idin1:0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcde!";
    const size_t size = IDENTITY_HASH_SIZE - 1;

    ck_assert_int_eq(subject_is_hash(text, size), 1);
    ck_assert_int_eq(subject_is_hash(text, size - 1), 0);
    ck_assert_int_eq(subject_is_hash(text, size + 1), 0);
    ck_assert_int_eq(subject_is_hash(text, 0), 0);
    ck_assert_int_eq(
        subject_is_hash("idin1:0123456789-_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg", size + 1), 0);
    for (size_t i = 0; i < size; i++) { /* no place, prefix included, takes any other byte */
        for (const char *bad = "+/=. \n\"#\x80\xFF"; *bad; bad++) {
            char other[sizeof text];
            memcpy(other, text, sizeof text);
            other[i] = *bad;
            ck_assert_msg(!subject_is_hash(other, size), "byte %zu", i);
            other[i] = '\0';
            ck_assert_msg(!subject_is_hash(other, size), "zero byte %zu", i);
        }
    }
    text[4] = '2';
    ck_assert_int_eq(subject_is_hash(text, size), 0);
    memcpy(text, "IDIN1:", 6);
    ck_assert_int_eq(subject_is_hash(text, size), 0);
}

RUN_TESTS("identity", NULL);
