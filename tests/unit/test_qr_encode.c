/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads as QR codes: small, whole, the same as another encoder makes, and readable by a decoder
 * that is not ours. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/qr/qr_encode.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/qr/qr_codewords.h"
#include "tests/harness/camera.h"
#include "tests/harness/runner.h"
#include "tests/harness/stack_residue.h"

#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#define MODULE_PX 4
#define QUIET     4 /* modules */

static QRecLevel
level_of(const struct qr_code *code)
{
    static const QRecLevel levels[] = {QR_ECLEVEL_M, QR_ECLEVEL_L, QR_ECLEVEL_H, QR_ECLEVEL_Q};

    return levels[(qr_is_dark(code, 0, 8) << 1 | qr_is_dark(code, 1, 8)) ^ 2];
}

/* Of the same version, level and segments. */
static QRcode *
make_by_libqrencode(const char *payload, int version, QRecLevel level)
{
    static const QRencodeMode modes[QR_MODES] = {
        [QR_DIGITS] = QR_MODE_NUM, [QR_CAPITALS] = QR_MODE_AN, [QR_BYTES] = QR_MODE_8};
    unsigned char cut[QR_PAYLOAD_MAX];
    QRinput *input = QRinput_new2(version, level);
    size_t size = strlen(payload), end;
    QRcode *code;

    ck_assert_uint_gt(qr_segments_cut(payload, (unsigned)version, cut), 0);
    for (size_t begin = 0; begin < size; begin = end) {
        for (end = begin + 1; end < size && cut[end] == cut[begin];)
            end++;
        ck_assert_int_eq(QRinput_append(input, modes[cut[begin]], (int)(end - begin),
                                        (const unsigned char *)payload + begin),
                         0);
    }
    code = QRcode_encodeInput(input);
    ck_assert_ptr_nonnull(code);
    QRinput_free(input);
    return code;
}

/* Module by module, the choice of the mask included. */
static void
must_be_libqrencodes(const struct qr_code *code, const char *payload)
{
    QRcode *theirs = make_by_libqrencode(payload, (code->size - 17) / 4, level_of(code));

    ck_assert_int_eq(theirs->width, code->size);
    for (unsigned y = 0; y < code->size; y++)
        for (unsigned x = 0; x < code->size; x++)
            ck_assert_msg((theirs->data[y * code->size + x] & 1) == qr_is_dark(code, x, y),
                          "%s: column %u, row %u", payload, x, y);
    QRcode_free(theirs);
}

/* Each code that a test makes is compared. */
static struct qr_code
make(const char *payload)
{
    struct qr_code code;

    /* So that a byte the encoder leaves alone shows. */
    memset(&code, 0xFF, sizeof code);
    ck_assert_int_eq(qr_encode(payload, &code), 0);
    must_be_libqrencodes(&code, payload);
    return code;
}

static void
must_read_as(const struct qr_code *code, const char *payload)
{
    int side = (code->size + 2 * QUIET) * MODULE_PX;
    PICTURE_AUTO *picture = picture_new(side, side, 255);
    char *text;

    for (unsigned y = 0; y < code->size; y++)
        for (unsigned x = 0; x < code->size; x++)
            if (qr_is_dark(code, x, y))
                picture_fill(picture, ((int)x + QUIET) * MODULE_PX, ((int)y + QUIET) * MODULE_PX,
                             MODULE_PX, MODULE_PX, 0);
    ck_assert_int_eq(picture_decode_qr(picture, &text), 1);
    ck_assert_str_eq(text, payload);
    free(text);
}

/* A URL of `length` characters in which no run of digits or capitals helps. */
static const char *
url_of(char *ret_url, size_t length)
{
    strcpy(ret_url, "https://qrcode.idin.nl/");
    for (size_t i = strlen(ret_url); i < length; i++)
        ret_url[i] = (char)('a' + i * 7 % 26);
    ret_url[length] = '\0';
    return ret_url;
}

