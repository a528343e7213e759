/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests which characters untrusted text may have: every code point in every length of encoding,
 * valid or not. Pure. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "tests/harness/runner.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define HIGHEST 0x1FFFFF /* what four bytes can say; Unicode ends at 0x10FFFF */

/* The code point in exactly `length` bytes, whether or not UTF-8 allows that. */
static void
encode(unsigned code_point, size_t length, char *ret_bytes)
{
    static const unsigned char first[] = {0, 0x00, 0xC0, 0xE0, 0xF0};

    for (size_t i = length - 1; i > 0; i--, code_point >>= 6)
        ret_bytes[i] = (char)(0x80 | (code_point & 0x3F));
    ret_bytes[0] = (char)(first[length] | code_point);
}

static size_t
shortest(unsigned code_point)
{
    return code_point < 0x80 ? 1 : code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

static int
is_no_control(unsigned code_point)
{
    int is_control = code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F);
    int is_surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;

    return !is_control && !is_surrogate && code_point <= 0x10FFFF;
}

TEST_CASE("clean");

TEST(every_code_point_in_its_shortest_form)
{
    for (unsigned code_point = 0; code_point <= HIGHEST; code_point++) {
        char bytes[4];
        size_t length = shortest(code_point);

        encode(code_point, length, bytes);
        if (characters_are_not_controls(bytes, length) != is_no_control(code_point))
            ck_abort_msg("U+%04X", code_point);
        if (characters_are_clean(bytes, length) && !is_no_control(code_point))
            ck_abort_msg("U+%04X is clean", code_point);
    }
}

/* Each range that is refused, with its neighbors: one that turns the direction of writing, takes no
 * room or breaks a line makes text look like another. */
TEST(invisible_code_points)
{
    static const struct {
        unsigned code_point;
        int is_clean;
    } rows[] = {
        {0xAC, 1},    {0xAD, 0},    {0xAE, 1},    {0x61C, 0},   {0x200A, 1},  {0x200B, 0},
        {0x200F, 0},  {0x2010, 1},  {0x2027, 1},  {0x2028, 0},  {0x2029, 0},  {0x202A, 0},
        {0x202E, 0},  {0x202F, 1},  {0x205F, 1},  {0x2060, 0},  {0x2066, 0},  {0x206F, 0},
        {0x2070, 1},  {0xFEFE, 1},  {0xFEFF, 0},  {0xFFF8, 1},  {0xFFF9, 0},  {0xFFFB, 0},
        {0xFFFC, 1},  {0xE9, 1},    {0x20AC, 1},  {0x1F600, 1}, {0x6DC, 1},   {0x6DD, 0},
        {0x180E, 0},  {0x110BD, 0}, {0x13440, 1}, {0x1343F, 0}, {0x1BCA3, 0}, {0x1D173, 0},
        {0xDFFFF, 1}, {0xE0000, 0}, {0xE0041, 0}, {0xE007F, 0}, {0xE0080, 1},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char bytes[4];
        size_t length = shortest(rows[i].code_point);

        encode(rows[i].code_point, length, bytes);
        ck_assert_msg(characters_are_clean(bytes, length) == rows[i].is_clean, "U+%04X",
                      rows[i].code_point);
        ck_assert(characters_are_not_controls(bytes, length));
    }
}

TEST(no_code_point_in_a_longer_form)
{
    for (unsigned code_point = 0; code_point < 0x10000; code_point++)
        for (size_t length = shortest(code_point) + 1; length <= 4; length++) {
            char bytes[4];

            encode(code_point, length, bytes);
            if (characters_are_clean(bytes, length))
                ck_abort_msg("U+%04X in %zu bytes", code_point, length);
        }
}

/* The missing bytes do follow, so that only a reader that keeps to the size stops in time. */
TEST(no_sequence_that_ends_early)
{
    static const unsigned code_points[] = {0xE9, 0x20AC, 0x1F600};

    for (size_t i = 0; i < ARRAY_LENGTH(code_points); i++) {
        char bytes[5] = "a";
        size_t length = shortest(code_points[i]);

        encode(code_points[i], length, bytes + 1);
        ck_assert(characters_are_clean(bytes, 1 + length));
        for (size_t size = 2; size < 1 + length; size++)
            ck_assert_msg(!characters_are_clean(bytes, size), "U+%04X cut to %zu bytes",
                          code_points[i], size - 1);
    }
}

