/* SPDX-License-Identifier: BSD-3-Clause */
/* The backend's picture: bytes to payload, through libpng and ZXing-C++.
 *
 *     'P', then a PNG       with its checksums made right: else nothing would get past libpng
 *     'M', side, bits       that many modules a side, drawn as a PNG: nearly QR codes
 *     anything else         the bytes as they are
 *
 * libpng and ZXing-C++ come as they are installed: the fuzzer does not see their branches, and the
 * sanitizer what they do to the heap alone. */
#include "pam_idinqr/picture/picture.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/wire/messages.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define SIGNATURE_SIZE 8  /* of a PNG; then chunks: length, name, data, CRC of name and data */
#define CHUNK_EXTRA    12 /* bytes of a chunk beside its data */
#define MODULE_PX      3
#define QUIET          4
#define SIDE_MOST      57 /* modules: version 10 */

static uint32_t
read_u32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void
repair_checksums(uint8_t *png, size_t size)
{
    size_t at = SIGNATURE_SIZE;

    while (at + CHUNK_EXTRA <= size) {
        size_t length = read_u32(png + at);
        if (length > size - at - CHUNK_EXTRA)
            return;
        uint32_t crc = (uint32_t)crc32(0, png + at + 4, (uInt)length + 4);
        for (unsigned i = 0; i < 4; i++)
            png[at + 8 + length + i] = (uint8_t)(crc >> (24 - 8 * i));
        at += CHUNK_EXTRA + length;
    }
}

static void
read_png(const uint8_t *png, size_t size)
{
    /* Of just the size, for the sanitizer to see one byte too many. */
    char *payload = malloc(PAYLOAD_MAX + 1), *narrow = malloc(16);
    int result;

    MUST(payload && narrow);
    result = picture_read(png, size, payload, PAYLOAD_MAX + 1);
    MUST(result == 0 || result == IDQ_PICTURE);
    if (result == 0) {
        MUST(payload[0] && strlen(payload) <= PAYLOAD_MAX);
        MUST(characters_are_visible_ascii(payload, strlen(payload)));
        result = picture_read(png, size, narrow, 16);
        MUST(result == (strlen(payload) < 16 ? 0 : IDQ_PICTURE));
    }
    free(narrow);
    free(payload);
}

static int
is_dark(const struct input *bits, unsigned side, unsigned x, unsigned y)
{
    unsigned column = x / MODULE_PX - QUIET, row = y / MODULE_PX - QUIET;
    size_t bit = (size_t)row * side + column;

    /* Left of and above the code these are huge. */
    return column < side && row < side && bit / 8 < bits->left &&
           bits->at[bit / 8] >> (7 - bit % 8) & 1;
}

static void
read_modules(struct input *input)
{
    unsigned side = input_u8(input) % (SIDE_MOST + 1), side_px = (side + 2 * QUIET) * MODULE_PX;
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = side_px,
                       .height = side_px,
                       .format = PNG_FORMAT_GRAY};
    uint8_t *pixels = malloc((size_t)side_px * side_px), *png;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);

    MUST(pixels);
    for (unsigned y = 0; y < side_px; y++)
        for (unsigned x = 0; x < side_px; x++)
            pixels[y * side_px + x] = is_dark(input, side, x, y) ? 0 : 0xFF;
    png = malloc(size);
    MUST(png);
    MUST(png_image_write_to_memory(&image, png, &size, 0, pixels, 0, NULL));
    read_png(png, size);
    free(png);
    free(pixels);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    uint8_t kind = input_u8(&input), *copy;

    if (kind == 'M') {
        read_modules(&input);
        return 0;
    }
    copy = kind == 'P' ? target_copy(input.at, input.left) : target_copy(data, size);
    if (kind == 'P')
        repair_checksums(copy, input.left);
    read_png(copy, kind == 'P' ? input.left : size);
    free(copy);
    return 0;
}
