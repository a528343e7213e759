/* SPDX-License-Identifier: BSD-3-Clause */
/* The message with the code in it: any code, link and words on any terminal.
 *
 *     flags, display, version        a byte each
 *     rows, columns                  two bytes each
 *     lines                          payload, station, account, service, time left
 *     the rest                       the code's modules
 *
 * The text is read back as a terminal would read it: nothing but our own escape sequences may be in
 * it, it must fit where it says that it fits, and the code must still be the code. */
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/login/code_text.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/target.h"

#include <stdlib.h>
#include <string.h>

enum flag {
    FLAG_DUTCH = 1,
    FLAG_INVERTED = 2,
    FLAG_PROMPT = 4,
    FLAG_NO_ACCOUNT = 8,
    FLAG_UTF8 = 16,
    FLAG_HALF_BLOCKS = 32,
    FLAG_COLORS = 64,
    FLAG_NO_TERMINAL = 128,
    FLAG_SQUARE = 128 /* of the second byte */
};

struct words {
    char payload[QR_PAYLOAD_MAX + 1], station[64], account[257], service[64], left[32];
};

/* What the module has checked before it draws: the rest is for code_text to bear. */
static int
read_words(struct input *input, struct words *ret_words)
{
    struct https_url url;
    size_t size = input_text(input, '\n', ret_words->payload, sizeof ret_words->payload);

    if (https_url_parse(ret_words->payload, size, &url) != 0)
        return -1;
    size = input_text(input, '\n', ret_words->station, sizeof ret_words->station);
    if (!characters_are_clean(ret_words->station, size))
        return -1;
    size = input_text(input, '\n', ret_words->account, sizeof ret_words->account);
    if (!characters_are_clean(ret_words->account, size))
        return -1;
    size = input_text(input, '\n', ret_words->service, sizeof ret_words->service);
    if (!characters_are_clean(ret_words->service, size))
        return -1;
    size = input_text(input, '\n', ret_words->left, sizeof ret_words->left);
    return characters_are_clean(ret_words->left, size) ? 0 : -1;
}

static void
read_modules(struct input *input, struct qr_code *code)
{
    size_t size;
    const uint8_t *bits = input_bytes(input, ((size_t)code->size * code->size + 7) / 8, &size);

    if (size > 0)
        memcpy(code->modules, bits, size);
}

/* --- reading it back --- */

#define SIDE_MOST 120 /* modules: 109, a quiet zone, and what fills up the last characters */

struct screen {
    const char *at;
    unsigned rows;      /* that are full */
    unsigned columns;   /* of the row that is not */
    int background;     /* 0, 40 or 47 */
    int is_colored;     /* since the last reset */
    unsigned drawn_row; /* of the drawing, and how many module rows that is so far */
    unsigned char light[SIDE_MOST][SIDE_MOST];
};

static int
skip(struct screen *screen, const char *text)
{
    size_t size = strlen(text);

    if (strncmp(screen->at, text, size) != 0)
        return 0;
    screen->at += size;
    return 1;
}

/* Any other control character than these and the end of a line is not ours. */
static int
skip_escape(struct screen *screen)
{
    if (skip(screen, "\033[0m"))
        screen->background = screen->is_colored = 0;
    else if (skip(screen, "\033[37;97;40m"))
        screen->background = 40, screen->is_colored = 1;
    else if (skip(screen, "\033[40m"))
        screen->background = 40, screen->is_colored = 1;
    else if (skip(screen, "\033[47m"))
        screen->background = 47, screen->is_colored = 1;
    else if (screen->background == 40 && skip(screen, "\033[7m"))
        screen->background = 47;
    else if (screen->background == 47 && skip(screen, "\033[27m"))
        screen->background = 40;
    else
        return 0;
    return 1;
}

static unsigned
next_code_point(struct screen *screen)
{
    const unsigned char *p = (const unsigned char *)screen->at;
    unsigned length = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    unsigned code_point = length == 1 ? p[0] : p[0] & (0xFFu >> (length + 1));

    MUST(characters_are_clean(screen->at, length));
    for (unsigned i = 1; i < length; i++)
        code_point = code_point << 6 | (p[i] & 0x3F);
    screen->at += length;
    return code_point;
}

/* The six modules of a sextant, bit 0 top left, bit 5 bottom right. */
static unsigned
sextant_bits(unsigned code_point)
{
    unsigned next = 0x1FB00;

    switch (code_point) {
    case ' ':
        return 0;
    case 0x2588:
        return 63;
    case 0x258C:
        return 21;
    case 0x2590:
        return 42;
    default:
        for (unsigned bits = 1; bits < 63; bits++)
            if (bits != 21 && bits != 42 && next++ == code_point)
                return bits;
        MUST(next == 0); /* no sextant */
        return 0;
    }
}

static void
mark(struct screen *screen, unsigned x, unsigned y, unsigned is_light)
{
    MUST(x < SIDE_MOST && y < SIDE_MOST);
    screen->light[y][x] = is_light != 0;
}

