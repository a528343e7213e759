/* SPDX-License-Identifier: BSD-3-Clause */
/* The person's terminal, on real pseudo-terminals: which names give one, what it can show, and what
 * was typed on it. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/login/terminal.h"
#include "tests/harness/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int master, slave;
static char name[64]; /* "/dev/pts/7" */

static void
set_up(void)
{
    const struct winsize size = {.ws_row = 50, .ws_col = 132};

    ck_assert_int_eq(openpty(&master, &slave, name, NULL, &size), 0);
}

static void
set_utf8(int is_utf8)
{
    struct termios modes;

    ck_assert_int_eq(tcgetattr(slave, &modes), 0);
    modes.c_iflag = is_utf8 ? modes.c_iflag | IUTF8 : modes.c_iflag & ~(tcflag_t)IUTF8;
    ck_assert_int_eq(tcsetattr(slave, TCSANOW, &modes), 0);
}

static int
is_same_file(int a, int b)
{
    struct stat first, second;

    return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_rdev == second.st_rdev &&
           first.st_ino == second.st_ino;
}

TEST_CASE("open", .setup = set_up);

TEST(a_terminal_is_opened_by_either_name)
{
    for (const char *const *p = (const char *const[]){name, name + 5, NULL}; *p; p++) {
        TERMINAL_AUTO terminal;
        terminal_open(&terminal, *p);
        ck_assert_int_ge(terminal.fd, 0);
        ck_assert(is_same_file(terminal.fd, slave));
        ck_assert_uint_eq(terminal.rows, 50);
        ck_assert_uint_eq(terminal.columns, 132);
        ck_assert_int_eq(fcntl(terminal.fd, F_GETFD), FD_CLOEXEC);
        ck_assert_int_eq(fcntl(terminal.fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK),
                         O_RDWR | O_NONBLOCK);
    }
}

TEST(utf8_is_what_the_terminal_says)
{
    for (int is_utf8 = 0; is_utf8 < 2; is_utf8++) {
        TERMINAL_AUTO terminal;
        set_utf8(is_utf8);
        terminal_open(&terminal, name);
        ck_assert_int_eq(!!terminal.is_utf8, is_utf8);
    }
}

TEST(a_line_without_a_size_is_80_by_24)
{
    static const struct winsize sizes[] = {{0}, {.ws_row = 50}, {.ws_col = 132}};

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        TERMINAL_AUTO terminal;
        ck_assert_int_eq(ioctl(slave, TIOCSWINSZ, &sizes[i]), 0);
        terminal_open(&terminal, name);
        ck_assert_uint_eq(terminal.rows, 24);
        ck_assert_uint_eq(terminal.columns, 80);
    }
}

static const char *const no_terminals[] = {
    "ssh",         ":0",          "null",         "/dev/null",
    "pts",         "/dev/pts",    "/dev/",        "../dev/null",
    "pts/../null", "/etc/passwd", "pts/99999999", "/dev/pts/../../etc/passwd",
};

LOOP_TEST(other_names_give_none, ARRAY_LENGTH(no_terminals))
{
    TERMINAL_AUTO terminal;

    terminal_open(&terminal, no_terminals[_i]);
    ck_assert_int_eq(terminal.fd, -1);
    ck_assert_uint_eq(terminal.rows, 24);
    ck_assert_uint_eq(terminal.columns, 80);
    ck_assert_int_eq(terminal.is_utf8, 0);
}

TEST(a_name_cannot_lead_out_of_dev)
{
    char out[128];
    TERMINAL_AUTO terminal;

    /* The very terminal, by a way round. */
    snprintf(out, sizeof out, "/dev/..%s", name);
    terminal_open(&terminal, out);
    ck_assert_int_eq(terminal.fd, -1);
}

