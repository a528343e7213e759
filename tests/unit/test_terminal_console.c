/* SPDX-License-Identifier: BSD-3-Clause */
/* A Linux console is asked which characters its font has, and for its keyboard's mode. It is
 * played: a pseudo-terminal whose answers to ioctl are this file's. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/login/terminal.h"
#include "tests/harness/runner.h"

#include <errno.h>
#include <linux/kd.h>
#include <pty.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int master, slave;
static char name[64]; /* "/dev/pts/7" */

/* A console that is played; with `font` NULL, the one that is asked is no console. */
static struct {
    const unsigned short *font; /* the characters it has; ends in 0 */
    int keyboard_mode;
    unsigned n_more;        /* characters that the font has got when it is asked the second time */
    int is_denied;          /* its font is not told */
    int mode;               /* KD_TEXT, KD_GRAPHICS */
    unsigned width, height; /* of the font; 0 if the console does not tell */
} console;

static int
console_unimap(struct unimapdesc *map)
{
    unsigned short n = 0, capacity = map->entry_ct;

    while (console.font[n])
        n++;
    map->entry_ct = (unsigned short)(n + (capacity > 0 ? console.n_more : 0));
    errno = console.is_denied ? EPERM : ENOMEM;
    if (console.is_denied || capacity < map->entry_ct)
        return -1;
    for (unsigned short i = 0; i < n; i++)
        map->entries[i] = (struct unipair){console.font[i], i};
    return 0;
}

/* As the kernel, without room for the glyphs: the size alone. */
static int
console_font_size(struct console_font_op *font)
{
    ck_assert_uint_eq(font->op, KD_FONT_OP_GET);
    ck_assert_ptr_null(font->data);
    errno = console.width == 0 ? EINVAL : ENOSPC;
    if (console.width == 0 || console.width > font->width || console.height > font->height)
        return -1;
    font->width = console.width;
    font->height = console.height;
    return 0;
}

/* In place of libc's, for the code under test too. */
int
ioctl(int fd, unsigned long request, ...)
{
    va_list arguments;
    void *argument;

    va_start(arguments, request);
    argument = va_arg(arguments, void *);
    va_end(arguments);
    if (console.font && request == GIO_UNIMAP)
        return console_unimap(argument);
    if (console.font && request == KDFONTOP)
        return console_font_size(argument);
    if (console.font && request == KDGKBMODE) {
        *(int *)argument = console.keyboard_mode;
        return 0;
    }
    if (console.font && request == KDGETMODE) {
        *(int *)argument = console.mode;
        return 0;
    }
    return (int)syscall(SYS_ioctl, fd, request, argument);
}

static void
set_up(void)
{
    ck_assert_int_eq(openpty(&master, &slave, name, NULL, NULL), 0);
}

static const struct {
    unsigned short font[8];
    int has_half_blocks;
} fonts[] = {
    {{'a', 0x2588, 0x2580, 'b', 0x2584}, 1},
    {{0x2580, 0x2584, 0x2588}, 1},
    {{'a', 0x2588}, 0}, /* Lat15 */
    {{0x2580, 0x2588}, 0},
    {{0x2584, 0x2580}, 0},
    {{0x2588, 0x2588, 0x2588}, 0}, /* three, and still not these three */
    {{0x2580, 0x2580, 0x2584}, 0},
    {{'a'}, 0},
    {{0}, 0},
};

TEST_CASE("facts", .setup = set_up);

LOOP_TEST(a_consoles_font_is_looked_at, ARRAY_LENGTH(fonts))
{
    TERMINAL_AUTO terminal;

    console.font = fonts[_i].font;
    terminal_open(&terminal, name);
    ck_assert_int_eq(terminal.is_console, 1);
    ck_assert_int_eq(terminal.has_half_blocks, fonts[_i].has_half_blocks);
}

/* Two characters are a square with these fonts, or one with the last ones. */
static const struct {
    unsigned width, height;
    int has_square_cells;
} font_sizes[] = {
    {0, 0, 0},  {8, 16, 0}, {8, 14, 0}, {8, 12, 0},  {12, 22, 0}, {16, 32, 0},
    {6, 10, 0}, {8, 8, 1},  {8, 11, 1}, {16, 16, 1}, {64, 64, 1}, {64, 128, 0},
};

LOOP_TEST(a_consoles_characters_are_measured, ARRAY_LENGTH(font_sizes))
{
    TERMINAL_AUTO terminal;

    console.font = fonts[0].font;
    console.width = font_sizes[_i].width;
    console.height = font_sizes[_i].height;
    terminal_open(&terminal, name);
    ck_assert_int_eq(terminal.has_square_cells, font_sizes[_i].has_square_cells);
}

TEST(a_font_that_is_not_told_has_no_half_blocks)
{
    TERMINAL_AUTO changing;
    TERMINAL_AUTO denied;

    console.font = fonts[0].font;
    console.n_more = 1; /* the font changes between the two requests */
    terminal_open(&changing, name);
    ck_assert_int_eq(changing.has_half_blocks, 0);
    console.n_more = 0;
    console.is_denied = 1;
    terminal_open(&denied, name);
    ck_assert_int_eq(denied.is_console, 1);
    ck_assert_int_eq(denied.has_half_blocks, 0);
}

/* A display server, and a locker or a greeter with it, has this console: no text is seen there. */
TEST(a_console_in_graphics_mode_is_none)
{
    console.font = fonts[0].font;
    for (int mode = KD_TEXT; mode <= KD_GRAPHICS; mode++) {
        TERMINAL_AUTO terminal;
        console.mode = mode;
        terminal_open(&terminal, name);
        ck_assert_int_eq(terminal.fd >= 0, mode == KD_TEXT);
        ck_assert_int_eq(terminal.is_console, mode == KD_TEXT);
        ck_assert_int_eq(terminal.takes_escapes, mode == KD_TEXT);
        ck_assert_uint_gt(terminal.rows, 0);
    }
}

TEST(a_console_is_utf8_in_unicode_mode)
{
    static const int modes[] = {K_UNICODE, K_XLATE, K_RAW};

    console.font = fonts[0].font;
    for (size_t i = 0; i < ARRAY_LENGTH(modes); i++) {
        TERMINAL_AUTO terminal;
        console.keyboard_mode = modes[i];
        terminal_open(&terminal, name);
        ck_assert_int_eq(terminal.is_utf8, modes[i] == K_UNICODE);
    }
}

RUN_TESTS("terminal_console", NULL);
