/* The message with a code: which drawing and which words a terminal gets, at the very limits of its
 * size; and on a screen that is not ours, that the code can be read there. */
#include "pam_idinqr/agent/matrix.h"
#include "pam_idinqr/module/code_text.h"
#include "tests/harness/runner.h"
#include "tests/harness/screen.h"

#include <stdlib.h>
#include <string.h>

#define HOST "https://qrcode.idin.nl/"

static struct qr_message qr;
static struct terminal terminal;
static struct code_text text;

/* The code of a link of this length. */
static void
set_payload(size_t length)
{
    memset(&qr, 0, sizeof qr);
    qr.lifetime_s = 60;
    strcpy(qr.payload, HOST);
    for (size_t i = strlen(qr.payload); i < length; i++)
        qr.payload[i] = (char)('a' + i * 7 % 26);
    ck_assert_int_eq(matrix_make(&qr), 0);
}

/* A terminal that can do everything, and a login on it. */
static void
set_up(void)
{
    terminal = (struct terminal){.fd = 0,
                                 .rows = 50,
                                 .columns = 132,
                                 .is_utf8 = 1,
                                 .has_half_blocks = 1,
                                 .has_colours = 1,
                                 .takes_escapes = 1};
    text = (struct code_text){.qr = &qr,
                              .terminal = &terminal,
                              .language = LANGUAGE_EN,
                              .display = "auto",
                              .station = "desk 3",
                              .service = "sudo",
                              .account = "alice",
                              .left = "1:59"};
    set_payload(56); /* 33 modules */
}

static char *
message(const struct code_layout *layout)
{
    char *made = code_text_make(&text, layout);

    ck_assert_ptr_nonnull(made);
    return made;
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
    const char *display;
    struct code_layout layout;
} limits[] = {
    /* Half blocks: 21 rows and 43 columns with a quiet zone of 4, 19 and 39 with one of 2. Around
     * it four lines of words and the cursor's, or a fifth one and an empty one too. */
    {28, 80, 56, "auto", {DRAWING_HALF, 4, 1, 1, NULL}},
    {27, 80, 56, "auto", {DRAWING_HALF, 2, 1, 1, NULL}},
    {26, 80, 56, "auto", {DRAWING_HALF, 2, 1, 1, NULL}},
    {25, 80, 56, "auto", {DRAWING_HALF, 2, 0, 1, NULL}},
    {24, 80, 56, "auto", {DRAWING_HALF, 2, 0, 0, NULL}},
    {23, 80, 56, "auto", {DRAWING_URL, 0, 1, 1, NULL}},
    /* A link is not indented where that saves a row. */
    {24, 80, 78, "auto", {DRAWING_HALF, 2, 0, 0, NULL}},
    {24, 79, 78, "auto", {DRAWING_HALF, 2, 0, 0, NULL}},
    {24, 78, 78, "auto", {DRAWING_HALF, 2, 0, 0, NULL}},
    {25, 77, 78, "auto", {DRAWING_HALF, 2, 0, 0, NULL}},
    {24, 77, 78, "auto", {DRAWING_URL, 0, 1, 1, NULL}},
    /* Narrow ones, where all but the heading take two. */
    {32, 43, 56, "auto", {DRAWING_HALF, 4, 1, 1, NULL}},
    {32, 42, 56, "auto", {DRAWING_HALF, 2, 1, 1, NULL}},
    {30, 39, 56, "auto", {DRAWING_HALF, 2, 1, 1, NULL}},
    {29, 39, 56, "auto", {DRAWING_HALF, 2, 0, 1, NULL}},
    {28, 39, 56, "auto", {DRAWING_HALF, 2, 1, 0, NULL}},
    {27, 39, 56, "auto", {DRAWING_HALF, 2, 0, 0, NULL}},
    {26, 39, 56, "auto", {DRAWING_URL, 0, 1, 1, NULL}},
    {99, 38, 56, "auto", {DRAWING_URL, 0, 1, 1, NULL}},
    {20, 40, 56, "auto", {DRAWING_URL, 0, 1, 1, NULL}},
    /* The other ways to draw. */
    {48, 84, 56, "cells", {DRAWING_CELLS, 4, 1, 1, NULL}},
    {48, 83, 56, "cells", {DRAWING_CELLS, 2, 1, 1, NULL}},
    {42, 76, 56, "cells", {DRAWING_CELLS, 2, 0, 0, NULL}},
    {41, 76, 56, "cells", {DRAWING_URL, 0, 1, 1, NULL}},
    {42, 75, 56, "cells", {DRAWING_URL, 0, 1, 1, NULL}},
    {24, 80, 56, "plain", {DRAWING_PLAIN, 2, 0, 0, NULL}},
    {23, 80, 56, "plain", {DRAWING_URL, 0, 1, 1, NULL}},
    {23, 80, 56, "half", {DRAWING_URL, 0, 1, 1, NULL}},
    {25, 80, 160, "sextant", {DRAWING_SEXTANT, 2, 0, 1, NULL}},
    {24, 80, 160, "sextant", {DRAWING_SEXTANT, 2, 0, 0, NULL}},
    {23, 80, 160, "sextant", {DRAWING_URL, 0, 1, 1, NULL}},
    {50, 132, 56, "url", {DRAWING_URL, 0, 1, 1, NULL}},
};

