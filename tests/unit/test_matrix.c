/* Payloads as QR codes: small, whole, and readable by a decoder that is not ours. */
#include "pam_idinqr/agent/matrix.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "tests/harness/picture.h"
#include "tests/harness/runner.h"

#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#define MODULE_PX 4
#define QUIET     4 /* modules */

static struct qr_message
make(const char *payload)
{
    struct qr_message qr = {0};

    /* So that a byte the encoder leaves alone shows. */
    memset(qr.modules, 0xFF, sizeof qr.modules);
    ck_assert_uint_lt(strlen(payload), sizeof qr.payload);
    strcpy(qr.payload, payload);
    ck_assert_int_eq(matrix_make(&qr), 0);
    return qr;
}

static void
must_read_as(const struct qr_message *qr, const char *payload)
{
    int side = (qr->size + 2 * QUIET) * MODULE_PX;
    PICTURE_AUTO *picture = picture_new(side, side, 255);
    char *text;

    for (unsigned y = 0; y < qr->size; y++)
        for (unsigned x = 0; x < qr->size; x++)
            if (qr_is_dark(qr, x, y))
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

START_TEST(sizes_are_the_smallest_that_hold_the_payload)
{
    /* Version 1 has 21 modules, each one after it four more; ISO/IEC 18004 table 7, level L, bytes:
     * version 4 holds 78, version 5 106, version 6 134, version 8 192. */
    static const struct {
        size_t length;
        unsigned size;
    } cases[] = {{56, 33},  {71, 33},  {78, 33},  {79, 37},
                 {110, 41}, {134, 41}, {160, 49}, {192, 49}};
    char url[256];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct qr_message qr = make(url_of(url, cases[i].length));
        ck_assert_uint_eq(qr.size, cases[i].size);
        must_read_as(&qr, url);
    }
}
END_TEST

START_TEST(digits_and_capitals_take_less)
{
    /* 100 bytes are version 5; 92 of them as digits are far fewer bits. */
    const char *payload = "https://0123456789012345678901234567890123456789"
                          "0123456789012345678901234567890123456789012345678901";
    struct qr_message qr = make(payload);

    ck_assert_uint_eq(strlen(payload), 100);
    ck_assert_uint_lt(qr.size, 37);
    must_read_as(&qr, payload);
}
END_TEST

START_TEST(short_runs_cost_nothing)
{
    /* 106 bytes fit in version 5. libqrencode's own cut into runs needs version 6. */
    const char *payload =
        "https://q.nl/s5K6mcQ9Q15xN0zG0TlWvhvPp8tn65836S5bO1W5Rbv16E7tz794mCavZ4pvKTh7CTyW"
        "B0X2ssX4rfWiz5pKbTAZOBjZ9";
    struct qr_message qr = make(payload);

    ck_assert_uint_eq(strlen(payload), 106);
    ck_assert_uint_eq(qr.size, 37);
    must_read_as(&qr, payload);
}
END_TEST

START_TEST(error_correction_that_costs_nothing_is_taken)
{
    /* 13 bytes: version 1 holds 17 at L and 14 at M. The level is in the two modules at the left
     * end of row 8: 00 for M, under the mask 10. */
    struct qr_message qr = make("https://a.nl/");

    ck_assert_uint_eq(qr.size, 21);
    ck_assert_int_eq(qr_is_dark(&qr, 0, 8), 1);
    ck_assert_int_eq(qr_is_dark(&qr, 1, 8), 0);
    /* 17 bytes fit at L alone: 01, under the mask 11. */
    qr = make("https://a.nl/abcd");
    ck_assert_uint_eq(qr.size, 21);
    ck_assert_int_eq(qr_is_dark(&qr, 0, 8), 1);
    ck_assert_int_eq(qr_is_dark(&qr, 1, 8), 1);
}
END_TEST

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

