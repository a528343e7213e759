/* SPDX-License-Identifier: BSD-3-Clause */
/* The picture reader runs this on the bytes of the backend's picture. */
#include "pam_idinqr/picture/picture.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

#define SHADES 256 /* the most that a byte can index */
#define WHITE  0xFF

/* A gray picture with a border: a byte a pixel, row by row. */
struct grey {
    unsigned width, height; /* with the border */
    unsigned border;
    unsigned char *pixels;
};

static void
grey_free(struct grey *grey)
{
    free(grey->pixels);
}

#define GREY_AUTO __attribute__((cleanup(grey_free))) struct grey

static void
image_free(png_image *image)
{
    png_image_free(image);
}

/* Decodes the PNG in gray over white. Checks the sides before it allocates memory. */
static int
decode_png(const void *png, size_t png_size, struct grey *ret_grey)
{
    __attribute__((cleanup(image_free))) png_image image = {.version = PNG_IMAGE_VERSION};
    const png_color white = {WHITE, WHITE, WHITE};
    unsigned char greys[SHADES] = {0}; /* libpng sets the flags of the picture's properties */
    size_t n;

    if (!png_image_begin_read_from_memory(&image, png, png_size) || image.width == 0 ||
        image.height == 0 || image.width > PICTURE_SIDE_MAX || image.height > PICTURE_SIDE_MAX)
        return IDQ_PICTURE;
    /* The border is a quiet zone. ZXing-C++ requires one, and some codes lack it. */
    ret_grey->border = (image.width > image.height ? image.width : image.height) / 8 + 1;
    ret_grey->width = image.width + 2 * ret_grey->border;
    ret_grey->height = image.height + 2 * ret_grey->border;
    n = (size_t)ret_grey->width * ret_grey->height;
    ret_grey->pixels = calloc(n, 1);
    if (!ret_grey->pixels)
        return IDQ_SYSTEM;
    /* Decoded as indexes into a table of grays: a code has few colors, and libpng converts each
     * color to gray once instead of every pixel. */
    image.format = PNG_FORMAT_GRAY | PNG_FORMAT_FLAG_COLORMAP;
    if (!png_image_finish_read(&image, &white,
                               ret_grey->pixels + (size_t)ret_grey->border * ret_grey->width +
                                   ret_grey->border,
                               (png_int_32)ret_grey->width, greys) ||
        PNG_IMAGE_FAILED(image))
        return IDQ_PICTURE;
    for (size_t i = 0; i < n; i++)
        ret_grey->pixels[i] = greys[ret_grey->pixels[i]];
    return 0;
}

static void
whiten_border(struct grey *grey)
{
    unsigned char *row = grey->pixels;

    for (unsigned y = 0; y < grey->height; y++, row += grey->width)
        if (y < grey->border || y >= grey->height - grey->border) {
            memset(row, WHITE, grey->width);
        } else {
            memset(row, WHITE, grey->border);
            memset(row + grey->width - grey->border, WHITE, grey->border);
        }
}

static void
invert(struct grey *grey)
{
    for (size_t i = 0; i < (size_t)grey->width * grey->height; i++)
        grey->pixels[i] ^= WHITE;
}

static int
look(struct grey *grey, char *ret_payload, size_t capacity)
{
    whiten_border(grey);
    return read_code(grey->pixels, (int)grey->width, (int)grey->height, ret_payload, capacity);
}

int
picture_read(const void *png, size_t png_size, char *ret_payload, size_t capacity)
{
    GREY_AUTO grey = {0};
    int n_codes, error = decode_png(png, png_size, &grey);

    if (error)
        return error;
    n_codes = look(&grey, ret_payload, capacity);
    if (n_codes == 0) {
        invert(&grey);
        n_codes = look(&grey, ret_payload, capacity);
    }
    if (n_codes < 0)
        return IDQ_SYSTEM;
    if (n_codes == 1 && ret_payload[0] &&
        characters_are_visible_ascii(ret_payload, strlen(ret_payload)))
        return 0;
    return IDQ_PICTURE;
}