START_TEST(the_layout_at_the_limits)
{
    struct code_layout layout;

    terminal.rows = limits[_i].rows;
    terminal.columns = limits[_i].columns;
    text.display = limits[_i].display;
    set_payload(limits[_i].length);
    layout = code_text_layout(&text);
    ck_assert_str_eq(drawing_name(layout.mode), drawing_name(limits[_i].layout.mode));
    ck_assert_int_eq(layout.has_blank, limits[_i].layout.has_blank);
    ck_assert_int_eq(layout.has_check, limits[_i].layout.has_check);
    if (layout.mode != DRAWING_URL)
        ck_assert_uint_eq(layout.quiet, limits[_i].layout.quiet);
}
END_TEST

START_TEST(a_long_heading_takes_its_rows)
{
    terminal.rows = 24;
    terminal.columns = 80;
    ck_assert_int_eq(code_text_layout(&text).mode, DRAWING_HALF);
    /* "  Log in to … as alice (sudo)" is 80 columns wide with the first, and 81 with the other. */
    text.station = "a station with a name of fifty-two characters, just.";
    ck_assert_int_eq(code_text_layout(&text).mode, DRAWING_HALF);
    text.account = "alices";
    ck_assert_int_eq(code_text_layout(&text).mode, DRAWING_URL);
    terminal.rows = 25;
    ck_assert_int_eq(code_text_layout(&text).mode, DRAWING_HALF);
}
END_TEST

START_TEST(rows_are_counted_in_characters)
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

    terminal.columns = 10;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ck_assert_msg(code_text_rows(&terminal, lines[i].line) == lines[i].rows, "%s",
                      lines[i].line);
        ck_assert_uint_eq(code_text_rows(&none, lines[i].line), 1);
    }
}
END_TEST

static const struct {
    unsigned rows;
    int is_utf8, has_half_blocks, has_colours;
    const char *display;
    enum drawing_mode mode;
    const char *why;
} choices[] = {
    {50, 1, 1, 1, "auto", DRAWING_HALF, "the terminal is UTF-8 and has half blocks"},
    {50, 0, 1, 1, "auto", DRAWING_CELLS, "nothing says that the terminal is UTF-8"},
    {50, 1, 0, 1, "auto", DRAWING_CELLS, "the console's font has no half blocks"},
    {25, 0, 1, 1, "auto", DRAWING_URL, "no drawing that scans fits here"},
    {25, 1, 0, 1, "auto", DRAWING_URL, "no drawing that scans fits here"},
    {23, 1, 1, 1, "auto", DRAWING_URL, "no drawing that scans fits here"},
    {50, 1, 1, 0, "auto", DRAWING_URL, "TERM promises no colours"},
    /* What is asked for is drawn, unless it does not fit. */
    {50, 0, 0, 0, "half", DRAWING_HALF, "display says so"},
    {50, 0, 0, 0, "sextant", DRAWING_SEXTANT, "display says so"},
    {50, 1, 1, 1, "plain", DRAWING_PLAIN, "display says so"},
    {50, 1, 1, 1, "cells", DRAWING_CELLS, "display says so"},
    {50, 1, 1, 1, "url", DRAWING_URL, "display says so"},
    {25, 1, 1, 1, "cells", DRAWING_URL, "display asks for a drawing that does not fit"},
};

