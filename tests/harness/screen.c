/* SPDX-License-Identifier: BSD-3-Clause */
/* See screen.h. */
#include "tests/harness/screen.h"

#include "tests/harness/scratch.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vterm.h>

struct screen {
    VTerm *vterm;
    VTermScreen *cells;
    int rows, columns, utf8, cell_height_px;
    char *text;      /* the last screen_text */
    char partial[4]; /* the beginning of a character whose end has not come yet */
    size_t n_partial;
    void (*answer)(const char *, size_t, void *);
    void *answer_user;
};

static void
take_answer(const char *bytes, size_t size, void *user)
{
    struct screen *screen = user;

    if (screen->answer != NULL)
        screen->answer(bytes, size, screen->answer_user);
}

struct screen *
screen_new(int rows, int columns, int utf8, enum screen_colors colors)
{
    struct screen *screen = calloc(1, sizeof *screen);
    VTermColor black, white;

    ck_assert_ptr_nonnull(screen);
    screen->vterm = vterm_new(rows, columns);
    ck_assert_ptr_nonnull(screen->vterm);
    screen->rows = rows;
    screen->columns = columns;
    screen->cell_height_px = SCREEN_CELL_HEIGHT_PX;
    screen->utf8 = utf8;
    vterm_set_utf8(screen->vterm, 1);
    vterm_output_set_callback(screen->vterm, take_answer, screen);

    vterm_color_rgb(&black, 0, 0, 0);
    vterm_color_rgb(&white, 255, 255, 255);
    int dark = colors == SCREEN_LIGHT_ON_DARK;
    vterm_state_set_default_colors(vterm_obtain_state(screen->vterm), dark ? &white : &black,
                                   dark ? &black : &white);
    screen->cells = vterm_obtain_screen(screen->vterm);
    vterm_screen_enable_altscreen(screen->cells, 1);
    vterm_screen_reset(screen->cells, 1);
    return screen;
}

void
screen_set_cell_height(struct screen *screen, int height_px)
{
    screen->cell_height_px = height_px;
}

void
screen_free(struct screen **screen)
{
    if (*screen == NULL)
        return;
    vterm_free((*screen)->vterm);
    free((*screen)->text);
    free(*screen);
    *screen = NULL;
}

void
screen_on_answer(struct screen *screen, void (*answer)(const char *bytes, size_t size, void *user),
                 void *user)
{
    screen->answer = answer;
    screen->answer_user = user;
}

/* libvterm knows no Latin-1, so its bytes are told in other words: a C1 control as the ESC sequence
 * that means the same, and a character as UTF-8. */
static void
feed_latin1(struct screen *screen, unsigned char byte)
{
    char words[2] = {(char)byte};
    size_t size = 1;

    if (byte >= 0x80) {
        words[0] = (char)(byte < 0xa0 ? 0x1b : 0xc0 | byte >> 6);
        words[1] = (char)(byte < 0xa0 ? byte - 0x40 : 0x80 | (byte & 0x3f));
        size = 2;
    }
    vterm_input_write(screen->vterm, words, size);
}

/* How many bytes at the end begin a character of UTF-8 that goes on behind them. */
static size_t
partial_at_end(const char *bytes, size_t size)
{
    for (size_t n = 1; n <= 3 && n <= size; n++) {
        unsigned char byte = (unsigned char)bytes[size - n];
        size_t needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
        if (needed > n)
            return n;
        if ((byte & 0xc0) != 0x80)
            return 0;
    }
    return 0;
}

/* libvterm takes a character that comes in two pieces for two that are none. */
static void
feed_utf8(struct screen *screen, const char *bytes, size_t size)
{
    char *whole = malloc(screen->n_partial + size + 1);

    ck_assert_ptr_nonnull(whole);
    memcpy(whole, screen->partial, screen->n_partial);
    memcpy(whole + screen->n_partial, bytes, size);
    size += screen->n_partial;
    screen->n_partial = partial_at_end(whole, size);
    memcpy(screen->partial, whole + size - screen->n_partial, screen->n_partial);
    vterm_input_write(screen->vterm, whole, size - screen->n_partial);
    free(whole);
}

