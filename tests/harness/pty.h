/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a program on a real pseudo-terminal. The program leads a session that has the pty as its
 * controlling terminal, and its output goes to a screen. Test code: runs as the user who runs the
 * tests, and only reads the program's output.
 *
 * An error of the harness (no pty, no memory) fails the running test. Every wait reads the
 * program's output as it comes. */
#ifndef IDQ_TESTS_PTY_H
#define IDQ_TESTS_PTY_H

#include "tests/harness/screen.h"

#include <stddef.h>
#include <sys/types.h>
#include <termios.h>

struct pty;

struct terminal_options {
    int rows, columns; /* 0: 25 and 80 */
    int no_utf8;       /* 1: the tty's IUTF8 flag is off and the screen shows bytes */
    enum screen_colors colors;
    /* Called in the child, on the pty, just before exec: to change the user, the directory … */
    void (*prepare)(void *user);
    void *prepare_user;
};

/* argv[0] is looked up in the environment's PATH when it has no slash. envp NULL: a PATH, TERM, and
 * a UTF-8 LANG. options NULL: all zero. */
struct pty *pty_start(const char *const *argv, const char *const *envp,
                      const struct terminal_options *options);

/* Hangs up, kills the program when it still runs, and frees. Accepts a pointer to NULL, and leaves
 * one. */
void pty_free(struct pty **terminal);

pid_t pty_pid(const struct pty *terminal);

/* The screen as of the last wait. */
struct screen *pty_screen(struct pty *terminal);

/* Everything printed up to the last wait, as the tty sent it; followed by a zero byte. */
const char *pty_output(const struct pty *terminal, size_t *ret_size);

/* Waits until the screen is as wanted. 1, or 0 when the time passed, or the program closed the
 * terminal and will not print any more. */
int pty_wait(struct pty *terminal, int (*wanted)(struct screen *screen, void *user), void *user,
             int timeout_ms);

/* Waits until the text is on the screen (screen_shows), or is not on it any more. 1 or 0, as above.
 */
int pty_wait_text(struct pty *terminal, const char *text, int timeout_ms);
int pty_wait_gone(struct pty *terminal, const char *text, int timeout_ms);

/* The same, but what it wants must come: else the running test fails and shows the screen. */
void pty_must_show(struct pty *terminal, const char *text, int timeout_ms);

/* Waits until the screen has exactly one QR code; its text, kept (scratch.h). NULL when none
 * came. */
char *pty_wait_qr(struct pty *terminal, int timeout_ms);

/* Waits until the program has ended. Its exit status, or 128 + the signal that ended it, as in a
 * shell; -1 when it still runs. Reads what it prints to the end. */
int pty_wait_exit(struct pty *terminal, int timeout_ms);

/* Types; a line ends in "\r". */
void pty_type(struct pty *terminal, const char *keys);

/* Types at a prompt: waits first until the program in the foreground sleeps, as it does once it
 * reads. Many programs show their prompt and then drop the input that came before it. */
void pty_answer(struct pty *terminal, const char *keys, int timeout_ms);

#define TERMINAL_CTRL_C         "\003" /* SIGINT for the foreground, where the tty does that */
#define TERMINAL_CTRL_D         "\004" /* end of file */
#define TERMINAL_CTRL_Z         "\032" /* SIGTSTP */
#define TERMINAL_CTRL_BACKSLASH "\034" /* SIGQUIT */

/* The modes of its line, as they are now: after the session's leader has ended, the system's own.
 */
void pty_modes(const struct pty *terminal, struct termios *ret_modes);

/* Closes the terminal, as a window or a line would: SIGHUP for its session. Nothing more is read.
 */
void pty_hang_up(struct pty *terminal);

#define TERMINAL_AUTO __attribute__((cleanup(pty_free))) struct pty

#endif
