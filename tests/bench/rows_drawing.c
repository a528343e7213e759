/* SPDX-License-Identifier: BSD-3-Clause */
/* A link as text: how long it takes to encode and draw it, and how many bytes go to the terminal,
 * in each mode and for three lengths of link. Beside it stands `qrencode -t ANSIUTF8` of the same
 * link. Its time is that of a run, less that of a run that only prints its version. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/qr/drawing.h"
#include "tests/bench/figures.h"
#include "tests/bench/moment.h"
#include "tests/bench/rows.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_TIMES 200
#define N_RUNS  50 /* of qrencode */
#define QUIET   2  /* qrencode's own in this format */

#define VERSION_4 33   /* modules a side */
#define BYTES_MAX 4096 /* of a drawing of version 4 */

static const size_t lengths[] = {56, 160, 300};

/* Bytes that qrencode writes at a level, and lines; -1 where there is no qrencode. */
static long
qrencode_bytes(const char *link, char level, int *ret_lines)
{
    char command[1000], buffer[4096];
    long bytes = 0;

    *ret_lines = 0;
    ck_assert_int_lt(snprintf(command, sizeof command,
                              "qrencode -t ANSIUTF8 -8 -l %c -m %d '%s' 2>/dev/null", level, QUIET,
                              link),
                     (int)sizeof command);
    FILE *output = popen(command, "re");
    ck_assert_ptr_nonnull(output);
    for (size_t size; (size = fread(buffer, 1, sizeof buffer, output)) > 0; bytes += (long)size)
        for (size_t i = 0; i < size; i++)
            *ret_lines += buffer[i] == '\n';
    return pclose(output) == 0 ? bytes : -1;
}

/* As qr_encode chooses: the best level that makes the code no larger than L does. Other modules
 * are other characters, of other lengths. */
static long
qrencode_best_bytes(const char *link)
{
    int n_lines, n_more;
    long bytes = qrencode_bytes(link, 'L', &n_lines), better;

    for (const char *level = "MQH"; bytes > 0 && *level; level++) {
        better = qrencode_bytes(link, *level, &n_more);
        if (better < 0 || n_more != n_lines)
            break;
        bytes = better;
    }
    return bytes;
}

/* Microseconds. The level changes nothing that can be measured. */
static double
qrencode_us(const char *link)
{
    const char *const draws[] = {"qrencode", "-t", "ANSIUTF8",  "-8", "-l",
                                 "L",        "-o", "/dev/null", link, NULL};
    const char *const starts[] = {"qrencode", "--version", NULL};
    struct figures with = {.count = 0}, without = {.count = 0};

    for (int i = 0; i < N_RUNS; i++) {
        figures_add(&with, moment_run_ms(draws));
        figures_add(&without, moment_run_ms(starts));
    }
    return 1e3 * (figures_median(&with) - figures_median(&without));
}

static size_t
draw(const char *link, enum drawing_mode mode, struct figures *us)
{
    size_t size = 0;

    for (int i = 0; i < N_TIMES; i++) {
        char *text = NULL;
        FILE *stream = open_memstream(&text, &size);
        ck_assert_ptr_nonnull(stream);
        int64_t begin_ns = moment_ns();
        struct qr_code code;
        ck_assert_int_eq(qr_encode(link, &code), 0);
        drawing_write(stream, &code, mode, QUIET, 0);
        ck_assert_int_eq(fflush(stream), 0);
        figures_add(us, (double)(moment_ns() - begin_ns) / 1e3);
        fclose(stream);
        free(text);
    }
    return size;
}

/* What qrencode does with a link; no bytes where there is no qrencode. */
struct theirs {
    long bytes;
    double us;
};

static void
row(const char *link, const struct qr_code *code, enum drawing_mode mode,
    const struct theirs *theirs)
{
    struct figures us = {.count = 0};
    size_t bytes = draw(link, mode, &us);
    char what[100], left[FIGURES_TEXT + 40], text[FIGURES_TEXT], right[80] = "", ratio[60] = "";
    int has_goal = code->size == VERSION_4 && mode != DRAWING_CELLS && mode != DRAWING_SQUARES;

    figures_text(&us, text);
    snprintf(what, sizeof what, "drawing, %s%s, version %d", drawing_name(mode),
             mode == DRAWING_CONSOLE || mode == DRAWING_SQUARES ? " of a Linux console" : "",
             (code->size - 17) / 4);
    snprintf(left, sizeof left, "%s µs, %zu bytes", text, bytes);
    if (theirs->bytes > 0) {
        snprintf(right, sizeof right, "qrencode: %.0f µs, %ld bytes", theirs->us, theirs->bytes);
        snprintf(ratio, sizeof ratio, "%.2f, %.2f in bytes", figures_median(&us) / theirs->us,
                 (double)bytes / (double)theirs->bytes);
    }
    table_row(what, left, theirs->bytes > 0 ? right : "qrencode is not installed", ratio,
              has_goal ? "at most 4096 bytes" : NULL, has_goal ? bytes <= BYTES_MAX : -1);
}

void
rows_drawing(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        char link[QR_PAYLOAD_MAX + 1] = "";
        struct qr_code code;
        struct theirs theirs = {.us = 0};
        memset(link, 'x', lengths[i]);
        memcpy(link, "https://", strlen("https://"));
        ck_assert_int_eq(qr_encode(link, &code), 0);
        theirs.bytes = qrencode_best_bytes(link);
        if (theirs.bytes > 0)
            theirs.us = qrencode_us(link);
        for (int mode = 0; mode < DRAWING_MODES; mode++)
            if (mode != DRAWING_URL)
                row(link, &code, (enum drawing_mode)mode, &theirs);
    }
}