static void
read_cell(struct screen *screen, enum drawing_mode mode, unsigned cell, int is_inverted)
{
    unsigned code_point = next_code_point(screen), y = screen->drawn_row, bits;

    if (mode == DRAWING_SQUARES) {
        MUST(code_point == ' ' && screen->background != 0);
        mark(screen, cell, y, screen->background == 47);
    } else if (mode == DRAWING_CELLS) {
        MUST(code_point == ' ' && screen->background != 0);
        if (cell % 2 == 1) /* both halves alike */
            MUST(screen->light[y][cell / 2] == (screen->background == 47));
        mark(screen, cell / 2, y, screen->background == 47);
    } else if (mode == DRAWING_SEXTANT) {
        MUST(code_point == ' ' || screen->background == 40);
        bits = screen->background == 47 ? 63 : sextant_bits(code_point);
        for (unsigned i = 0; i < 6; i++)
            mark(screen, 2 * cell + i % 2, 3 * y + i / 2, bits >> i & 1);
    } else {
        MUST(code_point == ' ' || code_point == 0x2580 || code_point == 0x2584 ||
             code_point == 0x2588);
        bits = code_point == ' ' ? 0 : code_point == 0x2580 ? 2 : code_point == 0x2584 ? 1 : 3;
        MUST(screen->background != 47 || mode == DRAWING_HALF);
        if (is_inverted || screen->background == 47)
            bits = 3 - bits;
        mark(screen, cell, 2 * y, bits >> 1);
        mark(screen, cell, 2 * y + 1, bits & 1);
    }
}

/* A row of the drawing; exactly as wide as it was measured to be. */
static void
read_drawn_row(struct screen *screen, const struct code_text *text,
               const struct code_layout *layout, unsigned columns)
{
    int is_inverted = layout->mode == DRAWING_PLAIN && text->inverted;

    MUST(skip(screen, "  "));
    for (unsigned cell = 0; cell < columns - 2; cell++) {
        while (skip_escape(screen))
            continue;
        read_cell(screen, layout->mode, cell, is_inverted);
    }
    while (skip_escape(screen))
        continue;
    MUST(skip(screen, "\n") && !screen->is_colored);
    screen->drawn_row++;
    screen->rows++;
}

/* A line of words. */
static void
read_line(struct screen *screen, unsigned terminal_columns)
{
    unsigned columns = 0;

    while (*screen->at && *screen->at != '\n') {
        (void)next_code_point(screen);
        columns++;
    }
    screen->rows += columns == 0 || terminal_columns == 0
                        ? 1
                        : (columns + terminal_columns - 1) / terminal_columns;
    (void)skip(screen, "\n");
}

static void
must_be_code(const struct screen *screen, const struct qr_code *code, unsigned quiet)
{
    unsigned side = code->size + 2 * quiet;

    for (unsigned y = 0; y < side; y++)
        for (unsigned x = 0; x < side; x++) {
            int is_inside =
                x >= quiet && y >= quiet && x < quiet + code->size && y < quiet + code->size;
            int is_light = !is_inside || !qr_is_dark(code, x - quiet, y - quiet);
            MUST(screen->light[y][x] == is_light);
        }
}

static void
read_back(const char *message, const struct code_text *text, const struct code_layout *layout)
{
    static struct screen screen; /* large */
    struct drawing_size size = drawing_measure(layout->mode, text->code->size, layout->quiet);
    const struct terminal *terminal = text->terminal;

    memset(&screen, 0, sizeof screen);
    screen.at = message;
    for (int i = 0; i < 2 + layout->has_blank; i++)
        read_line(&screen, terminal->columns);
    for (unsigned row = 0; row < size.rows; row++)
        read_drawn_row(&screen, text, layout, size.columns);
    while (*screen.at)
        read_line(&screen, terminal->columns);
    if (layout->mode != DRAWING_URL)
        must_be_code(&screen, text->code, layout->quiet);
    if (layout->mode == DRAWING_URL || terminal->fd < 0)
        return;
    MUST(size.columns <= terminal->columns);
    MUST(screen.rows + (text->is_prompt ? 0 : 1) <= terminal->rows);
}

static void
check(const struct code_text *text)
{
    struct code_layout layout = code_text_layout(text);
    char *message = code_text_make(text, &layout);
    size_t size;

    MUST(message && layout.why && layout.mode < DRAWING_MODES);
    MUST(layout.mode == DRAWING_URL || layout.quiet >= 2);
    size = strlen(message);
    MUST(size > 0 && message[size - 1] != '\n' && size < 256 * 1024);
    MUST(strstr(message, text->link));
    MUST(!text->is_prompt || !strchr(message, '\033'));
    MUST(!text->is_prompt || layout.mode == DRAWING_PLAIN || layout.mode == DRAWING_URL);
    if (text->display == DISPLAY_URL)
        MUST(layout.mode == DRAWING_URL);
    read_back(message, text, &layout);
    free(message);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    unsigned flags = input_u8(&input), shown = input_u8(&input),
             display = (shown & ~(unsigned)FLAG_SQUARE) % (DISPLAY_URL + 1);
    struct words words;
    struct qr_code code = {.size = (uint8_t)(21 + 4 * (input_u8(&input) % 23))};
    struct terminal terminal = {
        .fd = flags & FLAG_NO_TERMINAL ? -1 : 0,
        .rows = input_u16(&input),
        .columns = input_u16(&input),
        .is_utf8 = (flags & FLAG_UTF8) != 0,
        .has_half_blocks = (flags & FLAG_HALF_BLOCKS) != 0,
        .has_square_cells = (shown & FLAG_SQUARE) != 0,
        .has_colors = (flags & FLAG_COLORS) != 0,
        .takes_escapes = (flags & FLAG_COLORS) != 0,
    };
    struct code_text text = {
        .link = words.payload,
        .code = &code,
        .user_code = "",
        .terminal = &terminal,
        .voice = &text_idin_voices[flags & FLAG_DUTCH ? LANGUAGE_NL : LANGUAGE_EN],
        .display = (enum config_display)display,
        .inverted = (flags & FLAG_INVERTED) != 0,
        .station = words.station,
        .service = words.service,
        .account = flags & FLAG_NO_ACCOUNT ? NULL : words.account,
        .left = words.left,
        .is_prompt = (flags & FLAG_PROMPT) != 0,
    };

    if (read_words(&input, &words) != 0)
        return 0;
    read_modules(&input, &code);
    check(&text);
    return 0;
}