START_TEST(what_a_terminal_can_do_chooses)
{
    struct code_layout layout;

    terminal.rows = choices[_i].rows;
    terminal.is_utf8 = choices[_i].is_utf8;
    terminal.has_half_blocks = choices[_i].has_half_blocks;
    terminal.has_colours = choices[_i].has_colours;
    text.display = choices[_i].display;
    layout = code_text_layout(&text);
    must_be(&layout, choices[_i].mode, choices[_i].why);
}
END_TEST

START_TEST(without_a_terminal_only_what_is_asked_for)
{
    static const char *const displays[] = {"half", "cells", "sextant", "plain"};
    struct code_layout layout;

    terminal = (struct terminal){.fd = -1};
    layout = code_text_layout(&text);
    must_be(&layout, DRAWING_URL, "there is no terminal");
    for (size_t i = 0; i < sizeof displays / sizeof displays[0]; i++) {
        text.display = displays[i];
        layout = code_text_layout(&text);
        must_be(&layout, drawing_find(displays[i]), "display says so");
    }
}
END_TEST

static const struct {
    int has_terminal, is_utf8, has_half_blocks;
    const char *display;
    enum drawing_mode mode;
    const char *why;
} prompts[] = {
#define PROMPTED "the code is a part of a prompt, where no colours get through"
    {0, 0, 0, "auto", DRAWING_PLAIN, PROMPTED},
    {0, 0, 0, "half", DRAWING_PLAIN, PROMPTED},
    {0, 0, 0, "cells", DRAWING_PLAIN, PROMPTED},
    {0, 0, 0, "plain", DRAWING_PLAIN, PROMPTED},
    {0, 0, 0, "url", DRAWING_URL, "display says so"},
    {1, 1, 1, "auto", DRAWING_PLAIN, PROMPTED},
    {1, 1, 0, "auto", DRAWING_URL, "a terminal without half blocks, or not known to be UTF-8"},
    {1, 0, 1, "auto", DRAWING_URL, "a terminal without half blocks, or not known to be UTF-8"},
    {1, 0, 0, "plain", DRAWING_PLAIN, PROMPTED},
};

START_TEST(a_prompt_is_plain)
{
    struct code_layout layout;
    char *made;

    terminal.fd = prompts[_i].has_terminal ? 0 : -1;
    terminal.is_utf8 = prompts[_i].is_utf8;
    terminal.has_half_blocks = prompts[_i].has_half_blocks;
    text.display = prompts[_i].display;
    text.is_prompt = 1;
    layout = code_text_layout(&text);
    must_be(&layout, prompts[_i].mode, prompts[_i].why);
    made = message(&layout);
    ck_assert_int_eq(made[0], '\n');
    ck_assert_ptr_null(strchr(made, '\033'));
    ck_assert_ptr_nonnull(strstr(made, qr.payload));
    ck_assert_str_eq(strrchr(made, '\n') + 1,
                     "  Approve at your bank, then press Enter (1:59 left): ");
    free(made);
}
END_TEST

