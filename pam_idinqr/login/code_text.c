/* SPDX-License-Identifier: BSD-3-Clause */
/* Every program that logs in runs this, on a link from the agent. */
#include "pam_idinqr/login/code_text.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define INDENT        "  "
#define USUAL_COLUMNS 80

/* Bytes for any message. The largest code has its quiet zone, and at worst an escape sequence and
 * two blanks for each module. 20 KB is enough for the words around it. */
#define SIDE_MAX     (QR_SIZE_MAX + 8)
#define MESSAGE_SIZE (SIDE_MAX * SIDE_MAX * 8 + 20 * 1024)

/* The words around a drawing, in the order of the screen. */
enum line {
    LINE_ENTERING,
    LINE_SCAN,
    LINE_LINK,
    LINE_USER_CODE,
    LINE_CHECK,
    LINE_WAITING,
    LINE_COUNT
};

_Static_assert((int)DISPLAY_HALF == (int)DRAWING_HALF + 1 &&
                   (int)DISPLAY_CELLS == (int)DRAWING_CELLS + 1 &&
                   (int)DISPLAY_SEXTANT == (int)DRAWING_SEXTANT + 1 &&
                   (int)DISPLAY_PLAIN == (int)DRAWING_PLAIN + 1 &&
                   (int)DISPLAY_URL == (int)DRAWING_URL + 1,
               "behind auto, the choices of display are the drawings, in the same order");

enum drawing_mode
code_text_mode(const struct terminal *terminal, enum drawing_mode mode)
{
    if (mode == DRAWING_HALF && terminal->blocks_fill)
        return DRAWING_CONSOLE;
    return mode == DRAWING_CELLS && terminal->has_square_cells ? DRAWING_SQUARES : mode;
}

/* Returns DRAWING_MODES for auto. */
static enum drawing_mode
wanted_mode(const struct code_text *text)
{
    if (text->display == DISPLAY_AUTO)
        return DRAWING_MODES;
    return code_text_mode(text->terminal, (enum drawing_mode)(text->display - 1));
}

/* If the link's host cannot be parsed, the link itself stands in its place. */
static void
write_check(FILE *stream, const struct code_text *text)
{
    struct https_url url;
    char authority[sizeof url.host + 8];

    if (https_url_parse(text->link, strlen(text->link), &url) != 0)
        return;
    snprintf(authority, sizeof authority, url.port == 443 ? "%s" : "%s:%u", url.host, url.port);
    text_write(stream, text->voice, TEXT_CHECK_LINK, authority, NULL, NULL);
}

/* Whether the link takes no more rows when it is indented: 160 characters are two rows of 80, not
 * three. */
static bool
indent_is_free(const struct code_text *text)
{
    size_t size = strlen(text->link), columns = text->terminal->columns;

    return columns == 0 ||
           (size + columns - 1) / columns == (size + sizeof INDENT - 1 + columns - 1) / columns;
}

/* A user code stays even if the words for checking the link are left out: the login needs it. Above
 * a drawing it is in the first line, because no row may be lost there. */
static bool
has_line(const struct code_text *text, const struct code_layout *layout, enum line line)
{
    if (line == LINE_USER_CODE)
        return text->user_code[0] != '\0' && layout->mode == DRAWING_URL;
    return line != LINE_CHECK || layout->has_check;
}

enum text_id
code_text_state(const struct terminal *terminal, bool is_scanned)
{
    static const enum text_id texts[2][3] = {
        {[STOP_KEY_NONE] = TEXT_WAITING,
         [STOP_KEY_CTRL_C] = TEXT_WAITING_CTRL_C,
         [STOP_KEY_ENTER] = TEXT_WAITING_ENTER},
        {[STOP_KEY_NONE] = TEXT_SCANNED,
         [STOP_KEY_CTRL_C] = TEXT_SCANNED_CTRL_C,
         [STOP_KEY_ENTER] = TEXT_SCANNED_ENTER},
    };

    return texts[is_scanned][terminal->stop_key];
}

