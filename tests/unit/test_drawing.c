/* SPDX-License-Identifier: BSD-3-Clause */
/* Codes on a screen: drawn by us, shown by a terminal and read by a decoder that are not ours. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/qr/drawing.h"
#include "tests/harness/runner.h"
#include "tests/harness/screen.h"

#include <stdlib.h>
#include <string.h>

struct sample {
    char link[QR_PAYLOAD_MAX + 1];
    struct qr_code code;
};

/* A link of this length, and its code. */
static struct sample
sample_of_length(size_t length)
{
    struct sample sample = {.link = "https://qrcode.idin.nl/"};

    for (size_t i = strlen(sample.link); i < length; i++)
        sample.link[i] = (char)('a' + i * 7 % 26);
    ck_assert_int_eq(qr_encode(sample.link, &sample.code), 0);
    return sample;
}

static char *
drawing_of(const struct qr_code *code, enum drawing_mode mode, unsigned quiet, int inverted)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(stream);
    drawing_write(stream, code, mode, quiet, inverted);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

/* Draws on a screen that the drawing just fits, and reads it: what it says, kept (scratch.h), or
 * NULL. */
static char *
read_of(const struct sample *sample, enum drawing_mode mode, unsigned quiet, int inverted,
        enum screen_colors colors)
{
    struct drawing_size size = drawing_measure(mode, sample->code.size, quiet);
    SCREEN_AUTO *screen = screen_new((int)size.rows + 1, (int)size.columns, 1, colors);
    char *text = drawing_of(&sample->code, mode, quiet, inverted);

    if (mode == DRAWING_SQUARES)
        screen_set_cell_height(screen, SCREEN_CELL_WIDTH_PX);
    screen_print(screen, text);
    free(text);
    return screen_qr(screen);
}

static void
must_read(const struct sample *sample, enum drawing_mode mode, unsigned quiet, int inverted,
          enum screen_colors colors)
{
    char *read = read_of(sample, mode, quiet, inverted, colors);

    ck_assert_msg(read && strcmp(read, sample->link) == 0,
                  "%s: %zu bytes, %u modules, quiet %u, on %s: %s", drawing_name(mode),
                  strlen(sample->link), sample->code.size, quiet,
                  colors == SCREEN_DARK_ON_LIGHT ? "light" : "dark", read ? read : "none");
}

static const enum drawing_mode colored[] = {DRAWING_HALF, DRAWING_CELLS, DRAWING_SEXTANT,
                                            DRAWING_CONSOLE, DRAWING_SQUARES};

TEST_CASE("read");

LOOP_TEST(every_code_is_read_on_every_background, ARRAY_LENGTH(colored))
{
    /* Each version that a link makes, both sides of where the next begins. */
    static const size_t lengths[] = {24,  32,  33,  53,  54,  56,  78,  79,  106,
                                     107, 110, 134, 135, 154, 155, 160, 192, 193};

    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        struct sample sample = sample_of_length(lengths[i]);
        for (unsigned quiet = 2; quiet <= 5; quiet++) {
            must_read(&sample, colored[_i], quiet, 0, SCREEN_LIGHT_ON_DARK);
            must_read(&sample, colored[_i], quiet, 0, SCREEN_DARK_ON_LIGHT);
        }
    }
}

/* Without colors the drawing is what the terminal makes of it, so it must be told. */
TEST(a_plain_code_is_read_on_the_background_it_is_for)
{
    for (size_t length = 24; length <= 200; length += 16) {
        struct sample sample = sample_of_length(length);
        for (unsigned quiet = 2; quiet <= 4; quiet += 2) {
            char *wrong = read_of(&sample, DRAWING_PLAIN, quiet, 0, SCREEN_DARK_ON_LIGHT);
            must_read(&sample, DRAWING_PLAIN, quiet, 0, SCREEN_LIGHT_ON_DARK);
            must_read(&sample, DRAWING_PLAIN, quiet, 1, SCREEN_DARK_ON_LIGHT);
            ck_assert_ptr_null(wrong);
        }
    }
}

TEST_CASE("form");

TEST(only_a_plain_drawing_can_be_inverted)
{
    struct sample sample = sample_of_length(56);

    for (int mode = 0; mode < DRAWING_MODES; mode++) {
        char *one = drawing_of(&sample.code, (enum drawing_mode)mode, 4, 0);
        char *other = drawing_of(&sample.code, (enum drawing_mode)mode, 4, 1);
        ck_assert_int_eq(strcmp(one, other) != 0, mode == DRAWING_PLAIN);
        free(one);
        free(other);
    }
}

