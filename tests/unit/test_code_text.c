/* SPDX-License-Identifier: BSD-3-Clause */
/* Which drawing, and which layout of the words around it, a terminal gets: at the very limits of
 * its size, and of what it can do. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/login/conversation.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/code_text_fixture.h"
#include "tests/unit/manual_text.h"

#include <stdlib.h>
#include <string.h>

static struct code_text_fixture fixture;

static void
set_up(void)
{
    code_text_fixture_begin(&fixture);
}

static void
must_be(const struct code_layout *layout, enum drawing_mode mode, const char *why)
{
    ck_assert_msg(layout->mode == mode && strcmp(layout->why, why) == 0, "%s: %s",
                  drawing_name(layout->mode), layout->why);
}

static const struct {
    unsigned rows, columns;
    size_t length;
    enum config_display display;
    struct code_layout layout;
} limits[] = {
    /* Half blocks: 21 rows and 43 columns with a quiet zone of 4, 19 and 39 with one of 2. Around
     * it four lines of words and the cursor's, or a fifth one and an empty one too. */
    {28, 80, 56, DISPLAY_AUTO, {DRAWING_HALF, 4, 1, 1, NULL, {0, 0}}},
    {27, 80, 56, DISPLAY_AUTO, {DRAWING_HALF, 2, 1, 1, NULL, {0, 0}}},
    {26, 80, 56, DISPLAY_AUTO, {DRAWING_HALF, 2, 1, 1, NULL, {0, 0}}},
    {25, 80, 56, DISPLAY_AUTO, {DRAWING_HALF, 2, 0, 1, NULL, {0, 0}}},
    {24, 80, 56, DISPLAY_AUTO, {DRAWING_HALF, 2, 0, 0, NULL, {0, 0}}},
    {23, 80, 56, DISPLAY_AUTO, {DRAWING_URL, 0, 1, 1, NULL, {24, 80}}},
    /* A link is not indented where that saves a row. */
    {24, 80, 78, DISPLAY_AUTO, {DRAWING_HALF, 2, 0, 0, NULL, {0, 0}}},
    {24, 79, 78, DISPLAY_AUTO, {DRAWING_HALF, 2, 0, 0, NULL, {0, 0}}},
    {24, 78, 78, DISPLAY_AUTO, {DRAWING_HALF, 2, 0, 0, NULL, {0, 0}}},
    {25, 77, 78, DISPLAY_AUTO, {DRAWING_HALF, 2, 0, 0, NULL, {0, 0}}},
    {24, 77, 78, DISPLAY_AUTO, {DRAWING_URL, 0, 1, 1, NULL, {24, 80}}},
    /* Narrow ones, where all but the heading take two. */
    {32, 43, 56, DISPLAY_AUTO, {DRAWING_HALF, 4, 1, 1, NULL, {0, 0}}},
    {32, 42, 56, DISPLAY_AUTO, {DRAWING_HALF, 2, 1, 1, NULL, {0, 0}}},
    {30, 39, 56, DISPLAY_AUTO, {DRAWING_HALF, 2, 1, 1, NULL, {0, 0}}},
    {29, 39, 56, DISPLAY_AUTO, {DRAWING_HALF, 2, 0, 1, NULL, {0, 0}}},
    {28, 39, 56, DISPLAY_AUTO, {DRAWING_HALF, 2, 1, 0, NULL, {0, 0}}},
    {27, 39, 56, DISPLAY_AUTO, {DRAWING_HALF, 2, 0, 0, NULL, {0, 0}}},
    {26, 39, 56, DISPLAY_AUTO, {DRAWING_URL, 0, 1, 1, NULL, {24, 80}}},
    {99, 38, 56, DISPLAY_AUTO, {DRAWING_URL, 0, 1, 1, NULL, {24, 80}}},
    {20, 40, 56, DISPLAY_AUTO, {DRAWING_URL, 0, 1, 1, NULL, {24, 80}}},
    /* The other ways to draw. */
    {48, 84, 56, DISPLAY_CELLS, {DRAWING_CELLS, 4, 1, 1, NULL, {0, 0}}},
    {48, 83, 56, DISPLAY_CELLS, {DRAWING_CELLS, 2, 1, 1, NULL, {0, 0}}},
    {42, 76, 56, DISPLAY_CELLS, {DRAWING_CELLS, 2, 0, 0, NULL, {0, 0}}},
    {41, 76, 56, DISPLAY_CELLS, {DRAWING_URL, 0, 1, 1, NULL, {42, 80}}},
    {42, 75, 56, DISPLAY_CELLS, {DRAWING_URL, 0, 1, 1, NULL, {42, 80}}},
    {24, 80, 56, DISPLAY_PLAIN, {DRAWING_PLAIN, 2, 0, 0, NULL, {0, 0}}},
    {23, 80, 56, DISPLAY_PLAIN, {DRAWING_URL, 0, 1, 1, NULL, {24, 80}}},
    {23, 80, 56, DISPLAY_HALF, {DRAWING_URL, 0, 1, 1, NULL, {24, 80}}},
    {25, 80, 160, DISPLAY_SEXTANT, {DRAWING_SEXTANT, 2, 0, 1, NULL, {0, 0}}},
    {24, 80, 160, DISPLAY_SEXTANT, {DRAWING_SEXTANT, 2, 0, 0, NULL, {0, 0}}},
    {23, 80, 160, DISPLAY_SEXTANT, {DRAWING_URL, 0, 1, 1, NULL, {24, 80}}},
    {50, 132, 56, DISPLAY_URL, {DRAWING_URL, 0, 1, 1, NULL, {0, 0}}},
    /* A long link alone: the first line stays, as long as it can. */
    {18, 40, 400, DISPLAY_URL, {DRAWING_URL, 0, 1, 1, NULL, {0, 0}}},
    {17, 40, 400, DISPLAY_URL, {DRAWING_URL, 0, 0, 1, NULL, {0, 0}}},
    {16, 40, 400, DISPLAY_URL, {DRAWING_URL, 0, 1, 0, NULL, {0, 0}}},
    {15, 40, 400, DISPLAY_URL, {DRAWING_URL, 0, 0, 0, NULL, {0, 0}}},
    {14, 40, 400, DISPLAY_URL, {DRAWING_URL, 0, 1, 1, NULL, {0, 0}}},
};