static const struct {
    const char *bytes;
    size_t size;
    int is_clean, is_visible;
} rows[] = {
    {"", 0, 1, 1},
    {"abc", 3, 1, 1},
    {"a b", 3, 1, 0},
    {"!~", 2, 1, 1},
    {"\x7F", 1, 0, 0},
    {"a\0b", 3, 0, 0},
    {"a\0b", 1, 1, 1},
    {"caf\xC3\xA9", 5, 1, 0},
    {"\xC2\x85", 2, 0, 0},     /* NEL, a new line to some */
    {"\xC2\xA0", 2, 1, 0},     /* a no-break space is no control character */
    {"\xEF\xBB\xBF", 3, 0, 0}, /* a byte order mark shows nothing */
    {"\x85", 1, 0, 0},
    {"\x80", 1, 0, 0},
    {"\xC3(", 2, 0, 0},
    {"\xE2\x82(", 3, 0, 0},
    {"\xE2(\xAC", 3, 0, 0},
    {"\xF0\x9F\x98(", 4, 0, 0},
    {"\xFE", 1, 0, 0},
    {"\xFF\xFF", 2, 0, 0},
    {"\xF8\x88\x80\x80\x80", 5, 0, 0},
    {"\xC0\xAF", 2, 0, 0}, /* a slash, overlong */
    {"\033[2J", 4, 0, 0},
    {"a\n", 2, 0, 0},
    {"a\r", 2, 0, 0},
    {"a\t", 2, 0, 0},
};

TEST_CASE("text");

LOOP_TEST(texts, ARRAY_LENGTH(rows))
{
    const char *bytes = rows[_i].bytes;

    ck_assert_msg(characters_are_clean(bytes, rows[_i].size) == rows[_i].is_clean, "row %d", _i);
    ck_assert_msg(characters_are_visible_ascii(bytes, rows[_i].size) == rows[_i].is_visible,
                  "row %d, visible", _i);
}

TEST(every_byte_that_is_printable_ascii)
{
    for (int i = 0; i < 256; i++) {
        const char text[] = {'a', (char)i};
        ck_assert_msg(characters_are_printable_ascii(text, 2) == (i >= 0x20 && i <= 0x7E),
                      "byte %02X", i);
    }
    ck_assert_int_eq(characters_are_printable_ascii("", 0), 1);
}

TEST(every_byte_is_made_loggable)
{
    char text[257];

    for (int i = 1; i < 256; i++)
        text[i - 1] = (char)i;
    text[255] = '\0';
    characters_make_loggable(text);
    ck_assert_uint_eq(strlen(text), 255);
    for (int i = 1; i < 256; i++)
        ck_assert_msg(text[i - 1] == (i >= 0x20 && i <= 0x7E ? (char)i : '?'), "byte %02X", i);
}

TEST(every_byte_that_is_a_hex_digit)
{
    static const char digits[] = "0123456789abcdef", capitals[] = "0123456789ABCDEF";

    for (int i = 0; i < 256; i++) {
        int value = -1;
        for (int digit = 0; digit < 16; digit++)
            if ((char)i == digits[digit] || (char)i == capitals[digit])
                value = digit;
        ck_assert_msg(characters_hex_digit((char)i) == value, "byte %02X", i);
    }
}

TEST(bytes_in_hex)
{
    static const unsigned char wanted[] = {0x00, 0x0f, 0xf0, 0xAb, 0xFF};
    unsigned char bytes[sizeof wanted + 1] = {0};

    bytes[sizeof wanted] = 77;
    ck_assert_int_eq(characters_read_hex("000ff0aBFF", bytes, sizeof wanted), 0);
    ck_assert_mem_eq(bytes, wanted, sizeof wanted);
    ck_assert_int_eq(bytes[sizeof wanted], 77);
    ck_assert_int_eq(characters_read_hex("", bytes, 0), 0);
    ck_assert_int_eq(characters_read_hex("0g", bytes, 1), -1);
    ck_assert_int_eq(characters_read_hex("g0", bytes, 1), -1);
    ck_assert_int_eq(characters_read_hex("000", bytes, 2), -1); /* the closing zero is no digit */
}

/* By OpenSSL, for each size of the last group. */
TEST(bytes_in_base64)
{
    unsigned char bytes[66], read[sizeof bytes + 1];
    char text[4 * sizeof bytes / 3 + 4];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 251 + 97); /* every digit, + and / among them */
    for (size_t size = 0; size <= sizeof bytes; size++) {
        EVP_EncodeBlock((unsigned char *)text, bytes, (int)size);
        read[size] = 77;
        ck_assert_msg(characters_read_base64(text, read, size) == 0, "%s", text);
        ck_assert_mem_eq(read, bytes, size);
        ck_assert_int_eq(read[size], 77);
        ck_assert_int_eq(characters_read_base64(text, read, size + 1), -1);
        if (size > 0)
            ck_assert_int_eq(characters_read_base64(text, read, size - 1), -1);
    }
}

static const char *const not_base64_of_four[] = {
    "",          "YWJjZ",     "YWJjZA",   "YWJjZA=",  "YWJjZA===", "YWJjZB==",         "YWJjZA==\n",
    " YWJjZA==", "YWJj ZA==", "YWJj-A==", "YWJj_A==", "YWJj=A==",  "YWJjZA==YWJjZA==",
};

LOOP_TEST(no_base64, ARRAY_LENGTH(not_base64_of_four))
{
    unsigned char read[4];

    ck_assert_int_eq(characters_read_base64("YWJjZA==", read, sizeof read), 0);
    ck_assert_mem_eq(read, "abcd", sizeof read);
    ck_assert_int_eq(characters_read_base64(not_base64_of_four[_i], read, sizeof read), -1);
}

RUN_TESTS("text_characters", NULL);
