/* SPDX-License-Identifier: BSD-3-Clause */
/* The backend's picture: as backends draw it, and as one that means harm would send it. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/picture/picture.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/qr_png.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define PAYLOAD "https://qrcode.idin.nl/q/Q2hlY2stbWUtb3V0ISE"

static const struct qr_png_options plain = {.payload = PAYLOAD, .module_px = 10, .quiet = 4};

/* What picture_read says about the code that the options describe. */
static int
read_drawn(const struct qr_png_options *options, char *ret_payload, size_t capacity)
{
    size_t size;
    unsigned char *png = qr_png_make(options, &size);
    int error = picture_read(png, size, ret_payload, capacity);

    free(png);
    return error;
}

static void
must_read(const struct qr_png_options *options)
{
    char payload[256] = "";

    ck_assert_int_eq(read_drawn(options, payload, sizeof payload), 0);
    ck_assert_str_eq(payload, options->payload);
}

static void
must_refuse(const struct qr_png_options *options)
{
    char payload[256];

    ck_assert_int_eq(read_drawn(options, payload, sizeof payload), IDQ_PICTURE);
}

TEST_CASE("reads");

TEST(plain_and_large)
{
    struct qr_png_options large = plain;

    must_read(&plain);
    large.module_px = 40;
    must_read(&large);
}

TEST(logo_in_the_middle)
{
    struct qr_png_options drawn = plain;

    drawn.logo_percent = 20;
    must_read(&drawn);
}

/* The logo is on an alignment pattern in all codes of version 7 (64 bytes) to 13 (177 bytes). */
TEST(logo_on_the_pattern_in_the_middle)
{
    char payload[178] = "https://qr.example/";
    struct qr_png_options drawn = plain;

    drawn.payload = payload;
    drawn.logo_percent = 20;
    for (size_t length = strlen(payload); length < sizeof payload - 1; length++) {
        payload[length] = "0123456789abcdefghijklmnopqrstuvwxyz"[length * 7 % 36];
        must_read(&drawn);
    }
}

TEST(no_quiet_zone)
{
    struct qr_png_options drawn = plain;

    drawn.quiet = 0;
    must_read(&drawn);
    drawn.inverted = 1;
    must_read(&drawn);
}

TEST(light_on_dark)
{
    struct qr_png_options drawn = plain;

    drawn.inverted = 1;
    must_read(&drawn);
    drawn.logo_percent = 15;
    must_read(&drawn);
}

TEST(transparent_is_white)
{
    struct qr_png_options drawn = plain;

    drawn.transparent = 1;
    must_read(&drawn);
}

TEST(numbers_in_a_palette)
{
    struct qr_png_options drawn = plain;

    drawn.numbered = 1;
    must_read(&drawn);
}

TEST(tiny)
{
    struct qr_png_options drawn = plain;

    drawn.module_px = 1;
    must_read(&drawn);
    drawn.module_px = 2;
    must_read(&drawn);
}

/* Modules that a reader with larger steps would miss. */
TEST(small_in_a_large_picture)
{
    struct qr_png_options drawn = plain;

    drawn.module_px = 2;
    drawn.wider_px = 1200;
    drawn.taller_px = 1200;
    must_read(&drawn);
}

TEST_CASE("refuses");

TEST(two_codes_or_none)
{
    struct qr_png_options drawn = plain;
    char payload[256];
    size_t size;
    unsigned char *png = qr_png_blank(600, 600, &size);

    ck_assert_int_eq(picture_read(png, size, payload, sizeof payload), IDQ_PICTURE);
    free(png);
    drawn.copies = 2;
    must_refuse(&drawn);
}

/* However small it is beside the first. */
TEST(a_second_code_that_is_smaller)
{
    struct qr_png_options drawn = plain;

    drawn.taller_px = 600;
    drawn.second_px = 10;
    must_refuse(&drawn);
    drawn.taller_px = 200;
    drawn.second_px = 2;
    must_refuse(&drawn);
}

/* What could be taken for a code whose middle is under a logo, by its sides and the corner where a
 * finder pattern would be. */