void
screen_feed(struct screen *screen, const char *bytes, size_t size)
{
    if (screen->utf8) {
        feed_utf8(screen, bytes, size);
    } else {
        for (size_t i = 0; i < size; i++)
            feed_latin1(screen, (unsigned char)bytes[i]);
    }
    vterm_screen_flush_damage(screen->cells);
}

void
screen_print(struct screen *screen, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            screen_feed(screen, "\r", 1);
        screen_feed(screen, text, 1);
    }
}

static void
put_utf8(FILE *out, uint32_t c)
{
    if (c < 0x80) {
        fputc((int)c, out);
    } else if (c < 0x800) {
        fputc((int)(0xc0 | c >> 6), out);
        fputc((int)(0x80 | (c & 0x3f)), out);
    } else if (c < 0x10000) {
        fputc((int)(0xe0 | c >> 12), out);
        fputc((int)(0x80 | (c >> 6 & 0x3f)), out);
        fputc((int)(0x80 | (c & 0x3f)), out);
    } else {
        fputc((int)(0xf0 | c >> 18), out);
        fputc((int)(0x80 | (c >> 12 & 0x3f)), out);
        fputc((int)(0x80 | (c >> 6 & 0x3f)), out);
        fputc((int)(0x80 | (c & 0x3f)), out);
    }
}

static void
get_cell(const struct screen *screen, int row, int column, VTermScreenCell *ret_cell)
{
    ck_assert_int_eq(
        vterm_screen_get_cell(screen->cells, (VTermPos){.row = row, .col = column}, ret_cell), 1);
}

static int
is_blank(const VTermScreenCell *cell)
{
    return cell->chars[0] == 0 || cell->chars[0] == ' ';
}

/* Writes a row without the blanks at its end; returns 1 when it is full to its last column. */
static int
write_row(FILE *out, const struct screen *screen, int row)
{
    VTermScreenCell cell;
    int length = screen->columns;

    for (; length > 0; length--) {
        get_cell(screen, row, length - 1, &cell);
        if (!is_blank(&cell))
            break;
    }
    for (int column = 0; column < length; column++) {
        get_cell(screen, row, column, &cell);
        if (cell.chars[0] == (uint32_t)-1)
            continue; /* the right half of a wide character */
        if (cell.chars[0] == 0)
            fputc(' ', out);
        for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] != 0; i++)
            put_utf8(out, cell.chars[i]);
    }
    return length == screen->columns;
}

/* The rows as one string; `joined` leaves out the "\n" behind a full row. */
static char *
collect_text(const struct screen *screen, int joined)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    for (int row = 0; row < screen->rows; row++) {
        int full = write_row(out, screen, row);
        if (!(full && joined))
            fputc('\n', out);
    }
    ck_assert_int_eq(fclose(out), 0);
    while (size > 0 && text[size - 1] == '\n' && (size == 1 || text[size - 2] == '\n'))
        text[--size] = '\0';
    return text;
}

const char *
screen_text(struct screen *screen)
{
    free(screen->text);
    screen->text = collect_text(screen, 0);
    return screen->text;
}

int
screen_shows(struct screen *screen, const char *text)
{
    if (strstr(screen_text(screen), text) != NULL)
        return 1;
    char *joined = collect_text(screen, 1);
    int found = strstr(joined, text) != NULL;
    free(joined);
    return found;
}

enum quarter { TOP_LEFT = 1, TOP_RIGHT = 2, BOTTOM_LEFT = 4, BOTTOM_RIGHT = 8 };

/* Which quarters of its cell a block element fills, bit by bit from the top left; -1 for any other
 * character. */