TEST_CASE("read");

LOOP_TEST(the_largest_code_is_read, ARRAY_LENGTH(colored))
{
    struct sample sample = sample_of_length(QR_PAYLOAD_MAX);

    must_read(&sample, colored[_i], 4, 0, SCREEN_LIGHT_ON_DARK);
}

/* The columns of a row of the drawing: every character but those of the escape sequences. */
static unsigned
columns_of(const char *row, const char *end)
{
    unsigned columns = 0;

    while (row < end) {
        if (*row == '\033') {
            row = strchr(row, 'm') + 1;
            continue;
        }
        columns += ((unsigned char)*row++ & 0xC0) != 0x80;
    }
    return columns;
}

static unsigned
count(const char *text, const char *end, const char *what)
{
    unsigned n = 0;

    for (; (text = strstr(text, what)) && text < end; text++)
        n++;
    return n;
}

/* Colors are switched off at the end of each row: what follows is the terminal's own again. */
static void
check_row(enum drawing_mode mode, const char *row, const char *end)
{
    unsigned n_escapes = count(row, end, "\033");

    if (mode == DRAWING_PLAIN) {
        ck_assert_uint_eq(n_escapes, 0);
        return;
    }
    ck_assert_int_eq(strncmp(end - 4, "\033[0m", 4), 0);
    if (mode == DRAWING_CONSOLE)
        ck_assert_uint_eq(n_escapes, 2); /* one pair */
    else /* a blank fills its cell, and a font's full block may not */
        ck_assert_uint_eq(count(row, end, "█"), 0);
}

TEST_CASE("form");

LOOP_TEST(a_drawing_is_as_large_as_measured, DRAWING_MODES)
{
    enum drawing_mode mode = (enum drawing_mode)_i;

    if (mode == DRAWING_URL)
        return; /* see a_link_has_no_drawing */
    for (size_t length = 24; length <= 400; length += 47) {
        struct sample sample = sample_of_length(length);
        for (unsigned quiet = 0; quiet <= 5; quiet++) {
            struct drawing_size size = drawing_measure(mode, sample.code.size, quiet);
            char *text = drawing_of(&sample.code, mode, quiet, 0), *row = text, *end;
            unsigned rows = 0;
            for (; (end = strchr(row, '\n')); row = end + 1, rows++) {
                ck_assert_uint_eq(columns_of(row, end), size.columns);
                check_row(mode, row, end);
            }
            ck_assert_int_eq(*row, '\0');
            ck_assert_uint_eq(rows, size.rows);
            free(text);
        }
    }
}

static const struct {
    enum drawing_mode mode;
    unsigned qr_size, quiet, rows, columns;
} sizes[] = {
    {DRAWING_HALF, 21, 2, 13, 27},    {DRAWING_HALF, 21, 4, 15, 31},
    {DRAWING_HALF, 33, 2, 19, 39},    {DRAWING_HALF, 41, 4, 25, 51},
    {DRAWING_HALF, 49, 4, 29, 59},    {DRAWING_PLAIN, 33, 2, 19, 39},
    {DRAWING_CELLS, 33, 2, 37, 76},   {DRAWING_CELLS, 49, 4, 57, 116},
    {DRAWING_SEXTANT, 33, 2, 13, 21}, {DRAWING_SEXTANT, 49, 2, 18, 29},
    {DRAWING_SEXTANT, 49, 4, 19, 31}, {DRAWING_URL, 49, 4, 0, 0},
    {DRAWING_SQUARES, 33, 2, 37, 39}, {DRAWING_SQUARES, 49, 4, 57, 59},
};

LOOP_TEST(sizes_that_are_known, ARRAY_LENGTH(sizes))
{
    struct drawing_size size = drawing_measure(sizes[_i].mode, sizes[_i].qr_size, sizes[_i].quiet);

    ck_assert_uint_eq(size.rows, sizes[_i].rows);
    ck_assert_uint_eq(size.columns, sizes[_i].columns);
}