static QRecLevel
level_of(const struct qr_message *qr)
{
    static const QRecLevel levels[] = {QR_ECLEVEL_M, QR_ECLEVEL_L, QR_ECLEVEL_H, QR_ECLEVEL_Q};

    return levels[(qr_is_dark(qr, 0, 8) << 1 | qr_is_dark(qr, 1, 8)) ^ 2];
}

/* The most bytes that libqrencode gets into a code of this width. */
static size_t
capacity_at(unsigned width, QRecLevel level)
{
    char url[PAYLOAD_MAX + 1];
    size_t fits = 0, too_many = PAYLOAD_MAX + 1;

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
START_TEST(libqrencode_holds_as_much)
{
    char url[PAYLOAD_MAX + 1];

    for (unsigned width = QR_SIZE_MIN; width <= 21 + 4 * 22; width += 4)
        for (QRecLevel level = QR_ECLEVEL_L; level <= QR_ECLEVEL_H; level++) {
            size_t most = capacity_at(width, level);
            struct qr_message qr = make(url_of(url, most));
            ck_assert_uint_le(qr.size, width);
            ck_assert(qr.size < width || level_of(&qr) >= level);
            if (most < PAYLOAD_MAX) {
                qr = make(url_of(url, most + 1));
                ck_assert(qr.size > width || level_of(&qr) < level);
            }
        }
}
END_TEST

START_TEST(nor_where_runs_of_all_kinds_are_mixed)
{
    static const char *const signs[] = {"0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./:",
                                        "abcdefghijklmnopqrstuvwxyz-_?=&"};
    unsigned random = 7;

    for (int i = 0; i < 200; i++) {
        char payload[PAYLOAD_MAX + 1] = "https://";
        for (size_t at = 8; at < (size_t)i + 20;) {
            const char *from = signs[(random >> 16) % 3];
            for (unsigned run = (random >> 20) % 30 + 1; run > 0; run--, at++) {
                random = random * 1103515245 + 12345;
                payload[at] = from[(random >> 16) % strlen(from)];
            }
        }
        struct qr_message qr = make(payload);
        ck_assert_uint_le(qr.size, width_at(payload, QR_ECLEVEL_L));
        if (i % 10 == 0)
            must_read_as(&qr, payload);
    }
}
END_TEST

START_TEST(it_passes_the_wire)
{
    char url[PAYLOAD_MAX + 1];
    struct qr_message qr = make(url_of(url, PAYLOAD_MAX)), read;
    FRAME_AUTO frame;

    must_read_as(&qr, url);
    message_write_qr(&frame, &qr);
    ck_assert_int_eq(message_read_qr(&frame, &read), 0);
    ck_assert_str_eq(read.payload, url);
    for (unsigned i = 0; i < 2; i++) { /* 21 * 21 bits leave seven, that must be zero */
        qr = make(i ? "https://a.nl/" : "https://b.nl/");
        message_write_qr(&frame, &qr);
        ck_assert_int_eq(message_read_qr(&frame, &read), 0);
    }
}
END_TEST

START_TEST(nothing_is_no_payload)
{
    struct qr_message qr = {0};

    ck_assert_int_eq(matrix_make(&qr), IDQ_PICTURE);
    ck_assert_uint_eq(qr.size, 0);
}
END_TEST

static Suite *
matrix_suite(void)
{
    Suite *suite = suite_create("matrix");
    TCase *all = tcase_create("matrix");

    tcase_add_test(all, sizes_are_the_smallest_that_hold_the_payload);
    tcase_add_test(all, digits_and_capitals_take_less);
    tcase_add_test(all, short_runs_cost_nothing);
    tcase_add_test(all, error_correction_that_costs_nothing_is_taken);
    tcase_add_test(all, libqrencode_holds_as_much);
    tcase_add_test(all, nor_where_runs_of_all_kinds_are_mixed);
    tcase_add_test(all, it_passes_the_wire);
    tcase_add_test(all, nothing_is_no_payload);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "matrix", matrix_suite, NULL);
}
