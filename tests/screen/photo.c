/* SPDX-License-Identifier: BSD-3-Clause */
/* See photo.h. */
#include "tests/screen/photo.h"

#include "pam_idinqr/common/array.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h> /* needs stdio.h */

#define ROOM     96 /* the shade around the screen */
#define SIGMAS   3  /* a blur reaches so far */
#define BLUR_MAX 16 /* pixels */

const struct photo photos[] = {
    {.name = "sharp"},
    {.name = "near", .scale = 2},
    {.name = "far", .scale = 0.8},
    {.name = "tilt 15 %", .tilt = 0.15},
    {.name = "tilt 30 %", .tilt = 0.3},
    {.name = "turn 7°", .turn_deg = 7, .scale = 0.9},
    {.name = "turn 33°", .turn_deg = 33, .scale = 0.8},
    {.name = "blur 1.2", .blur_px = 1.2},
    {.name = "blur 2", .blur_px = 2},
    {.name = "noise", .noise = 40},
    {.name = "moiré", .turn_deg = 3, .scale = 1.3, .thin_out = 0.61},
    {.name = "uneven light", .dark = 0.75},
    {.name = "JPEG", .blur_px = 1, .jpeg_quality = 25},
};
const size_t n_photos = ARRAY_LENGTH(photos);

static unsigned char
clamp(double shade)
{
    return (unsigned char)(shade < 0 ? 0 : shade > 255 ? 255 : shade + 0.5);
}

static double
shade_at(const struct picture *picture, int x, int y)
{
    if (x < 0 || y < 0 || x >= picture->width_px || y >= picture->height_px)
        return ROOM;
    return picture->gray[(size_t)y * (size_t)picture->width_px + (size_t)x];
}

/* The shade between four pixels. */
static double
shade_between(const struct picture *picture, double x, double y)
{
    int left = (int)floor(x), top = (int)floor(y);
    double right_part = x - left, low_part = y - top;

    return (shade_at(picture, left, top) * (1 - right_part) +
            shade_at(picture, left + 1, top) * right_part) *
               (1 - low_part) +
           (shade_at(picture, left, top + 1) * (1 - right_part) +
            shade_at(picture, left + 1, top + 1) * right_part) *
               low_part;
}

/* The screen, seen from a place that is not in front of its middle. */
static struct picture *
look(const struct photo *photo, const struct picture *screen)
{
    double scale = photo->scale > 0 ? photo->scale : 1, turn = photo->turn_deg * M_PI / 180;
    double across = screen->width_px * scale, down = screen->height_px * scale;
    /* As large as the turned screen. */
    int width = (int)ceil(across * fabs(cos(turn)) + down * fabs(sin(turn)));
    int height = (int)ceil(down * fabs(cos(turn)) + across * fabs(sin(turn)));
    struct picture *seen = picture_new(width, height, ROOM);

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            double from_middle_x = (x - width / 2.0) / scale;
            double from_middle_y = (y - height / 2.0) / scale;
            double turned_x = from_middle_x * cos(turn) + from_middle_y * sin(turn);
            double turned_y = from_middle_y * cos(turn) - from_middle_x * sin(turn);
            /* The farther up, the farther away. */
            double away = 1 + photo->tilt * (0.5 - turned_y / screen->height_px);
            seen->gray[(size_t)y * (size_t)width + (size_t)x] =
                clamp(shade_between(screen, screen->width_px / 2.0 + turned_x * away,
                                    screen->height_px / 2.0 + turned_y * away));
        }
    return seen;
}

