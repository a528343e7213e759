/* SPDX-License-Identifier: BSD-3-Clause */
/* The setting signing_key, in each of its encodings. Pure; runs as any user. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/signing_key.h"

#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"

TEST_CASE("keys");

TEST(in_hexadecimal)
{
    SECRET_AUTO *key = NULL;

    ck_assert_int_eq(signing_key_read("4a656Fff00", SIGNING_KEY_HEX, &key), 0);
    ck_assert_uint_eq(secret_size(key), 5);
    ck_assert_mem_eq(secret_bytes(key), "Jeo\xFF\0", 5);
}

TEST(text_is_never_decoded)
{
    SECRET_AUTO *key = NULL;

    ck_assert_int_eq(signing_key_read("4a65", SIGNING_KEY_TEXT, &key), 0);
    ck_assert_uint_eq(secret_size(key), 4);
    ck_assert_mem_eq(secret_bytes(key), "4a65", 4);
}

TEST(a_public_key)
{
    SECRET_AUTO *key = NULL;

    ck_assert_int_eq(
        signing_key_read("YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=", SIGNING_KEY_ED25519, &key),
        0);
    ck_assert_uint_eq(secret_size(key), SIGNING_KEY_PUBLIC_SIZE);
    ck_assert_mem_eq(secret_bytes(key), "abcdefghijklmnopqrstuvwxyz123456", 32);
}

#define A_KEY "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY="

TEST(two_public_keys)
{
    SECRET_AUTO *key = NULL;

    ck_assert_int_eq(signing_key_read(A_KEY ",MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
                                      SIGNING_KEY_ED25519, &key),
                     0);
    ck_assert_uint_eq(secret_size(key), 2 * SIGNING_KEY_PUBLIC_SIZE);
    ck_assert_mem_eq(secret_bytes(key),
                     "abcdefghijklmnopqrstuvwxyz1234560123456789abcdef0123456789abcdef", 64);
}

static const struct {
    const char *setting;
    enum signing_key_encoding encoding;
} unusable[] = {
    {A_KEY ",", SIGNING_KEY_ED25519},
    {"," A_KEY, SIGNING_KEY_ED25519},
    {A_KEY ",," A_KEY, SIGNING_KEY_ED25519},
    {A_KEY ", " A_KEY, SIGNING_KEY_ED25519},
    {A_KEY " " A_KEY, SIGNING_KEY_ED25519},
    {A_KEY "," A_KEY "," A_KEY, SIGNING_KEY_ED25519},
    {A_KEY "," A_KEY "=", SIGNING_KEY_ED25519},
    {A_KEY "x," A_KEY, SIGNING_KEY_ED25519}, /* a longer one */
    {"", SIGNING_KEY_TEXT},
    {"", SIGNING_KEY_HEX},
    {"", SIGNING_KEY_ED25519},
    {"4a6", SIGNING_KEY_HEX},
    {"4a6x", SIGNING_KEY_HEX},
    {"4a65", (enum signing_key_encoding) - 1},
    {"YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NQ==", SIGNING_KEY_ED25519},   /* 31 bytes */
    {"YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY3", SIGNING_KEY_ED25519},   /* 33 bytes */
    {"YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY", SIGNING_KEY_ED25519},    /* without padding */
    {"YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=\n", SIGNING_KEY_ED25519}, /* a line */
    {"YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTZ=", SIGNING_KEY_ED25519}, /* bits in the padding */
    {"6162636465666768696a6b6c6d6e6f707172737475767778797a313233343536",
     SIGNING_KEY_ED25519}, /* hex */
    {"MCowBQYDK2VwAyEAYWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXoxMjM0NTY=",
     SIGNING_KEY_ED25519}, /* of PEM */
};

LOOP_TEST(not_in_its_encoding, ARRAY_LENGTH(unusable))
{
    struct secret *key = NULL;

    ck_assert_int_eq(signing_key_read(unusable[_i].setting, unusable[_i].encoding, &key),
                     IDQ_CONFIG);
    ck_assert_ptr_null(key);
}

RUN_TESTS("signing_key", NULL);
