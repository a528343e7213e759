/* See qr_png.h. */
#include "tests/unit/qr_png.h"

#include <check.h>
#include <png.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *
write_png(const unsigned char *rgba, unsigned width, unsigned height, size_t *ret_size)
{
    png_image image = {.version = PNG_IMAGE_VERSION, .width = width, .height = height};
    png_alloc_size_t size = 0;
    unsigned char *png;

    image.format = PNG_FORMAT_RGBA;
    ck_assert(png_image_write_to_memory(&image, NULL, &size, 0, rgba, 0, NULL));
    png = malloc(size);
    ck_assert_ptr_nonnull(png);
    ck_assert(png_image_write_to_memory(&image, png, &size, 0, rgba, 0, NULL));
    *ret_size = size;
    return png;
}

unsigned char *
qr_png_make(const struct qr_png_options *options, size_t *ret_size)
{
    QRcode *code = QRcode_encodeString(options->payload, 0, QR_ECLEVEL_H, QR_MODE_8, 1);
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
            int column = x % side / options->module_px - options->quiet;
            int row = y / options->module_px - options->quiet;
            int outside = x >= side * copies || y >= side;
            int inside =
                !outside && column >= 0 && row >= 0 && column < code->width && row < code->width;
            int dark = inside && (code->data[row * code->width + column] & 1);
            int light = outside || dark == options->inverted;
            int in_logo = !outside && abs(2 * (x % side) - side) < logo && abs(2 * y - side) < logo;

            memset(pixel, light && !options->transparent ? 0xFF : 0, 3);
            pixel[3] = light && options->transparent ? 0 : 0xFF;
            if (in_logo)
                memcpy(pixel, "\x40\x80\xC0\xFF", 4);
        }
    QRcode_free(code);
    png = write_png(rgba, (unsigned)width, (unsigned)height, ret_size);
    free(rgba);
    return png;
}

unsigned char *
qr_png_blank(unsigned width, unsigned height, size_t *ret_size)
{
    unsigned char *rgba = malloc((size_t)width * height * 4), *png;

    ck_assert_ptr_nonnull(rgba);
    memset(rgba, 0xFF, (size_t)width * height * 4);
    png = write_png(rgba, width, height, ret_size);
    free(rgba);
    return png;
}