static int
filled_quarters(uint32_t c)
{
    switch (c) {
    case 0:
    case ' ':
    case 0xa0:
        return 0;
    case 0x2580:
        return TOP_LEFT | TOP_RIGHT;
    case 0x2584:
        return BOTTOM_LEFT | BOTTOM_RIGHT;
    case 0x2588:
        return TOP_LEFT | TOP_RIGHT | BOTTOM_LEFT | BOTTOM_RIGHT;
    case 0x258c:
        return TOP_LEFT | BOTTOM_LEFT;
    case 0x2590:
        return TOP_RIGHT | BOTTOM_RIGHT;
    case 0x2596:
        return BOTTOM_LEFT;
    case 0x2597:
        return BOTTOM_RIGHT;
    case 0x2598:
        return TOP_LEFT;
    case 0x2599:
        return TOP_LEFT | BOTTOM_LEFT | BOTTOM_RIGHT;
    case 0x259a:
        return TOP_LEFT | BOTTOM_RIGHT;
    case 0x259b:
        return TOP_LEFT | TOP_RIGHT | BOTTOM_LEFT;
    case 0x259c:
        return TOP_LEFT | TOP_RIGHT | BOTTOM_RIGHT;
    case 0x259d:
        return TOP_RIGHT;
    case 0x259e:
        return TOP_RIGHT | BOTTOM_LEFT;
    case 0x259f:
        return TOP_RIGHT | BOTTOM_LEFT | BOTTOM_RIGHT;
    default:
        return -1;
    }
}

/* The same in sixths, for the block sextants: U+1FB00 to U+1FB3B count up through the patterns,
 * less the empty one, the two halves (U+258C, U+2590) and the full one, which were characters
 * before. */
static int
filled_sixths(uint32_t c)
{
    const int left_half = 1 | 4 | 16, right_half = 2 | 8 | 32;

    if (c < 0x1fb00 || c > 0x1fb3b)
        return -1;
    int sixths = (int)(c - 0x1fb00) + 1;
    if (sixths >= left_half)
        sixths++;
    if (sixths >= right_half)
        sixths++;
    return sixths;
}

/* A color as a camera's gray. */
static unsigned char
shade_of(const struct screen *screen, VTermColor color)
{
    vterm_screen_convert_color_to_rgb(screen->cells, &color);
    return (unsigned char)((color.rgb.red * 299 + color.rgb.green * 587 + color.rgb.blue * 114) /
                           1000);
}

/* Fills the parts of a cell that is two parts wide and `n_rows` high. */
static void
draw_parts(const struct screen *screen, struct picture *picture, int x_px, int y_px, int parts,
           int n_rows, unsigned char shade)
{
    const int width_px = SCREEN_CELL_WIDTH_PX / 2, height_px = screen->cell_height_px;

    for (int i = 0; i < 2 * n_rows; i++) {
        int top_px = i / 2 * height_px / n_rows;
        int bottom_px = (i / 2 + 1) * height_px / n_rows;

        if (parts & 1 << i)
            picture_fill(picture, x_px + i % 2 * width_px, y_px + top_px, width_px,
                         bottom_px - top_px, shade);
    }
}

static void
draw_cell(const struct screen *screen, struct picture *picture, int row, int column)
{
    int x = column * SCREEN_CELL_WIDTH_PX, y = row * screen->cell_height_px;
    VTermScreenCell cell;

    get_cell(screen, row, column, &cell);
    unsigned char glyph = shade_of(screen, cell.attrs.reverse ? cell.bg : cell.fg);
    unsigned char ground = shade_of(screen, cell.attrs.reverse ? cell.fg : cell.bg);
    picture_fill(picture, x, y, SCREEN_CELL_WIDTH_PX, screen->cell_height_px, ground);

    int quarters = filled_quarters(cell.chars[0]), sixths = filled_sixths(cell.chars[0]);
    if (quarters >= 0)
        draw_parts(screen, picture, x, y, quarters, 2, glyph);
    else if (sixths >= 0)
        draw_parts(screen, picture, x, y, sixths, 3, glyph);
    else
        picture_fill(picture, x + SCREEN_CELL_WIDTH_PX / 2 - 1, y + 3, 2,
                     screen->cell_height_px - 6, glyph);
}

struct picture *
screen_picture(struct screen *screen)
{
    struct picture *picture = picture_new(screen->columns * SCREEN_CELL_WIDTH_PX,
                                          screen->rows * screen->cell_height_px, 0);

    for (int row = 0; row < screen->rows; row++) {
        for (int column = 0; column < screen->columns; column++)
            draw_cell(screen, picture, row, column);
    }
    return picture;
}

char *
screen_qr(struct screen *screen)
{
    PICTURE_AUTO *picture = screen_picture(screen);
    char *text;

    if (picture_decode_qr(picture, &text) == 1)
        return scratch_keep(text);
    free(text);
    return NULL;
}
