/* SPDX-License-Identifier: BSD-3-Clause */
/* What a person sees of the message with a code: its words, and on a screen that is not ours, that
 * all of it is there and can be read. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/harness/screen.h"
#include "tests/unit/code_text_fixture.h"

#include <stdlib.h>
#include <string.h>

static struct code_text_fixture fixture;

static void
set_up(void)
{
    code_text_fixture_begin(&fixture);
}

static void
must_say(const char *words)
{
    struct code_layout layout = code_text_layout(&fixture.text);
    char *made = code_text_fixture_message(&fixture, &layout);

    ck_assert_str_eq(made, words);
    free(made);
}

TEST_CASE("words", .setup = set_up);

TEST(the_words_in_english)
{
    strcpy(fixture.link, CODE_TEXT_FIXTURE_HOST "abc");
    fixture.text.display = DISPLAY_URL;
    must_say("\n  Log in to desk 3 as alice (sudo)\n"
             "  Open this link on your phone:\n"
             "  https://qrcode.idin.nl/abc\n"
             "  Check on your phone that the link begins with https://qrcode.idin.nl/\n"
             "  Waiting for your bank, 1:59 left (Ctrl-C stops)");
    fixture.terminal.stop_key = STOP_KEY_ENTER;
    must_say("\n  Log in to desk 3 as alice (sudo)\n"
             "  Open this link on your phone:\n"
             "  https://qrcode.idin.nl/abc\n"
             "  Check on your phone that the link begins with https://qrcode.idin.nl/\n"
             "  Waiting for your bank, 1:59 left (Enter stops)");
    fixture.terminal.stop_key = STOP_KEY_NONE;
    must_say("\n  Log in to desk 3 as alice (sudo)\n"
             "  Open this link on your phone:\n"
             "  https://qrcode.idin.nl/abc\n"
             "  Check on your phone that the link begins with https://qrcode.idin.nl/\n"
             "  Waiting for your bank, 1:59 left");
    fixture.text.account = NULL;
    fixture.text.display = DISPLAY_AUTO;
    fixture.text.is_prompt = 1;
    fixture.terminal.rows = 10;
    strcpy(fixture.link, "https://qr.example:8443/abc");
    must_say("\n  Log in to desk 3 (sudo)\n"
             "  A code needs 24 rows of 80 columns. Open this link on your phone:\n"
             "  https://qr.example:8443/abc\n"
             "  Check on your phone that the link begins with https://qr.example:8443/\n"
             "  Approve at your bank, then press Enter (1:59 left): ");
    fixture.terminal.is_utf8 = false; /* no size would do */
    must_say("\n  Log in to desk 3 (sudo)\n"
             "  No code that scans can be shown here. Open this link on your phone:\n"
             "  https://qr.example:8443/abc\n"
             "  Check on your phone that the link begins with https://qr.example:8443/\n"
             "  Approve at your bank, then press Enter (1:59 left): ");
}

TEST(the_words_in_dutch)
{
    strcpy(fixture.link, CODE_TEXT_FIXTURE_HOST "abc");
    fixture.text.voice = &text_idin_voices[LANGUAGE_NL];
    fixture.text.display = DISPLAY_URL;
    must_say("\n  Inloggen bij desk 3 als alice (sudo)\n"
             "  Open deze link op uw telefoon:\n"
             "  https://qrcode.idin.nl/abc\n"
             "  Controleer op uw telefoon of de link begint met https://qrcode.idin.nl/\n"
             "  Wachten op uw bank, nog 1:59 (Ctrl-C stopt)");
    fixture.text.account = NULL;
    fixture.text.display = DISPLAY_HALF;
    fixture.text.is_prompt = 1;
    fixture.terminal.rows = 10;
    must_say("\n  Inloggen bij desk 3 (sudo)\n"
             "  Een code heeft 24 regels van 80 tekens nodig. Open deze link op uw telefoon:\n"
             "  https://qrcode.idin.nl/abc\n"
             "  Controleer op uw telefoon of de link begint met https://qrcode.idin.nl/\n"
             "  Keur het goed bij uw bank en druk dan op Enter (nog 1:59): ");
    fixture.text.display = DISPLAY_AUTO;
    fixture.terminal.is_utf8 = false;
    must_say("\n  Inloggen bij desk 3 (sudo)\n"
             "  Hier past geen leesbare code. Open deze link op uw telefoon:\n"
             "  https://qrcode.idin.nl/abc\n"
             "  Controleer op uw telefoon of de link begint met https://qrcode.idin.nl/\n"
             "  Keur het goed bij uw bank en druk dan op Enter (nog 1:59): ");
}

