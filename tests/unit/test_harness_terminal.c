/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the harness's terminal: a real pty, a screen with the text that a person would see, and a
 * QR code that zbar reads from it. Runs as the user who runs the tests. */
#include "tests/harness/runner.h"
#include "tests/harness/pty.h"

#include <qrencode.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 60000
#define PAYLOAD "https://qr.example/q/abcdefghijklmnopqrstuv"

static struct pty *
start_shell(const char *script, const struct terminal_options *options)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};

    return pty_start(argv, NULL, options);
}

TEST_CASE("pty");

TEST(without_utf8_bytes_are_characters)
{
    const struct terminal_options options = {.no_utf8 = 1};
    TERMINAL_AUTO *terminal =
        start_shell("printf '\\303\\266 '; stty -a | grep -o -- '-*iutf8'", &options);

    pty_must_show(terminal, "Ã¶ -iutf8", WAIT_MS);
}

/* As Linux-PAM's own conversation: the prompt, some work, and then input from here on. */
TEST(an_answer_is_not_dropped_by_a_prompt)
{
    static const char *const argv[] = {"perl", "-MPOSIX", "-e",
                                       "syswrite STDOUT, 'name: '; 1 while $n++ < 3e6;"
                                       "tcflush(0, TCIFLUSH); print '<', scalar <STDIN>, '>'",
                                       NULL};
    TERMINAL_AUTO *terminal = pty_start(argv, NULL, NULL);

    pty_must_show(terminal, "name:", WAIT_MS);
    pty_answer(terminal, "alice\r", WAIT_MS);
    pty_must_show(terminal, "<alice\n>", WAIT_MS);
    ck_assert_int_eq(pty_wait_exit(terminal, WAIT_MS), 0);
}

TEST(freeing_kills_what_ignores_a_hangup)
{
    struct pty *terminal = start_shell("trap '' HUP; echo ready; exec sleep 1000", NULL);

    pty_must_show(terminal, "ready", WAIT_MS);
    pid_t pid = pty_pid(terminal);
    ck_assert_int_eq(kill(pid, 0), 0);
    pty_free(&terminal);
    ck_assert_ptr_null(terminal);
    ck_assert_int_ne(kill(pid, 0), 0);
}

TEST(questions_to_the_terminal_are_answered)
{
    /* "Where is the cursor?" after three characters: row 1, column 4. */
    TERMINAL_AUTO *terminal = start_shell(
        "stty -icanon -echo; printf 'abc\\033[6n'; dd bs=1 count=6 2>/dev/null | od -An -c", NULL);

    pty_must_show(terminal, "[   1   ;   4   R", WAIT_MS);
}

/* A busy machine hands over what was printed in pieces of any size. */
TEST(characters_may_come_in_pieces)
{
    static const char text[] = "é ██▀▄█ 𝄞 \xff ok";

    for (size_t i = 1; i < sizeof text; i++) {
        SCREEN_AUTO *screen = screen_new(5, 40, 1, SCREEN_LIGHT_ON_DARK);
        screen_feed(screen, text, i);
        for (size_t j = i; j < sizeof text - 1; j++)
            screen_feed(screen, text + j, 1);
        ck_assert_str_eq(screen_text(screen), "é ██▀▄█ 𝄞 \xef\xbf\xbd ok\n");
    }
}

TEST(a_line_replaced_in_place_is_gone)
{
    TERMINAL_AUTO *terminal =
        start_shell("echo top; printf waiting; read x; printf '\\033[A\\r\\033[Kdone'", NULL);

    pty_must_show(terminal, "waiting", WAIT_MS);
    pty_type(terminal, "\r");
    ck_assert_int_eq(pty_wait_gone(terminal, "waiting", WAIT_MS), 1);
    ck_assert_int_eq(pty_wait_text(terminal, "top\ndone", WAIT_MS), 1);
}

TEST(a_long_line_is_found_across_rows)
{
    const struct terminal_options options = {.columns = 20};
    TERMINAL_AUTO *terminal = start_shell("echo " PAYLOAD, &options);

    pty_must_show(terminal, PAYLOAD, WAIT_MS);
    ck_assert_int_eq(screen_shows(pty_screen(terminal), "https://qr.example\n"), 0);
}