TEST_CASE("layout", .setup = set_up);

LOOP_TEST(the_layout_at_the_limits, ARRAY_LENGTH(limits))
{
    struct code_layout layout;

    fixture.terminal.rows = limits[_i].rows;
    fixture.terminal.columns = limits[_i].columns;
    fixture.text.display = limits[_i].display;
    code_text_fixture_set_payload(&fixture, limits[_i].length);
    layout = code_text_layout(&fixture.text);
    ck_assert_str_eq(drawing_name(layout.mode), drawing_name(limits[_i].layout.mode));
    ck_assert_int_eq(layout.has_blank, limits[_i].layout.has_blank);
    ck_assert_int_eq(layout.has_check, limits[_i].layout.has_check);
    if (layout.mode != DRAWING_URL)
        ck_assert_uint_eq(layout.quiet, limits[_i].layout.quiet);
    ck_assert_uint_eq(layout.needed.rows, limits[_i].layout.needed.rows);
    ck_assert_uint_eq(layout.needed.columns, limits[_i].layout.needed.columns);
}

/* The rows that any link of up to this length needs, with a user code of this length. */
static unsigned
rows_needed(size_t length_max, size_t user_code_size)
{
    unsigned rows = 0;

    fixture.terminal.rows = 1;
    for (size_t length = 24; length <= length_max; length++)
        for (int language = 0; language < LANGUAGE_COUNT; language++) {
            code_text_fixture_set_payload(&fixture, length);
            memset(fixture.user_code, 'X', user_code_size);
            fixture.user_code[user_code_size] = '\0';
            fixture.text.voice = &text_idin_voices[language];
            struct code_layout layout = code_text_layout(&fixture.text);
            ck_assert_uint_eq(layout.needed.columns, 80);
            rows = layout.needed.rows > rows ? layout.needed.rows : rows;
        }
    return rows;
}

#define LINK_PROMISED      78
#define USER_CODE_PROMISED 23

