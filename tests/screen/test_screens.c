/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests that every drawing scans: every way to show a code, on terminals of several sizes, for
 * payloads of every length that matters, with and without a user code. Two decoders read the code,
 * or a sentence says why there is no code, and no word is broken at the edge. With --table (make
 * check-screen), tests all of these lengths and prints a table, which ends in the number of
 * failures. Without it, tests each fifth length, and each with or without a user code. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/login/conversation.h"
#include "tests/harness/runner.h"
#include "tests/screen/reading.h"

#include <check.h>
#include <string.h>

#define DARK          SCREEN_LIGHT_ON_DARK
#define LIGHT         SCREEN_DARK_ON_LIGHT
#define LENGTH_STEP   11
#define STEPS_END     300 /* longer links fit few terminals */
#define N_LENGTHS_MAX (READING_LENGTH_MAX - READING_LENGTH_MIN + 1)
#define WORDS_ROWS    9 /* of all text but the link, in 40 columns */
#define TEST_STRIDE   5 /* of the lengths, tests take each fifth */
#define COUNT(array)  (sizeof(array) / sizeof(array)[0])

static const struct reading_size narrow = {20, 40};
static const struct reading_size sizes[] = {{24, 80}, {25, 80}, {30, 100}, {50, 132}, {20, 40}};

/* Plain drawings take a dark background for granted, so that only `invert` is offered on a light
 * one. */
static const struct reading_setting settings[] = {
    {.name = "auto, dark", .display = DISPLAY_AUTO, .colors = DARK},
    {.name = "auto, light", .display = DISPLAY_AUTO, .colors = LIGHT},
    {.name = "auto, no UTF-8, dark", .display = DISPLAY_AUTO, .colors = DARK, .no_utf8 = 1},
    {.name = "auto, no UTF-8, light", .display = DISPLAY_AUTO, .colors = LIGHT, .no_utf8 = 1},
    {.name = "half, dark", .display = DISPLAY_HALF, .colors = DARK},
    {.name = "half, light", .display = DISPLAY_HALF, .colors = LIGHT},
    {.name = "cells, dark", .display = DISPLAY_CELLS, .colors = DARK},
    {.name = "cells, light", .display = DISPLAY_CELLS, .colors = LIGHT},
    {.name = "sextant, dark", .display = DISPLAY_SEXTANT, .colors = DARK},
    {.name = "sextant, light", .display = DISPLAY_SEXTANT, .colors = LIGHT},
    {.name = "plain, dark", .display = DISPLAY_PLAIN, .colors = DARK},
    {.name = "plain, light, invert", .display = DISPLAY_PLAIN, .colors = LIGHT, .inverted = 1},
    {.name = "prompt, dark", .display = DISPLAY_AUTO, .colors = DARK, .is_prompt = 1},
    {.name = "prompt, light, invert",
     .display = DISPLAY_AUTO,
     .colors = LIGHT,
     .inverted = 1,
     .is_prompt = 1},
    {.name = "url, dark", .display = DISPLAY_URL, .colors = DARK},
    {.name = "url, light", .display = DISPLAY_URL, .colors = LIGHT},
};

/* Drawings without words around them, with either quiet zone. */
static const struct {
    enum drawing_mode mode;
    unsigned quiet;
    enum screen_colors colors;
} drawings[] = {
    {DRAWING_HALF, 2, DARK},     {DRAWING_HALF, 2, LIGHT},    {DRAWING_HALF, 4, DARK},
    {DRAWING_HALF, 4, LIGHT},    {DRAWING_CELLS, 2, DARK},    {DRAWING_CELLS, 2, LIGHT},
    {DRAWING_CELLS, 4, DARK},    {DRAWING_CELLS, 4, LIGHT},   {DRAWING_SEXTANT, 2, DARK},
    {DRAWING_SEXTANT, 2, LIGHT}, {DRAWING_SEXTANT, 4, DARK},  {DRAWING_SEXTANT, 4, LIGHT},
    {DRAWING_PLAIN, 2, DARK},    {DRAWING_PLAIN, 2, LIGHT},   {DRAWING_PLAIN, 4, DARK},
    {DRAWING_PLAIN, 4, LIGHT},   {DRAWING_CONSOLE, 2, DARK},  {DRAWING_CONSOLE, 4, LIGHT},
    {DRAWING_SQUARES, 2, DARK},  {DRAWING_SQUARES, 4, LIGHT},
};

struct tally {
    unsigned shown, drawn, zbar, zxing, refused, failed;
};

static void
count(struct tally *tally, const struct reading *reading)
{
    tally->shown++;
    tally->drawn += reading->is_drawn != 0;
    tally->zbar += reading->zbar != 0;
    tally->zxing += reading->zxing != 0;
    tally->refused += reading->verdict == READING_REFUSED;
    tally->failed += reading->verdict == READING_FAILED;
}

