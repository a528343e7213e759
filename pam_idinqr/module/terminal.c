/* See terminal.h. */
#include "pam_idinqr/module/terminal.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ROWS_ASSUMED    24 /* a serial line reports a size of 0 */
#define COLUMNS_ASSUMED 80

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
    if (fd >= 0 && !isatty(fd)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

void
terminal_open(struct terminal *terminal, const char *name)
{
    struct winsize size = {0};
    struct termios modes;

    memset(terminal, 0, sizeof *terminal);
    terminal->fd = open_tty(name);
    if (terminal->fd < 0)
        return;
    if (ioctl(terminal->fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) {
        size.ws_row = ROWS_ASSUMED;
        size.ws_col = COLUMNS_ASSUMED;
    }
    terminal->rows = size.ws_row;
    terminal->columns = size.ws_col;
    /* Not the locale: under login it is C whatever the terminal is. */
    terminal->is_utf8 = tcgetattr(terminal->fd, &modes) == 0 && modes.c_iflag & IUTF8;
}

enum drawing_mode
terminal_choose(const struct terminal *terminal, unsigned qr_size, unsigned text_rows,
                unsigned *ret_quiet)
{
    if (terminal->fd < 0 || !terminal->is_utf8)
        return DRAWING_URL;
    /* Decoders read a quiet zone of 2 as well as the standard's 4, and none of 0. */
    for (unsigned quiet = 4; quiet >= 2; quiet -= 2) {
        struct drawing_size size = drawing_measure(DRAWING_HALF, qr_size, quiet);
        if (size.rows + text_rows <= terminal->rows && size.columns <= terminal->columns) {
            *ret_quiet = quiet;
            return DRAWING_HALF;
        }
    }
    return DRAWING_URL;
}

void
terminal_flush_input(const struct terminal *terminal)
{
    sigset_t stop, before;

    /* What waits on the terminal of another job is that job's. */
    if (terminal->fd < 0 || tcgetpgrp(terminal->fd) != getpgrp())
        return;
    /* A job that was sent to the background just now must not be stopped for asking. */
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