TEST(the_manual_names_the_size)
{
    unsigned half = rows_needed(LINK_PROMISED, 0), cells;
    const char *promised;

    ck_assert_uint_eq(rows_needed(LINK_PROMISED, USER_CODE_PROMISED), half);
    ck_assert_uint_gt(rows_needed(LINK_PROMISED, USER_CODE_PROMISED + 1), half);
    ck_assert_uint_gt(rows_needed(LINK_PROMISED + 1, 0), half);
    fixture.terminal.is_utf8 = false;
    cells = rows_needed(LINK_PROMISED, 0);
    promised =
        scratch_text("For a link of up to %d characters, a terminal that is known to be "
                     "UTF-8 needs %u\nrows of 80 columns.\nOther terminals need %u rows.\n"
                     "A user code of an OpenID provider takes no row, up to %d characters.\n",
                     LINK_PROMISED, half, cells, USER_CODE_PROMISED);
    ck_assert_msg(strstr(manual_read("man/pam_idinqr.8"), promised), "it does not say: %s",
                  promised);
}

TEST(a_long_heading_takes_its_rows)
{
    fixture.terminal.rows = 24;
    fixture.terminal.columns = 80;
    ck_assert_int_eq(code_text_layout(&fixture.text).mode, DRAWING_HALF);
    /* "  Log in to … as alice (sudo)" is 80 columns wide with the first, and 81 with the other. */
    fixture.text.station = "a station with a name of fifty-two characters, just.";
    ck_assert_int_eq(code_text_layout(&fixture.text).mode, DRAWING_HALF);
    fixture.text.account = "alices";
    ck_assert_int_eq(code_text_layout(&fixture.text).mode, DRAWING_URL);
    fixture.terminal.rows = 25;
    ck_assert_int_eq(code_text_layout(&fixture.text).mode, DRAWING_HALF);
}

TEST(rows_are_counted_in_characters)
{
    static const struct {
        const char *line;
        unsigned rows;
    } lines[] = {
        {"", 1},
        {"1234567890", 1},
        {"12345678901", 2},
        {"éééééééééé", 1},
        {"ééééééééééé", 2},
        {"12345678901234567890", 2},
        {"…………………………", 1},
        {"123456789012345678901", 3},
    };
    const struct terminal none = {.fd = -1};

    fixture.terminal.columns = 10;
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
        ck_assert_msg(code_text_rows(&fixture.terminal, lines[i].line) == lines[i].rows, "%s",
                      lines[i].line);
        ck_assert_uint_eq(code_text_rows(&none, lines[i].line), 1);
    }
    ck_assert_uint_eq(code_text_rows(&fixture.terminal, "\n1234567890\n12345678901\nabc"), 5);
    ck_assert_uint_eq(code_text_rows(&none, "\n1234567890\n12345678901\nabc"), 4);
}

static const struct {
    unsigned rows;
    int is_utf8, has_half_blocks, has_colors;
    enum config_display display;
    enum drawing_mode mode;
    const char *why;
} choices[] = {
    {50, 1, 1, 1, DISPLAY_AUTO, DRAWING_HALF, "the terminal is UTF-8 and has half blocks"},
    {50, 0, 1, 1, DISPLAY_AUTO, DRAWING_CELLS, "nothing says that the terminal is UTF-8"},
    {50, 1, 0, 1, DISPLAY_AUTO, DRAWING_CELLS, "the console's font has no half blocks"},
    {25, 0, 1, 1, DISPLAY_AUTO, DRAWING_URL, "no drawing that scans fits here"},
    {25, 1, 0, 1, DISPLAY_AUTO, DRAWING_URL, "no drawing that scans fits here"},
    {23, 1, 1, 1, DISPLAY_AUTO, DRAWING_URL, "no drawing that scans fits here"},
    {50, 1, 1, 0, DISPLAY_AUTO, DRAWING_URL, "TERM promises no colors"},
    /* What is asked for is drawn, unless it does not fit. */
    {50, 0, 0, 0, DISPLAY_HALF, DRAWING_HALF, "display says so"},
    {50, 0, 0, 0, DISPLAY_SEXTANT, DRAWING_SEXTANT, "display says so"},
    {50, 1, 1, 1, DISPLAY_PLAIN, DRAWING_PLAIN, "display says so"},
    {50, 1, 1, 1, DISPLAY_CELLS, DRAWING_CELLS, "display says so"},
    {50, 1, 1, 1, DISPLAY_URL, DRAWING_URL, "display says so"},
    {25, 1, 1, 1, DISPLAY_CELLS, DRAWING_URL, "display asks for a drawing that does not fit"},
};