static size_t lengths[N_LENGTHS_MAX], n_lengths;

/* Chooses both sides of each length at which the code becomes larger, and some between. Of these,
 * takes each stride-th. */
static void
choose_lengths(size_t stride)
{
    unsigned before = 0, here = reading_code_side(READING_LENGTH_MIN), after;
    size_t n = 0;

    for (size_t length = READING_LENGTH_MIN; length <= READING_LENGTH_MAX; length++) {
        after = reading_code_side(length + 1);
        if ((here != before || here != after ||
             (length <= STEPS_END && (length - READING_LENGTH_MIN) % LENGTH_STEP == 0)) &&
            n++ % stride == 0)
            lengths[n_lengths++] = length;
        before = here;
        here = after;
    }
}

static void
read_message(struct reading_setting setting, struct reading_size size, size_t length,
             int has_user_code, struct tally *tally)
{
    struct reading_code code;
    struct reading reading;

    /* The link alone would fill the screen. */
    if (length > (size_t)(size.rows - WORDS_ROWS) * size.columns)
        return;
    code = reading_code(length);
    setting.user_code = has_user_code ? "WDJB-MJHT" : NULL;
    reading = reading_of_message(&code, &setting, size);
    count(tally, &reading);
    if (reading.verdict == READING_FAILED)
        fprintf(stderr, "%s, %ux%u, %zu characters, %s user code: %s\n", setting.name, size.columns,
                size.rows, length, has_user_code ? "a" : "no", reading.why);
}

/* is_whole: each length with and without a user code, instead of one of them. */
static struct tally
read_messages(const struct reading_setting *setting, int is_whole)
{
    struct tally tally = {0};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        /* A host that names no terminal cannot know of one smaller than the usual. */
        if (setting->is_prompt && (sizes[i].rows < 24 || sizes[i].columns < 80))
            continue;
        for (size_t j = 0; j < n_lengths; j++) {
            read_message(*setting, sizes[i], lengths[j], (i + j) % 2 == 0, &tally);
            if (is_whole)
                read_message(*setting, sizes[i], lengths[j], (i + j) % 2 == 1, &tally);
        }
    }
    return tally;
}

static struct tally
read_drawings(size_t which)
{
    enum drawing_mode mode = drawings[which].mode;
    int inverted = mode == DRAWING_PLAIN && drawings[which].colors == LIGHT;
    struct tally tally = {0};

    for (size_t i = 0; i < n_lengths; i++) {
        struct reading_code code = reading_code(lengths[i]);
        struct reading reading = reading_of_drawing(&code, mode, drawings[which].quiet,
                                                    drawings[which].colors, inverted);
        count(&tally, &reading);
        if (reading.verdict == READING_FAILED)
            fprintf(stderr, "%s alone, quiet zone %u, on %s, %zu characters: %s\n",
                    drawing_name(mode), drawings[which].quiet,
                    drawings[which].colors == DARK ? "dark" : "light", lengths[i], reading.why);
    }
    return tally;
}

static int
print_text(void *screen, const char *text)
{
    screen_print(screen, text);
    return 0;
}

static void
read_sentence(const char *sentence, struct tally *tally)
{
    SCREEN_AUTO *screen = screen_new((int)narrow.rows, (int)narrow.columns, 1, DARK);
    const struct conversation conversation = {screen, print_text, NULL, narrow.columns};

    ck_assert_int_eq(conversation_show(&conversation, "  %s", sentence), 0);
    tally->shown++;
    if (reading_has_words(screen, sentence, narrow.columns))
        return;
    tally->failed++;
    fprintf(stderr, "a word is broken:\n%s", screen_text(screen));
}

/* Each sentence that a person may see. The rows above have those around a code. */
static struct tally
read_sentences(void)
{
    struct tally tally = {0};
    char sentence[TEXT_ERROR_SIZE];

    for (int language = 0; language < LANGUAGE_COUNT; language++) {
        const struct text_voice *voice = &text_idin_voices[language];
        for (enum text_id id = 0; id < TEXT_COUNT; id++) {
            text_copy(sentence, sizeof sentence, voice, id, "1:59");
            read_sentence(sentence, &tally);
        }
        for (int error = -1; error >= -255; error--) {
            if (!error_is_known(error))
                continue;
            text_copy_error(sentence, sizeof sentence, voice, (enum idq_error)error);
            read_sentence(sentence, &tally);
        }
    }
    return tally;
}

static void
print_row(const char *name, const struct tally *tally, struct tally *sum)
{
    printf("%-34s %6u %6u %6u %6u %8u %12u\n", name, tally->shown, tally->drawn, tally->zbar,
           tally->zxing, tally->refused, tally->failed);
    fflush(stdout);
    sum->shown += tally->shown;
    sum->drawn += tally->drawn;
    sum->zbar += tally->zbar;
    sum->zxing += tally->zxing;
    sum->refused += tally->refused;
    sum->failed += tally->failed;
}