static void
write_scan(FILE *stream, const struct code_text *text, const struct code_layout *layout)
{
    char rows[16], columns[16];

    if (layout->mode != DRAWING_URL && text->user_code[0] != '\0') {
        text_write(stream, text->voice, TEXT_SCAN_USER_CODE, text->user_code, NULL, NULL);
    } else if (layout->mode != DRAWING_URL) {
        text_write(stream, text->voice, TEXT_SCAN, NULL, NULL, NULL);
    } else if (text->display == DISPLAY_URL) {
        text_write(stream, text->voice, TEXT_OPEN_LINK, NULL, NULL, NULL);
    } else if (layout->needed.rows == 0) {
        text_write(stream, text->voice, TEXT_NO_CODE_FITS, NULL, NULL, NULL);
    } else {
        snprintf(rows, sizeof rows, "%u", layout->needed.rows);
        snprintf(columns, sizeof columns, "%u", layout->needed.columns);
        text_write(stream, text->voice, TEXT_CODE_NEEDS, rows, columns, NULL);
    }
}

static enum text_id
waiting_text(const struct code_text *text)
{
    if (!text->is_prompt)
        return code_text_state(text->terminal, false);
    return text->is_again ? TEXT_NOT_YET : TEXT_PRESS_ENTER;
}

static void
write_line(FILE *stream, const struct code_text *text, const struct code_layout *layout,
           enum line line)
{
    if (line != LINE_LINK || indent_is_free(text))
        fputs(INDENT, stream);
    switch (line) {
    case LINE_ENTERING:
        text_write(stream, text->voice, text->account ? TEXT_ENTERING_ACCOUNT : TEXT_ENTERING,
                   text->station, text->account ? text->account : text->service, text->service);
        break;
    case LINE_SCAN:
        write_scan(stream, text, layout);
        break;
    case LINE_LINK:
        fputs(text->link, stream);
        break;
    case LINE_USER_CODE:
        text_write(stream, text->voice, TEXT_USER_CODE, text->user_code, NULL, NULL);
        break;
    case LINE_CHECK:
        write_check(stream, text);
        break;
    case LINE_WAITING:
        text_write(stream, text->voice, waiting_text(text), text->left, NULL, NULL);
        break;
    case LINE_COUNT:
        break;
    }
}

unsigned
code_text_rows(const struct terminal *terminal, const char *lines)
{
    unsigned rows = 0, columns = 0;

    for (const char *p = lines;; p++) {
        if (*p != '\n' && *p != '\0') {
            columns += (*p & 0xC0) != 0x80;
            continue;
        }
        rows += columns == 0 || terminal->columns == 0
                    ? 1
                    : (columns + terminal->columns - 1) / terminal->columns;
        columns = 0;
        if (*p == '\0')
            return rows;
    }
}

/* Opens a stream into these bytes without a buffer of stdio, which would be freed with the link in
 * it. */
static FILE *
open_bytes(char *bytes, size_t size)
{
    FILE *stream = fmemopen(bytes, size, "w");

    if (stream)
        (void)setvbuf(stream, NULL, _IONBF, 0);
    return stream;
}

/* Returns 0, or -1 if a write to the stream was lost. */
static int
close_bytes(FILE *stream)
{
    bool is_lost = ferror(stream) != 0;

    return fclose(stream) != 0 || is_lost ? -1 : 0;
}

static unsigned
rows_of(const struct code_text *text, const struct code_layout *layout, enum line line)
{
    char written[4096] = "";
    FILE *stream = open_bytes(written, sizeof written);
    unsigned rows = text->terminal->rows; /* then nothing fits */

    if (!stream)
        return rows;
    write_line(stream, text, layout, line);
    if (close_bytes(stream) == 0) {
        text_wrap(written, terminal_text_columns(text->terminal));
        rows = code_text_rows(text->terminal, written);
    }
    secret_wipe(written, sizeof written);
    return rows;
}