TEST(a_message_stays_small)
{
    for (size_t length = 54; length <= 78; length++) {
        struct sample sample = sample_of_length(length);
        ck_assert_uint_eq(sample.code.size, 33); /* version 4 */
        for (int mode = 0; mode < DRAWING_MODES; mode++) {
            char *text = drawing_of(&sample.code, (enum drawing_mode)mode, 4, 0);
            if (mode != DRAWING_CELLS && mode != DRAWING_SQUARES)
                ck_assert_uint_le(strlen(text), 4096);
            free(text);
        }
    }
}

TEST(a_link_has_no_drawing)
{
    struct sample sample = sample_of_length(56);
    char *text = drawing_of(&sample.code, DRAWING_URL, 4, 0);

    ck_assert_str_eq(text, "");
    free(text);
}

/* Each of the 64 patterns of two by three modules is the character that Unicode names after it. The
 * last, all light, is a blank on white. A decoder would make up for one that is wrong. */
TEST(every_sextant_is_the_right_one)
{
    static const char glyphs[] = " 🬀🬁🬂🬃🬄🬅🬆🬇🬈🬉🬊🬋🬌🬍🬎"
                                 "🬏🬐🬑🬒🬓▌🬔🬕🬖🬗🬘🬙🬚🬛🬜🬝"
                                 "🬞🬟🬠🬡🬢🬣🬤🬥🬦🬧▐🬨🬩🬪🬫🬬"
                                 "🬭🬮🬯🬰🬱🬲🬳🬴🬵🬶🬷🬸🬹🬺🬻 ";
    const char *glyph = glyphs;

    for (unsigned lights = 0; lights < 64; lights++) {
        size_t size = (unsigned char)*glyph < 0x80 ? 1 : (unsigned char)*glyph < 0xF0 ? 3 : 4;
        struct qr_code code = {.size = QR_SIZE_MIN};
        const char *drawn;
        char *text;
        for (unsigned i = 0; i < 6; i++) {
            unsigned at = i / 2 * code.size + i % 2;
            if (!(lights & 1u << i))
                code.modules[at / 8] |= (unsigned char)(0x80 >> at % 8);
        }
        text = drawing_of(&code, DRAWING_SEXTANT, 0, 0);
        drawn = strchr(text, 'm') + 1;
        ck_assert_int_eq(strncmp(drawn, "\033[7m", 4) == 0, lights == 63);
        if (lights == 63)
            drawn = strchr(drawn, 'm') + 1;
        ck_assert_msg(strncmp(drawn, glyph, size) == 0, "pattern %u is %.4s", lights, drawn);
        free(text);
        glyph += size;
    }
    ck_assert_int_eq(*glyph, '\0');
}

/* The modules of a column from the second on, dark as in "X", and how the cell of the third and the
 * fourth begins. A half block does not reach the edge of its cell in some fonts, so it has the
 * ground that makes no line. */
static const struct {
    const char *modules, *cell;
} half_blocks[] = {
    {"X.X.", "▀"}, {"X.XX", "▀"}, {"..XX", "▀"},        {"..X.", "\033[7m▄"},
    {"XX.X", "▄"}, {".X.X", "▄"}, {"XX..", "▄"},        {".X..", "\033[7m▀"},
    {".XXX", " "}, {"XXXX", " "}, {"X..X", "\033[7m "},
};

LOOP_TEST(a_half_block_makes_no_line, ARRAY_LENGTH(half_blocks))
{
    struct qr_code code = {.size = QR_SIZE_MIN};
    char *text;
    const char *row;

    for (unsigned i = 0; i < 4; i++) {
        unsigned at = (i + 1) * code.size;
        if (half_blocks[_i].modules[i] == 'X')
            code.modules[at / 8] |= (unsigned char)(0x80 >> at % 8);
    }
    text = drawing_of(&code, DRAWING_HALF, 0, 0);
    row = strchr(strchr(text, '\n') + 1, 'm') + 1;
    ck_assert_msg(strncmp(row, half_blocks[_i].cell, strlen(half_blocks[_i].cell)) == 0,
                  "%s: %.12s", half_blocks[_i].modules, row);
    free(text);
}

TEST(modes_have_names)
{
    static const char *const names[] = {"half", "cells", "sextant", "plain",
                                        "url",  "half",  "cells"};

    ck_assert_uint_eq(ARRAY_LENGTH(names), DRAWING_MODES);
    for (int mode = 0; mode < DRAWING_MODES; mode++)
        ck_assert_str_eq(drawing_name((enum drawing_mode)mode), names[mode]);
}

RUN_TESTS("drawing", NULL);
