/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests HMAC-SHA256 against the vectors of RFC 4231, and against OpenSSL, which shares no code with
 * it. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/identity/identity.h"
#include "tests/harness/runner.h"
#include "tests/harness/stack_residue.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

/* RFC 4231 section 4. A NULL text is `fill` repeated; case 5 gives only the first 16 bytes. */
static const struct {
    const char *key;
    unsigned char key_fill;
    size_t key_size;
    const char *data;
    unsigned char data_fill;
    size_t data_size;
    const char *mac;
} vectors[] = {
    {NULL, 0x0b, 20, "Hi There", 0, 8,
     "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
    {"Jefe", 0, 4, "what do ya want for nothing?", 0, 28,
     "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
    {NULL, 0xaa, 20, NULL, 0xdd, 50,
     "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
    {"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17"
     "\x18\x19",
     0, 25, NULL, 0xcd, 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
    {NULL, 0x0c, 20, "Test With Truncation", 0, 20, "a3b6167473100ee06e0c796c2955552b"},
    {NULL, 0xaa, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 0, 54,
     "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    {NULL, 0xaa, 131,
     "This is a test using a larger than block-size key and a larger than block-size data. The key "
     "needs to be hashed before being used by the HMAC algorithm.",
     0, 152, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
};

static const void *
bytes_of(const char *text, unsigned char fill, size_t size, unsigned char *buffer)
{
    if (text)
        return text;
    memset(buffer, fill, size);
    return buffer;
}

TEST_CASE("known");

LOOP_TEST(rfc_4231, ARRAY_LENGTH(vectors))
{
    unsigned char key[131], data[152], mac[HMAC_SHA256_SIZE];
    char hex[2 * HMAC_SHA256_SIZE + 1];

    hmac_sha256(bytes_of(vectors[_i].key, vectors[_i].key_fill, vectors[_i].key_size, key),
                vectors[_i].key_size,
                bytes_of(vectors[_i].data, vectors[_i].data_fill, vectors[_i].data_size, data),
                vectors[_i].data_size, mac);
    for (size_t i = 0; i < sizeof mac; i++)
        snprintf(hex + 2 * i, 3, "%02x", mac[i]);
    hex[strlen(vectors[_i].mac)] = '\0';
    ck_assert_str_eq(hex, vectors[_i].mac);
}

/* Numbers that differ from one step to the next and are the same in every run, so that a failure
 * can be had again: xorshift32. */
static unsigned
next(unsigned *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

TEST_CASE("openssl");

/* Every size of key around the block of 64 bytes, with messages of every size up to several blocks.
 */
TEST(as_openssl_does)
{
    unsigned state = 4231;

    for (size_t key_size = 0; key_size <= 140; key_size++)
        for (size_t size = 0; size <= 260; size += 1 + next(&state) % 5) {
            unsigned char key[140], data[260], mac[HMAC_SHA256_SIZE], theirs[EVP_MAX_MD_SIZE];
            unsigned theirs_size = 0;

            for (size_t i = 0; i < sizeof key; i++)
                key[i] = (unsigned char)next(&state);
            for (size_t i = 0; i < sizeof data; i++)
                data[i] = (unsigned char)next(&state);
            hmac_sha256(key, key_size, data, size, mac);
            ck_assert_ptr_nonnull(
                HMAC(EVP_sha256(), key, (int)key_size, data, size, theirs, &theirs_size));
            ck_assert_uint_eq(theirs_size, sizeof mac);
            if (memcmp(mac, theirs, sizeof mac) != 0)
                ck_abort_msg("key of %zu bytes, message of %zu", key_size, size);
        }
}

static unsigned char key_of_stack[32], mac_of_stack[HMAC_SHA256_SIZE];

static void
hash_on_stack(void *unused)
{
    (void)unused;
    hmac_sha256(key_of_stack, sizeof key_of_stack, "subject", 7, mac_of_stack);
}

TEST_CASE("known");

/* Neither the key, nor what the two hashes begin with, which is as good. */
TEST(the_key_leaves_the_stack, .why_not = stack_residue_why_not())
{
    static const unsigned char pads[] = {0, 0x36, 0x5c};
    unsigned char padded[sizeof key_of_stack];

    for (size_t i = 0; i < sizeof key_of_stack; i++)
        key_of_stack[i] = (unsigned char)(0x81 + 5 * i);
    stack_residue_run(hash_on_stack, NULL);
    for (size_t i = 0; i < sizeof pads; i++) {
        for (size_t j = 0; j < sizeof padded; j++)
            padded[j] = key_of_stack[j] ^ pads[i];
        ck_assert_msg(stack_residue_count(padded + 16, 16) == 0, "with %#x", pads[i]);
    }
}

RUN_TESTS("hmac_sha256", NULL);