/* Returns the rows of the whole message, and the columns of its drawing. */
static struct drawing_size
measure(const struct code_text *text, const struct code_layout *layout)
{
    struct drawing_size size = drawing_measure(layout->mode, text->code->size, layout->quiet);

    /* The cursor ends up below the last line, or stays behind a prompt. */
    size.rows += (layout->has_blank ? 1U : 0U) + (text->is_prompt ? 0U : 1U);
    for (enum line line = LINE_ENTERING; line < LINE_COUNT; line++)
        if (has_line(text, layout, line))
            size.rows += rows_of(text, layout, line);
    return size;
}

static bool
fits(const struct code_text *text, const struct code_layout *layout)
{
    struct drawing_size size;

    if (text->terminal->fd < 0 && wanted_mode(text) == layout->mode)
        return true; /* unknown; the administrator has chosen this mode */
    size = measure(text, layout);
    return size.rows <= text->terminal->rows && size.columns <= text->terminal->columns;
}

/* Returns the size of a terminal in which this layout fits, with as many columns as terminals
 * usually have, or more if the drawing is wider. */
static struct drawing_size
size_needed(const struct code_text *text, const struct code_layout *layout)
{
    struct terminal terminal = *text->terminal;
    struct code_text there = *text;
    struct drawing_size size = drawing_measure(layout->mode, text->code->size, layout->quiet);

    terminal.columns = size.columns > USUAL_COLUMNS ? size.columns : USUAL_COLUMNS;
    there.terminal = &terminal;
    size.rows = measure(&there, layout).rows;
    size.columns = terminal.columns;
    return size;
}

/* A wide quiet zone and all the words, or as many of them as fit. Decoders read a quiet zone of 2
 * as well as the standard's 4, and lose codes at 1. If nothing fits, the layout receives the size
 * that the smallest one needs, unless the terminal's size is only assumed. */
static bool
arrange(const struct code_text *text, enum drawing_mode mode, struct code_layout *layout)
{
    static const struct code_layout layouts[] = {
        {.quiet = 4, .has_blank = true, .has_check = true},
        {.quiet = 2, .has_blank = true, .has_check = true},
        {.quiet = 2, .has_blank = false, .has_check = true},
        {.quiet = 2, .has_blank = true, .has_check = false},
        {.quiet = 2, .has_blank = false, .has_check = false},
    };

    struct code_layout tried = {.mode = mode};

    for (size_t i = 0; i < ARRAY_LENGTH(layouts); i++) {
        if (text->is_prompt && !layouts[i].has_blank)
            continue; /* a client has written text before the prompt */
        tried = layouts[i];
        tried.mode = mode;
        tried.why = layout->why;
        if (fits(text, &tried)) {
            *layout = tried;
            return true;
        }
    }
    if (text->terminal->fd >= 0 && layout->needed.rows == 0)
        layout->needed = size_needed(text, &tried);
    return false;
}

