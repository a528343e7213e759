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

/* Of the same version and level. */
static QRcode *
make_by_libqrencode(const char *payload, int version, QRecLevel level)
{
    QRcode *code = QRcode_encodeString8bit(payload, version, level);

    ck_assert_ptr_nonnull(code);
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

/* A URL of `length` characters. */
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

/* Any bytes, of all sizes; most are short, as links are. */
TEST(payloads_of_all_kinds)
{
    unsigned random = 7;

    for (size_t i = 0; i < 300; i++) {
        char payload[QR_PAYLOAD_MAX + 1] = "https://";
        for (size_t at = 8; at < 20 + i + (i % 3 == 0 ? 2 * i : 0); at++) {
            random = random * 1103515245 + 12345;
            payload[at] = (char)(' ' + (random >> 16) % 95);
        }
        struct qr_code code = make(payload);
        ck_assert_uint_le(code.size, width_of(QRcode_encodeString8bit(payload, 0, QR_ECLEVEL_L)));
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
