/* SPDX-License-Identifier: BSD-3-Clause */
/* The signature of an answer, against RFC 4231 and RFC 8032, and against everything it refuses. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/signature.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/harness/stack_residue.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* RFC 4231, test case 2. */
#define KEY  "Jefe"
#define BODY "what do ya want for nothing?"
#define MAC  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"

/* Counts the comparisons in constant time: any other one would tell how much of a forged signature
 * is right. */
static unsigned n_compared;

int __real_secret_equal_bytes(const void *a, const void *b, size_t size);
int __wrap_secret_equal_bytes(const void *a, const void *b, size_t size);

int
__wrap_secret_equal_bytes(const void *a, const void *b, size_t size)
{
    n_compared += size == strlen(MAC) / 2;
    return __real_secret_equal_bytes(a, b, size);
}

static int
check(const char *body, const char *header, int count)
{
    SECRET_AUTO *key = NULL;

    ck_assert_int_eq(signing_key_read(KEY, SIGNING_KEY_TEXT, &key), 0);
    return signature_check(key, SIGNING_KEY_TEXT, body, strlen(body), header, count);
}

TEST_CASE("header");

TEST(right_in_either_case)
{
    ck_assert_int_eq(check(BODY, MAC, 1), 0);
    ck_assert_int_eq(
        check(BODY, "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843", 1), 0);
}

TEST(another_body_or_key_is_refused)
{
    SECRET_AUTO *key = NULL;

    ck_assert_int_eq(check(BODY " ", MAC, 1), IDQ_SIGNATURE);
    ck_assert_int_eq(check("", MAC, 1), IDQ_SIGNATURE);
    ck_assert_int_eq(signing_key_read("Jeff", SIGNING_KEY_TEXT, &key), 0);
    ck_assert_int_eq(signature_check(key, SIGNING_KEY_TEXT, BODY, strlen(BODY), MAC, 1),
                     IDQ_SIGNATURE);
}

TEST(every_digit_counts)
{
    for (size_t i = 0; i < strlen(MAC); i++) {
        char header[] = MAC;
        header[i] = header[i] == '0' ? '1' : '0';
        ck_assert_int_eq(check(BODY, header, 1), IDQ_SIGNATURE);
        ck_assert_uint_eq(n_compared, i + 1);
    }
}

TEST(missing_repeated_or_malformed_is_refused)
{
    char almost[] = MAC;

    ck_assert_int_eq(check(BODY, "", 0), IDQ_SIGNATURE);
    ck_assert_int_eq(check(BODY, MAC, 0), IDQ_SIGNATURE);
    ck_assert_int_eq(check(BODY, MAC, 2), IDQ_SIGNATURE);
    ck_assert_int_eq(check(BODY, "", 1), IDQ_SIGNATURE);
    ck_assert_int_eq(check(BODY, MAC "0", 1), IDQ_SIGNATURE);
    ck_assert_int_eq(check(BODY, " " MAC, 1), IDQ_SIGNATURE);
    almost[strlen(MAC) - 1] = 'g';
    ck_assert_int_eq(check(BODY, almost, 1), IDQ_SIGNATURE);
    almost[strlen(MAC) - 1] = '\0';
    ck_assert_int_eq(check(BODY, almost, 1), IDQ_SIGNATURE);
}

struct forged {
    struct secret *key;
    int result;
};

static void
check_forged(void *argument)
{
    static const char zeros[] = "0000000000000000000000000000000000000000000000000000000000000000";
    struct forged *forged = argument;

    forged->result = signature_check(forged->key, SIGNING_KEY_TEXT, BODY, strlen(BODY), zeros, 1);
}

TEST(the_right_signature_does_not_stay, .why_not = stack_residue_why_not())
{
    static const unsigned char parts[][8] = {{0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e},
                                             {0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7},
                                             {0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83},
                                             {0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec, 0x38, 0x43}};
    SECRET_AUTO *key = NULL;
    struct forged forged = {0};

    ck_assert_int_eq(signing_key_read(KEY, SIGNING_KEY_TEXT, &key), 0);
    forged.key = key;
    stack_residue_run(check_forged, &forged);
    ck_assert_int_eq(forged.result, IDQ_SIGNATURE);
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
        ck_assert_msg(stack_residue_count(parts[i], sizeof parts[i]) == 0, "part %zu", i);
}