TEST(a_user_code_stands_under_the_link)
{
    strcpy(fixture.link, CODE_TEXT_FIXTURE_HOST "abc");
    strcpy(fixture.user_code, "ABCD-EFGH");
    fixture.text.display = DISPLAY_URL;
    must_say("\n  Log in to desk 3 as alice (sudo)\n"
             "  Open this link on your phone:\n"
             "  https://qrcode.idin.nl/abc\n"
             "  Compare this code on your phone, or type it there: ABCD-EFGH\n"
             "  Check on your phone that the link begins with https://qrcode.idin.nl/\n"
             "  Waiting for your bank, 1:59 left (Ctrl-C stops)");
    fixture.text.voice = &text_idin_voices[LANGUAGE_NL];
    must_say("\n  Inloggen bij desk 3 als alice (sudo)\n"
             "  Open deze link op uw telefoon:\n"
             "  https://qrcode.idin.nl/abc\n"
             "  Vergelijk deze code met uw telefoon, of typ hem daar: ABCD-EFGH\n"
             "  Controleer op uw telefoon of de link begint met https://qrcode.idin.nl/\n"
             "  Wachten op uw bank, nog 1:59 (Ctrl-C stopt)");
}

static const char *const user_code_lines[LANGUAGE_COUNT] = {
    "\n  Scan this code with your phone. Compare or type there: WDJB-MJHT-ZQKR-PPQR-ST\n",
    "\n  Scan met uw telefoon. Vergelijk of typ daar deze code: WDJB-MJHT-ZQKR-PPQR-ST\n",
};

/* It takes no row: the whole of version 4 fits on 24 rows with it, in a prompt too, whose terminal
 * may be unknown. */
LOOP_TEST(a_user_code_takes_no_row, LANGUAGE_COUNT * 3)
{
    bool is_prompt = _i / LANGUAGE_COUNT > 0;

    fixture.text.voice = &text_idin_voices[_i % LANGUAGE_COUNT];
    fixture.terminal.columns = 80;
    fixture.terminal.rows = 24;
    fixture.terminal.fd = _i / LANGUAGE_COUNT == 2 ? -1 : 0;
    fixture.text.is_prompt = is_prompt;
    for (size_t length = 54; length <= 78; length += 24) {
        code_text_fixture_set_payload(&fixture, length);
        strcpy(fixture.user_code, "WDJB-MJHT-ZQKR-PPQR-ST");
        struct code_layout layout = code_text_layout(&fixture.text);
        char *made = code_text_fixture_message(&fixture, &layout);
        ck_assert_int_eq(layout.mode, is_prompt ? DRAWING_PLAIN : DRAWING_HALF);
        ck_assert_uint_eq(fixture.code.size, 33);
        ck_assert_msg(strstr(made, user_code_lines[_i % LANGUAGE_COUNT]), "%.300s", made);
        free(made);
    }
    strcat(fixture.user_code, "-XYZ"); /* the line takes two rows */
    ck_assert_int_eq(code_text_layout(&fixture.text).mode, DRAWING_URL);
}

TEST(a_layout_leaves_out_what_it_says)
{
    const struct code_layout layout = {.mode = DRAWING_HALF, .quiet = 2};
    char *made = code_text_fixture_message(&fixture, &layout);

    ck_assert_int_eq(strncmp(made, "  Log in", 8), 0);
    ck_assert_ptr_null(strstr(made, "Check on your phone"));
    free(made);
}

