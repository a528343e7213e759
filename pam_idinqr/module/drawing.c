/* See drawing.h. Measured: of the ways to draw with half blocks, this is the one that every decoder
 * read on every background. */
#include "pam_idinqr/module/drawing.h"

#define INDENT "  "

struct drawing_size
drawing_measure(enum drawing_mode mode, unsigned qr_size, unsigned quiet)
{
    struct drawing_size size = {0, 0};
    unsigned side = qr_size + 2 * quiet;

    if (mode == DRAWING_HALF) {
        size.rows = (side + 1) / 2;
        size.columns = side + sizeof INDENT - 1;
    }
    return size;
}

/* Everything around the code is light. */
static int
is_light(const struct qr_message *qr, unsigned quiet, unsigned x, unsigned y)
{
    if (x < quiet || y < quiet || x >= quiet + qr->size || y >= quiet + qr->size)
        return 1;
    return !qr_is_dark(qr, x - quiet, y - quiet);
}

static void
write_half(FILE *stream, const struct qr_message *qr, unsigned quiet)
{
    static const char *const glyphs[] = {" ", "▄", "▀", "█"};
    unsigned side = qr->size + 2 * quiet;

    /* One pair of escapes a row keeps the message small. 97 is the bright white that a Linux
     * console knows; its 107 is not bright. */
    for (unsigned y = 0; y < side; y += 2) {
        fputs(INDENT "\033[97;40m", stream);
        for (unsigned x = 0; x < side; x++)
            fputs(glyphs[is_light(qr, quiet, x, y) << 1 | is_light(qr, quiet, x, y + 1)], stream);
        fputs("\033[0m\n", stream);
    }
}

void
drawing_write(FILE *stream, const struct qr_message *qr, enum drawing_mode mode, unsigned quiet)
{
    if (mode == DRAWING_HALF)
        write_half(stream, qr, quiet);
}
