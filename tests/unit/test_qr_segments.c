/* SPDX-License-Identifier: BSD-3-Clause */
/* How payloads are cut into runs of digits, capitals and bytes: the fewest bits, counted by hand or
 * by trying every cut. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/qr/qr_codewords.h"
#include "tests/harness/runner.h"

#include <stdio.h>
#include <string.h>

/* The cut as a text: d, c or b for each character. */
static const char *
cut(const char *payload, unsigned version, unsigned *ret_bits)
{
    static char text[QR_PAYLOAD_MAX + 1];
    unsigned char modes[QR_PAYLOAD_MAX];

    *ret_bits = qr_segments_cut(payload, version, modes);
    for (size_t i = 0; i < strlen(payload); i++) {
        ck_assert_uint_lt(modes[i], QR_MODES);
        text[i] = "dcb"[modes[i]];
    }
    text[strlen(payload)] = '\0';
    return text;
}

/* ISO/IEC 18004, 7.4: in versions 1 to 9 headers take 14, 13 and 12 bits. */
TEST(by_hand)
{
    static const struct {
        const char *payload;
        unsigned version;
        const char *cut;
        unsigned bits;
    } cases[] = {
        {"7", 1, "d", 14 + 4},
        {"12345678", 1, "dddddddd", 14 + 27},
        {"01234567890123456", 27, "ddddddddddddddddd", 18 + 57},
        {"AC-42", 1, "ccccc", 13 + 28}, /* the standard's own example */
        {"https", 1, "bbbbb", 12 + 40},
        {"https", 10, "bbbbb", 20 + 40},
        {"HTTPS://A.NL", 1, "cccccccccccc", 13 + 66},
        {"ab123", 1, "bbbbb", 12 + 40}, /* a header more would cost more than it saves */
        {"ab12345678", 1, "bbdddddddd", 12 + 16 + 14 + 27},
        {"ABCDEFGHIJKLMNO+ab", 1, "ccccccccccccccccbb", 13 + 88 + 12 + 16},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        unsigned bits;
        ck_assert_str_eq(cut(cases[i].payload, cases[i].version, &bits), cases[i].cut);
        ck_assert_uint_eq(bits, cases[i].bits);
    }
}

static unsigned
segment_bits(unsigned mode, unsigned n)
{
    return mode == QR_DIGITS ? 14 + n / 3 * 10 +
                                   (n % 3 == 2   ? 7
                                    : n % 3 == 1 ? 4
                                                 : 0)
           : mode == QR_CAPITALS ? 13 + n / 2 * 11 + n % 2 * 6
                                 : 12 + 8 * n;
}

/* Of all ways to give each character a mode that can write it. */
static unsigned
least_of_all(const char *payload, size_t size)
{
    unsigned n_ways = 1, least = ~0U;

    for (size_t i = 0; i < size; i++)
        n_ways *= QR_MODES;
    for (unsigned way = 0; way < n_ways; way++) {
        unsigned bits = 0, rest = way, run = 0, last = QR_MODES;
        int possible = 1;
        for (size_t i = 0; i < size; i++, rest /= QR_MODES) {
            unsigned mode = rest % QR_MODES;
            int is_digit = payload[i] >= '0' && payload[i] <= '9';
            int is_capital = is_digit || (payload[i] >= 'A' && payload[i] <= 'Z');
            if ((mode == QR_DIGITS && !is_digit) || (mode == QR_CAPITALS && !is_capital))
                possible = 0;
            if (mode != last && run > 0) {
                bits += segment_bits(last, run);
                run = 0;
            }
            last = mode;
            run++;
        }
        bits += segment_bits(last, run);
        if (possible && bits < least)
            least = bits;
    }
    return least;
}

TEST(no_cut_is_shorter)
{
    unsigned random = 1;

    for (int i = 0; i < 300; i++) {
        char payload[12] = "";
        size_t size = 1 + (size_t)i % 9;
        unsigned bits;
        for (size_t at = 0; at < size; at++) {
            random = random * 1103515245 + 12345;
            payload[at] = "0123456789ABCDEFabcd"[random >> 16 & 15];
            if (random >> 24 & 1)
                payload[at] = (char)('0' + (random >> 20) % 10);
            if ((random >> 25) % 8 == 0)
                payload[at] = 'q';
        }
        (void)cut(payload, 1, &bits);
        ck_assert_msg(bits == least_of_all(payload, size), "%s: %u", payload, bits);
    }
}

TEST(nothing_and_too_much)
{
    unsigned char modes[QR_PAYLOAD_MAX];
    char payload[QR_PAYLOAD_MAX + 2];

    ck_assert_uint_eq(qr_segments_cut("", 1, modes), 0);
    memset(payload, 'a', sizeof payload);
    payload[QR_PAYLOAD_MAX + 1] = '\0';
    ck_assert_uint_eq(qr_segments_cut(payload, 1, modes), 0);
    payload[QR_PAYLOAD_MAX] = '\0';
    ck_assert_uint_eq(qr_segments_cut(payload, 10, modes), 20 + 8 * QR_PAYLOAD_MAX);
}

RUN_TESTS("qr_segments", NULL);
