/* SPDX-License-Identifier: BSD-3-Clause */
/* Draws in white on black by default. In measurements, every decoder read these on every
 * background, and no other way to draw with half blocks. */
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
    [DRAWING_URL] = {"url", 1, 1},         [DRAWING_CONSOLE] = {"half", 1, 2},
    [DRAWING_SQUARES] = {"cells", 1, 1},
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

/* Bit 0 is the module at x and y, and bit 1 the next one, to the right or below. */
static unsigned
lights_at(const struct canvas *canvas, unsigned x, unsigned y, unsigned wide, unsigned high)
{
    unsigned lights = 0;

    for (unsigned i = 0; i < wide * high; i++)
        lights |= (unsigned)is_light(canvas, x + i % wide, y + i / wide) << i;
    return lights;
}

static void
write_half(FILE *stream, unsigned lights)
{
    static const char *const glyphs[] = {" ", "▀", "▄", "█"};

    fputs(glyphs[lights], stream);
}

/* The block sextants of Unicode 13. Four of the 64 patterns were characters before, so the row that
 * begins at U+1FB00 omits them. */
static void
write_sextant(FILE *stream, unsigned lights)
{
    unsigned code_point;

    if (lights == 0)
        fputs(" ", stream);
    else if (lights == 63)
        fputs("█", stream);
    else if (lights == 21)
        fputs("▌", stream);
    else if (lights == 42)
        fputs("▐", stream);
    else {
        code_point = 0x1FB00 + lights - 1 - (lights > 21) - (lights > 42);
        fprintf(stream, "\xF0\x9F%c%c", 0x80 | (code_point >> 6 & 0x3F),
                0x80 | (code_point & 0x3F));
    }
}

static void
write_glyph(FILE *stream, enum drawing_mode mode, unsigned lights)
{
    if (mode == DRAWING_SEXTANT)
        write_sextant(stream, lights);
    else
        write_half(stream, lights);
}

/* A terminal without the bright colors ignores 97, and shows 37. */
#define WHITE_ON_BLACK "\033[37;97;40m"
#define REVERSE        "\033[7m"
#define NOT_REVERSE    "\033[27m"
#define NO_COLORS      "\033[0m"

/* In some fonts the blocks do not fill their cell, and the ground shows at the outer edge of a half
 * block. If the module beyond that edge has the color of the block, it is a line across both. Above
 * the first row all is light: y - 1 is then no row of the code. */
static bool
has_line(const struct canvas *canvas, unsigned x, unsigned y, unsigned lights, bool is_on_white)
{
    bool is_upper_block = (lights == 1) != is_on_white, is_light_block = !is_on_white;

    return is_light(canvas, x, is_upper_block ? y - 1 : y + 2) == is_light_block;
}

/* Whether a cell is drawn on white. A blank fills its cell in every font, so a cell of modules of
 * one color is a blank. A half block is on white only if that avoids a line. */
static bool
is_on_white(const struct canvas *canvas, enum drawing_mode mode, unsigned x, unsigned y,
            unsigned lights)
{
    unsigned all = (1U << modes[mode].modules_wide * modes[mode].modules_high) - 1;

    if (lights == all || lights == 0 || mode != DRAWING_HALF)
        return lights == all;
    return has_line(canvas, x, y, lights, false) && !has_line(canvas, x, y, lights, true);
}

static void
write_filled(FILE *stream, const struct canvas *canvas, enum drawing_mode mode, unsigned y)
{
    unsigned wide = modes[mode].modules_wide, high = modes[mode].modules_high;
    unsigned all = (1U << wide * high) - 1;
    bool was_on_white = false;

    fputs(WHITE_ON_BLACK, stream);
    for (unsigned x = 0; x < canvas->side; x += wide) {
        unsigned lights = lights_at(canvas, x, y, wide, high);
        bool on_white = is_on_white(canvas, mode, x, y, lights);
        if (on_white != was_on_white)
            fputs(on_white ? REVERSE : NOT_REVERSE, stream);
        was_on_white = on_white;
        write_glyph(stream, mode, on_white ? all - lights : lights);
    }
}

/* Blocks alone. On a Linux console they fill their cell, and a white ground is not as bright as a
 * white block. */
static void
write_blocks(FILE *stream, const struct canvas *canvas, unsigned y, bool inverted)
{
    for (unsigned x = 0; x < canvas->side; x++) {
        unsigned lights = lights_at(canvas, x, y, 1, 2);
        write_half(stream, inverted ? 3 - lights : lights);
    }
}

/* A run of modules of one color shares one escape. */
static void
write_cells(FILE *stream, const struct canvas *canvas, unsigned y, const char *blanks)
{
    int color = -1;

    for (unsigned x = 0; x < canvas->side; x++) {
        int light = is_light(canvas, x, y);
        if (light != color)
            fputs(light ? "\033[47m" : "\033[40m", stream);
        color = light;
        fputs(blanks, stream);
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
        case DRAWING_SEXTANT:
            write_filled(stream, &canvas, mode, y);
            break;
        case DRAWING_CELLS:
            write_cells(stream, &canvas, y, "  ");
            break;
        case DRAWING_SQUARES:
            write_cells(stream, &canvas, y, " ");
            break;
        case DRAWING_CONSOLE:
            fputs(WHITE_ON_BLACK, stream);
            write_blocks(stream, &canvas, y, false);
            break;
        case DRAWING_PLAIN:
            write_blocks(stream, &canvas, y, inverted);
            break;
        case DRAWING_URL:
        case DRAWING_MODES:
            break;
        }
        fputs(mode != DRAWING_PLAIN ? NO_COLORS "\n" : "\n", stream);
    }
}