/* For --table: the harness speaks only to Check. */
START_TEST(table)
{
    struct tally sum = {0}, total = {0};

    choose_lengths(1);
    printf("%zu payloads of %d to %d characters, %zu sizes of terminal\n\n", n_lengths,
           READING_LENGTH_MIN, READING_LENGTH_MAX, COUNT(sizes));
    printf("%-34s %6s %6s %6s %6s %8s %12s\n", "", "shown", "drawn", "zbar", "ZXing", "refused",
           "undecodable");
    for (size_t i = 0; i < COUNT(settings); i++) {
        struct tally tally = read_messages(&settings[i], 1);
        print_row(settings[i].name, &tally, &sum);
    }
    for (size_t i = 0; i < COUNT(drawings); i++) {
        struct tally tally = read_drawings(i);
        char name[64];
        snprintf(name, sizeof name, "%s alone, %s, quiet zone %u", drawing_name(drawings[i].mode),
                 drawings[i].colors == DARK ? "dark" : "light", drawings[i].quiet);
        print_row(name, &tally, &sum);
    }
    struct tally sentences = read_sentences();
    print_row("whole words, 40x20", &sentences, &sum);
    print_row("together", &sum, &total);
    printf("%u undecodable, or with a broken word\n", sum.failed);
    ck_assert_uint_eq(sum.failed, 0);
}

TEST_CASE("messages");

LOOP_TEST(a_message_is_read_or_refused, COUNT(settings))
{
    struct tally tally = read_messages(&settings[_i], 0);

    ck_assert_msg(tally.failed == 0, "%s: of %u, %u can neither be read nor were refused",
                  settings[_i].name, tally.shown, tally.failed);
    /* Nor is everything refused, or drawn without regard to the room there is. */
    ck_assert_uint_gt(tally.refused, 0);
    if (settings[_i].display == DISPLAY_URL)
        ck_assert_uint_eq(tally.drawn, 0);
    else
        ck_assert_uint_gt(tally.drawn, 0);
}

TEST(a_sentence_has_whole_words)
{
    struct tally tally = read_sentences();

    ck_assert_uint_gt(tally.shown, LANGUAGE_COUNT * TEXT_COUNT);
    ck_assert_uint_eq(tally.failed, 0);
}

TEST_CASE("drawings");

LOOP_TEST(a_drawing_is_read, COUNT(drawings))
{
    struct tally tally = read_drawings((size_t)_i);

    ck_assert_uint_gt(tally.drawn, 0);
    ck_assert_uint_eq(tally.failed, 0);
}

/* Refusing is always safe, so what is known to fit is not refused. */
static const struct {
    struct reading_setting setting;
    size_t length;
    struct reading_size size;
} fitting[] = {
    {{.name = "auto", .display = DISPLAY_AUTO}, 56, {24, 80}},
    {{.name = "auto", .display = DISPLAY_AUTO}, 110, {30, 100}},
    {{.name = "auto", .display = DISPLAY_AUTO}, 300, {50, 132}},
    {{.name = "cells", .display = DISPLAY_CELLS}, 56, {50, 132}},
    {{.name = "sextant", .display = DISPLAY_SEXTANT}, 53, {20, 40}},
    {{.name = "sextant", .display = DISPLAY_SEXTANT}, 160, {24, 80}},
    {{.name = "prompt", .display = DISPLAY_AUTO, .is_prompt = 1}, 56, {24, 80}},
};

TEST_CASE("messages");

LOOP_TEST(what_fits_is_drawn, COUNT(fitting))
{
    struct reading_code code = reading_code(fitting[_i].length);
    struct reading reading = reading_of_message(&code, &fitting[_i].setting, fitting[_i].size);

    ck_assert_msg(reading.verdict == READING_DECODED, "%s, %ux%u, %zu characters: %s",
                  fitting[_i].setting.name, fitting[_i].size.columns, fitting[_i].size.rows,
                  fitting[_i].length, reading.is_drawn ? reading.why : "refused");
}

TEST_CASE("drawings");

/* The decoders can say no: a plain drawing on the background that it is not for. */
TEST(a_wrong_drawing_is_not_read)
{
    struct reading_code code = reading_code(56);
    struct reading reading = reading_of_drawing(&code, DRAWING_PLAIN, 4, LIGHT, 0);

    ck_assert_int_eq(reading.verdict, READING_FAILED);
    ck_assert_int_eq(reading.zbar, 0);
    ck_assert_int_eq(reading.zxing, 0);
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--table") == 0)
        return runner_print(table, NULL);
    choose_lengths(TEST_STRIDE);
    return runner_main(argc, argv, "screens", NULL);
}
