/* Codes on a screen: drawn by us, shown by a terminal and read by a decoder that are not ours. */
#include "pam_idinqr/agent/matrix.h"
#include "pam_idinqr/module/drawing.h"
#include "tests/harness/runner.h"
#include "tests/harness/screen.h"

#include <stdlib.h>
#include <string.h>

/* A payload of this length, and its code. */
static struct qr_message
code_of_length(size_t length)
{
    struct qr_message qr = {.lifetime_s = 60};

    strcpy(qr.payload, "https://qrcode.idin.nl/");
    for (size_t i = strlen(qr.payload); i < length; i++)
        qr.payload[i] = (char)('a' + i * 7 % 26);
    ck_assert_int_eq(matrix_make(&qr), 0);
    return qr;
}

static char *
drawing_of(const struct qr_message *qr, enum drawing_mode mode, unsigned quiet)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(stream);
    drawing_write(stream, qr, mode, quiet);
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

/* Draws on a screen that the drawing just fits, and reads it. */
static void
must_read(const struct qr_message *qr, unsigned quiet, enum screen_colours colours)
{
    struct drawing_size size = drawing_measure(DRAWING_HALF, qr->size, quiet);
    SCREEN_AUTO *screen = screen_new((int)size.rows + 1, (int)size.columns, 1, colours);
    char *text = drawing_of(qr, DRAWING_HALF, quiet), *read;

    screen_print(screen, text);
    read = screen_qr(screen);
    ck_assert_msg(read && strcmp(read, qr->payload) == 0,
                  "%zu bytes, %u modules, quiet %u, on %s: %s", strlen(qr->payload), qr->size,
                  quiet, colours == SCREEN_DARK_ON_LIGHT ? "light" : "dark", read ? read : "none");
    free(read);
    free(text);
}

START_TEST(every_code_is_read_on_every_background)
{
    /* Each version that a link makes, both sides of where the next begins. */
    static const size_t lengths[] = {24,  32,  33,  53,  54,  56,  78,  79,  106,
                                     107, 110, 134, 135, 154, 155, 160, 192, 193};

    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        struct qr_message qr = code_of_length(lengths[i]);
        for (unsigned quiet = 2; quiet <= 5; quiet++) {
            must_read(&qr, quiet, SCREEN_LIGHT_ON_DARK);
            must_read(&qr, quiet, SCREEN_DARK_ON_LIGHT);
        }
    }
}
END_TEST

START_TEST(the_largest_code_is_read)
{
    struct qr_message qr = code_of_length(PAYLOAD_MAX);

    must_read(&qr, 4, SCREEN_LIGHT_ON_DARK);
}
END_TEST

/* The columns of a row of the drawing: every character but those of the escape sequences. */
static unsigned
columns_of(const char *row, const char *end)
{
    unsigned columns = 0;

    while (row < end) {
        if (*row == '\033') {
            row = strchr(row, 'm') + 1;
            continue;
        }
        columns += ((unsigned char)*row++ & 0xC0) != 0x80;
    }
    return columns;
}

static unsigned
count(const char *text, const char *end, const char *what)
{
    unsigned n = 0;

    for (; (text = strstr(text, what)) && text < end; text++)
        n++;
    return n;
}

START_TEST(a_drawing_is_as_large_as_measured)
{
    for (size_t length = 24; length <= 400; length += 47) {
        struct qr_message qr = code_of_length(length);
        for (unsigned quiet = 0; quiet <= 5; quiet++) {
            struct drawing_size size = drawing_measure(DRAWING_HALF, qr.size, quiet);
            char *text = drawing_of(&qr, DRAWING_HALF, quiet), *row = text, *end;
            unsigned rows = 0;
            for (; (end = strchr(row, '\n')); row = end + 1, rows++) {
                ck_assert_uint_eq(columns_of(row, end), size.columns);
                /* One pair: colours on, colours off. What follows is the terminal's own again. */
                ck_assert_uint_eq(count(row, end, "\033"), 2);
                ck_assert_int_eq(strncmp(end - 4, "\033[0m", 4), 0);
            }
            ck_assert_int_eq(*row, '\0');
            ck_assert_uint_eq(rows, size.rows);
            free(text);
        }
    }
}
END_TEST

static const struct {
    unsigned qr_size, quiet, rows, columns;
} sizes[] = {
    {21, 2, 13, 27}, {21, 4, 15, 31}, {33, 2, 19, 39}, {41, 4, 25, 51}, {49, 4, 29, 59},
};

START_TEST(sizes_that_are_known)
{
    struct drawing_size size = drawing_measure(DRAWING_HALF, sizes[_i].qr_size, sizes[_i].quiet);

    ck_assert_uint_eq(size.rows, sizes[_i].rows);
    ck_assert_uint_eq(size.columns, sizes[_i].columns);
}
END_TEST

START_TEST(a_message_stays_small)
{
    struct qr_message qr = code_of_length(134);
    char *text = drawing_of(&qr, DRAWING_HALF, 4);

    ck_assert_uint_eq(qr.size, 41); /* version 6 */
    ck_assert_uint_le(strlen(text), 4096);
    free(text);
}
END_TEST

START_TEST(a_link_has_no_drawing)
{
    struct qr_message qr = code_of_length(56);
    struct drawing_size size = drawing_measure(DRAWING_URL, qr.size, 4);
    char *text = drawing_of(&qr, DRAWING_URL, 4);

    ck_assert_str_eq(text, "");
    ck_assert_uint_eq(size.rows, 0);
    ck_assert_uint_eq(size.columns, 0);
    free(text);
}
END_TEST

static Suite *
drawing_suite(void)
{
    Suite *suite = suite_create("drawing");
    TCase *reading = tcase_create("read"), *form = tcase_create("form");

    tcase_add_test(reading, every_code_is_read_on_every_background);
    tcase_add_test(reading, the_largest_code_is_read);
    tcase_add_test(form, a_drawing_is_as_large_as_measured);
    tcase_add_loop_test(form, sizes_that_are_known, 0, (int)(sizeof sizes / sizeof sizes[0]));
    tcase_add_test(form, a_message_stays_small);
    tcase_add_test(form, a_link_has_no_drawing);
    suite_add_tcase(suite, reading);
    suite_add_tcase(suite, form);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "drawing", drawing_suite, NULL);
}
