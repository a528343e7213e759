/* SPDX-License-Identifier: BSD-3-Clause */
/* See window.h. */
#include "tests/screen/window.h"

#include "pam_idinqr/common/array.h"
#include "tests/harness/child.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STOP_MS  60000
#define ARGS_MAX 40

/* Prints the file $0, and asks the terminal where the cursor is. The answer comes when the terminal
 * has read everything before the question. The FIFO $1 then gets a line. */
#define SHOW                                                                                       \
    "exec 3>\"$1\" && cat \"$0\" && stty raw -echo && printf '\\033[6n' && "                       \
    "head -c 6 >/dev/null && echo read >&3; exec cat"

static const char dejavu[] = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf";
static const char noto[] = "/usr/share/fonts/truetype/noto/NotoMono-Regular.ttf";
static const char liberation[] = "/usr/share/fonts/truetype/liberation/LiberationMono-Regular.ttf";

const struct window_kind window_kinds[] = {
    {"xterm, DejaVu", "xterm", "xterm", "DejaVu Sans Mono", dejavu, 0},
    {"xterm, Noto", "xterm", "xterm", "Noto Mono", noto, 0},
    {"xterm, Liberation", "xterm", "xterm", "Liberation Mono", liberation, 0},
    {"tmux in xterm, DejaVu", "xterm", "xterm", "DejaVu Sans Mono", dejavu, 1},
    {"st, DejaVu", "stterm", "stterm", "DejaVu Sans Mono:size=9", dejavu, 0},
    {"mlterm", "mlterm", "mlterm", NULL, NULL, 0},
};
const size_t n_window_kinds = ARRAY_LENGTH(window_kinds);

struct window {
    struct child *terminal;
    struct child *reader; /* of the FIFO */
    char *log, *tmux_socket;
};

const char *
window_why_not(const struct window_kind *kind)
{
    static char reason[200];
    char path[64];

    snprintf(path, sizeof path, "/usr/bin/%s", kind->program);
    if (access("/usr/bin/Xvfb", X_OK) != 0)
        return "needs Xvfb (Debian: xvfb)";
    if (kind->in_tmux && access("/usr/bin/tmux", X_OK) != 0)
        return "needs tmux";
    if (access(path, X_OK) == 0 && (!kind->font_file || access(kind->font_file, R_OK) == 0))
        return NULL;
    snprintf(reason, sizeof reason, "needs %s",
             access(path, X_OK) == 0 ? kind->font_file : kind->package);
    return reason;
}

static size_t
add(const char **argv, size_t n, const char *const *more)
{
    for (; *more; more++) {
        ck_assert_uint_lt(n, ARGS_MAX - 1);
        argv[n++] = *more;
    }
    return n;
}

/* The terminal's own options, up to the command. */
static size_t
add_terminal(const char **argv, const struct window_kind *kind, const char *geometry, int is_dark)
{
    const char *ground = is_dark ? "black" : "white", *ink = is_dark ? "white" : "black";

    if (strcmp(kind->program, "xterm") == 0)
        return add(argv, 0,
                   (const char *const[]){"xterm", "-u8", "-fa", kind->font, "-fs", "9", "+sb",
                                         "-bg", ground, "-fg", ink, "-geometry", geometry, "-e",
                                         NULL});
    if (strcmp(kind->program, "stterm") == 0) /* dark only */
        return add(argv, 0,
                   (const char *const[]){"stterm", "-f", kind->font, "-g", geometry, "-e", NULL});
    return add(argv, 0,
               (const char *const[]){"mlterm", "--sbmod=none", "--bg", ground, "--fg", ink, "-g",
                                     geometry, "-e", NULL});
}

struct window *
window_open(const struct window_kind *kind, unsigned rows, unsigned columns,
            enum screen_colors colors, const char *message_file)
{
    struct window *window = calloc(1, sizeof *window);
    char *dir = scratch_dir("window"), *fifo = scratch_path(dir, "read");
    char *geometry =
        scratch_text("%ux%u+0+0", columns, rows + (kind->in_tmux ? 1 : 0)); /* its status line */
    const char *argv[ARGS_MAX];
    size_t n = add_terminal(argv, kind, geometry, colors == SCREEN_LIGHT_ON_DARK);

    ck_assert_ptr_nonnull(window);
    window->log = scratch_path(dir, "log");
    if (kind->in_tmux) {
        window->tmux_socket = scratch_path(dir, "tmux");
        n = add(argv, n,
                (const char *const[]){"tmux", "-u", "-f", "/dev/null", "-S", window->tmux_socket,
                                      "new-session", NULL});
    }
    n = add(argv, n, (const char *const[]){"sh", "-c", SHOW, message_file, fifo, NULL});
    argv[n] = NULL;
    ck_assert_int_eq(setenv("LC_ALL", "C.UTF-8", 1), 0);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    window->reader = child_start((const char *const[]){"cat", fifo, NULL}, window->log);
    window->terminal = child_start(argv, window->log);
    return window;
}

int
window_has_read(struct window *window, int timeout_ms)
{
    char line[16];

    return child_read_line(window->reader, line, sizeof line, timeout_ms);
}

char *
window_log(const struct window *window)
{
    return scratch_read(window->log);
}

/* Ends tmux's server, which is not a child of this process. The output of kill-server ends when the
 * server has ended. */
static void
stop_tmux(const struct window *window)
{
    const char *argv[] = {"tmux", "-S", window->tmux_socket, "kill-server", NULL};
    struct child *tmux = child_start(argv, window->log);
    char line[128];

    while (child_read_line(tmux, line, sizeof line, STOP_MS)) {
    }
    (void)child_stop(&tmux, STOP_MS);
}

void
window_close(struct window **window)
{
    if (*window == NULL)
        return;
    if ((*window)->tmux_socket)
        stop_tmux(*window);
    (void)child_stop(&(*window)->terminal, STOP_MS);
    (void)child_stop(&(*window)->reader, STOP_MS);
    free(*window);
    *window = NULL;
}
