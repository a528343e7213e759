/* SPDX-License-Identifier: BSD-3-Clause */
/* The same message in a real xterm, with a real font, and in tmux inside it: what is on the X
 * server's screen is read by two decoders. Skipped where one of the programs is missing. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/child.h"
#include "tests/harness/deadline.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/screen/framebuffer.h"
#include "tests/screen/reading.h"

#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS  60000
#define AGAIN_MS 20 /* between two looks at the screen */
#define STOP_MS  60000

static const char font_file[] = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf";

#define ON_DARK(mode)                                                                              \
    {                                                                                              \
        .name = #mode, .display = DISPLAY_##mode, .colors = SCREEN_LIGHT_ON_DARK                   \
    }
#define ON_LIGHT(mode, inverse)                                                                    \
    {                                                                                              \
        .name = #mode, .display = DISPLAY_##mode, .colors = SCREEN_DARK_ON_LIGHT,                  \
        .inverted = inverse                                                                        \
    }

static const struct {
    struct reading_setting setting;
    int in_tmux;
    size_t length; /* of the payload */
    struct reading_size size;
} cases[] = {
    {ON_DARK(HALF), 0, 56, {25, 80}},   {ON_LIGHT(HALF, 0), 0, 56, {25, 80}},
    {ON_DARK(HALF), 0, 110, {30, 100}}, {ON_LIGHT(HALF, 0), 0, 160, {50, 132}},
    {ON_DARK(CELLS), 0, 56, {50, 132}}, {ON_LIGHT(CELLS, 0), 0, 56, {50, 132}},
    {ON_DARK(PLAIN), 0, 56, {25, 80}},  {ON_LIGHT(PLAIN, 1), 0, 56, {25, 80}},
    {ON_DARK(AUTO), 1, 56, {25, 80}},   {ON_LIGHT(AUTO, 0), 1, 110, {30, 100}},
    {ON_DARK(CELLS), 1, 56, {50, 132}}, {ON_LIGHT(CELLS, 0), 1, 56, {50, 132}},
};

/* xterm, with a shell in it, or tmux with that shell in it, that shows the file and stays. */
static struct child *
start_xterm(struct reading_size size, enum screen_colors colors, const char *tmux_socket,
            const char *message_file, const char *log)
{
    int is_dark = colors == SCREEN_LIGHT_ON_DARK;
    char geometry[32];
    const char *argv[32] = {"xterm",
                            "-u8",
                            "-fa",
                            "DejaVu Sans Mono",
                            "-fs",
                            "9",
                            "+sb",
                            "-bg",
                            is_dark ? "black" : "white",
                            "-fg",
                            is_dark ? "white" : "black",
                            "-geometry",
                            geometry,
                            "-e"};
    size_t n = 14;

    if (tmux_socket) {
        const char *const tmux[] = {"tmux", "-u",        "-f",         "/dev/null",
                                    "-S",   tmux_socket, "new-session"};
        for (size_t i = 0; i < ARRAY_LENGTH(tmux); i++)
            argv[n++] = tmux[i];
        size.rows++; /* its own status line */
    }
    snprintf(geometry, sizeof geometry, "%ux%u+0+0", size.columns, size.rows);
    argv[n++] = "sh";
    argv[n++] = "-c";
    argv[n++] = "cat \"$0\"; exec cat";
    argv[n++] = message_file;
    return child_start(argv, log);
}

/* Ends tmux's server, which is not a child of this process. The output of kill-server ends when the
 * server has ended. */
static void
stop_tmux(const char *socket, const char *log)
{
    const char *argv[] = {"tmux", "-S", socket, "kill-server", NULL};
    struct child *tmux = child_start(argv, log);
    char line[128];

    while (child_read_line(tmux, line, sizeof line, STOP_MS)) {
    }
    (void)child_stop(&tmux, STOP_MS);
}

/* xterm takes its time to appear and to draw, so until then the screen is looked at again. */
static void
must_decode(const struct framebuffer *framebuffer, const char *payload, const char *what,
            const char *log)
{
    struct deadline deadline = deadline_in(WAIT_MS);
    int zbar = 0, zxing = 0, left_ms;

    while (!(zbar && zxing) && (left_ms = deadline_left(deadline, AGAIN_MS)) > 0) {
        PICTURE_AUTO *picture = framebuffer_picture(framebuffer);
        reading_decode(picture, payload, &zbar, &zxing);
        if (!(zbar && zxing))
            (void)poll(NULL, 0, left_ms);
    }
    ck_assert_msg(zbar && zxing, "%s: %s by zbar, %s by ZXing. xterm says:\n%s", what,
                  zbar ? "read" : "not read", zxing ? "read" : "not read", scratch_read(log));
}

TEST_CASE("windows");

LOOP_TEST(a_message_is_read_in_a_window, ARRAY_LENGTH(cases))
{
    const struct reading_setting *setting = &cases[_i].setting;
    struct reading_code code = reading_code(cases[_i].length);
    char *dir = scratch_dir("xterm"), *log = scratch_path(dir, "log");
    char *file = scratch_path(dir, "message"), *socket = scratch_path(dir, "tmux"), *shown;
    int is_drawn;
    char *message = reading_message(&code, setting, cases[_i].size, &is_drawn);

    ck_assert_int_eq(is_drawn, 1);
    shown = scratch_text("%s\n", message);
    scratch_write(file, 0600, shown);
    ck_assert_int_eq(setenv("LC_ALL", "C.UTF-8", 1), 0);

    FRAMEBUFFER_AUTO *framebuffer = framebuffer_start();
    struct child *xterm =
        start_xterm(cases[_i].size, setting->colors, cases[_i].in_tmux ? socket : NULL, file, log);
    must_decode(framebuffer, code.link, setting->name, log);
    if (cases[_i].in_tmux)
        stop_tmux(socket, log);
    (void)child_stop(&xterm, STOP_MS);
    free(message);
}

static int
is_program(const char *name)
{
    char path[64];

    snprintf(path, sizeof path, "/usr/bin/%s", name);
    return access(path, X_OK) == 0;
}

static const char *
why_skip(void)
{
    if (!is_program("Xvfb"))
        return "needs Xvfb (Debian: xvfb)";
    if (!is_program("xterm"))
        return "needs xterm";
    if (!is_program("tmux"))
        return "needs tmux";
    return access(font_file, R_OK) == 0 ? NULL : "needs DejaVu (Debian: fonts-dejavu-core)";
}

RUN_TESTS("xterm", why_skip());
