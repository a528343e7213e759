/* SPDX-License-Identifier: BSD-3-Clause */
/* Every program that logs in runs this. It may open a terminal that another user controls. */
#include "pam_idinqr/login/terminal.h"

#include "pam_idinqr/common/array.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ROWS_ASSUMED    24 /* a serial line reports a size of 0 */
#define COLUMNS_ASSUMED 80

#define FONT_WIDTH_MAX  64 /* the kernel's own limits, in pixels */
#define FONT_HEIGHT_MAX 128
#define FONT_GLYPHS_MAX 512

static bool
is_in_graphics_mode(int fd)
{
    int mode;

    return ioctl(fd, KDGETMODE, &mode) == 0 && mode != KD_TEXT;
}

static int
open_tty(const char *name)
{
    char path[PATH_MAX];
    int fd, size;

    if (!name || !*name)
        name = "/dev/tty";
    if (strstr(name, ".."))
        return -1;
    size = snprintf(path, sizeof path, "%s%s", strncmp(name, "/dev/", 5) == 0 ? "" : "/dev/", name);
    if (size >= (int)sizeof path)
        return -1;
    fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && (!isatty(fd) || is_in_graphics_mode(fd))) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* U+2580, U+2584, U+2588: a console shows characters that its font lacks as something else, which
 * destroys the code. Debian's default fonts have only the last one. */
static bool
console_has_half_blocks(int fd)
{
    const unsigned short wanted[] = {0x2580, 0x2584, 0x2588};
    struct unimapdesc map = {.entry_ct = 0};
    unsigned n_found = 0;

    /* The first call only returns their number. */
    if (ioctl(fd, GIO_UNIMAP, &map) == 0 || errno != ENOMEM || map.entry_ct == 0)
        return false;
    map.entries = calloc(map.entry_ct, sizeof *map.entries);
    if (map.entries && ioctl(fd, GIO_UNIMAP, &map) == 0)
        for (unsigned i = 0; i < ARRAY_LENGTH(wanted); i++)
            for (unsigned j = 0; j < map.entry_ct; j++)
                if (map.entries[j].unicode == wanted[i]) {
                    n_found++;
                    break;
                }
    free(map.entries);
    return n_found == ARRAY_LENGTH(wanted);
}

/* Returns whether a module is nearer to a square if it takes one character of the console's font
 * than if it takes two, as with 8×8. Two are nearer with 8×14, 8×16 and larger ones. */
static bool
console_has_square_cells(int fd)
{
    /* Without room for the glyphs, the kernel only returns the size. */
    struct console_font_op font = {.op = KD_FONT_OP_GET,
                                   .width = FONT_WIDTH_MAX,
                                   .height = FONT_HEIGHT_MAX,
                                   .charcount = FONT_GLYPHS_MAX};

    return ioctl(fd, KDFONTOP, &font) == 0 &&
           font.height * font.height < 2 * font.width * font.width;
}

/* Input on the terminal of another job belongs to that job. */
static bool
is_in_foreground(int fd)
{
    return tcgetpgrp(fd) == getpgrp();
}

/* If a terminal makes no signal of Ctrl-C, Enter stops the login. But not if another job has the
 * terminal, because the input belongs to that job. */
static enum stop_key
stop_key_of(int fd, const struct termios *modes)
{
    if (modes->c_lflag & ISIG)
        return STOP_KEY_CTRL_C;
    return is_in_foreground(fd) ? STOP_KEY_ENTER : STOP_KEY_NONE;
}

/* Returns whether TERM is one of the words, false if the application has none. */
static bool
term_is_one_of(const char *const *words)
{
    const char *term = getenv("TERM");

    if (!term || !*term)
        return true;
    for (; *words; words++)
        if (strcmp(term, *words) == 0)
            return true;
    return false;
}

/* The name that a Linux console has, also where a login from it ends up. */
static bool
term_is_console(void)
{
    const char *term = getenv("TERM");

    return term && strcmp(term, "linux") == 0;
}

void
terminal_none(struct terminal *terminal)
{
    *terminal = (struct terminal){.fd = -1, .rows = ROWS_ASSUMED, .columns = COLUMNS_ASSUMED};
}

void
terminal_open(struct terminal *terminal, const char *name)
{
    static const char *const without_escapes[] = {"dumb", "unknown", "network", "dialup", NULL};
    static const char *const without_colors[] = {"dumb",  "unknown", "network", "dialup", "vt52",
                                                 "vt100", "vt102",   "vt220",   "vt320",  NULL};
    struct winsize size = {0};
    struct termios modes;
    int keyboard_mode;

    terminal_none(terminal);
    terminal->fd = open_tty(name);
    if (terminal->fd < 0)
        return;
    if (ioctl(terminal->fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        terminal->rows = size.ws_row;
        terminal->columns = size.ws_col;
    }
    /* Not the locale: under login it is C on every terminal. */
    if (tcgetattr(terminal->fd, &modes) == 0) {
        terminal->is_utf8 = (modes.c_iflag & IUTF8) != 0;
        terminal->stop_key = stop_key_of(terminal->fd, &modes);
    }
    terminal->is_console = ioctl(terminal->fd, KDGKBMODE, &keyboard_mode) == 0;
    if (terminal->is_console && keyboard_mode == K_UNICODE)
        terminal->is_utf8 = true;
    terminal->has_half_blocks = !terminal->is_console || console_has_half_blocks(terminal->fd);
    terminal->has_square_cells = terminal->is_console && console_has_square_cells(terminal->fd);
    terminal->blocks_fill = terminal->is_console || term_is_console();
    terminal->has_colors = !term_is_one_of(without_colors);
    terminal->takes_escapes = !term_is_one_of(without_escapes);
}

unsigned
terminal_text_columns(const struct terminal *terminal)
{
    return terminal->fd >= 0 ? terminal->columns : 0;
}

void
terminal_flush_input(const struct terminal *terminal)
{
    sigset_t stop, before;

    if (terminal->fd < 0 || !is_in_foreground(terminal->fd))
        return;
    /* A job that was moved to the background must not be stopped by this query. */
    sigemptyset(&stop);
    sigaddset(&stop, SIGTTOU);
    pthread_sigmask(SIG_BLOCK, &stop, &before);
    (void)tcflush(terminal->fd, TCIFLUSH);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void
terminal_close(struct terminal *terminal)
{
    if (terminal->fd >= 0)
        close(terminal->fd);
    terminal->fd = -1;
}