START_TEST(a_prompt_keeps_its_first_row_empty)
{
    struct code_layout layout;

    text.is_prompt = 1;
    terminal.columns = 80;
    terminal.rows = 25; /* 19 of the code, 5 of words, an empty one */
    layout = code_text_layout(&text);
    must_be(&layout, DRAWING_PLAIN, PROMPTED);
    ck_assert(layout.has_blank && layout.has_check);
    terminal.rows = 24;
    layout = code_text_layout(&text);
    must_be(&layout, DRAWING_PLAIN, PROMPTED);
    ck_assert(layout.has_blank && !layout.has_check);
    terminal.rows = 23;
    layout = code_text_layout(&text);
    must_be(&layout, DRAWING_URL, "no drawing that scans fits here");
}
END_TEST

static void
must_say(const char *words)
{
    struct code_layout layout = code_text_layout(&text);
    char *made = message(&layout);

    ck_assert_str_eq(made, words);
    free(made);
}

START_TEST(the_words_in_english)
{
    strcpy(qr.payload, HOST "abc");
    text.display = "url";
    must_say("\n  Log in to desk 3 as alice (sudo)\n"
             "  Open this link on your phone:\n"
             "  https://qrcode.idin.nl/abc\n"
             "  Check on your phone that the link begins with https://qrcode.idin.nl/\n"
             "  Waiting for your bank, 1:59 left (Ctrl-C stops)");
    text.account = NULL;
    text.display = "auto";
    text.is_prompt = 1;
    terminal.rows = 10;
    strcpy(qr.payload, "https://qr.example:8443/abc");
    must_say("\n  Log in to desk 3 (sudo)\n"
             "  No code that scans can be shown here. Open this link on your phone:\n"
             "  https://qr.example:8443/abc\n"
             "  Check on your phone that the link begins with https://qr.example:8443/\n"
             "  Approve at your bank, then press Enter (1:59 left): ");
}
END_TEST

START_TEST(the_words_in_dutch)
{
    strcpy(qr.payload, HOST "abc");
    text.language = LANGUAGE_NL;
    text.display = "url";
    must_say("\n  Inloggen op desk 3 als alice (sudo)\n"
             "  Open deze link op uw telefoon:\n"
             "  https://qrcode.idin.nl/abc\n"
             "  Controleer op uw telefoon dat de link begint met https://qrcode.idin.nl/\n"
             "  Wacht op uw bank, nog 1:59 (Ctrl-C stopt)");
    text.account = NULL;
    text.display = "half";
    text.is_prompt = 1;
    terminal.rows = 10;
    must_say("\n  Inloggen op desk 3 (sudo)\n"
             "  Hier past geen leesbare code. Open deze link op uw telefoon:\n"
             "  https://qrcode.idin.nl/abc\n"
             "  Controleer op uw telefoon dat de link begint met https://qrcode.idin.nl/\n"
             "  Keur goed bij uw bank en druk dan op Enter (nog 1:59): ");
}
END_TEST

START_TEST(a_layout_leaves_out_what_it_says)
{
    const struct code_layout layout = {.mode = DRAWING_HALF, .quiet = 2};
    char *made = message(&layout);

    ck_assert_int_eq(strncmp(made, "  Log in", 8), 0);
    ck_assert_ptr_null(strstr(made, "Check on your phone"));
    free(made);
}
END_TEST

START_TEST(inverted_is_for_plain)
{
    struct code_layout layout;
    char *made, *read;
    SCREEN_AUTO *screen = screen_new(50, 132, 1, SCREEN_DARK_ON_LIGHT);

    text.display = "plain";
    text.inverted = 1;
    layout = code_text_layout(&text);
    made = message(&layout);
    screen_print(screen, made);
    read = screen_qr(screen);
    ck_assert_ptr_nonnull(read);
    ck_assert_str_eq(read, qr.payload);
    free(read);
    free(made);
}
END_TEST

/* What a person sees of it. A drawing must be there whole, with the first line above it, or no code
 * was promised. */