/* RFC 8032, 7.1: TEST 1 to 3. */
static const struct vector {
    const char *public_key, *message, *signature; /* in hexadecimal */
} vectors[] = {
    {"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b"
     "4"
     "6bd25bf5f0595bbe24655141438e7a100b"},
    {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11"
     "d"
     "8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc"
     "6"
     "594a7c15e9716ed28dc027beceea1ec40a"},
};

#define N_VECTORS ARRAY_LENGTH(vectors)

/* TEST 2, with the order of the group added to S: the same equation holds, so an implementation
 * that does not compare S with the order accepts it. */
#define S_TOO_LARGE                                                                                \
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69daf52db7415978abc61b2c2eb6aeeb" \
    "fc"                                                                                           \
    "a0387b2eaeb4302aeeb00d291612bb0c10"

#define SIGNATURE_SIZE 64
#define BASE64_SIZE    89 /* of a signature, with the closing zero */

static size_t
bytes_of(const char *hex, unsigned char *ret_bytes)
{
    size_t size = strlen(hex) / 2;

    ck_assert_int_eq(characters_read_hex(hex, ret_bytes, size), 0);
    return size;
}

/* Encodes with OpenSSL, because the code under test has its own decoder. */
static void
base64_of(const char *hex, char ret_text[BASE64_SIZE])
{
    unsigned char bytes[SIGNATURE_SIZE];
    size_t size = bytes_of(hex, bytes);

    EVP_EncodeBlock((unsigned char *)ret_text, bytes, (int)size);
}

/* The answer `message`, checked with the key of a vector, and of a second one, or NULL. */
static int
check_two(const struct vector *vector, const struct vector *second, const char *message,
          const char *header, int count)
{
    char key_text[2 * BASE64_SIZE];
    unsigned char body[8];
    size_t size = bytes_of(message, body);
    SECRET_AUTO *key = NULL;

    base64_of(vector->public_key, key_text);
    if (second) {
        strcat(key_text, ",");
        base64_of(second->public_key, key_text + strlen(key_text));
    }
    ck_assert_int_eq(signing_key_read(key_text, SIGNING_KEY_ED25519, &key), 0);
    return signature_check(key, SIGNING_KEY_ED25519, body, size, header, count);
}

static int
check_public(const struct vector *vector, const char *message, const char *header, int count)
{
    return check_two(vector, NULL, message, header, count);
}

TEST_CASE("ed25519");

LOOP_TEST(each_vector, N_VECTORS)
{
    char header[BASE64_SIZE];

    base64_of(vectors[_i].signature, header);
    ck_assert_int_eq(check_public(&vectors[_i], vectors[_i].message, header, 1), 0);
}

TEST(either_of_two_public_keys)
{
    char header[BASE64_SIZE];

    base64_of(vectors[1].signature, header);
    ck_assert_int_eq(check_two(&vectors[1], &vectors[0], "72", header, 1), 0);
    ck_assert_int_eq(check_two(&vectors[0], &vectors[1], "72", header, 1), 0);
    ck_assert_int_eq(check_two(&vectors[0], &vectors[1], "73", header, 1), IDQ_SIGNATURE);
    ck_assert_int_eq(check_two(&vectors[0], &vectors[2], "72", header, 1), IDQ_SIGNATURE);
    ck_assert_int_eq(check_two(&vectors[0], &vectors[1], "72", header, 2), IDQ_SIGNATURE);
}

TEST(another_body_or_public_key)
{
    char header[BASE64_SIZE];

    base64_of(vectors[1].signature, header);
    ck_assert_int_eq(check_public(&vectors[1], "73", header, 1), IDQ_SIGNATURE);
    ck_assert_int_eq(check_public(&vectors[1], "7200", header, 1), IDQ_SIGNATURE);
    ck_assert_int_eq(check_public(&vectors[1], "", header, 1), IDQ_SIGNATURE);
    ck_assert_int_eq(check_public(&vectors[0], "72", header, 1), IDQ_SIGNATURE);
}

