/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on the link of a code. */
#include "pam_idinqr/sandbox/picture_png.h"

#include "pam_idinqr/common/error.h"

#include <png.h>
#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#define QUIET_ZONE   4 /* modules */
#define LOGO_PERCENT 20

enum colour {
    COLOUR_LIGHT,
    COLOUR_DARK,
    COLOUR_LOGO,
    COLOUR_COUNT,
};

/* Red, green, blue. */
static const png_byte palette[COLOUR_COUNT * 3] = {
    255, 255, 255, /* light */
    0,   0,   0,   /* dark */
    11,  95,  112, /* logo: the colour of the phone's pages */
};

static void
draw_modules(png_bytep pixels, int size_px, const QRcode *qr, int module_px)
{
    int origin = (size_px - qr->width * module_px) / 2;

    for (int y = 0; y < qr->width * module_px; y++)
        for (int x = 0; x < qr->width * module_px; x++) {
            int module = y / module_px * qr->width + x / module_px;
            if (qr->data[module] & 1)
                pixels[(origin + y) * size_px + origin + x] = COLOUR_DARK;
        }
}

/* A disc with a ring in it, on a white disc: a fictional logo. Error correction absorbs the modules
 * that it covers. */
static void
draw_logo(png_bytep pixels, int size_px, int logo_px)
{
    int r = logo_px / 2, centre = size_px / 2;

    for (int y = -r; y <= r; y++)
        for (int x = -r; x <= r; x++) {
            int percent = (x * x + y * y) * 100 / (r * r); /* of the radius, squared */
            int is_white = percent > 78 || (percent > 12 && percent < 30);
            if (percent <= 100)
                pixels[(centre + y) * size_px + centre + x] = is_white ? COLOUR_LIGHT : COLOUR_LOGO;
        }
}

int
picture_png_draw(const char *payload, int size_px, unsigned char **ret_png, size_t *ret_size)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    png_alloc_size_t png_size = 0;
    png_bytep pixels = NULL, png = NULL;
    int error = IDQ_SYSTEM;
    QRcode *qr = QRcode_encodeString8bit(payload, 0, QR_ECLEVEL_H);

    if (!qr)
        return IDQ_SYSTEM;
    int module_px = size_px / (qr->width + 2 * QUIET_ZONE);
    if (module_px < 1) {
        QRcode_free(qr);
        return IDQ_PICTURE;
    }
    image.width = (png_uint_32)size_px;
    image.height = (png_uint_32)size_px;
    image.format = PNG_FORMAT_RGB_COLORMAP;
    image.colormap_entries = COLOUR_COUNT;
    pixels = calloc((size_t)size_px, (size_t)size_px);
    if (pixels) {
        draw_modules(pixels, size_px, qr, module_px);
        draw_logo(pixels, size_px, qr->width * module_px * LOGO_PERCENT / 100);
        png_size = PNG_IMAGE_PNG_SIZE_MAX(image);
        png = malloc(png_size);
    }
    if (png && png_image_write_to_memory(&image, png, &png_size, 0, pixels, 0, palette)) {
        *ret_png = png;
        *ret_size = png_size;
        png = NULL;
        error = 0;
    }
    png_image_free(&image);
    free(png);
    free(pixels);
    QRcode_free(qr);
    return error;
}