LOOP_TEST(what_a_terminal_can_do_chooses, ARRAY_LENGTH(choices))
{
    struct code_layout layout;

    fixture.terminal.rows = choices[_i].rows;
    fixture.terminal.is_utf8 = choices[_i].is_utf8;
    fixture.terminal.has_half_blocks = choices[_i].has_half_blocks;
    fixture.terminal.has_colors = choices[_i].has_colors;
    fixture.text.display = choices[_i].display;
    layout = code_text_layout(&fixture.text);
    must_be(&layout, choices[_i].mode, choices[_i].why);
}

/* There a font's blocks fill their cell, and no blank is as bright as they are. */
TEST(a_linux_console_gets_blocks)
{
    struct code_layout layout;

    fixture.terminal.blocks_fill = true;
    layout = code_text_layout(&fixture.text);
    must_be(&layout, DRAWING_CONSOLE, "the terminal is UTF-8 and has half blocks");
    fixture.text.display = DISPLAY_HALF;
    layout = code_text_layout(&fixture.text);
    must_be(&layout, DRAWING_CONSOLE, "display says so");
    fixture.text.display = DISPLAY_SEXTANT;
    layout = code_text_layout(&fixture.text);
    must_be(&layout, DRAWING_URL, "display asks for sextants, and a Linux console has none");
}

/* Half blocks would be twice as wide as high there, and cells too if they took two characters. */
static const struct {
    unsigned rows;
    int has_half_blocks;
    enum config_display display;
    enum drawing_mode mode;
    const char *why;
} square[] = {
    {50, 1, DISPLAY_AUTO, DRAWING_SQUARES, "the console's characters are square"},
    {50, 0, DISPLAY_AUTO, DRAWING_SQUARES, "the console's characters are square"},
    {30, 1, DISPLAY_AUTO, DRAWING_CONSOLE, "the terminal is UTF-8 and has half blocks"},
    {30, 0, DISPLAY_AUTO, DRAWING_URL, "no drawing that scans fits here"},
    {30, 1, DISPLAY_HALF, DRAWING_CONSOLE, "display says so"},
    {50, 1, DISPLAY_CELLS, DRAWING_SQUARES, "display says so"},
};

LOOP_TEST(square_characters_get_a_module_each, ARRAY_LENGTH(square))
{
    struct code_layout layout;

    fixture.terminal.rows = square[_i].rows;
    fixture.terminal.blocks_fill = fixture.terminal.has_square_cells = true;
    fixture.terminal.has_half_blocks = square[_i].has_half_blocks;
    fixture.text.display = square[_i].display;
    layout = code_text_layout(&fixture.text);
    must_be(&layout, square[_i].mode, square[_i].why);
}

/* The smallest one. */
TEST(the_size_that_would_do_on_square_characters)
{
    struct code_layout layout, usual;

    fixture.terminal.rows = 10;
    usual = code_text_layout(&fixture.text);
    fixture.terminal.has_square_cells = true;
    layout = code_text_layout(&fixture.text);
    must_be(&layout, DRAWING_URL, "no drawing that scans fits here");
    ck_assert_uint_gt(layout.needed.rows, 0);
    ck_assert_uint_eq(layout.needed.rows, usual.needed.rows);
}