TEST(every_byte_of_it_counts)
{
    unsigned char bytes[SIGNATURE_SIZE];
    char header[BASE64_SIZE];

    ck_assert_uint_eq(bytes_of(vectors[1].signature, bytes), sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] ^= 1;
        EVP_EncodeBlock((unsigned char *)header, bytes, sizeof bytes);
        ck_assert_msg(check_public(&vectors[1], "72", header, 1) == IDQ_SIGNATURE, "byte %zu", i);
        bytes[i] ^= 1;
    }
}

TEST(an_s_that_is_too_large)
{
    char header[BASE64_SIZE];

    base64_of(S_TOO_LARGE, header);
    ck_assert_int_eq(check_public(&vectors[1], "72", header, 1), IDQ_SIGNATURE);
}

/* A desk knows the public key, and so does each attacker: an HMAC under it proves nothing. */
TEST(hmac_under_the_public_key)
{
    unsigned char key[SIGNING_KEY_PUBLIC_SIZE], mac[32];
    char hex[2 * sizeof mac + 1], base64[BASE64_SIZE];
    size_t size;

    ck_assert_uint_eq(bytes_of(vectors[1].public_key, key), sizeof key);
    ck_assert(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, sizeof key,
                        (const unsigned char *)"\x72", 1, mac, sizeof mac, &size));
    for (size_t i = 0; i < sizeof mac; i++)
        snprintf(hex + 2 * i, 3, "%02x", mac[i]);
    EVP_EncodeBlock((unsigned char *)base64, mac, sizeof mac);
    ck_assert_int_eq(check_public(&vectors[1], "72", hex, 1), IDQ_SIGNATURE);
    ck_assert_int_eq(check_public(&vectors[1], "72", base64, 1), IDQ_SIGNATURE);
}

TEST(not_exactly_one_in_base64)
{
    const struct vector *vector = &vectors[1];
    char right[BASE64_SIZE], header[BASE64_SIZE + 8];
    size_t size;

    base64_of(vector->signature, right);
    size = strlen(right);
    ck_assert_int_eq(check_public(vector, "72", "", 0), IDQ_SIGNATURE);
    ck_assert_int_eq(check_public(vector, "72", right, 0), IDQ_SIGNATURE);
    ck_assert_int_eq(check_public(vector, "72", right, 2), IDQ_SIGNATURE);
    ck_assert_int_eq(check_public(vector, "72", "", 1), IDQ_SIGNATURE);
    ck_assert_int_eq(check_public(vector, "72", vector->signature, 1), IDQ_SIGNATURE);
    for (size_t n = 1; n < size; n++) { /* also without its padding */
        snprintf(header, sizeof header, "%.*s", (int)n, right);
        ck_assert_msg(check_public(vector, "72", header, 1) == IDQ_SIGNATURE, "%s", header);
    }
    snprintf(header, sizeof header, " %s", right);
    ck_assert_int_eq(check_public(vector, "72", header, 1), IDQ_SIGNATURE);
    snprintf(header, sizeof header, "%s=", right);
    ck_assert_int_eq(check_public(vector, "72", header, 1), IDQ_SIGNATURE);
    snprintf(header, sizeof header, "%s", right);
    header[size - 3]++; /* the same bytes, in another spelling */
    ck_assert_int_eq(check_public(vector, "72", header, 1), IDQ_SIGNATURE);
}

/* No point of the curve has it: there is no signature that is right. */
TEST(a_public_key_that_is_no_point)
{
    static const struct vector vector = {
        .public_key = "0200000000000000000000000000000000000000000000000000000000000000"};
    char header[BASE64_SIZE];

    base64_of(vectors[1].signature, header);
    ck_assert_int_eq(check_public(&vector, "72", header, 1), IDQ_SIGNATURE);
}

RUN_TESTS("signature", NULL);
