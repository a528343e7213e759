/* See picture.h. */
#include "pam_idinqr/agent/picture.h"

#include "pam_idinqr/common/characters.h"
#include "pam_idinqr/common/error.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

#define DOUBLED_MOST 1024 /* px: a larger side needs no enlarging */
#define HALVED_LEAST 250  /* px: a smaller side is looked through line by line at once */
#define COARSE_STEP  2    /* lines, of a picture that was halved */

#define SHADES 256 /* that a byte can number */
#define DARK   128 /* and below */

/* Codes with an alignment pattern in their very middle (ISO/IEC 18004, annex E), up to the size of
 * those that fit a terminal. */
#define CENTRED_FIRST    7
#define CENTRED_LAST     13
#define MODULES(version) (17 + 4 * (version))
#define FINDER_MODULES   7

/* One grey picture, a byte a pixel, row by row. */
struct grey {
    unsigned width, height;
    unsigned char *pixels;
};

static void
grey_free(struct grey *grey)
{
    free(grey->pixels);
}

#define GREY_AUTO __attribute__((cleanup(grey_free))) struct grey

static int
grey_new(struct grey *ret_grey, unsigned width, unsigned height)
{
    ret_grey->pixels = malloc((size_t)width * height);
    if (!ret_grey->pixels)
        return IDQ_SYSTEM;
    ret_grey->width = width;
    ret_grey->height = height;
    return 0;
}

static void
image_free(png_image *image)
{
    png_image_free(image);
}

/* The PNG in grey over white. The sides are checked before memory is asked for. No border is added:
 * zbar finds a code that has no quiet zone around it. */
static int
decode_png(const void *png, size_t png_size, struct grey *ret_grey)
{
    __attribute__((cleanup(image_free))) png_image image = {.version = PNG_IMAGE_VERSION};
    const png_color white = {0xFF, 0xFF, 0xFF};
    unsigned char greys[SHADES] = {0}; /* libpng sets those that the picture has */
    int error;

    if (!png_image_begin_read_from_memory(&image, png, png_size) || image.width == 0 ||
        image.height == 0 || image.width > PICTURE_SIDE_MAX || image.height > PICTURE_SIDE_MAX)
        return IDQ_PICTURE;
    /* As numbers in a table of greys: a code has a few colours, and libpng is quicker at making
     * each of them grey once than every pixel. */
    image.format = PNG_FORMAT_GRAY | PNG_FORMAT_FLAG_COLORMAP;
    error = grey_new(ret_grey, image.width, image.height);
    if (error)
        return error;
    if (!png_image_finish_read(&image, &white, ret_grey->pixels, (png_int_32)ret_grey->width,
                               greys) ||
        PNG_IMAGE_FAILED(image))
        return IDQ_PICTURE;
    for (size_t i = 0; i < (size_t)ret_grey->width * ret_grey->height; i++)
        ret_grey->pixels[i] = greys[ret_grey->pixels[i]];
    return 0;
}

static void
invert(struct grey *grey)
{
    for (size_t i = 0; i < (size_t)grey->width * grey->height; i++)
        grey->pixels[i] ^= 0xFF;
}

/* Every second pixel of every second row. */
static int
halve(const struct grey *grey, struct grey *ret_grey)
{
    int error = grey_new(ret_grey, grey->width / 2, grey->height / 2);

    if (error)
        return error;
    for (size_t y = 0; y < ret_grey->height; y++)
        for (size_t x = 0; x < ret_grey->width; x++)
            ret_grey->pixels[y * ret_grey->width + x] = grey->pixels[2 * y * grey->width + 2 * x];
    return 0;
}

static int
double_up(const struct grey *grey, struct grey *ret_grey)
{
    int error = grey_new(ret_grey, 2 * grey->width, 2 * grey->height);

    if (error)
        return error;
    for (size_t y = 0; y < ret_grey->height; y++)
        for (size_t x = 0; x < ret_grey->width; x++)
            ret_grey->pixels[y * ret_grey->width + x] = grey->pixels[y / 2 * grey->width + x / 2];
    return 0;
}

static void
scanner_free(zbar_image_scanner_t **scanner)
{
    if (*scanner)
        zbar_image_scanner_destroy(*scanner);
}

static void
zbar_free(zbar_image_t **image)
{
    if (*image)
        zbar_image_destroy(*image);
}

/* Looks for codes along each step-th line, both ways. Their number, or IDQ_SYSTEM; of exactly one,
 * the payload, or IDQ_PICTURE if it is unfit. */