TEST(without_a_terminal_only_what_is_asked_for)
{
    static const struct {
        enum config_display display;
        enum drawing_mode mode;
    } asked[] = {{DISPLAY_HALF, DRAWING_HALF},
                 {DISPLAY_CELLS, DRAWING_CELLS},
                 {DISPLAY_SEXTANT, DRAWING_SEXTANT},
                 {DISPLAY_PLAIN, DRAWING_PLAIN}};
    struct code_layout layout;

    fixture.terminal = (struct terminal){.fd = -1};
    layout = code_text_layout(&fixture.text);
    must_be(&layout, DRAWING_URL, "there is no terminal");
    for (size_t i = 0; i < ARRAY_LENGTH(asked); i++) {
        fixture.text.display = asked[i].display;
        layout = code_text_layout(&fixture.text);
        must_be(&layout, asked[i].mode, "display says so");
    }
}

static const struct {
    int has_terminal, is_utf8, has_half_blocks;
    enum config_display display;
    enum drawing_mode mode;
    const char *why;
} prompts[] = {
#define PROMPTED "the code is a part of a prompt, where no colors get through"
    {0, 0, 0, DISPLAY_AUTO, DRAWING_PLAIN, PROMPTED},
    {0, 0, 0, DISPLAY_HALF, DRAWING_PLAIN, PROMPTED},
    {0, 0, 0, DISPLAY_CELLS, DRAWING_PLAIN, PROMPTED},
    {0, 0, 0, DISPLAY_PLAIN, DRAWING_PLAIN, PROMPTED},
    {0, 0, 0, DISPLAY_URL, DRAWING_URL, "display says so"},
    {1, 1, 1, DISPLAY_AUTO, DRAWING_PLAIN, PROMPTED},
    {1, 1, 0, DISPLAY_AUTO, DRAWING_URL,
     "a terminal without half blocks, or not known to be UTF-8"},
    {1, 0, 1, DISPLAY_AUTO, DRAWING_URL,
     "a terminal without half blocks, or not known to be UTF-8"},
    {1, 0, 0, DISPLAY_PLAIN, DRAWING_PLAIN, PROMPTED},
};

LOOP_TEST(a_prompt_is_plain, ARRAY_LENGTH(prompts))
{
    struct code_layout layout;
    char *made;

    fixture.terminal.fd = prompts[_i].has_terminal ? 0 : -1;
    fixture.terminal.is_utf8 = prompts[_i].is_utf8;
    fixture.terminal.has_half_blocks = prompts[_i].has_half_blocks;
    fixture.text.display = prompts[_i].display;
    fixture.text.is_prompt = 1;
    layout = code_text_layout(&fixture.text);
    must_be(&layout, prompts[_i].mode, prompts[_i].why);
    made = code_text_fixture_message(&fixture, &layout);
    ck_assert_int_eq(made[0], '\n');
    ck_assert_ptr_null(strchr(made, '\033'));
    ck_assert_ptr_nonnull(strstr(made, fixture.link));
    ck_assert_str_eq(strrchr(made, '\n') + 1,
                     "  Approve at your bank, then press Enter (1:59 left): ");
    free(made);
}

TEST(a_prompt_keeps_its_first_row_empty)
{
    struct code_layout layout;

    fixture.text.is_prompt = 1;
    fixture.terminal.columns = 80;
    fixture.terminal.rows = 25; /* 19 of the code, 5 of words, an empty one */
    layout = code_text_layout(&fixture.text);
    must_be(&layout, DRAWING_PLAIN, PROMPTED);
    ck_assert(layout.has_blank && layout.has_check);
    fixture.terminal.rows = 24;
    layout = code_text_layout(&fixture.text);
    must_be(&layout, DRAWING_PLAIN, PROMPTED);
    ck_assert(layout.has_blank && !layout.has_check);
    fixture.terminal.rows = 23;
    layout = code_text_layout(&fixture.text);
    must_be(&layout, DRAWING_URL, "no drawing that scans fits here");
}

/* It takes two rows, its own and the client's. The code must not scroll off the screen. */
LOOP_TEST(a_question_alone_leaves_the_code, 2)
{
    unsigned rows = fixture.terminal.rows - 2 + (unsigned)_i;
    char *prompt;

    fixture.text.is_prompt = 1;
    ck_assert_int_eq(prompt_make(&fixture.text, &rows, &prompt), 0);
    ck_assert_int_eq(strstr(prompt, fixture.link) != NULL, _i);
    free(prompt);
}

RUN_TESTS("code_text", NULL);