TEST(shapes_that_are_no_code)
{
    static const struct {
        unsigned width, height;
        struct qr_png_bar bars[3];
    } shapes[] = {
        /* Nothing is dark in the corner of a cross. */
        {900, 900, {{300, 0, 300, 900}, {0, 300, 900, 300}}},
        /* As wide as a code of version 7 with such a finder pattern, and flat: a pattern in its
         * middle would begin above the picture, */
        {2048, 20, {{0, 0, 318, 10}, {2040, 0, 8, 20}}},
        /* or end below it. */
        {2048, 120, {{0, 100, 318, 10}, {2040, 100, 8, 20}}},
        /* As high and wide as one, with a finder pattern of one pixel, of all, of none. */
        {45, 45, {{0, 0, 1, 1}, {44, 44, 1, 1}}},
        {450, 450, {{0, 0, 450, 450}}},
        {1, 1, {{0, 0, 1, 1}}},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(shapes); i++) {
        char payload[256];
        size_t size;
        unsigned char *png =
            qr_png_bars(shapes[i].width, shapes[i].height, shapes[i].bars, 3, &size);

        ck_assert_int_eq(picture_read(png, size, payload, sizeof payload), IDQ_PICTURE);
        free(png);
    }
}

TEST(payloads_that_no_url_has)
{
    struct qr_png_options drawn = plain;

    drawn.payload = "https://qrcode.idin.nl/\xC3\xA9";
    must_refuse(&drawn);
    drawn.payload = "https://qrcode.idin.nl/ x";
    must_refuse(&drawn);
    drawn.payload = "https://qrcode.idin.nl/\nx";
    must_refuse(&drawn);
    drawn.payload = "https://qrcode.idin.nl/\0x"; /* would be a shorter link than it says */
    drawn.payload_size = 25;
    must_refuse(&drawn);
}

TEST(payload_has_to_fit)
{
    char payload[sizeof PAYLOAD];

    ck_assert_int_eq(read_drawn(&plain, payload, sizeof payload), 0);
    ck_assert_int_eq(read_drawn(&plain, payload, sizeof payload - 1), IDQ_PICTURE);
}

TEST(too_large_a_side)
{
    struct qr_png_options drawn = plain;
    size_t size;
    unsigned char *png = qr_png_make(&plain, &size);
    int side_px = (int)(png[18] << 8 | png[19]); /* the low half of IHDR's width */

    free(png);
    drawn.wider_px = PICTURE_SIDE_MAX - side_px;
    must_read(&drawn);
    drawn.wider_px++;
    must_refuse(&drawn);
    drawn.wider_px = 0;
    drawn.taller_px = PICTURE_SIDE_MAX - side_px;
    must_read(&drawn);
    drawn.taller_px++;
    must_refuse(&drawn);
}

/* A PNG starts with 8 bytes, then IHDR: length, name, width, height, 5 bytes more, CRC of all but
 * the length. */
static void
set_sides(unsigned char *png, uint32_t width, uint32_t height)
{
    uint32_t crc;

    for (unsigned i = 0; i < 4; i++) {
        png[16 + i] = (unsigned char)(width >> (24 - 8 * i));
        png[20 + i] = (unsigned char)(height >> (24 - 8 * i));
    }
    crc = (uint32_t)crc32(0, png + 12, 17);
    for (unsigned i = 0; i < 4; i++)
        png[29 + i] = (unsigned char)(crc >> (24 - 8 * i));
}

TEST(sides_that_are_not_true)
{
    static const uint32_t sides[][2] = {
        {2048, 2048}, {0x7FFFFFFF, 0x7FFFFFFF}, {0xFFFFFFFF, 1}, {0, 0}, {1, 0x7FFFFFFF}};
    char payload[256];
    size_t size;

    for (size_t i = 0; i < ARRAY_LENGTH(sides); i++) {
        unsigned char *png = qr_png_make(&plain, &size);
        set_sides(png, sides[i][0], sides[i][1]);
        ck_assert_int_eq(picture_read(png, size, payload, sizeof payload), IDQ_PICTURE);
        free(png);
    }
}

TEST(cut_off_anywhere)
{
    char payload[256];
    size_t size;
    unsigned char *png = qr_png_make(&plain, &size);

    /* The last 12 bytes are an empty IEND, and the 4 before them a CRC: with the pixels all there,
     * libpng does not ask for them. */
    for (size_t cut = 0; cut < size - 16; cut += 7) {
        /* A block of just this size, so that a sanitizer sees a read behind it. */
        unsigned char *part = malloc(cut ? cut : 1);
        ck_assert_ptr_nonnull(part);
        memcpy(part, png, cut);
        ck_assert_int_eq(picture_read(part, cut, payload, sizeof payload), IDQ_PICTURE);
        free(part);
    }
    free(png);
}

TEST(other_bytes)
{
    static const char html[] = "<html>502</html>";
    char payload[256];

    ck_assert_int_eq(picture_read(html, strlen(html), payload, sizeof payload), IDQ_PICTURE);
    ck_assert_int_eq(picture_read("", 0, payload, sizeof payload), IDQ_PICTURE);
}

RUN_TESTS("picture", NULL);