/* One direction of a blur: along a row (step_x 1) or a column (step_y 1). */
static void
blur_along(struct picture *picture, double sigma, int step_x, int step_y)
{
    struct picture *before = picture_new(picture->width_px, picture->height_px, 0);
    int reach = (int)ceil(SIGMAS * sigma);
    double weights[BLUR_MAX + 1], sum;

    ck_assert_int_le(reach, BLUR_MAX);
    memcpy(before->gray, picture->gray, (size_t)picture->width_px * (size_t)picture->height_px);
    for (int i = 0; i <= reach; i++)
        weights[i] = exp(-i * i / (2 * sigma * sigma));
    for (int y = 0; y < picture->height_px; y++)
        for (int x = 0; x < picture->width_px; x++) {
            double shade = sum = 0;
            for (int i = -reach; i <= reach; i++) {
                shade += weights[abs(i)] * shade_at(before, x + i * step_x, y + i * step_y);
                sum += weights[abs(i)];
            }
            picture->gray[(size_t)y * (size_t)picture->width_px + (size_t)x] = clamp(shade / sum);
        }
    picture_free(&before);
}

/* A number of the standard normal distribution, near enough: the sum of twelve of 0 to 1, less six.
 */
static double
make_noise(unsigned *random)
{
    double sum = -6;

    for (int i = 0; i < 12; i++) {
        *random = *random * 1103515245 + 12345;
        sum += (*random >> 16 & 32767) / 32767.0;
    }
    return sum;
}

static void
light_and_noise(const struct photo *photo, struct picture *picture)
{
    unsigned random = 1;

    for (int y = 0; y < picture->height_px; y++)
        for (int x = 0; x < picture->width_px; x++) {
            unsigned char *shade =
                &picture->gray[(size_t)y * (size_t)picture->width_px + (size_t)x];
            double light = 1 - photo->dark * (1 - (double)x / picture->width_px);
            double noise = photo->noise > 0 ? photo->noise * make_noise(&random) : 0;
            *shade = clamp(*shade * light + noise);
        }
}

/* Leaves out pixels, and enlarges what is left to the old size. */
static struct picture *
thin_out(struct picture *picture, double part)
{
    int width = (int)(picture->width_px * part), height = (int)(picture->height_px * part);
    struct picture *thin = picture_new(width, height, 0), *enlarged;
    const struct photo again = {.scale = 1 / part};

    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            thin->gray[(size_t)y * (size_t)width + (size_t)x] =
                (unsigned char)shade_at(picture, (int)(x / part), (int)(y / part));
    enlarged = look(&again, thin);
    picture_free(&picture);
    picture_free(&thin);
    return enlarged;
}

static void
compress_jpeg(struct picture *picture, int quality, unsigned char **ret_bytes,
              unsigned long *ret_size)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors; /* its errors end the program */

    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, ret_bytes, ret_size);
    jpeg.image_width = (JDIMENSION)picture->width_px;
    jpeg.image_height = (JDIMENSION)picture->height_px;
    jpeg.input_components = 1;
    jpeg.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, quality, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < jpeg.image_height) {
        JSAMPROW row = picture->gray + (size_t)jpeg.next_scanline * (size_t)picture->width_px;
        (void)jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
}

/* The picture after a JPEG of this quality was made of it. */
static void
pass_jpeg(struct picture *picture, int quality)
{
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char *bytes = NULL;
    unsigned long size = 0;

    compress_jpeg(picture, quality, &bytes, &size);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&jpeg);
    jpeg_mem_src(&jpeg, bytes, size);
    (void)jpeg_read_header(&jpeg, TRUE);
    (void)jpeg_start_decompress(&jpeg);
    while (jpeg.output_scanline < jpeg.output_height) {
        JSAMPROW row = picture->gray + (size_t)jpeg.output_scanline * (size_t)picture->width_px;
        (void)jpeg_read_scanlines(&jpeg, &row, 1);
    }
    (void)jpeg_finish_decompress(&jpeg);
    jpeg_destroy_decompress(&jpeg);
    free(bytes);
}

struct picture *
photo_take(const struct photo *photo, const struct picture *screen)
{
    struct picture *seen = look(photo, screen);

    if (photo->thin_out > 0)
        seen = thin_out(seen, photo->thin_out);
    if (photo->blur_px > 0) {
        blur_along(seen, photo->blur_px, 1, 0);
        blur_along(seen, photo->blur_px, 0, 1);
    }
    light_and_noise(photo, seen);
    if (photo->jpeg_quality > 0)
        pass_jpeg(seen, photo->jpeg_quality);
    return seen;
}