/* Returns whether a row is longer than the terminal is wide, because a link or a drawing is. */
static bool
is_too_long(const char *row, size_t size, unsigned columns)
{
    char line[200] = "";

    if (size >= sizeof line || memchr(row, '\033', size))
        return false; /* a drawing */
    memcpy(line, row, size);
    if (size > 0 && line[size - 1] == ' ')
        line[size - 1] = '\0'; /* behind a prompt */
    return !strstr(line, "https://") &&
           code_text_rows(&(struct terminal){.columns = columns}, line) > 1;
}

/* Every line of a message, with and without a code, in each way that a screen has for it. */
LOOP_TEST(no_word_is_broken, LANGUAGE_COUNT * 2)
{
    fixture.text.voice = &text_idin_voices[_i % LANGUAGE_COUNT];
    fixture.text.is_prompt = _i / LANGUAGE_COUNT;
    strcpy(fixture.user_code, "WDJB-MJHT");
    for (unsigned i = 0; i < 61 * 3; i++) {
        char *made;
        size_t size;
        fixture.terminal.columns = 20 + i / 3;
        fixture.terminal.rows = i % 3 == 0 ? 20 : 60;
        fixture.text.display = i % 3 == 2 ? DISPLAY_URL : DISPLAY_AUTO;
        struct code_layout layout = code_text_layout(&fixture.text);
        made = code_text_fixture_message(&fixture, &layout);
        ck_assert_ptr_nonnull(strstr(made, fixture.link));
        for (const char *row = made; *row; row += size + (row[size] == '\n')) {
            size = strcspn(row, "\n");
            ck_assert_msg(!is_too_long(row, size, fixture.terminal.columns), "%u columns: %.*s",
                          fixture.terminal.columns, (int)size, row);
        }
        free(made);
    }
}

/* sshd's client may be wider than a module that knows nothing of it. */
TEST(nothing_is_wrapped_where_the_width_is_not_known)
{
    const struct code_layout layout = {.mode = DRAWING_URL, .has_blank = 1, .has_check = 1};
    char *made;

    fixture.terminal.fd = -1;
    fixture.terminal.columns = 20;
    fixture.text.is_prompt = 1;
    fixture.text.display = DISPLAY_URL;
    made = code_text_fixture_message(&fixture, &layout);
    ck_assert_ptr_nonnull(strstr(made, "\n  Log in to desk 3 as alice (sudo)\n"));
    ck_assert_ptr_nonnull(strstr(made, "\n  Approve at your bank, then press Enter (1:59 left): "));
    free(made);
}

static void
must_compose(size_t size_max, const char *words)
{
    CODE_TEXT_AUTO *made = NULL;

    fixture.text.size_max = size_max;
    ck_assert_int_eq(code_text_compose(&fixture.text, code_text_layout(&fixture.text), &made), 0);
    ck_assert_str_eq(made, words);
}

TEST_CASE("seen", .setup = set_up);

/* To the byte. */
TEST(a_host_may_take_no_more)
{
    const struct code_layout whole = {.has_blank = 1, .has_check = 1, .mode = DRAWING_URL},
                             cut = {.has_blank = 1, .mode = DRAWING_URL};
    char *longest, *shorter, *made = NULL;

    fixture.text.display = DISPLAY_URL;
    longest = code_text_fixture_message(&fixture, &whole);
    shorter = code_text_fixture_message(&fixture, &cut);
    must_compose(0, longest);
    must_compose(strlen(longest), longest);
    must_compose(strlen(longest) - 1, shorter);
    must_compose(strlen(shorter), shorter);
    fixture.text.size_max = strlen(shorter) - 1;
    ck_assert_int_eq(code_text_compose(&fixture.text, code_text_layout(&fixture.text), &made),
                     IDQ_NO_DISPLAY);
    ck_assert_ptr_null(made);
    free(longest);
    free(shorter);
}