/* Chooses the drawing, or the link alone. */
static struct code_layout
choose(const struct code_text *text)
{
    const struct terminal *terminal = text->terminal;
    struct code_layout layout = {.mode = DRAWING_URL, .has_blank = true, .has_check = true};
    enum drawing_mode wanted = wanted_mode(text);

    if (wanted == DRAWING_URL) {
        layout.why = "display says so";
        return layout;
    }
    if (text->is_prompt) {
        layout.why = "a terminal without half blocks, or not known to be UTF-8";
        if (wanted == DRAWING_MODES && terminal->fd >= 0 &&
            !(terminal->is_utf8 && terminal->has_half_blocks))
            return layout;
        layout.why = "the code is a part of a prompt, where no colors get through";
        if (!arrange(text, DRAWING_PLAIN, &layout))
            layout.why = "no drawing that scans fits here";
        return layout;
    }
    if (wanted == DRAWING_SEXTANT && terminal->blocks_fill) {
        layout.why = "display asks for sextants, and a Linux console has none";
        return layout;
    }
    if (wanted != DRAWING_MODES) {
        layout.why = "display says so";
        if (!arrange(text, wanted, &layout))
            layout.why = "display asks for a drawing that does not fit";
        return layout;
    }
    if (terminal->fd < 0 || !terminal->has_colors) {
        layout.why = terminal->fd < 0 ? "there is no terminal" : "TERM promises no colors";
        return layout;
    }
    layout.why = "the console's characters are square";
    if (terminal->has_square_cells && arrange(text, DRAWING_SQUARES, &layout))
        return layout;
    /* Of the sizes that would do, the smallest is said. */
    if (terminal->is_utf8 && terminal->has_half_blocks)
        layout.needed = (struct drawing_size){0, 0};
    layout.why = "the terminal is UTF-8 and has half blocks";
    if (terminal->is_utf8 && terminal->has_half_blocks &&
        arrange(text, code_text_mode(terminal, DRAWING_HALF), &layout))
        return layout;
    if (!terminal->is_utf8)
        layout.why = "nothing says that the terminal is UTF-8";
    else if (!terminal->has_half_blocks)
        layout.why = "the console's font has no half blocks";
    else
        layout.why = "half blocks do not fit, but cells do";
    if (arrange(text, code_text_mode(terminal, DRAWING_CELLS), &layout))
        return layout;
    layout.why = "no drawing that scans fits here";
    return layout;
}

struct code_layout
code_text_layout(const struct code_text *text)
{
    struct code_layout layout = choose(text), shorter = layout;

    if (layout.mode != DRAWING_URL || text->terminal->fd < 0)
        return layout;
    /* The first line must not scroll off: it says what is entered. Above a prompt, a client has
     * written text, and the blank line stays. */
    for (int left_out = 0; left_out < 4; left_out++) {
        shorter.has_blank = text->is_prompt || !(left_out & 1);
        shorter.has_check = !(left_out & 2);
        if (measure(text, &shorter).rows <= text->terminal->rows)
            return shorter;
    }
    return layout;
}

char *
code_text_make(const struct code_text *text, const struct code_layout *layout)
{
    char *message = calloc(1, MESSAGE_SIZE), *written;
    FILE *stream = message ? open_bytes(message, MESSAGE_SIZE) : NULL;

    if (!stream) {
        free(message);
        return NULL;
    }
    if (text->before)
        fputs(text->before, stream);
    if (layout->has_blank)
        fputc('\n', stream);
    for (enum line line = LINE_ENTERING; line < LINE_COUNT; line++) {
        if (!has_line(text, layout, line))
            continue;
        written = message + strlen(message);
        write_line(stream, text, layout, line);
        text_wrap(written, terminal_text_columns(text->terminal));
        if (line != LINE_WAITING)
            fputc('\n', stream);
        if (line == LINE_SCAN)
            drawing_write(stream, text->code, layout->mode, layout->quiet, text->inverted);
    }
    if (close_bytes(stream) != 0)
        code_text_free(&message);
    return message;
}

void
code_text_free(char **message)
{
    if (!*message)
        return;
    secret_wipe(*message, strlen(*message));
    free(*message);
    *message = NULL;
}

int
code_text_compose(const struct code_text *text, struct code_layout layout, char **ret_message)
{
    for (;;) {
        CODE_TEXT_AUTO *message = code_text_make(text, &layout);
        if (!message)
            return IDQ_SYSTEM;
        if (text->size_max == 0 || strlen(message) <= text->size_max) {
            *ret_message = message;
            message = NULL; /* moved */
            return 0;
        }
        if (!layout.has_check)
            return IDQ_NO_DISPLAY;
        layout.has_check = false;
    }
}
