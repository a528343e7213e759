/* SPDX-License-Identifier: BSD-3-Clause */
/* See picture.h. */
#include "tests/harness/camera.h"

#include <check.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

struct picture *
picture_new(int width_px, int height_px, unsigned char shade)
{
    size_t size = (size_t)width_px * (size_t)height_px;
    struct picture *picture = malloc(sizeof *picture);

    ck_assert_ptr_nonnull(picture);
    *picture = (struct picture){width_px, height_px, malloc(size)};
    ck_assert_ptr_nonnull(picture->gray);
    memset(picture->gray, shade, size);
    return picture;
}

void
picture_free(struct picture **picture)
{
    if (*picture == NULL)
        return;
    free((*picture)->gray);
    free(*picture);
    *picture = NULL;
}

void
picture_fill(struct picture *picture, int x_px, int y_px, int width_px, int height_px,
             unsigned char shade)
{
    for (int y = y_px; y < y_px + height_px; y++)
        memset(picture->gray + (size_t)y * (size_t)picture->width_px + x_px, shade,
               (size_t)width_px);
}

int
picture_decode_qr(const struct picture *picture, char **ret_text)
{
    size_t size = (size_t)picture->width_px * (size_t)picture->height_px;
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    zbar_image_t *image = zbar_image_create();
    char *text = NULL;
    int count = 0, is_one_text = 1;

    zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1);
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, (unsigned)picture->width_px, (unsigned)picture->height_px);
    zbar_image_set_data(image, picture->gray, size, NULL);
    zbar_scan_image(scanner, image);
    for (const zbar_symbol_t *symbol = zbar_image_first_symbol(image); symbol != NULL;
         symbol = zbar_symbol_next(symbol)) {
        const char *data = zbar_symbol_get_data(symbol);
        size_t data_size = zbar_symbol_get_data_length(symbol);
        if (count++ == 0)
            text = strndup(data, data_size);
        else if (strlen(text) != data_size || memcmp(text, data, data_size) != 0)
            is_one_text = 0;
    }
    zbar_image_destroy(image);
    zbar_image_scanner_destroy(scanner);
    if (!is_one_text) {
        free(text);
        text = NULL;
    }
    *ret_text = text;
    return count;
}

struct picture *
picture_from_png(const void *bytes, size_t size)
{
    const png_color white = {255, 255, 255};
    png_image image = {.version = PNG_IMAGE_VERSION};

    if (!png_image_begin_read_from_memory(&image, bytes, size))
        ck_abort_msg("a PNG: %s", image.message);
    image.format = PNG_FORMAT_GRAY;
    struct picture *picture = picture_new((int)image.width, (int)image.height, 255);
    if (!png_image_finish_read(&image, &white, picture->gray, 0, NULL))
        ck_abort_msg("a PNG: %s", image.message);
    return picture;
}