static int
scan(const struct grey *grey, int step, char *ret_payload, size_t capacity)
{
    __attribute__((cleanup(scanner_free))) zbar_image_scanner_t *scanner =
        zbar_image_scanner_create();
    __attribute__((cleanup(zbar_free))) zbar_image_t *image = zbar_image_create();
    const zbar_symbol_t *symbol;
    size_t size;
    int n_symbols;

    if (!scanner || !image)
        return IDQ_SYSTEM;
    /* None of the bar codes, whose decoders are most of zbar: then the one kind that is wanted. */
    if (zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0) ||
        zbar_image_scanner_set_config(scanner, ZBAR_QRCODE, ZBAR_CFG_ENABLE, 1) ||
        zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_X_DENSITY, step) ||
        zbar_image_scanner_set_config(scanner, ZBAR_NONE, ZBAR_CFG_Y_DENSITY, step))
        return IDQ_SYSTEM;
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, grey->width, grey->height);
    zbar_image_set_data(image, grey->pixels, (unsigned long)grey->width * grey->height, NULL);
    n_symbols = zbar_scan_image(scanner, image);
    if (n_symbols < 0)
        return IDQ_SYSTEM;
    symbol = zbar_image_first_symbol(image);
    if (n_symbols != 1 || !symbol)
        return n_symbols;
    size = zbar_symbol_get_data_length(symbol);
    if (zbar_symbol_get_type(symbol) != ZBAR_QRCODE || size == 0 || size >= capacity ||
        !characters_are_visible_ascii(zbar_symbol_get_data(symbol), size))
        return IDQ_PICTURE;
    memcpy(ret_payload, zbar_symbol_get_data(symbol), size);
    ret_payload[size] = '\0';
    return 1;
}

/* A sixth of the time that all lines take. Most codes are found by it: its lines are four pixels of
 * the picture apart, which is less than one module of a code that fills it. */
static int
look_first(const struct grey *grey, char *ret_payload, size_t capacity)
{
    GREY_AUTO halved = {0};
    int error = halve(grey, &halved);

    return error ? error : scan(&halved, COARSE_STEP, ret_payload, capacity);
}

/* Where the dark of a picture begins and ends, and the side of its first finder pattern, in pixels.
 */
struct extent {
    unsigned left, top, right, bottom; /* the last two are just behind it */
    unsigned finder;
};

static int
find_extent(const struct grey *grey, struct extent *ret_extent)
{
    struct extent extent = {.left = grey->width, .top = grey->height};
    const unsigned char *row = grey->pixels;

    for (unsigned y = 0; y < grey->height; y++, row += grey->width)
        for (unsigned x = 0; x < grey->width; x++)
            if (row[x] < DARK) {
                extent.left = x < extent.left ? x : extent.left;
                extent.right = x >= extent.right ? x + 1 : extent.right;
                extent.top = y < extent.top ? y : extent.top;
                extent.bottom = y + 1;
            }
    if (extent.right == 0)
        return -1;
    row = grey->pixels + (size_t)extent.top * grey->width;
    for (unsigned x = extent.left; x < extent.right && row[x] < DARK; x++)
        extent.finder++;
    *ret_extent = extent;
    return extent.finder > 0 ? 0 : -1;
}

/* Draws the alignment pattern in the middle of a code that fills the extent: five modules by five.
 */
static void
draw_centre(struct grey *grey, const struct extent *extent, double module)
{
    double left = (extent->left + extent->right) / 2.0 - 2.5 * module,
           top = (extent->top + extent->bottom) / 2.0 - 2.5 * module;

    for (unsigned y = 0; y < (unsigned)(5 * module); y++)
        for (unsigned x = 0; x < (unsigned)(5 * module); x++) {
            int column = (int)(x / module) - 2, line = (int)(y / module) - 2;
            int ring = abs(column) > abs(line) ? abs(column) : abs(line);
            size_t at = ((size_t)top + y) * grey->width + (size_t)left + x;
            grey->pixels[at] = ring == 1 ? 0xFF : 0;
        }
}

/* A logo covers the pattern in the middle by which zbar straightens a code, and it then finds none,
 * however much the error correction could absorb. So the pattern is put back where it must have
 * been, in a code that is as straight as a backend draws it, in `grey`, which is not the same
 * afterwards. As scan. */
static int
scan_under_logo(struct grey *grey, char *ret_payload, size_t capacity)
{
    struct extent extent;
    unsigned width, version;

    if (find_extent(grey, &extent))
        return 0;
    width = extent.right - extent.left;
    version = (FINDER_MODULES * width / extent.finder - MODULES(0) + 2) / 4;
    if (version < CENTRED_FIRST || version > CENTRED_LAST || width != extent.bottom - extent.top ||
        width < (unsigned)MODULES(version))
        return 0;
    draw_centre(grey, &extent, (double)width / MODULES(version));
    return scan(grey, 1, ret_payload, capacity);
}

int
picture_read(const void *png, size_t png_size, char *ret_payload, size_t capacity)
{
    GREY_AUTO grey = {0};
    GREY_AUTO doubled = {0};
    int n_symbols = 0, error = decode_png(png, png_size, &grey);

    if (error)
        return error;
    if (grey.width >= HALVED_LEAST && grey.height >= HALVED_LEAST)
        n_symbols = look_first(&grey, ret_payload, capacity);
    if (n_symbols == 0)
        n_symbols = scan(&grey, 1, ret_payload, capacity);
    if (n_symbols == 0 && grey.width <= DOUBLED_MOST && grey.height <= DOUBLED_MOST) {
        error = double_up(&grey, &doubled);
        if (error)
            return error;
        n_symbols = scan(&doubled, 1, ret_payload, capacity);
    }
    if (n_symbols == 0) {
        invert(&grey);
        n_symbols = scan(&grey, 1, ret_payload, capacity);
        invert(&grey);
    }
    if (n_symbols == 0)
        n_symbols = scan_under_logo(&grey, ret_payload, capacity);
    if (n_symbols < 0)
        return n_symbols;
    return n_symbols == 1 ? 0 : IDQ_PICTURE;
}
