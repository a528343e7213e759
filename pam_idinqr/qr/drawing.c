/* SPDX-License-Identifier: BSD-3-Clause */
/* Draws white half-block glyphs on black by default. In measurements, every decoder read these on
 * every background, and no other way to draw with half blocks. */
#include "pam_idinqr/qr/drawing.h"

#include <stdbool.h>

#define INDENT "  "

static const struct {
    const char *name;
    /* modules in a character; 0 wide: a module takes two characters */
    unsigned modules_wide, modules_high;
} modes[DRAWING_MODES] = {
    [DRAWING_HALF] = {"half", 1, 2},       [DRAWING_CELLS] = {"cells", 0, 1},
    [DRAWING_SEXTANT] = {"sextant", 2, 3}, [DRAWING_PLAIN] = {"plain", 1, 2},
    [DRAWING_URL] = {"url", 1, 1},
};

const char *
drawing_name(enum drawing_mode mode)
{
    return modes[mode].name;
}

struct drawing_size
drawing_measure(enum drawing_mode mode, unsigned qr_size, unsigned quiet)
{
    struct drawing_size size = {0, 0};
    unsigned side = qr_size + 2 * quiet, wide = modes[mode].modules_wide;

    if (mode == DRAWING_URL)
        return size;
    size.rows = (side + modes[mode].modules_high - 1) / modes[mode].modules_high;
    size.columns = (unsigned)sizeof INDENT - 1 + (wide == 0 ? 2 * side : (side + wide - 1) / wide);
    return size;
}

/* A position in the code with its quiet zone. Everything outside is light too. */
struct canvas {
    const struct qr_code *code;
    unsigned quiet, side;
};

static bool
is_light(const struct canvas *canvas, unsigned x, unsigned y)
{
    unsigned quiet = canvas->quiet, size = canvas->code->size;

    if (x < quiet || y < quiet || x >= quiet + size || y >= quiet + size)
        return true;
    return !qr_is_dark(canvas->code, x - quiet, y - quiet);
}

/* A Linux console knows 97 as bright white, and its 107 is not bright. One pair of escapes a row
 * keeps the message small. */
#define WHITE_ON_BLACK "\033[97;40m"
#define NO_COLORS      "\033[0m"

static void
write_half(FILE *stream, const struct canvas *canvas, unsigned y, bool inverted)
{
    static const char *const glyphs[] = {" ", "▄", "▀", "█"};

    for (unsigned x = 0; x < canvas->side; x++) {
        unsigned bits =
            (unsigned)is_light(canvas, x, y) << 1 | (unsigned)is_light(canvas, x, y + 1);
        fputs(glyphs[inverted ? 3 - bits : bits], stream);
    }
}

/* A run of modules of one color shares one escape. */
static void
write_cells(FILE *stream, const struct canvas *canvas, unsigned y)
{
    int color = -1;

    for (unsigned x = 0; x < canvas->side; x++) {
        int light = is_light(canvas, x, y);
        if (light != color)
            fputs(light ? "\033[47m" : "\033[40m", stream);
        color = light;
        fputs("  ", stream);
    }
}

/* The block sextants of Unicode 13: bit 0 is the top left sixth, bit 5 the bottom right one. Four
 * of the 64 patterns were characters before, so the row that begins at U+1FB00 omits them. */
static void
write_sextant(FILE *stream, const struct canvas *canvas, unsigned x, unsigned y)
{
    unsigned bits = 0, code_point;

    for (unsigned i = 0; i < 6; i++)
        bits |= (unsigned)is_light(canvas, x + i % 2, y + i / 2) << i;
    if (bits == 0)
        fputs(" ", stream);
    else if (bits == 63)
        fputs("█", stream);
    else if (bits == 21)
        fputs("▌", stream);
    else if (bits == 42)
        fputs("▐", stream);
    else {
        code_point = 0x1FB00 + bits - 1 - (bits > 21) - (bits > 42);
        fprintf(stream, "\xF0\x9F%c%c", 0x80 | (code_point >> 6 & 0x3F),
                0x80 | (code_point & 0x3F));
    }
}

void
drawing_write(FILE *stream, const struct qr_code *code, enum drawing_mode mode, unsigned quiet,
              bool inverted)
{
    struct canvas canvas = {code, quiet, code->size + 2 * quiet};

    if (mode == DRAWING_URL)
        return;
    for (unsigned y = 0; y < canvas.side; y += modes[mode].modules_high) {
        fputs(INDENT, stream);
        switch (mode) {
        case DRAWING_HALF:
            fputs(WHITE_ON_BLACK, stream);
            write_half(stream, &canvas, y, false);
            break;
        case DRAWING_CELLS:
            write_cells(stream, &canvas, y);
            break;
        case DRAWING_SEXTANT:
            fputs(WHITE_ON_BLACK, stream);
            for (unsigned x = 0; x < canvas.side; x += 2)
                write_sextant(stream, &canvas, x, y);
            break;
        case DRAWING_PLAIN:
            write_half(stream, &canvas, y, inverted);
            break;
        case DRAWING_URL:
        case DRAWING_MODES:
            break;
        }
        fputs(mode != DRAWING_PLAIN ? NO_COLORS "\n" : "\n", stream);
    }
}
