/* SPDX-License-Identifier: BSD-3-Clause */
/* The module runs this, often as root, on a link from the agent. `idinqr show` runs it too. It
 * draws the codewords of qr_codewords.c: the fixed patterns, the bits between them, and the mask
 * that makes the code easiest to read. ISO/IEC 18004, sections 7.7 to 7.10. */
#include "pam_idinqr/qr/qr_encode.h"

#include "pam_idinqr/qr/qr_codewords.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define N_MASKS       8
#define ALIGNMENT_MAX 5 /* positions on a side, up to QR_VERSION_MAX */

_Static_assert(QR_SIZE_MAX == 17 + 4 * QR_VERSION_MAX, "a code of the largest version fits");

/* A code while it is drawn. `fixed` is dark where a pattern, the version or the format is: these
 * modules hold no bits and are not masked. */
struct canvas {
    struct qr_code *code;
    struct qr_code fixed;
};

bool
qr_is_dark(const struct qr_code *code, unsigned x, unsigned y)
{
    unsigned bit = y * code->size + x;

    return code->modules[bit / 8] >> (7 - bit % 8) & 1;
}

static void
set(struct qr_code *code, unsigned x, unsigned y, bool is_dark)
{
    unsigned bit = y * code->size + x;
    unsigned char mask = (unsigned char)(0x80 >> bit % 8);

    if (is_dark)
        code->modules[bit / 8] |= mask;
    else
        code->modules[bit / 8] &= (unsigned char)~mask;
}

static void
fix(struct canvas *canvas, unsigned x, unsigned y, bool is_dark)
{
    set(canvas->code, x, y, is_dark);
    set(&canvas->fixed, x, y, 1);
}

/* --- the patterns --- */

/* Draws square rings around a center, each of one color. A ring is light if its bit is set in
 * `light`. Modules outside the code are skipped. */
static void
fix_rings(struct canvas *canvas, unsigned x, unsigned y, int n_rings, unsigned light)
{
    for (int dy = -n_rings; dy <= n_rings; dy++)
        for (int dx = -n_rings; dx <= n_rings; dx++) {
            int ring = abs(dx) > abs(dy) ? abs(dx) : abs(dy);
            unsigned at_x = x + (unsigned)dx, at_y = y + (unsigned)dy; /* huge if negative */
            if (at_x < canvas->code->size && at_y < canvas->code->size)
                fix(canvas, at_x, at_y, !(light >> ring & 1));
        }
}

/* The centers of the alignment patterns, the same in both directions. The first and last are 6
 * modules from a side. The distances between them are even, and equal except the first. */
static unsigned
find_alignments(unsigned version, unsigned ret_centers[ALIGNMENT_MAX])
{
    unsigned size = 17 + 4 * version, n = version == 1 ? 0 : version / 7 + 2, step;

    if (n == 0)
        return 0;
    step = (size - 13 + n - 2) / (n - 1);
    step += step % 2;
    for (unsigned i = 1; i < n; i++)
        ret_centers[i] = size - 7 - (n - 1 - i) * step;
    ret_centers[0] = 6;
    return n;
}

static void
fix_alignments(struct canvas *canvas, unsigned version)
{
    unsigned centers[ALIGNMENT_MAX], n = find_alignments(version, centers);

    for (unsigned i = 0; i < n; i++)
        for (unsigned j = 0; j < n; j++)
            if (!(i == 0 && j == 0) && !(i == 0 && j == n - 1) && !(i == n - 1 && j == 0))
                fix_rings(canvas, centers[i], centers[j], 2, 1 << 1);
}

/* Returns the value with its error correction: the remainder of its division by the polynomial of
 * this degree. */
static unsigned
with_check_bits(unsigned value, unsigned polynomial, unsigned degree)
{
    unsigned rest = value;

    for (unsigned i = 0; i < degree; i++)
        rest = rest << 1 ^ (rest >> (degree - 1)) * polynomial;
    return value << degree | rest;
}

static void
fix_version(struct canvas *canvas, unsigned version)
{
    unsigned bits = with_check_bits(version, 0x1F25, 12), far = canvas->code->size - 11u;

    for (unsigned i = 0; i < 18; i++) {
        fix(canvas, far + i % 3, i / 3, bits >> i & 1);
        fix(canvas, i / 3, far + i % 3, bits >> i & 1);
    }
}

/* The format occurs twice: around the finder at the top left, and divided between the other two. */
static void
fix_format(struct canvas *canvas, enum qr_level level, unsigned mask)
{
    static const unsigned names[QR_LEVELS] = {1, 0, 3, 2};
    unsigned bits = with_check_bits(names[level] << 3 | mask, 0x537, 10) ^ 0x5412;
    unsigned size = canvas->code->size;

    for (unsigned i = 0; i < 15; i++) {
        bool is_dark = bits >> i & 1;
        if (i < 8) {
            fix(canvas, 8, i < 6 ? i : i + 1, is_dark);
            fix(canvas, size - 1 - i, 8, is_dark);
        } else {
            fix(canvas, i == 8 ? 7 : 14 - i, 8, is_dark);
            fix(canvas, 8, size - 15 + i, is_dark);
        }
    }
}

static void
fix_patterns(struct canvas *canvas, unsigned version)
{
    unsigned size = canvas->code->size;

    for (unsigned i = 0; i < size; i++) {
        fix(canvas, 6, i, i % 2 == 0);
        fix(canvas, i, 6, i % 2 == 0);
    }
    fix_rings(canvas, 3, 3, 4, 1 << 2 | 1 << 4);
    fix_rings(canvas, size - 4, 3, 4, 1 << 2 | 1 << 4);
    fix_rings(canvas, 3, size - 4, 4, 1 << 2 | 1 << 4);
    fix_alignments(canvas, version);
    fix(canvas, 8, size - 8, 1);
    if (version >= 7)
        fix_version(canvas, version);
}

