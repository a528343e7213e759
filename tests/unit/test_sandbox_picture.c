/* SPDX-License-Identifier: BSD-3-Clause */
/* The picture of a code, read by a decoder that is not ours. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/sandbox/handlers.h"
#include "tests/harness/camera.h"
#include "tests/harness/runner.h"

#include <stdlib.h>
#include <string.h>

#define SHORT_URL "https://127.0.0.1:40123/q/0123456789abcdefghij_-"

static const int sizes_px[] = {100, 333, 1000, 2000};

TEST_CASE("picture");

LOOP_TEST(decodes_in_every_size, ARRAY_LENGTH(sizes_px))
{
    unsigned char *png;
    size_t size;
    char *text;

    ck_assert_int_eq(picture_png_draw(SHORT_URL, sizes_px[_i], &png, &size), 0);
    PICTURE_AUTO *picture = picture_from_png(png, size);
    ck_assert_int_eq(picture->width_px, sizes_px[_i]);
    ck_assert_int_eq(picture->height_px, sizes_px[_i]);
    ck_assert_int_eq(picture_decode_qr(picture, &text), 1);
    ck_assert_str_eq(text, SHORT_URL);
    free(text);
    free(png);
}

/* The middle must not be a module's black or white: what is tested with this sandbox has to cope
 * with a logo. */
TEST(has_a_logo_and_a_quiet_zone)
{
    unsigned char *png;
    size_t size;

    ck_assert_int_eq(picture_png_draw(SHORT_URL, 1000, &png, &size), 0);
    PICTURE_AUTO *picture = picture_from_png(png, size);
    unsigned char middle = picture->gray[500 * 1000 + 500];
    ck_assert_int_gt(middle, 0);
    ck_assert_int_lt(middle, 255);
    for (int y = 0; y < 1000; y++)
        for (int x = 0; x < 80; x++) /* four modules of 20 px: 1000 / (41 + 8) */
            ck_assert_int_eq(picture->gray[y * 1000 + x], 255);
    free(png);
}

TEST(refuses_what_does_not_fit)
{
    char long_url[501] = "https://";
    unsigned char *png;
    size_t size;

    memset(long_url + 8, 'a', sizeof long_url - 9);
    ck_assert_int_eq(picture_png_draw(long_url, 100, &png, &size), IDQ_PICTURE);
    ck_assert_int_eq(picture_png_draw(long_url, 300, &png, &size), 0);
    free(png);
}

RUN_TESTS("sandbox_picture", NULL);