static void
check_screen(const struct code_layout *layout)
{
    SCREEN_AUTO *screen =
        screen_new((int)terminal.rows, (int)terminal.columns, 1, SCREEN_LIGHT_ON_DARK);
    const char *first = layout->has_blank ? "\n  Log in to desk 3" : "  Log in to desk 3";
    char *made = message(layout), *read;

    screen_print(screen, made);
    if (!text.is_prompt)
        screen_print(screen, "\n"); /* the host's */
    free(made);
    if (layout->mode == DRAWING_URL) {
        /* The last rows of what is too much are the ones that stay. */
        if (terminal.rows >= code_text_rows(&terminal, qr.payload) + 10)
            ck_assert(screen_shows(screen, qr.payload));
        return;
    }
    ck_assert_msg(strncmp(screen_text(screen), first, strlen(first)) == 0,
                  "%s on %u rows of %u, %u modules: scrolled\n%s", drawing_name(layout->mode),
                  terminal.rows, terminal.columns, qr.size, screen_text(screen));
    ck_assert(screen_shows(screen, qr.payload));
    read = screen_qr(screen);
    ck_assert_msg(read && strcmp(read, qr.payload) == 0, "%s on %u rows of %u, %u modules: %s",
                  drawing_name(layout->mode), terminal.rows, terminal.columns, qr.size,
                  read ? read : "not read");
    free(read);
}

static const char *const displays[] = {"auto", "half", "cells", "sextant", "plain", "url"};

START_TEST(whatever_is_drawn_fits_and_is_read)
{
    static const unsigned rows[] = {10, 15, 20, 24, 25, 26, 30, 43, 60};
    static const unsigned columns[] = {20, 40, 80, 132};
    static const size_t lengths[] = {24, 56, 78, 110, 160, 300};
    unsigned n_drawn = 0;

    text.display = displays[_i];
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        set_payload(lengths[i]);
        for (size_t j = 0; j < sizeof rows / sizeof rows[0] * 4; j++) {
            terminal.rows = rows[j / 4];
            terminal.columns = columns[j % 4];
            for (text.is_prompt = 0; text.is_prompt < 2; text.is_prompt++) {
                struct code_layout layout = code_text_layout(&text);
                n_drawn += layout.mode != DRAWING_URL;
                check_screen(&layout);
            }
        }
    }
    /* It does draw: a choice that never does would fit everywhere. */
    ck_assert_uint_ge(n_drawn, strcmp(text.display, "url") == 0 ? 0 : 40);
}
END_TEST

static Suite *
code_text_suite(void)
{
    Suite *suite = suite_create("code_text");
    TCase *layout = tcase_create("layout"), *words = tcase_create("words");
    TCase *seen = tcase_create("seen");

    tcase_add_checked_fixture(layout, set_up, NULL);
    tcase_add_loop_test(layout, the_layout_at_the_limits, 0,
                        (int)(sizeof limits / sizeof limits[0]));
    tcase_add_test(layout, a_long_heading_takes_its_rows);
    tcase_add_test(layout, rows_are_counted_in_characters);
    tcase_add_loop_test(layout, what_a_terminal_can_do_chooses, 0,
                        (int)(sizeof choices / sizeof choices[0]));
    tcase_add_test(layout, without_a_terminal_only_what_is_asked_for);
    tcase_add_loop_test(layout, a_prompt_is_plain, 0, (int)(sizeof prompts / sizeof prompts[0]));
    tcase_add_test(layout, a_prompt_keeps_its_first_row_empty);
    tcase_add_checked_fixture(words, set_up, NULL);
    tcase_add_test(words, the_words_in_english);
    tcase_add_test(words, the_words_in_dutch);
    tcase_add_test(words, a_layout_leaves_out_what_it_says);
    tcase_add_checked_fixture(seen, set_up, NULL);
    tcase_add_test(seen, inverted_is_for_plain);
    tcase_add_loop_test(seen, whatever_is_drawn_fits_and_is_read, 0,
                        (int)(sizeof displays / sizeof displays[0]));
    suite_add_tcase(suite, layout);
    suite_add_tcase(suite, words);
    suite_add_tcase(suite, seen);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "code_text", code_text_suite, NULL);
}
