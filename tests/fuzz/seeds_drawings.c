/* SPDX-License-Identifier: BSD-3-Clause */
/* Terminals, words and codes to be drawn there. See seeds.h, and fuzz_drawing.c for the form. */
#include "tests/fuzz/seeds.h"

#include <stdio.h>
#include <string.h>

static void
save_drawing(const char *name, int flags, int display, int rows, int columns, const char *account)
{
    struct qr_code code = seeds_code_of(SEEDS_PAYLOAD);
    unsigned char bytes[4096] = {
        (unsigned char)flags,       (unsigned char)display, (unsigned char)((code.size - 21) / 4),
        (unsigned char)(rows >> 8), (unsigned char)rows,    (unsigned char)(columns >> 8),
        (unsigned char)columns};
    size_t size = 7, modules = ((size_t)code.size * code.size + 7) / 8;

    size += (size_t)sprintf((char *)bytes + size, "%s\nBalie 3\n%s\nsudo\n1:59\n", SEEDS_PAYLOAD,
                            account);
    memcpy(bytes + size, code.modules, modules);
    seeds_save("drawing", name, bytes, size + modules);
}

void
seeds_drawings(void)
{
    enum { UTF8 = 16, HALF = 32, COLORS = 64, NO_TERMINAL = 128, PROMPT = 4, NO_ACCOUNT = 8 };

    save_drawing("half", UTF8 | HALF | COLORS, 0, 40, 100, "alice");
    for (int rows = 20; rows <= 30; rows++) { /* each is the least for something, or one too few */
        char name[32];
        snprintf(name, sizeof name, "rows_%d", rows);
        save_drawing(name, UTF8 | HALF | COLORS, 0, rows, 80, "alice");
        snprintf(name, sizeof name, "prompt_rows_%d", rows);
        save_drawing(name, PROMPT | UTF8 | HALF, 0, rows, 80, "alice");
    }
    save_drawing("half_in_dutch", 1 | UTF8 | HALF | COLORS, 0, 40, 100, "alice");
    save_drawing("small_screen", UTF8 | HALF | COLORS, 0, 24, 80, "alice");
    save_drawing("too_small", UTF8 | HALF | COLORS, 0, 10, 40, "alice");
    save_drawing("cells", COLORS, 0, 60, 120, "alice");
    save_drawing("sextant", UTF8 | COLORS, 3, 40, 100, "alice");
    save_drawing("plain_inverted", 2 | UTF8 | HALF, 4, 40, 100, "alice");
    save_drawing("url", UTF8, 5, 24, 80, "alice");
    save_drawing("prompt", PROMPT | NO_TERMINAL, 0, 24, 80, "alice");
    save_drawing("prompt_chosen", PROMPT | NO_TERMINAL, 4, 24, 80, "alice");
    save_drawing("no_account", NO_ACCOUNT | UTF8 | HALF | COLORS, 0, 40, 100, "");
    save_drawing("wide_account", UTF8 | HALF | COLORS, 0, 40, 100, "ren\xC3\xA9\xE2\x82\xAC");
    save_drawing("one_column", UTF8 | HALF | COLORS, 0, 40, 1, "alice");
    save_drawing("no_columns", UTF8 | HALF | COLORS, 0, 40, 0, "alice");
}
