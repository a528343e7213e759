/* SPDX-License-Identifier: BSD-3-Clause */
/* See terminal.h. */
#include "tests/harness/pty.h"

#include "tests/harness/deadline.h"
#include "tests/harness/proc_stat.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define LEAVE_MS 20000 /* for a killed program to be gone */
#define LOOK_MS  20    /* between looks whether the program has ended, see wait_for_output */

struct pty {
    struct screen *screen;
    int master;
    pid_t pid;
    int ended; /* reaped, and `status` is waitpid's */
    int status;
    char *output;
    size_t output_size;
};

static const char *const default_environment[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "TERM=xterm-256color",
    "LANG=C.UTF-8",
    NULL,
};

/* Says on the pty, and so on the screen a failing test shows, why there is no program. */
_Noreturn static void
give_up(const char *what)
{
    dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
    _exit(127);
}

_Noreturn static void
run_program(const char *const *argv, const char *const *envp,
            const struct terminal_options *options)
{
    struct termios line;
    sigset_t none;

    if (tcgetattr(STDIN_FILENO, &line) != 0)
        give_up("tcgetattr");
    if (options->no_utf8)
        line.c_iflag &= ~(tcflag_t)IUTF8;
    else
        line.c_iflag |= IUTF8;
    if (tcsetattr(STDIN_FILENO, TCSANOW, &line) != 0)
        give_up("tcsetattr");

    /* Check's runner ignores or handles some; a program from a getty or a shell starts with none of
     * it. */
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (options->prepare != NULL)
        options->prepare(options->prepare_user);
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
        give_up("close_range");
    /* A test that is killed takes its program along; after `prepare`, as a change of user undoes
     * it. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        give_up("PR_SET_PDEATHSIG");
    execvpe(argv[0], (char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)envp);
    give_up(argv[0]);
}

static void
type_answer(const char *bytes, size_t size, void *user)
{
    const struct pty *terminal = user;

    /* A few bytes for which the line always has room; a program that hung up does not want them. */
    if (terminal->master >= 0 && write(terminal->master, bytes, size) < 0 && errno != EIO)
        ck_abort_msg("the terminal's answer: %s", strerror(errno));
}

