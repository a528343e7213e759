/* SPDX-License-Identifier: BSD-3-Clause */
/* See reading.h. */
#include "tests/screen/reading.h"

#include "tests/screen/zxing.h"

#include <check.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define STATION "Balie 3"

static int
make_code(size_t length, struct reading_code *code)
{
    static const char alphabet[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    static const char start[] = "https://qr.idin.nl/";
    unsigned random = (unsigned)length; /* the same at every run */

    memset(code, 0, sizeof *code);
    if (length >= sizeof code->link)
        return -1;
    memcpy(code->link, start, strlen(start));
    for (size_t i = strlen(start); i < length; i++) {
        random = random * 1103515245 + 12345;
        code->link[i] = alphabet[random >> 16 & 63];
    }
    return qr_encode(code->link, &code->code);
}

unsigned
reading_code_side(size_t length)
{
    struct reading_code code;

    return make_code(length, &code) == 0 ? code.code.size : 0;
}

struct reading_code
reading_code(size_t length)
{
    struct reading_code code;

    ck_assert_int_eq(make_code(length, &code), 0);
    return code;
}

/* Each background has one, so that the lines of both are broken on every size. */
static const struct text_voice *
voice_of(const struct reading_setting *setting)
{
    return &text_idin_voices[setting->colors == SCREEN_DARK_ON_LIGHT ? LANGUAGE_NL : LANGUAGE_EN];
}

void
reading_decode(const struct picture *picture, const char *payload, int *ret_zbar, int *ret_zxing)
{
    char *by_zbar, *by_zxing;

    *ret_zbar = picture_decode_qr(picture, &by_zbar);
    *ret_zxing = zxing_decode_qr(picture->gray, picture->width_px, picture->height_px, &by_zxing);
    if (!by_zbar || strcmp(by_zbar, payload) != 0)
        *ret_zbar = 0;
    if (!by_zxing || strcmp(by_zxing, payload) != 0)
        *ret_zxing = 0;
    free(by_zbar);
    free(by_zxing);
}

/* Returns whether one of the words on the screen is this one. */
static int
has_word(const char *on_screen, const char *word, size_t size)
{
    for (const char *at = on_screen; *(at += strspn(at, " \n")); at += strcspn(at, " \n"))
        if (strcspn(at, " \n") == size && memcmp(at, word, size) == 0)
            return 1;
    return 0;
}

int
reading_has_words(struct screen *screen, const char *text, unsigned columns)
{
    const char *on_screen = screen_text(screen);

    for (const char *word = text; *(word += strspn(word, " \n")); word += strcspn(word, " \n")) {
        size_t size = strcspn(word, " \n");
        int is_drawn = (unsigned char)*word >= 0x80 || memchr(word, '\033', size) != NULL;
        if (!is_drawn && size <= columns && !has_word(on_screen, word, size))
            return 0;
    }
    return 1;
}

/* A copy without any blanks, freed by the caller. */
static char *
squeeze(const char *text)
{
    char *squeezed = calloc(1, strlen(text) + 1), *to = squeezed;

    ck_assert_ptr_nonnull(squeezed);
    for (; *text; text++)
        if (!isspace((unsigned char)*text))
            *to++ = *text;
    return squeezed;
}

/* Whether a person reads the text, wherever a narrow terminal has broken it into rows. */
static int
shows(struct screen *screen, const char *text)
{
    char *on_screen = squeeze(screen_text(screen)), *wanted = squeeze(text);
    int found = strstr(on_screen, wanted) != NULL;

    free(on_screen);
    free(wanted);
    return found;
}

static int
shows_sentence(struct screen *screen, const struct text_voice *voice, enum text_id id)
{
    char sentence[256];

    text_copy(sentence, sizeof sentence, voice, id, NULL);
    return shows(screen, sentence);
}

/* The sentence that says which size would do, and that size does. */
static int
shows_needed(struct screen *screen, const struct code_text *text, struct drawing_size needed)
{
    struct terminal terminal = *text->terminal;
    struct code_text there = *text;
    char rows[16], columns[16], sentence[256] = "";
    FILE *stream = fmemopen(sentence, sizeof sentence, "w");

    ck_assert_ptr_nonnull(stream);
    snprintf(rows, sizeof rows, "%u", needed.rows);
    snprintf(columns, sizeof columns, "%u", needed.columns);
    text_write(stream, text->voice, TEXT_CODE_NEEDS, rows, columns, NULL);
    ck_assert_int_eq(fclose(stream), 0);
    there.terminal = &terminal;
    terminal.rows = needed.rows;
    terminal.columns = needed.columns;
    return shows(screen, sentence) && code_text_layout(&there).mode != DRAWING_URL;
}

static void
judge_drawing(struct reading *reading, struct screen *screen, const char *payload)
{
    PICTURE_AUTO *picture = screen_picture(screen);

    reading_decode(picture, payload, &reading->zbar, &reading->zxing);
    if (reading->zbar == 1 && reading->zxing == 1)
        reading->verdict = READING_DECODED;
    else
        snprintf(reading->why, sizeof reading->why, "%s by zbar, %s by ZXing",
                 reading->zbar ? "read" : "not read", reading->zxing ? "read" : "not read");
}

/* A link that was asked for is as good as one in place of a code, but the sentence above it is
 * another. */
static void
judge_link(struct reading *reading, struct screen *screen, const struct code_text *text)
{
    struct drawing_size needed = code_text_layout(text).needed;
    int is_asked_for = text->display == DISPLAY_URL, says_why;

    if (needed.rows > 0)
        says_why = shows_needed(screen, text, needed);
    else
        says_why =
            shows_sentence(screen, text->voice, is_asked_for ? TEXT_OPEN_LINK : TEXT_NO_CODE_FITS);
    if (says_why && !shows_sentence(screen, text->voice, TEXT_SCAN))
        reading->verdict = READING_REFUSED;
    else
        snprintf(reading->why, sizeof reading->why, "no code, and not a word about it");
}

/* The whole text on one screen, as a host would have it made. */
static struct code_text
text_for(const struct reading_code *code, const struct reading_setting *setting,
         const struct terminal *terminal)
{
    return (struct code_text){
        .link = code->link,
        .code = &code->code,
        .user_code = setting->user_code ? setting->user_code : "",
        .terminal = terminal,
        .voice = voice_of(setting),
        .display = setting->display,
        .inverted = setting->inverted,
        .station = STATION,
        .service = setting->is_prompt ? "sshd" : "sudo",
        .account = "alice",
        .left = "1:59",
        .is_prompt = setting->is_prompt,
    };
}

static struct terminal
terminal_of(const struct reading_setting *setting, struct reading_size size)
{
    struct terminal terminal = {.fd = 0, /* valid, but never read */
                                .rows = size.rows,
                                .columns = size.columns,
                                .is_utf8 = !setting->no_utf8,
                                .has_half_blocks = 1,
                                .has_colors = 1,
                                .takes_escapes = 1};

    if (setting->is_prompt)
        terminal_open(&terminal, "ssh"); /* what sshd says, and no terminal is named so */
    return terminal;
}

char *
reading_message(const struct reading_code *code, const struct reading_setting *setting,
                struct reading_size size, int *ret_is_drawn)
{
    struct terminal terminal = terminal_of(setting, size);
    struct code_text text = text_for(code, setting, &terminal);
    struct code_layout layout = code_text_layout(&text);
    char *message = code_text_make(&text, &layout);

    ck_assert_ptr_nonnull(message);
    *ret_is_drawn = layout.mode != DRAWING_URL;
    return message;
}

struct reading
reading_of_message(const struct reading_code *code, const struct reading_setting *setting,
                   struct reading_size size)
{
    SCREEN_AUTO *screen =
        screen_new((int)size.rows, (int)size.columns, !setting->no_utf8, setting->colors);
    struct reading reading = {.verdict = READING_FAILED};
    struct terminal terminal = terminal_of(setting, size);
    struct code_text text = text_for(code, setting, &terminal);
    char *message = reading_message(code, setting, size, &reading.is_drawn);

    /* An ssh client writes something before a prompt. */
    screen_print(screen, setting->is_prompt ? "(alice@balie-3) " : "alice@balie-3:~$ sudo -i\n");
    screen_print(screen, message);
    if (!setting->is_prompt)
        screen_print(screen, "\n"); /* the host's; a prompt waits where it ends */

    if (reading.is_drawn)
        judge_drawing(&reading, screen, code->link);
    else
        judge_link(&reading, screen, &text);
    /* The first line, the link and the user code must be on the screen: a person cannot check text
     * that has scrolled off or is truncated. */
    if (reading.verdict != READING_FAILED &&
        !(shows(screen, STATION) && shows(screen, code->link) && shows(screen, text.user_code))) {
        reading.verdict = READING_FAILED;
        snprintf(reading.why, sizeof reading.why,
                 "the station, the link or the user code is not on the screen");
    }
    if (reading.verdict != READING_FAILED && !reading_has_words(screen, message, size.columns)) {
        reading.verdict = READING_FAILED;
        snprintf(reading.why, sizeof reading.why, "a word is broken");
    }
    free(message);
    return reading;
}

struct reading
reading_of_drawing(const struct reading_code *code, enum drawing_mode mode, unsigned quiet,
                   enum screen_colors colors, int inverted)
{
    struct drawing_size size = drawing_measure(mode, code->code.size, quiet);
    SCREEN_AUTO *screen = screen_new((int)size.rows + 1, (int)size.columns, 1, colors);
    struct reading reading = {.verdict = READING_FAILED, .is_drawn = 1};
    char *text = NULL;
    size_t text_size = 0;
    FILE *stream = open_memstream(&text, &text_size);

    ck_assert_ptr_nonnull(stream);
    if (mode == DRAWING_SQUARES)
        screen_set_cell_height(screen, SCREEN_CELL_WIDTH_PX);
    drawing_write(stream, &code->code, mode, quiet, inverted);
    ck_assert_int_eq(fclose(stream), 0);
    screen_print(screen, text);
    free(text);
    judge_drawing(&reading, screen, code->link);
    return reading;
}
