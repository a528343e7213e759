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
struct gray {
    unsigned width, height; /* with the border */
    unsigned border;
    unsigned char *pixels;
};

static void
gray_free(struct gray *gray)
{
    free(gray->pixels);
}

#define GRAY_AUTO __attribute__((cleanup(gray_free))) struct gray

static void
image_free(png_image *image)
{
    png_image_free(image);
}

/* Decodes the PNG in gray over white. Checks the sides before it allocates memory. */
static int
decode_png(const void *png, size_t png_size, struct gray *ret_gray)
{
    __attribute__((cleanup(image_free))) png_image image = {.version = PNG_IMAGE_VERSION};
    const png_color white = {WHITE, WHITE, WHITE};
    unsigned char grays[SHADES] = {0}; /* libpng sets the flags of the picture's properties */
    size_t n;

    if (!png_image_begin_read_from_memory(&image, png, png_size) || image.width == 0 ||
        image.height == 0 || image.width > PICTURE_SIDE_MAX || image.height > PICTURE_SIDE_MAX)
        return IDQ_PICTURE;
    /* The border is a quiet zone. ZXing-C++ requires one, and some codes lack it. */
    ret_gray->border = (image.width > image.height ? image.width : image.height) / 8 + 1;
    ret_gray->width = image.width + 2 * ret_gray->border;
    ret_gray->height = image.height + 2 * ret_gray->border;
    n = (size_t)ret_gray->width * ret_gray->height;
    ret_gray->pixels = calloc(n, 1);
    if (!ret_gray->pixels)
        return IDQ_SYSTEM;
    /* Decoded as indexes into a table of grays: a code has few colors, and libpng converts each
     * color to gray once instead of every pixel. */
    image.format = PNG_FORMAT_GRAY | PNG_FORMAT_FLAG_COLORMAP;
    if (!png_image_finish_read(&image, &white,
                               ret_gray->pixels + (size_t)ret_gray->border * ret_gray->width +
                                   ret_gray->border,
                               (png_int_32)ret_gray->width, grays) ||
        PNG_IMAGE_FAILED(image))
        return IDQ_PICTURE;
    for (size_t i = 0; i < n; i++)
        ret_gray->pixels[i] = grays[ret_gray->pixels[i]];
    return 0;
}

static void
whiten_border(struct gray *gray)
{
    unsigned char *row = gray->pixels;

    for (unsigned y = 0; y < gray->height; y++, row += gray->width)
        if (y < gray->border || y >= gray->height - gray->border) {
            memset(row, WHITE, gray->width);
        } else {
            memset(row, WHITE, gray->border);
            memset(row + gray->width - gray->border, WHITE, gray->border);
        }
}

static void
invert(struct gray *gray)
{
    for (size_t i = 0; i < (size_t)gray->width * gray->height; i++)
        gray->pixels[i] ^= WHITE;
}

static int
look(struct gray *gray, char *ret_payload, size_t capacity)
{
    whiten_border(gray);
    return read_code(gray->pixels, (int)gray->width, (int)gray->height, ret_payload, capacity);
}

int
picture_read(const void *png, size_t png_size, char *ret_payload, size_t capacity)
{
    GRAY_AUTO gray = {0};
    int n_codes, error = decode_png(png, png_size, &gray);

    if (error)
        return error;
    n_codes = look(&gray, ret_payload, capacity);
    if (n_codes == 0) {
        invert(&gray);
        n_codes = look(&gray, ret_payload, capacity);
    }
    if (n_codes < 0)
        return IDQ_SYSTEM;
    if (n_codes == 1 && ret_payload[0] &&
        characters_are_visible_ascii(ret_payload, strlen(ret_payload)))
        return 0;
    return IDQ_PICTURE;
}