TEST(a_name_that_is_too_long_is_not_cut)
{
    char long_name[PATH_MAX + 1];
    size_t size = strlen(name + 5);
    TERMINAL_AUTO terminal;

    /* "/dev/", all those slashes and the terminal's name are one byte short of too long; then a
     * "9". */
    memset(long_name, '/', sizeof long_name);
    memcpy(long_name + PATH_MAX - 1 - 5 - size, name + 5, size);
    long_name[PATH_MAX - 1 - 5] = '\0';
    terminal_open(&terminal, long_name);
    ck_assert_int_ge(terminal.fd, 0);
    terminal_close(&terminal);
    strcpy(long_name + PATH_MAX - 1 - 5, "9");
    terminal_open(&terminal, long_name);
    ck_assert_int_eq(terminal.fd, -1);
}

/* Calls `run` in a new session, with the slave as its controlling terminal if has_terminal is set.
 * Returns the child's exit status. */
static int
in_a_session(int has_terminal, int (*run)(void))
{
    int status;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (setsid() < 0 || (has_terminal && ioctl(slave, TIOCSCTTY, 0) != 0))
            _exit(99);
        _exit(run());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int
open_without_a_name(void)
{
    TERMINAL_AUTO empty;
    TERMINAL_AUTO none;

    terminal_open(&empty, "");
    terminal_open(&none, NULL);
    return (empty.fd >= 0) << 1 | (none.fd >= 0);
}

TEST(no_name_is_the_controlling_terminal)
{
    ck_assert_int_eq(in_a_session(1, open_without_a_name), 3);
    ck_assert_int_eq(in_a_session(0, open_without_a_name), 0);
}

static int
open_by_name_and_have_no_controlling_terminal(void)
{
    TERMINAL_AUTO terminal;

    terminal_open(&terminal, name);
    return terminal.fd >= 0 && open("/dev/tty", O_RDWR) < 0 && errno == ENXIO ? 0 : 1;
}

TEST(a_host_without_a_terminal_does_not_get_one)
{
    ck_assert_int_eq(in_a_session(0, open_by_name_and_have_no_controlling_terminal), 0);
}

/* What TERM promises. */
static const struct {
    const char *term;
    int has_colors, takes_escapes, blocks_fill;
} terms[] = {
    {"xterm-256color", 1, 1, 0}, {"linux", 1, 1, 1},   {"linux-c", 1, 1, 0},
    {"tmux-256color", 1, 1, 0},  {"screen", 1, 1, 0},  {"vt100", 0, 1, 0},
    {"vt220", 0, 1, 0},          {"vt320", 0, 1, 0},   {"vt100-color", 1, 1, 0},
    {"dumb", 0, 0, 0},           {"unknown", 0, 0, 0}, {"network", 0, 0, 0},
    {"dialup", 0, 0, 0},         {"", 0, 0, 0},        {NULL, 0, 0, 0},
};

TEST_CASE("facts", .setup = set_up);

LOOP_TEST(term_says_what_it_takes, ARRAY_LENGTH(terms))
{
    TERMINAL_AUTO terminal;

    ck_assert_int_eq(terms[_i].term ? setenv("TERM", terms[_i].term, 1) : unsetenv("TERM"), 0);
    terminal_open(&terminal, name);
    ck_assert_int_eq(terminal.has_colors, terms[_i].has_colors);
    ck_assert_int_eq(terminal.takes_escapes, terms[_i].takes_escapes);
    ck_assert_int_eq(terminal.blocks_fill, terms[_i].blocks_fill);
}

TEST(no_terminal_promises_nothing)
{
    TERMINAL_AUTO terminal;

    ck_assert_int_eq(setenv("TERM", "xterm", 1), 0);
    terminal_open(&terminal, "/dev/null");
    ck_assert_int_eq(terminal.has_colors, 0);
    ck_assert_int_eq(terminal.takes_escapes, 0);
    ck_assert_int_eq(terminal.has_half_blocks, 0);
}

TEST(a_terminal_that_is_no_console_has_every_character)
{
    TERMINAL_AUTO terminal;

    terminal_open(&terminal, name);
    ck_assert_int_eq(terminal.is_console, 0);
    ck_assert_int_eq(terminal.has_half_blocks, 1);
}

TEST(none_is_none)
{
    TERMINAL_AUTO terminal;

    memset(&terminal, 0xAA, sizeof terminal);
    terminal_none(&terminal);
    ck_assert_int_eq(terminal.fd, -1);
    ck_assert_uint_eq(terminal.rows, 24);
    ck_assert_uint_eq(terminal.columns, 80);
    ck_assert_int_eq(terminal.is_utf8 || terminal.is_console || terminal.has_half_blocks ||
                         terminal.blocks_fill || terminal.has_colors || terminal.takes_escapes,
                     0);
    ck_assert_int_eq(terminal.stop_key, STOP_KEY_NONE);
}

static int
n_typed(int fd)
{
    int n = -1;

    return ioctl(fd, FIONREAD, &n) == 0 ? n : -1;
}

static void
type_a_line(void)
{
    struct pollfd wait = {.fd = slave, .events = POLLIN};

    ck_assert_int_eq(write(master, "rm -rf /\n", 9), 9);
    ck_assert_int_eq(poll(&wait, 1, -1), 1);
    ck_assert_int_eq(n_typed(slave), 9);
}

/* 0 when what was typed is gone. */
static int
flush(void)
{
    TERMINAL_AUTO terminal;

    terminal_open(&terminal, name);
    terminal_flush_input(&terminal);
    return n_typed(slave) == 0 ? 0 : 1;
}

/* In a job that is in the background of that terminal; what `run` returned there. */
static int
in_the_background(int (*run)(void))
{
    int status;
    pid_t child = fork();

    if (child == 0)
        _exit(setpgid(0, 0) == 0 ? run() : 99);
    return waitpid(child, &status, WUNTRACED) == child && WIFEXITED(status) ? WEXITSTATUS(status)
                                                                            : 98;
}

static int
flush_in_the_background(void)
{
    return in_the_background(flush);
}

TEST_CASE("flush", .setup = set_up);

TEST(what_was_typed_meanwhile_is_dropped)
{
    type_a_line();
    ck_assert_int_eq(in_a_session(1, flush), 0);
}

TEST(what_was_typed_for_another_job_is_not)
{
    type_a_line();
    ck_assert_int_eq(in_a_session(1, flush_in_the_background), 1);
    ck_assert_int_eq(n_typed(slave), 9);
}

static int
what_stops(void)
{
    TERMINAL_AUTO terminal;

    terminal_open(&terminal, name);
    return (int)terminal.stop_key;
}

static int
what_stops_in_the_background(void)
{
    return in_the_background(what_stops);
}

/* A line that makes a signal of Ctrl-C, as most do, and one that does not. */
TEST(where_ctrl_c_is_no_signal_enter_stops)
{
    struct termios modes;

    ck_assert_int_eq(in_a_session(1, what_stops), STOP_KEY_CTRL_C);
    ck_assert_int_eq(tcgetattr(slave, &modes), 0);
    modes.c_lflag &= ~(tcflag_t)ISIG;
    ck_assert_int_eq(tcsetattr(slave, TCSANOW, &modes), 0);
    ck_assert_int_eq(in_a_session(1, what_stops), STOP_KEY_ENTER);
    /* There it is another job's keys that would stop it. */
    ck_assert_int_eq(in_a_session(1, what_stops_in_the_background), STOP_KEY_NONE);
}

TEST(no_terminal_can_be_flushed_and_closed)
{
    struct terminal terminal = {.fd = -1};

    terminal_flush_input(&terminal);
    terminal_close(&terminal);
    terminal_open(&terminal, name);
    terminal_close(&terminal);
    ck_assert_int_eq(terminal.fd, -1);
    terminal_close(&terminal);
}

RUN_TESTS("terminal", NULL);