TEST(inverted_is_for_plain)
{
    struct code_layout layout;
    char *made, *read;
    SCREEN_AUTO *screen = screen_new(50, 132, 1, SCREEN_DARK_ON_LIGHT);

    fixture.text.display = DISPLAY_PLAIN;
    fixture.text.inverted = 1;
    layout = code_text_layout(&fixture.text);
    made = code_text_fixture_message(&fixture, &layout);
    screen_print(screen, made);
    read = screen_qr(screen);
    ck_assert_ptr_nonnull(read);
    ck_assert_str_eq(read, fixture.link);
    free(made);
}

/* What a person sees of it. A drawing must be there whole, with the first line above it, or no code
 * was promised. */
static void
check_screen(const struct code_layout *layout)
{
    SCREEN_AUTO *screen = screen_new((int)fixture.terminal.rows, (int)fixture.terminal.columns, 1,
                                     SCREEN_LIGHT_ON_DARK);
    const char *first = layout->has_blank ? "\n  Log in to desk 3" : "  Log in to desk 3";
    char *made = code_text_fixture_message(&fixture, layout), *read;

    screen_print(screen, made);
    if (!fixture.text.is_prompt)
        screen_print(screen, "\n"); /* the host's */
    free(made);
    if (layout->mode == DRAWING_URL) {
        /* The last rows of what is too much are the ones that stay. */
        unsigned words = fixture.user_code[0] ? 11 + 80 / fixture.terminal.columns : 10;
        if (fixture.terminal.rows >= code_text_rows(&fixture.terminal, fixture.link) + words)
            ck_assert(screen_shows(screen, fixture.link));
        return;
    }
    ck_assert_msg(strncmp(screen_text(screen), first, strlen(first)) == 0,
                  "%s on %u rows of %u, %u modules: scrolled\n%s", drawing_name(layout->mode),
                  fixture.terminal.rows, fixture.terminal.columns, fixture.code.size,
                  screen_text(screen));
    ck_assert(screen_shows(screen, fixture.link));
    read = screen_qr(screen);
    ck_assert_msg(read && strcmp(read, fixture.link) == 0, "%s on %u rows of %u, %u modules: %s",
                  drawing_name(layout->mode), fixture.terminal.rows, fixture.terminal.columns,
                  fixture.code.size, read ? read : "not read");
}

static const enum config_display displays[] = {DISPLAY_AUTO,    DISPLAY_HALF,  DISPLAY_CELLS,
                                               DISPLAY_SEXTANT, DISPLAY_PLAIN, DISPLAY_URL};

LOOP_TEST(whatever_is_drawn_fits_and_is_read, ARRAY_LENGTH(displays))
{
    static const unsigned rows[] = {10, 15, 20, 24, 25, 26, 30, 43, 60};
    static const unsigned columns[] = {20, 40, 80, 132};
    static const size_t lengths[] = {24, 56, 78, 110, 160, 300};
    unsigned n_drawn = 0;

    fixture.text.display = displays[_i];
    for (size_t i = 0; i < ARRAY_LENGTH(lengths) * 2; i++) {
        code_text_fixture_set_payload(&fixture, lengths[i / 2]);
        strcpy(fixture.user_code, i % 2 ? "ABCD-EFGH-JKLM-NPQR-STUV-WXYZ" : "");
        for (size_t j = 0; j < ARRAY_LENGTH(rows) * 4; j++) {
            /* Each size of terminal with every second length: all of them take minutes. */
            if ((i / 2 + j / 4 + j % 4) % 2)
                continue;
            fixture.terminal.rows = rows[j / 4];
            fixture.terminal.columns = columns[j % 4];
            for (int prompt = 0; prompt < 2; prompt++) {
                fixture.text.is_prompt = prompt;
                struct code_layout layout = code_text_layout(&fixture.text);
                n_drawn += layout.mode != DRAWING_URL;
                check_screen(&layout);
            }
        }
    }
    /* It does draw: a choice that never does would fit everywhere. */
    ck_assert_uint_ge(n_drawn, fixture.text.display == DISPLAY_URL ? 0 : 40);
}

RUN_TESTS("code_text_seen", NULL);