TEST(sizes_are_the_smallest_that_hold_the_payload)
{
    /* Version 1 has 21 modules, each one after it four more; ISO/IEC 18004 table 7, level L, bytes:
     * version 4 holds 78, version 5 106, version 6 134, version 8 192. */
    static const struct {
        size_t length;
        unsigned size;
    } cases[] = {{56, 33},  {71, 33},  {78, 33},  {79, 37},
                 {110, 41}, {134, 41}, {160, 49}, {192, 49}};
    char url[256];

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct qr_code code = make(url_of(url, cases[i].length));
        ck_assert_uint_eq(code.size, cases[i].size);
        must_read_as(&code, url);
    }
}

TEST(digits_and_capitals_take_less)
{
    /* 100 bytes are version 5; 92 of them as digits are far fewer bits. */
    const char *payload = "https://0123456789012345678901234567890123456789"
                          "0123456789012345678901234567890123456789012345678901";
    struct qr_code code = make(payload);

    ck_assert_uint_eq(strlen(payload), 100);
    ck_assert_uint_lt(code.size, 37);
    must_read_as(&code, payload);
}

TEST(short_runs_cost_nothing)
{
    /* 106 bytes fit in version 5. libqrencode's own cut into runs needs version 6. */
    const char *payload =
        "https://q.nl/s5K6mcQ9Q15xN0zG0TlWvhvPp8tn65836S5bO1W5Rbv16E7tz794mCavZ4pvKTh7CTyW"
        "B0X2ssX4rfWiz5pKbTAZOBjZ9";
    struct qr_code code = make(payload);

    ck_assert_uint_eq(strlen(payload), 106);
    ck_assert_uint_eq(code.size, 37);
    must_read_as(&code, payload);
}

TEST(error_correction_that_costs_nothing_is_taken)
{
    /* 13 bytes: version 1 holds 17 at L and 14 at M. The level is in the two modules at the left
     * end of row 8: 00 for M, under the mask 10. */
    struct qr_code code = make("https://a.nl/");

    ck_assert_uint_eq(code.size, 21);
    ck_assert_int_eq(qr_is_dark(&code, 0, 8), 1);
    ck_assert_int_eq(qr_is_dark(&code, 1, 8), 0);
    /* 17 bytes fit at L alone: 01, under the mask 11. */
    code = make("https://a.nl/abcd");
    ck_assert_uint_eq(code.size, 21);
    ck_assert_int_eq(qr_is_dark(&code, 0, 8), 1);
    ck_assert_int_eq(qr_is_dark(&code, 1, 8), 1);
}

static unsigned
width_of(QRcode *code)
{
    unsigned width = code ? (unsigned)code->width : ~0U;

    QRcode_free(code);
    return width;
}

/* What libqrencode makes of a payload by itself, at its best. */
static unsigned
width_at(const char *payload, QRecLevel level)
{
    unsigned mixed = width_of(QRcode_encodeString(payload, 0, level, QR_MODE_8, 1));
    unsigned bytes = width_of(QRcode_encodeString8bit(payload, 0, level));

    return mixed < bytes ? mixed : bytes;
}

/* The most bytes that libqrencode gets into a code of this width. */
static size_t
capacity_at(unsigned width, QRecLevel level)
{
    char url[QR_PAYLOAD_MAX + 1];
    size_t fits = 0, too_many = QR_PAYLOAD_MAX + 1;

    while (too_many - fits > 1) {
        size_t length = (fits + too_many) / 2;
        if (width_of(QRcode_encodeString8bit(url_of(url, length), 0, level)) <= width)
            fits = length;
        else
            too_many = length;
    }
    return fits;
}

/* At the edges of every size and level: one of the figures, if it were too large, would make no
 * code of a byte too many, and too small, a larger one, or one with less error correction. */
