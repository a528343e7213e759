/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the screen of an ssh client while its user presses Enter too early, again and again. Each
 * time it has a whole code that both decoders read, or a sentence that says why there is no code.
 */
#include "pam_idinqr/login/conversation.h"
#include "tests/harness/runner.h"
#include "tests/screen/reading.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define EARLY_MAX    10 /* times that Enter is pressed too early */
#define LENGTH_STEP  7
#define LONG         100 /* characters: a code of so many needs more than 24 rows */
#define LONG_STEP    100

/* The client's own words come first, in the row where its cursor is; some names are longer. */
static const char *const clients[] = {
    "(alice@desk) ", "(alice@a-desk-with-a-long-name.some-department.some-company.example) ", ""};

static const struct reading_size sizes[] = {{24, 80}, {25, 80}, {30, 100}, {50, 132}};

/* A code that just fits 80 by 24, the smallest of the sandbox's kind, and one that does not. */
static const struct {
    size_t length;
    int is_drawn;
} known[] = {{20, 1}, {56, 1}, {78, 1}, {79, 0}, {300, 0}};

static struct terminal terminal;

/* A login as alice that sshd asks for, which names no terminal. */
static struct code_text
text_of(const struct reading_code *code, enum screen_colors colors)
{
    terminal_open(&terminal, "ssh");
    return (struct code_text){
        .link = code->link,
        .code = &code->code,
        .user_code = "",
        .terminal = &terminal,
        .voice = &text_idin_voices[colors == SCREEN_DARK_ON_LIGHT ? LANGUAGE_NL : LANGUAGE_EN],
        .display = DISPLAY_AUTO,
        .inverted = colors == SCREEN_DARK_ON_LIGHT,
        .station = "Balie 3",
        .service = "sshd",
        .account = "alice",
        .left = "1:59",
        .is_prompt = 1,
    };
}

/* Returns whether the text has a link in place of a code. This must not change while a person
 * looks. */
static int
is_refused(const struct code_text *text)
{
    return code_text_layout(text).mode == DRAWING_URL;
}

static void
must_be_usable(struct screen *screen, const struct code_text *text, unsigned n_early)
{
    PICTURE_AUTO *picture = NULL;
    const char *payload = text->link;
    char sentence[200];
    int zbar, zxing;

    ck_assert_msg(screen_shows(screen, payload), "no link after %u:\n%s", n_early,
                  screen_text(screen));
    if (is_refused(text)) {
        text_copy(sentence, sizeof sentence, text->voice, TEXT_NO_CODE_FITS, NULL);
        ck_assert_msg(screen_shows(screen, sentence), "after %u:\n%s", n_early,
                      screen_text(screen));
        return;
    }
    picture = screen_picture(screen);
    reading_decode(picture, payload, &zbar, &zxing);
    ck_assert_msg(zbar > 0 && zxing > 0, "%zu characters after %u: zbar %d, ZXing %d\n%s",
                  strlen(payload), n_early, zbar, zxing, screen_text(screen));
    /* Whose login it is stands above each code. */
    ck_assert(screen_shows(screen, "Balie 3"));
}

/* Asks, and is answered at once: n_early times too early, on one screen. */
static void
press_enter(const struct code_text *text, const char *client, struct reading_size size,
            enum screen_colors colors)
{
    SCREEN_AUTO *screen = screen_new((int)size.rows, (int)size.columns, 1, colors);
    unsigned rows = 0;

    screen_print(screen, "bob@home:~$ ssh alice@desk\n");
    for (unsigned n_early = 0; n_early <= EARLY_MAX; n_early++) {
        CODE_TEXT_AUTO *prompt = NULL;
        ck_assert_int_eq(prompt_make(text, &rows, &prompt), 0);
        screen_print(screen, client);
        screen_print(screen, prompt);
        if (n_early <= 2 || n_early == EARLY_MAX)
            must_be_usable(screen, text, n_early);
        screen_print(screen, "\n"); /* the echo of Enter */
    }
}

TEST_CASE("early", .timeout_s = 300);

LOOP_TEST(a_whole_code_is_there_after_each_enter, (int)COUNT(sizes) * 2)
{
    enum screen_colors colors = _i % 2 ? SCREEN_DARK_ON_LIGHT : SCREEN_LIGHT_ON_DARK;
    struct reading_size size = sizes[_i / 2];
    unsigned n_drawn = 0, n_refused = 0;

    for (size_t length = READING_LENGTH_MIN; length <= READING_LENGTH_MAX;
         length += length < LONG ? LENGTH_STEP : LONG_STEP) {
        struct reading_code code = reading_code(length);
        struct code_text text = text_of(&code, colors);
        press_enter(&text, clients[length / LENGTH_STEP % COUNT(clients)], size, colors);
        n_refused += is_refused(&text) != 0;
        n_drawn += is_refused(&text) == 0;
    }
    ck_assert_uint_gt(n_drawn, 5);
    ck_assert_uint_gt(n_refused, 5);
}

LOOP_TEST(what_fits_is_drawn, COUNT(known))
{
    struct reading_code code = reading_code(known[_i].length);
    struct code_text text = text_of(&code, SCREEN_LIGHT_ON_DARK);

    ck_assert_int_eq(!is_refused(&text), known[_i].is_drawn);
    for (size_t i = 0; i < COUNT(clients); i++)
        press_enter(&text, clients[i], sizes[0], SCREEN_LIGHT_ON_DARK);
}

TEST_CASE("words");

/* Where there is room for it, a question is only a question. */
TEST(a_small_code_is_not_repeated_at_once)
{
    struct reading_code code = reading_code(20);
    struct code_text text = text_of(&code, SCREEN_LIGHT_ON_DARK);
    unsigned rows = 0;
    CODE_TEXT_AUTO *first = NULL, *again = NULL;

    ck_assert_int_eq(prompt_make(&text, &rows, &first), 0);
    ck_assert_ptr_nonnull(strstr(first, "Balie 3"));
    ck_assert_uint_eq(rows, code_text_rows(&terminal, first));
    terminal.rows = rows + 4;
    for (unsigned i = 1; i <= 2; i++) {
        CODE_TEXT_AUTO *question = NULL;
        ck_assert_int_eq(prompt_make(&text, &rows, &question), 0);
        ck_assert_str_eq(question, "Not approved yet, 1:59 left. Press Enter once you have: ");
    }
    ck_assert_uint_eq(rows, terminal.rows);
    ck_assert_int_eq(prompt_make(&text, &rows, &again), 0);
    ck_assert_ptr_nonnull(strstr(again, "Balie 3"));
    ck_assert_str_eq(strrchr(again, '\n'),
                     "\n  Not approved yet, 1:59 left. Press Enter once you have: ");
}

RUN_TESTS("prompts", NULL);