enum drawing { HALF_WITH_COLORS, HALF_PLAIN, CELLS };

static int
is_dark(const QRcode *code, int x, int y)
{
    return x >= 0 && y >= 0 && x < code->width && y < code->width &&
           (code->data[y * code->width + x] & 1) != 0;
}

/* A code as a program would draw it; the light modules are the glyphs. */
static char *
draw(enum drawing drawing, int quiet_zone)
{
    QRcode *code = QRcode_encodeString(PAYLOAD, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    for (int y = -quiet_zone; y < code->width + quiet_zone; y += drawing == CELLS ? 1 : 2) {
        if (drawing == HALF_WITH_COLORS)
            fputs("\033[97;40m", out);
        for (int x = -quiet_zone; x < code->width + quiet_zone; x++) {
            int top = !is_dark(code, x, y), bottom = !is_dark(code, x, y + 1);
            if (drawing == CELLS)
                fputs(top ? "\033[47m  " : "\033[40m  ", out);
            else
                fputs(top && bottom ? "█" : top ? "▀" : bottom ? "▄" : " ", out);
        }
        fputs(drawing == HALF_PLAIN ? "\n" : "\033[m\n", out);
    }
    fclose(out);
    QRcode_free(code);
    return text;
}

static void
check_decoding(enum drawing drawing, enum screen_colors colors, int expected)
{
    SCREEN_AUTO *screen = screen_new(50, 100, 1, colors);
    char *text = draw(drawing, 4);

    screen_print(screen, "Scan this:\n");
    screen_print(screen, text);
    free(text);
    char *decoded = screen_qr(screen);
    if (expected)
        ck_assert_pstr_eq(decoded, PAYLOAD);
    else
        ck_assert_ptr_null(decoded);
}

TEST_CASE("codes");

TEST(drawings_decode_as_they_do_on_real_screens)
{
    check_decoding(HALF_WITH_COLORS, SCREEN_LIGHT_ON_DARK, 1);
    check_decoding(HALF_WITH_COLORS, SCREEN_DARK_ON_LIGHT, 1);
    check_decoding(CELLS, SCREEN_LIGHT_ON_DARK, 1);
    check_decoding(CELLS, SCREEN_DARK_ON_LIGHT, 1);
    check_decoding(HALF_PLAIN, SCREEN_LIGHT_ON_DARK, 1);
    check_decoding(HALF_PLAIN, SCREEN_DARK_ON_LIGHT, 0);
}

TEST(reversed_video_is_seen)
{
    SCREEN_AUTO *screen = screen_new(50, 100, 1, SCREEN_DARK_ON_LIGHT);
    char *text = draw(HALF_PLAIN, 4);

    screen_print(screen, "\033[7m");
    screen_print(screen, text);
    free(text);
    char *decoded = screen_qr(screen);
    ck_assert_pstr_eq(decoded, PAYLOAD);
}

TEST(a_code_that_scrolled_away_is_not_there)
{
    SCREEN_AUTO *screen = screen_new(24, 80, 1, SCREEN_LIGHT_ON_DARK);
    char *text = draw(HALF_WITH_COLORS, 2);

    screen_print(screen, text);
    char *decoded = screen_qr(screen);
    ck_assert_pstr_eq(decoded, PAYLOAD);
    for (int i = 0; i < 12; i++)
        screen_print(screen, "still waiting\n");
    ck_assert_ptr_null(screen_qr(screen));
    free(text);
}

TEST(two_codes_are_not_one)
{
    SCREEN_AUTO *screen = screen_new(80, 80, 1, SCREEN_LIGHT_ON_DARK);
    char *text = draw(HALF_WITH_COLORS, 4), *decoded;

    screen_print(screen, text);
    screen_print(screen, text);
    PICTURE_AUTO *picture = screen_picture(screen);
    ck_assert_ptr_null(screen_qr(screen));
    ck_assert_int_eq(picture_decode_qr(picture, &decoded), 2);
    ck_assert_str_eq(decoded, PAYLOAD);
    free(decoded);
    free(text);
}

RUN_TESTS("harness_terminal", NULL);