TEST(libqrencode_holds_as_much)
{
    char url[QR_PAYLOAD_MAX + 1];

    for (unsigned width = QR_SIZE_MIN; width <= 21 + 4 * 22; width += 4)
        for (QRecLevel level = QR_ECLEVEL_L; level <= QR_ECLEVEL_H; level++) {
            size_t most = capacity_at(width, level);
            struct qr_code code = make(url_of(url, most));
            ck_assert_uint_le(code.size, width);
            ck_assert(code.size < width || level_of(&code) >= level);
            if (most < QR_PAYLOAD_MAX) {
                code = make(url_of(url, most + 1));
                ck_assert(code.size > width || level_of(&code) < level);
            }
        }
}

TEST(nor_where_runs_of_all_kinds_are_mixed)
{
    static const char *const signs[] = {
        "0123456789",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 $%*+-./:", "abcdefghijklmnopqrstuvwxyz-_?=&"};
    unsigned random = 7;

    for (size_t i = 0; i < 300; i++) {
        char payload[QR_PAYLOAD_MAX + 1] = "https://";
        /* Most are short, as links are; all sizes are among them. */
        for (size_t at = 8; at < 20 + i + (i % 3 == 0 ? 2 * i : 0);) {
            const char *from = signs[(random >> 16) % 3];
            for (unsigned run = (random >> 20) % 30 + 1; run > 0; run--, at++) {
                random = random * 1103515245 + 12345;
                payload[at] = from[(random >> 16) % strlen(from)];
            }
        }
        struct qr_code code = make(payload);
        ck_assert_uint_le(code.size, width_at(payload, QR_ECLEVEL_L));
        if (i % 10 == 0)
            must_read_as(&code, payload);
    }
}

TEST(the_longest_payload_has_a_code)
{
    char url[QR_PAYLOAD_MAX + 2];
    struct qr_code code = make(url_of(url, QR_PAYLOAD_MAX)), kept = code;

    must_read_as(&code, url);
    ck_assert_int_eq(qr_encode(url_of(url, QR_PAYLOAD_MAX + 1), &code), IDQ_PICTURE);
    ck_assert_mem_eq(&code, &kept, sizeof code);
}

/* On the stack; nothing else is used. */
static struct {
    const char *payload;
    struct qr_codewords codewords;
    struct qr_code code;
} kept = {.payload = "https://qrcode.idin.nl/a-link-in-one-segment"};

static void
make_codewords(void *unused)
{
    (void)unused;
    ck_assert_int_eq(qr_codewords_make(kept.payload, &kept.codewords), 0);
}

static void
encode(void *unused)
{
    (void)unused;
    ck_assert_int_eq(qr_encode(kept.payload, &kept.code), 0);
}

TEST(nothing_stays_on_the_stack, .why_not = stack_residue_why_not())
{
    static void (*const functions[])(void *) = {make_codewords, encode};

    for (size_t i = 0; i < ARRAY_LENGTH(functions); i++) {
        stack_residue_run(functions[i], NULL);
        /* Codewords of one block are stored as they are: data first, error correction last. */
        const unsigned char *bytes = kept.codewords.bytes;
        ck_assert_uint_eq(kept.codewords.version, 3);
        for (unsigned at = 2; at + 8 <= kept.codewords.n_bytes; at++)
            ck_assert_msg(stack_residue_count(bytes + at, 8) == 0, "function %zu, byte %u", i, at);
        ck_assert_uint_eq(stack_residue_count(kept.payload + 8, 8), 0);
    }
    for (size_t at = 40; at < 90; at += 8)
        ck_assert_uint_eq(stack_residue_count(kept.code.modules + at, 8), 0);
}

TEST(nothing_is_no_payload)
{
    struct qr_code code = {0};

    ck_assert_int_eq(qr_encode("", &code), IDQ_PICTURE);
    ck_assert_uint_eq(code.size, 0);
}

RUN_TESTS("qr_encode", NULL);
