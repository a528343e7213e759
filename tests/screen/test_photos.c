/* SPDX-License-Identifier: BSD-3-Clause */
/* Bad photographs of a code, read by third-party decoders. The test has the exact screens of an
 * emulated terminal, and two decoders. --table has real terminals, four decoders, and qrencode's
 * drawings beside ours: make check-photos. --table NAME has the terminals of that name. Needs no
 * rights; --table needs X and, for two decoders, npm's packages. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/deadline.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/screen/decoders.h"
#include "tests/screen/framebuffer.h"
#include "tests/screen/photo.h"
#include "tests/screen/reading.h"
#include "tests/screen/window.h"

#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH       56 /* of the link */
#define ROWS         50
#define COLUMNS      100
#define WAIT_MS      60000
#define MARGIN_PX    24 /* around what is not black */
#define MARGIN_SHADE 32
#define LOOK_MS      200 /* between two looks at a window that may still be drawing */

#define DARK  SCREEN_LIGHT_ON_DARK
#define LIGHT SCREEN_DARK_ON_LIGHT

static const size_t lengths[] = {56, 66, 76}; /* of the links of the table: version 4 */

/* What is drawn. qrencode's type is for --table, and NULL for our own drawings. */
static const struct drawing {
    const char *name;
    enum config_display display;
    int inverted;
    const char *qrencode_type;
    enum screen_colors colors;
    size_t rival; /* the row of qrencode's that this one is compared with, +1 */
} drawings[] = {
    {"qrencode ANSIUTF8", 0, 0, "ANSIUTF8", DARK, 0},
    {"qrencode UTF8", 0, 0, "UTF8", DARK, 0},
    {"qrencode UTF8i", 0, 0, "UTF8i", LIGHT, 0},
    {"half", DISPLAY_HALF, 0, NULL, DARK, 1},
    {"half", DISPLAY_HALF, 0, NULL, LIGHT, 1},
    {"plain", DISPLAY_PLAIN, 0, NULL, DARK, 2},
    {"plain, inverted", DISPLAY_PLAIN, 1, NULL, LIGHT, 3},
    {"cells", DISPLAY_CELLS, 0, NULL, DARK, 0},
};

/* The message with one of our drawings. Kept (scratch.h). */
static char *
our_message(enum config_display display, enum screen_colors colors, int inverted,
            const struct reading_code *code)
{
    const struct reading_setting setting = {
        .name = "photo", .display = display, .colors = colors, .inverted = inverted};
    const struct reading_size size = {ROWS, COLUMNS};
    int is_drawn;
    char *message = reading_message(code, &setting, size, &is_drawn);

    ck_assert_int_eq(is_drawn, 1);
    return scratch_keep(message);
}

/* What qrencode draws, with our indent: a photograph then has the pixels of both at the same place.
 * Bytes alone, as we encode them. Kept (scratch.h). */
static char *
run_qrencode_at(char level, const char *type, const char *link)
{
    char *command = scratch_text("qrencode -8 -l %c -t %s '%s'", level, type, link), line[2000];
    char *text = scratch_text("%s", "");
    FILE *pipe = popen(command, "re"); // NOLINT(cert-env33-c): a constant command

    ck_assert_ptr_nonnull(pipe);
    while (fgets(line, sizeof line, pipe))
        text = scratch_text("%s  %s", text, line);
    ck_assert_msg(pclose(pipe) == 0 && text[0] != '\0', "%s", command);
    return text;
}

