/* SPDX-License-Identifier: BSD-3-Clause */
/* See qr_png.h. */
#include "tests/unit/qr_png.h"

#include <check.h>
#include <png.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *
write_image(png_image *image, const unsigned char *pixels, const unsigned char *palette,
            size_t *ret_size)
{
    png_alloc_size_t size = 0;
    unsigned char *png;

    ck_assert(png_image_write_to_memory(image, NULL, &size, 0, pixels, 0, palette));
    png = malloc(size);
    ck_assert_ptr_nonnull(png);
    ck_assert(png_image_write_to_memory(image, png, &size, 0, pixels, 0, palette));
    *ret_size = size;
    return png;
}

static unsigned char *
write_png(const unsigned char *rgba, unsigned width, unsigned height, size_t *ret_size)
{
    png_image image = {
        .version = PNG_IMAGE_VERSION, .width = width, .height = height, .format = PNG_FORMAT_RGBA};

    return write_image(&image, rgba, NULL, ret_size);
}

/* What is dark has a number between those of two whites, which take turns without an order: who
 * takes numbers for shades sees grain. */
static unsigned char *
write_numbered_png(const unsigned char *rgba, unsigned width, unsigned height, size_t *ret_size)
{
    unsigned char palette[256 * 3], *numbers = malloc((size_t)width * height), *png;
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = width,
                       .height = height,
                       .format = PNG_FORMAT_RGB_COLORMAP,
                       .colormap_entries = 256};

    ck_assert_ptr_nonnull(numbers);
    memset(palette, 0xFF, sizeof palette);
    memset(palette + 128 * 3, 0, 3);
    for (size_t i = 0; i < (size_t)width * height; i++)
        numbers[i] = rgba[4 * i] == 0 ? 128 : (i * 2654435761u >> 16) & 1 ? 0 : 255;
    png = write_image(&image, numbers, palette, ret_size);
    free(numbers);
    return png;
}

/* Whether the module is dark that has the pixel x, y, counted from the code's quiet zone on; not,
 * in the quiet zone. */
static int
is_dark(const QRcode *code, int quiet, int module_px, int x, int y)
{
    int column = x / module_px - quiet, row = y / module_px - quiet;

    return column >= 0 && row >= 0 && column < code->width && row < code->width &&
           (code->data[row * code->width + column] & 1);
}

static void
draw_second(unsigned char *rgba, int width, int top, const QRcode *code,
            const struct qr_png_options *options)
{
    int side = (code->width + 2 * options->quiet) * options->second_px;

    ck_assert_int_le(side, options->taller_px);
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            if (is_dark(code, options->quiet, options->second_px, x, y))
                memset(rgba + 4 * (size_t)((top + y) * width + x), 0, 3);
}

unsigned char *
qr_png_make(const struct qr_png_options *options, size_t *ret_size)
{
    QRcode *code = options->payload_size > 0
                       ? QRcode_encodeData(options->payload_size,
                                           (const unsigned char *)options->payload, 0, QR_ECLEVEL_H)
                       : QRcode_encodeString(options->payload, 0, QR_ECLEVEL_H, QR_MODE_8, 1);
    ck_assert_ptr_nonnull(code);
    int copies = options->copies ? options->copies : 1;
    int side = (code->width + 2 * options->quiet) * options->module_px;
    int width = side * copies + options->wider_px, height = side + options->taller_px;
    int logo = side * options->logo_percent / 100;
    unsigned char *rgba = malloc((size_t)width * (size_t)height * 4), *png;
    ck_assert_ptr_nonnull(rgba);

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            unsigned char *pixel = rgba + 4 * (size_t)(y * width + x);
            int outside = x >= side * copies || y >= side;
            int dark = !outside && is_dark(code, options->quiet, options->module_px, x % side, y);
            int light = outside || dark == options->inverted;
            int in_logo = !outside && abs(2 * (x % side) - side) < logo && abs(2 * y - side) < logo;

            memset(pixel, light && !options->transparent ? 0xFF : 0, 3);
            pixel[3] = light && options->transparent ? 0 : 0xFF;
            if (in_logo)
                memcpy(pixel, "\x40\x80\xC0\xFF", 4);
        }
    draw_second(rgba, width, side, code, options);
    QRcode_free(code);
    png = (options->numbered ? write_numbered_png : write_png)(rgba, (unsigned)width,
                                                               (unsigned)height, ret_size);
    free(rgba);
    return png;
}

unsigned char *
qr_png_bars(unsigned width, unsigned height, const struct qr_png_bar *bars, size_t n_bars,
            size_t *ret_size)
{
    unsigned char *rgba = malloc((size_t)width * height * 4), *png;

    ck_assert_ptr_nonnull(rgba);
    memset(rgba, 0xFF, (size_t)width * height * 4);
    for (const struct qr_png_bar *bar = bars; bar < bars + n_bars; bar++) {
        ck_assert_uint_le(bar->left + bar->width, width);
        ck_assert_uint_le(bar->top + bar->height, height);
        for (size_t y = bar->top; y < bar->top + bar->height; y++)
            for (size_t x = bar->left; x < bar->left + bar->width; x++)
                memset(rgba + 4 * (y * width + x), 0, 3);
    }
    png = write_png(rgba, width, height, ret_size);
    free(rgba);
    return png;
}

unsigned char *
qr_png_blank(unsigned width, unsigned height, size_t *ret_size)
{
    return qr_png_bars(width, height, NULL, 0, ret_size);
}