/* --- the bits --- */

/* Bits run in columns of two modules from the right, upward first, and skip the column of the
 * timing pattern at 6. */
static void
draw_bits(struct canvas *canvas, const struct qr_codewords *codewords)
{
    unsigned size = canvas->code->size, bit = 0, is_upward = 1;

    for (unsigned right = size - 1; right < size; right -= right == 8 ? 3 : 2) {
        for (unsigned i = 0; i < 2 * size; i++) {
            unsigned x = right - i % 2, y = is_upward ? size - 1 - i / 2 : i / 2;
            if (qr_is_dark(&canvas->fixed, x, y))
                continue;
            /* A few modules at the end have no bit. */
            if (bit < 8 * codewords->n_bytes)
                set(canvas->code, x, y, codewords->bytes[bit / 8] >> (7 - bit % 8) & 1);
            bit++;
        }
        is_upward = !is_upward;
    }
}

/* --- the mask --- */

static bool
mask_inverts(unsigned mask, unsigned x, unsigned y)
{
    switch (mask) {
    case 0:
        return (x + y) % 2 == 0;
    case 1:
        return y % 2 == 0;
    case 2:
        return x % 3 == 0;
    case 3:
        return (x + y) % 3 == 0;
    case 4:
        return (x / 3 + y / 2) % 2 == 0;
    case 5:
        return x * y % 2 + x * y % 3 == 0;
    case 6:
        return (x * y % 2 + x * y % 3) % 2 == 0;
    default:
        return ((x + y) % 2 + x * y % 3) % 2 == 0;
    }
}

/* A second call reverses the first. */
static void
apply_mask(struct canvas *canvas, unsigned mask)
{
    unsigned size = canvas->code->size;

    for (unsigned y = 0; y < size; y++)
        for (unsigned x = 0; x < size; x++)
            if (mask_inverts(mask, x, y) && !qr_is_dark(&canvas->fixed, x, y))
                set(canvas->code, x, y, !qr_is_dark(canvas->code, x, y));
}

/* Counts long runs of one color, and false finders: dark, light, three times as much dark, light,
 * dark, with a wide light area on one side. Even indexes are light runs. */
static unsigned
judge_runs(const unsigned *runs, unsigned n)
{
    unsigned penalty = 0;

    for (unsigned i = 0; i < n; i++)
        if (runs[i] >= 5)
            penalty += 3 + runs[i] - 5;
    for (unsigned i = 3; i + 2 < n; i += 2) {
        unsigned unit = runs[i] / 3;
        if (runs[i] % 3 != 0 || runs[i - 2] != unit || runs[i - 1] != unit || runs[i + 1] != unit ||
            runs[i + 2] != unit)
            continue;
        /* The code's surroundings are light. */
        if (i == 3 || i + 4 >= n || runs[i - 3] >= 4 * unit || runs[i + 3] >= 4 * unit)
            penalty += 40;
    }
    return penalty;
}

static unsigned
judge_line(const struct qr_code *code, unsigned line, bool is_column)
{
    unsigned runs[QR_SIZE_MAX + 1] = {0}, n = 1;

    for (unsigned i = 0; i < code->size; i++) {
        bool is_dark = is_column ? qr_is_dark(code, line, i) : qr_is_dark(code, i, line);
        if (is_dark == (n % 2 == 1)) /* not the color of the run */
            n++;
        runs[n - 1]++;
    }
    return judge_runs(runs, n);
}

/* Returns the penalty of the code: the lower, the easier to read. ISO/IEC 18004, table 11. */
static unsigned
judge(const struct qr_code *code)
{
    unsigned size = code->size, penalty = 0, n_dark = 0, percent;

    for (unsigned i = 0; i < size; i++)
        penalty += judge_line(code, i, 0) + judge_line(code, i, 1);
    for (unsigned y = 0; y < size; y++)
        for (unsigned x = 0; x < size; x++) {
            bool is_dark = qr_is_dark(code, x, y);
            n_dark += (unsigned)is_dark;
            if (x > 0 && y > 0 && is_dark == qr_is_dark(code, x - 1, y) &&
                is_dark == qr_is_dark(code, x, y - 1) && is_dark == qr_is_dark(code, x - 1, y - 1))
                penalty += 3;
        }
    percent = (200 * n_dark + size * size) / (size * size) / 2; /* rounded */
    return penalty + (percent > 50 ? percent - 50 : 50 - percent) / 5 * 10;
}

static void
choose_mask(struct canvas *canvas, enum qr_level level)
{
    unsigned least = 0, best = 0;

    for (unsigned mask = 0; mask < N_MASKS; mask++) {
        unsigned penalty;
        apply_mask(canvas, mask);
        fix_format(canvas, level, mask);
        penalty = judge(canvas->code);
        if (mask == 0 || penalty < least) {
            least = penalty;
            best = mask;
        }
        apply_mask(canvas, mask);
    }
    apply_mask(canvas, best);
    fix_format(canvas, level, best);
}

int
qr_encode(const char *payload, struct qr_code *ret_code)
{
    QR_CODEWORDS_AUTO codewords;
    struct canvas canvas = {.code = ret_code};
    int result = qr_codewords_make(payload, &codewords);

    if (result != 0)
        return result;
    memset(ret_code, 0, sizeof *ret_code);
    ret_code->size = canvas.fixed.size = (uint8_t)(17 + 4 * codewords.version);
    fix_patterns(&canvas, codewords.version);
    fix_format(&canvas, codewords.level, 0); /* the format's modules, which hold no bits */
    draw_bits(&canvas, &codewords);
    choose_mask(&canvas, codewords.level);
    return 0;
}