static unsigned
count_lines(const char *text)
{
    unsigned n = 0;

    for (; (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

/* The same at our level, the best that makes the code no larger: another level has other modules.
 */
static char *
run_qrencode(const char *type, const char *link)
{
    char *best = run_qrencode_at('L', type, link);

    for (const char *level = "MQH"; *level; level++) {
        char *better = run_qrencode_at(*level, type, link);
        if (count_lines(better) != count_lines(best))
            break;
        best = better;
    }
    return best;
}

/* The message of a drawing. qrencode's stands in the place of ours, between the same lines of text:
 * each line of ours has an escape sequence. Kept (scratch.h). */
static char *
message_of(const struct drawing *drawing, const struct reading_code *code)
{
    const enum config_display display = drawing->qrencode_type ? DISPLAY_HALF : drawing->display;
    char *message = our_message(display, drawing->colors, drawing->inverted, code);
    char *first = strstr(message, "\033["), *last = strrchr(message, '\033'), *end;

    if (!drawing->qrencode_type)
        return message;
    ck_assert(first && last);
    while (first > message && first[-1] != '\n')
        first--;
    end = last + strcspn(last, "\n");
    return scratch_text("%.*s%s%s", (int)(first - message), message,
                        run_qrencode(drawing->qrencode_type, code->link),
                        *end == '\n' ? end + 1 : end);
}

static int
is_same(const struct picture *a, const struct picture *b)
{
    return a->width_px == b->width_px && a->height_px == b->height_px &&
           memcmp(a->gray, b->gray, (size_t)a->width_px * (size_t)a->height_px) == 0;
}

TEST_CASE("photographs", .timeout_s = 120);

static const struct {
    enum config_display display;
    enum screen_colors colors;
} exact[] = {
    {DISPLAY_HALF, DARK}, {DISPLAY_HALF, LIGHT}, {DISPLAY_CELLS, DARK}, {DISPLAY_PLAIN, DARK}};

LOOP_TEST(a_photograph_is_read, ARRAY_LENGTH(exact))
{
    const struct drawing drawing = {"exact", exact[_i].display, 0, NULL, exact[_i].colors, 0};
    struct reading_code code = reading_code(LENGTH);
    SCREEN_AUTO *screen = screen_new(ROWS, COLUMNS, 1, exact[_i].colors);
    DECODERS_AUTO *decoders = decoders_start();

    screen_print(screen, message_of(&drawing, &code));
    PICTURE_AUTO *picture = screen_picture(screen);
    for (size_t i = 0; i < n_photos; i++) {
        enum decoder_result results[N_DECODERS];
        PICTURE_AUTO *photo = photo_take(&photos[i], picture);
        int n_right = decoders_read(decoders, photo, code.link, results);
        ck_assert_msg(i == 0 || !is_same(photo, picture), "%s changes nothing", photos[i].name);
        for (int j = 0; j < N_DECODERS; j++)
            ck_assert_msg(results[j] != DECODER_WRONG, "%s: a wrong text by %s", photos[i].name,
                          decoder_names[j]);
        ck_assert_msg(n_right > 0, "%s is read by no decoder", photos[i].name);
    }
}

/* A hopeless photograph is not read: so a photograph does change the picture. */
TEST(a_hopeless_photograph)
{
    const struct drawing drawing = {"exact", DISPLAY_HALF, 0, NULL, DARK, 0};
    const struct photo hopeless = {.name = "hopeless", .scale = 0.2, .blur_px = 3};
    struct reading_code code = reading_code(LENGTH);
    SCREEN_AUTO *screen = screen_new(ROWS, COLUMNS, 1, DARK);
    DECODERS_AUTO *decoders = decoders_start();
    enum decoder_result results[N_DECODERS];

    screen_print(screen, message_of(&drawing, &code));
    PICTURE_AUTO *picture = screen_picture(screen);
    PICTURE_AUTO *photo = photo_take(&hopeless, picture);
    ck_assert_int_eq(decoders_read(decoders, photo, code.link, results), 0);
}

/* The screen, once the terminal has read the message and two looks at it are the same. */
static struct picture *
wait_for_picture(const struct framebuffer *framebuffer, struct window *window)
{
    struct deadline deadline = deadline_in(WAIT_MS);
    struct picture *picture = NULL;
    int left_ms;

    ck_assert_msg(window_has_read(window, WAIT_MS), "%s", window_log(window));
    while ((left_ms = deadline_left(deadline, LOOK_MS)) > 0) {
        struct picture *next = framebuffer_picture(framebuffer);
        int is_still = picture && is_same(picture, next);
        picture_free(&picture);
        picture = next;
        if (is_still)
            return picture;
        (void)poll(NULL, 0, left_ms);
    }
    ck_abort_msg("the window did not come to rest. It says:\n%s", window_log(window));
}

/* What a person points the phone at: all that is not black, and a little around it. */
static struct picture *
crop(const struct picture *picture)
{
    int left = picture->width_px, top = picture->height_px, right = 0, bottom = 0;
    struct picture *cropped;

    for (int y = 0; y < picture->height_px; y++)
        for (int x = 0; x < picture->width_px; x++)
            if (picture->gray[(size_t)y * (size_t)picture->width_px + (size_t)x] > MARGIN_SHADE) {
                left = x < left ? x : left;
                top = y < top ? y : top;
                right = x > right ? x : right;
                bottom = y;
            }
    ck_assert_msg(left <= right, "nothing is on the screen");
    cropped = picture_new(right - left + 1 + 2 * MARGIN_PX, bottom - top + 1 + 2 * MARGIN_PX, 0);
    for (int y = top; y <= bottom; y++)
        memcpy(cropped->gray + (size_t)(y - top + MARGIN_PX) * (size_t)cropped->width_px +
                   MARGIN_PX,
               picture->gray + (size_t)y * (size_t)picture->width_px + left,
               (size_t)(right - left + 1));
    return cropped;
}

/* One row of the table, over all links. */
struct tally {
    int n_right[N_DECODERS]; /* photographs that each decoder reads */
    int n_taken, n_wrong;
    int n_blind; /* sharp photographs that no decoder reads */
};

static double
mean_of(const struct tally *tally)
{
    int sum = 0;

    for (int i = 0; i < N_DECODERS; i++)
        sum += tally->n_right[i];
    return (double)sum / tally->n_taken;
}

static void
photograph(struct decoders *decoders, const struct picture *picture, const char *payload,
           struct tally *tally)
{
    for (size_t i = 0; i < n_photos; i++) {
        enum decoder_result results[N_DECODERS];
        PICTURE_AUTO *photo = photo_take(&photos[i], picture);
        int n_right = decoders_read(decoders, photo, payload, results);
        for (int j = 0; j < N_DECODERS; j++) {
            tally->n_right[j] += results[j] == DECODER_RIGHT;
            tally->n_wrong += results[j] == DECODER_WRONG;
        }
        tally->n_taken++;
        tally->n_blind += i == 0 && n_right == 0;
    }
}

static struct tally
show_and_photograph(const struct window_kind *kind, const struct drawing *drawing,
                    struct decoders *decoders)
{
    struct tally tally = {.n_taken = 0};

    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        struct reading_code code = reading_code(lengths[i]);
        char *file = scratch_path(scratch_dir("photos"), "message");
        scratch_write(file, 0600, message_of(drawing, &code));
        FRAMEBUFFER_AUTO *framebuffer = framebuffer_start();
        WINDOW_AUTO *window = window_open(kind, ROWS, COLUMNS, drawing->colors, file);
        PICTURE_AUTO *picture = wait_for_picture(framebuffer, window);
        PICTURE_AUTO *cropped = crop(picture);
        photograph(decoders, cropped, code.link, &tally);
    }
    return tally;
}

/* What is wrong with a row, or "". Without colors nothing can fill the lines between the rows, so a
 * drawing may be as bad as qrencode's there. */
static const char *
find_fault(const struct drawing *drawing, const struct tally *tally, const struct tally *rival)
{
    if (tally->n_wrong > 0)
        return "a wrong text";
    if (!drawing->qrencode_type && tally->n_blind > (rival ? rival->n_blind : 0))
        return "not read when sharp";
    return rival && mean_of(tally) < mean_of(rival) ? "worse than qrencode's" : "";
}

/* Returns how many rows are not as they must be. */
static int
print_terminal(const struct window_kind *kind, struct decoders *decoders)
{
    struct tally tallies[ARRAY_LENGTH(drawings)];
    int n_bad = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(drawings); i++) {
        const struct drawing *drawing = &drawings[i];
        const char *fault;
        if (drawing->colors == LIGHT && strcmp(kind->program, "stterm") == 0)
            continue; /* it has one background */
        tallies[i] = show_and_photograph(kind, drawing, decoders);
        fault = find_fault(drawing, &tallies[i],
                           drawing->rival > 0 ? &tallies[drawing->rival - 1] : NULL);
        n_bad += fault[0] != '\0';
        printf("| %s | %s | %s | %.1f |", kind->name, drawing->name,
               drawing->colors == DARK ? "dark" : "light", mean_of(&tallies[i]));
        for (int j = 0; j < N_DECODERS; j++)
            printf(" %d |", tallies[i].n_right[j]);
        printf(" %s |\n", fault);
        fflush(stdout);
    }
    return n_bad;
}

static const char *wanted; /* a part of the names of the terminals of the table */

/* For --table: the harness speaks only to Check. */
START_TEST(table)
{
    DECODERS_AUTO *decoders = decoders_start();
    int n_bad = 0;

    printf("%zu photographs of each drawing, and how many of them each decoder reads\n\n",
           n_photos * ARRAY_LENGTH(lengths));
    puts("| terminal | drawing | ground | decoders, mean | zbar | ZXing | jsQR | qr | |");
    puts("|---|---|---|---|---|---|---|---|---|");
    for (size_t i = 0; i < n_window_kinds; i++) {
        const char *why_not = window_why_not(&window_kinds[i]);
        if (!strstr(window_kinds[i].name, wanted))
            continue;
        if (why_not)
            printf("| %s | %s | | | | | | | |\n", window_kinds[i].name, why_not);
        else
            n_bad += print_terminal(&window_kinds[i], decoders);
    }
    printf("\n%d rows are not as they must be\n", n_bad);
    ck_assert_int_eq(n_bad, 0);
}

int
main(int argc, char **argv)
{
    if (argc >= 2 && argc <= 3 && strcmp(argv[1], "--table") == 0) {
        wanted = argc == 3 ? argv[2] : "";
        return runner_print(table, NULL);
    }
    return runner_main(argc, argv, "photos", NULL);
}