struct pty *
pty_start(const char *const *argv, const char *const *envp, const struct terminal_options *options)
{
    static const struct terminal_options defaults;
    struct pty *terminal = calloc(1, sizeof *terminal);

    ck_assert_ptr_nonnull(terminal);
    if (options == NULL)
        options = &defaults;
    struct winsize size = {
        .ws_row = (unsigned short)(options->rows > 0 ? options->rows : 25),
        .ws_col = (unsigned short)(options->columns > 0 ? options->columns : 80),
    };
    terminal->screen = screen_new(size.ws_row, size.ws_col, !options->no_utf8, options->colors);
    screen_on_answer(terminal->screen, type_answer, terminal);
    terminal->output = strdup("");
    terminal->pid = forkpty(&terminal->master, NULL, NULL, &size);
    if (terminal->pid < 0)
        ck_abort_msg("forkpty: %s", strerror(errno));
    if (terminal->pid == 0)
        run_program(argv, envp != NULL ? envp : default_environment, options);
    if (fcntl(terminal->master, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(terminal->master, F_SETFL, O_RDWR | O_NONBLOCK) != 0)
        ck_abort_msg("the new terminal: %s", strerror(errno));
    return terminal;
}

/* Takes what there is to read. 1, or 0 when the line is hung up: no process has it open. */
static int
take_output(struct pty *terminal)
{
    char bytes[4096];

    for (;;) {
        ssize_t size = read(terminal->master, bytes, sizeof bytes);
        if (size < 0 && errno == EAGAIN)
            return 1;
        if (size <= 0)
            return 0;
        char *output = realloc(terminal->output, terminal->output_size + (size_t)size + 1);
        ck_assert_ptr_nonnull(output);
        memcpy(output + terminal->output_size, bytes, (size_t)size);
        terminal->output = output;
        terminal->output_size += (size_t)size;
        output[terminal->output_size] = '\0';
        screen_feed(terminal->screen, bytes, (size_t)size);
    }
}

static void
reap_if_ended(struct pty *terminal)
{
    if (!terminal->ended)
        terminal->ended = waitpid(terminal->pid, &terminal->status, WNOHANG) == terminal->pid;
}

/* Takes output, or else waits a little for some. 0 when there will be no more, as the line is hung
 * up and the program has ended.
 *
 * Never waits for long: poll does not see a program end that left the line open to others, and a
 * line that is hung up (a getty does that, and opens it again) would keep it from waiting at all. A
 * pidfd would tell the end, but valgrind does not know pidfds. */
static int
wait_for_output(struct pty *terminal, int timeout_ms)
{
    struct pollfd line = {.fd = terminal->master, .events = POLLIN};
    size_t had = terminal->output_size;
    int line_is_up = terminal->master >= 0 && take_output(terminal), had_ended = terminal->ended;

    reap_if_ended(terminal);
    if (terminal->ended && !line_is_up)
        return 0;
    if (terminal->output_size > had || terminal->ended != had_ended)
        return 1; /* something to look at, so nothing to wait for */
    if (!line_is_up)
        line.fd = -1;
    if (poll(&line, 1, timeout_ms < LOOK_MS ? timeout_ms : LOOK_MS) < 0 && errno != EINTR)
        ck_abort_msg("poll: %s", strerror(errno));
    if (terminal->master >= 0)
        take_output(terminal);
    reap_if_ended(terminal);
    return 1;
}

int
pty_wait(struct pty *terminal, int (*wanted)(struct screen *screen, void *user), void *user,
         int timeout_ms)
{
    struct deadline deadline = deadline_in(timeout_ms);
    size_t seen = (size_t)-1;

    for (;;) {
        int more = wait_for_output(terminal, 0);
        if (seen != terminal->output_size && wanted(terminal->screen, user))
            return 1;
        seen = terminal->output_size;
        int left_ms = deadline_left(deadline, timeout_ms);
        if (!more || left_ms == 0)
            return 0;
        wait_for_output(terminal, left_ms);
    }
}

static int
is_shown(struct screen *screen, void *text)
{
    return screen_shows(screen, text);
}

static int
is_gone(struct screen *screen, void *text)
{
    return !screen_shows(screen, text);
}

static int
has_qr(struct screen *screen, void *ret_text)
{
    char **text = ret_text;

    *text = screen_qr(screen);
    return *text != NULL;
}

int
pty_wait_text(struct pty *terminal, const char *text, int timeout_ms)
{
    return pty_wait(terminal, is_shown, (void *)(uintptr_t)text, timeout_ms);
}

int
pty_wait_gone(struct pty *terminal, const char *text, int timeout_ms)
{
    return pty_wait(terminal, is_gone, (void *)(uintptr_t)text, timeout_ms);
}

void
pty_must_show(struct pty *terminal, const char *text, int timeout_ms)
{
    if (!pty_wait_text(terminal, text, timeout_ms))
        ck_abort_msg("not on the screen: %s\nThe screen%s:\n%s", text,
                     terminal->ended ? ", of a program that has ended" : "",
                     screen_text(terminal->screen));
}

char *
pty_wait_qr(struct pty *terminal, int timeout_ms)
{
    char *text = NULL;

    pty_wait(terminal, has_qr, &text, timeout_ms);
    return text;
}

int
pty_wait_exit(struct pty *terminal, int timeout_ms)
{
    struct deadline deadline = deadline_in(timeout_ms);

    while (!terminal->ended) {
        int left_ms = deadline_left(deadline, timeout_ms);
        wait_for_output(terminal, left_ms);
        if (left_ms == 0)
            break;
    }
    if (!terminal->ended)
        return -1;
    if (terminal->master >= 0)
        take_output(terminal);
    return WIFEXITED(terminal->status) ? WEXITSTATUS(terminal->status)
                                       : 128 + WTERMSIG(terminal->status);
}

void
pty_type(struct pty *terminal, const char *keys)
{
    struct deadline deadline = deadline_in(LEAVE_MS);
    size_t size = strlen(keys);

    while (size > 0) {
        ssize_t typed = write(terminal->master, keys, size);
        if (typed < 0 && errno != EAGAIN)
            ck_abort_msg("typing: %s", strerror(errno));
        if (typed > 0) {
            keys += typed;
            size -= (size_t)typed;
        } else if (deadline_left(deadline, 1) == 0) {
            ck_abort_msg("nobody reads what is typed");
        } else {
            wait_for_output(terminal, LOOK_MS);
        }
    }
}

static int
is_foreground_asleep(const struct pty *terminal)
{
    struct proc_stat process;
    char name[32];

    snprintf(name, sizeof name, "%d", (int)tcgetpgrp(terminal->master));
    return proc_stat_read(name, &process) == 0 && process.state == 'S';
}

void
pty_answer(struct pty *terminal, const char *keys, int timeout_ms)
{
    struct deadline deadline = deadline_in(timeout_ms);

    while (!is_foreground_asleep(terminal)) {
        int left_ms = deadline_left(deadline, LOOK_MS);
        if (left_ms == 0)
            ck_abort_msg("no program reads an answer:\n%s", screen_text(terminal->screen));
        wait_for_output(terminal, left_ms);
    }
    pty_type(terminal, keys);
}

void
pty_modes(const struct pty *terminal, struct termios *ret_modes)
{
    /* Zeroed first, so that two of them can be compared as bytes. */
    memset(ret_modes, 0, sizeof *ret_modes);
    if (tcgetattr(terminal->master, ret_modes) != 0)
        ck_abort_msg("tcgetattr: %s", strerror(errno));
}

void
pty_hang_up(struct pty *terminal)
{
    if (terminal->master >= 0)
        close(terminal->master);
    terminal->master = -1;
}

void
pty_free(struct pty **terminal)
{
    struct pty *old = *terminal;

    if (old == NULL)
        return;
    pty_hang_up(old);
    reap_if_ended(old);
    if (!old->ended) {
        /* Not ours to kill where it gained rights: the hang-up must do then. */
        kill(old->pid, SIGKILL);
        pty_wait_exit(old, LEAVE_MS);
    }
    screen_free(&old->screen);
    free(old->output);
    free(old);
    *terminal = NULL;
}

pid_t
pty_pid(const struct pty *terminal)
{
    return terminal->pid;
}

struct screen *
pty_screen(struct pty *terminal)
{
    return terminal->screen;
}

const char *
pty_output(const struct pty *terminal, size_t *ret_size)
{
    *ret_size = terminal->output_size;
    return terminal->output;
}
