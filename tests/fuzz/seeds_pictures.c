/* SPDX-License-Identifier: BSD-3-Clause */
/* Pictures of codes, as a QR backend sends them and as it should not. See seeds.h, and
 * fuzz_picture.c for the first byte. */
#include "tests/fuzz/seeds.h"

#include "tests/fuzz/target.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

/* A code of the payload, so many times side by side; gray, or gray with light
 * modules that are transparent. */
static void
save_png(const char *name, const char *payload, unsigned module_px, unsigned copies,
         int is_inverted, int is_transparent)
{
    struct qr_code code = seeds_code_of(payload);
    unsigned side = (code.size + 8u) * module_px, width = side * copies;
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = width,
                       .height = side,
                       .format = is_transparent ? PNG_FORMAT_GA : PNG_FORMAT_GRAY};
    unsigned channels = is_transparent ? 2 : 1;
    unsigned char *pixels = calloc((size_t)width * side, channels), *png;
    png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(image);

    MUST(pixels);
    for (unsigned i = 0; i < width * side; i++) {
        /* Left of and above the code these are huge. */
        unsigned x = i % width % side / module_px - 4, y = i / width / module_px - 4;
        int is_dark = x < code.size && y < code.size && qr_is_dark(&code, x, y);
        if (is_transparent)
            pixels[2 * i + 1] = is_dark ? 0xFF : 0;
        else
            pixels[i] = is_dark == is_inverted ? 0xFF : 0;
    }
    png = malloc(size + 1);
    MUST(png);
    png[0] = 'P';
    MUST(png_image_write_to_memory(&image, png + 1, &size, 0, pixels, 0, NULL));
    seeds_save("picture", name, png, size + 1);
    free(png);
    free(pixels);
}

void
seeds_pictures(void)
{
    struct qr_code code = seeds_code_of(SEEDS_PAYLOAD);
    unsigned char modules[2 + QR_MODULES_MAX] = {'M', code.size};

    save_png("code", SEEDS_PAYLOAD, 3, 1, 0, 0);
    save_png("light_on_dark", SEEDS_PAYLOAD, 3, 1, 1, 0);
    save_png("transparent", SEEDS_PAYLOAD, 3, 1, 0, 1);
    save_png("two_codes", SEEDS_PAYLOAD, 3, 2, 0, 0);
    save_png("tiny", SEEDS_PAYLOAD, 1, 1, 0, 0);
    save_png("payload_with_a_blank", "https://qrcode.idin.nl/ x", 3, 1, 0, 0);
    memcpy(modules + 2, code.modules, sizeof code.modules);
    seeds_save("picture", "modules", modules, 2 + ((size_t)code.size * code.size + 7) / 8);
    seeds_save("picture", "no_picture", "<html>502</html>", 16);
}
