/* SPDX-License-Identifier: BSD-3-Clause */
/* See png_faults.h. */
#include "tests/faults/png_faults.h"

#include "pam_idinqr/picture/picture.h"
#include "tests/unit/qr_png.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define SIGNATURE_SIZE 8
#define HEADER_END     33 /* of the signature and the chunk IHDR */
#define WIDTH_AT       16
#define HEIGHT_AT      20
#define TEXT_SIZE      (64L * 1024 * 1024)

/* A right one, `wider_px` wider than needed, with so many codes in it. */
static unsigned char *
draw(const char *link, int copies, int wider_px, size_t *ret_size)
{
    const struct qr_png_options options = {
        .payload = link, .module_px = 6, .quiet = 4, .copies = copies, .wider_px = wider_px};

    return qr_png_make(&options, ret_size);
}

static void
put_number(unsigned char *at, uint32_t number)
{
    number = htonl(number);
    memcpy(at, &number, sizeof number);
}

unsigned char *
png_blank(const char *link, size_t *ret_size)
{
    (void)link;
    return qr_png_blank(300, 300, ret_size);
}

unsigned char *
png_two_codes(const char *link, size_t *ret_size)
{
    return draw(link, 2, 0, ret_size);
}

unsigned char *
png_cut(const char *link, size_t *ret_size)
{
    unsigned char *png = draw(link, 1, 0, ret_size);

    *ret_size /= 2;
    return png;
}

unsigned char *
png_wrong_checksum(const char *link, size_t *ret_size)
{
    unsigned char *png = draw(link, 1, 0, ret_size);

    png[*ret_size / 2] ^= 1;
    return png;
}

unsigned char *
png_huge_dimensions(const char *link, size_t *ret_size)
{
    unsigned char *png = png_blank(link, ret_size);

    put_number(png + WIDTH_AT, INT32_MAX);
    put_number(png + HEIGHT_AT, INT32_MAX);
    put_number(png + HEADER_END - 4,
               (uint32_t)crc32(0, png + SIGNATURE_SIZE + 4, HEADER_END - SIGNATURE_SIZE - 8));
    return png;
}

unsigned char *
png_just_too_large(const char *link, size_t *ret_size)
{
    unsigned char *narrow = draw(link, 1, 0, ret_size);
    uint32_t width;

    memcpy(&width, narrow + WIDTH_AT, sizeof width);
    free(narrow);
    return draw(link, 1, PICTURE_SIDE_MAX + 1 - (int)ntohl(width), ret_size);
}

unsigned char *
png_bomb(const char *link, size_t *ret_size)
{
    (void)link;
    return qr_png_blank(PICTURE_SIDE_MAX, PICTURE_SIDE_MAX, ret_size);
}

unsigned char *
png_text_bomb(const char *link, size_t *ret_size)
{
    static const char start[] = "zTXtComment\0"; /* with the method, 0, at its end */
    unsigned char *png = draw(link, 1, 0, ret_size), *text = calloc(1, TEXT_SIZE), *chunk, *bomb;
    uLongf folded_size = compressBound(TEXT_SIZE);
    size_t size;

    chunk = malloc(4 + sizeof start + folded_size + 4);
    ck_assert(text && chunk);
    memcpy(chunk + 4, start, sizeof start);
    ck_assert_int_eq(compress(chunk + 4 + sizeof start, &folded_size, text, TEXT_SIZE), Z_OK);
    put_number(chunk, (uint32_t)(sizeof start - 4 + folded_size));
    size = 4 + sizeof start + folded_size;
    put_number(chunk + size, (uint32_t)crc32(0, chunk + 4, (uInt)(size - 4)));
    size += 4;
    bomb = malloc(*ret_size + size);
    ck_assert_ptr_nonnull(bomb);
    memcpy(bomb, png, HEADER_END);
    memcpy(bomb + HEADER_END, chunk, size);
    memcpy(bomb + HEADER_END + size, png + HEADER_END, *ret_size - HEADER_END);
    *ret_size += size;
    free(chunk);
    free(text);
    free(png);
    return bomb;
}
