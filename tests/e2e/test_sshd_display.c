/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests how a real ssh client shows a code: in several locales, with every setting of the drawing,
 * and after each early Enter. Needs root, for a private machine (namespace.h). */
#include "pam_idinqr/common/array.h"
#include "tests/harness/namespace.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/ssh_desk.h"
#include "tests/harness/scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SHOWN_MS 3000 /* in which what is not held back would be on the screen */
#define AGAIN    "Press Enter once you have: "

static void
must_get_in(const struct ssh_desk *desk)
{
    ssh_desk_approve(desk, "anna");
    pty_type(desk->terminal, "\r");
    pty_must_show(desk->terminal, "\nI am alice\n", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(desk->terminal), 0);
}

static void
must_scan(const struct ssh_desk *desk)
{
    char *scanned = session_scan(desk->terminal), *link = ssh_desk_link(desk);

    ck_assert_str_eq(scanned, link);
}

/* The client's own words stay alone in the row above the message. */
static void
must_begin_below_client(const struct ssh_desk *desk)
{
    const char *screen = screen_text(pty_screen(desk->terminal));

    ck_assert_msg(strstr(screen, "(alice@desk)\n  Log in to ") != NULL, "%s", screen);
}

TEST_CASE("seen", .timeout_s = 90);

/* An early Enter loses nothing and opens nothing. The whole code is on the screen each time. */
LOOP_TEST(test_enter_too_early, 2)
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){.rows = 24 + _i, .columns = 80});
    ssh_desk_enter_as(&desk, "alice");
    for (int i = 0; i <= 10; i++) {
        if (i > 0)
            pty_type(desk.terminal, "\r");
        ssh_desk_await_prompts(&desk, AGAIN, i);
        if (i > 2 && i != 5 && i != 10)
            continue;
        must_scan(&desk);
        must_begin_below_client(&desk);
    }
    must_get_in(&desk);
    ck_assert_int_eq(qr_backend_count(desk.desk.backend, "generate"), 1);
}

#define OWN_LOCALE(name) "LC_ALL=" name " LOCPATH=" SSH_DESK_LOCALES

static const struct {
    const char *environment;
    int is_utf8;
} locales[] = {
    {"LC_ALL=C", 0},
    {"LC_ALL=POSIX", 0},
    {"LC_ALL=C.UTF-8", 1},
    {OWN_LOCALE("en_US.UTF-8"), 1},
    {"LC_ALL= LANG=C.UTF-8", 1},
};

static void
make_locale(const char *characters)
{
    char command[200];

    snprintf(command, sizeof command, "localedef -i en_US -f %s %s/en_US.%s", characters,
             SSH_DESK_LOCALES, characters);
    ck_assert_int_eq(mkdir(SSH_DESK_LOCALES, 0755), 0);
    ck_assert_int_eq(system(command), 0);
}

/* In UTF-8 the code scans; in the C locale the client turns each byte of it into digits, and the
 * link stays readable. */
LOOP_TEST(test_locales, ARRAY_LENGTH(locales))
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){0});
    if (strstr(locales[_i].environment, SSH_DESK_LOCALES))
        make_locale("UTF-8");
    ssh_desk_enter(&desk, locales[_i].environment, "alice");
    ssh_desk_await_prompts(&desk, "then press Enter", 1);
    ck_assert_int_eq(screen_shows(pty_screen(desk.terminal), "\\342\\226\\210"),
                     !locales[_i].is_utf8);
    if (locales[_i].is_utf8)
        must_scan(&desk);
    must_get_in(&desk);
}

/* In any other locale the client does not show a prompt with a drawing in it, and ends: only the
 * link by itself can be shown to its person. */
LOOP_TEST(test_latin_1, 2)
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){.module = _i == 1 ? "display=url" : NULL});
    make_locale("ISO-8859-1");
    ssh_desk_enter(&desk, OWN_LOCALE("en_US.ISO-8859-1"), "alice");
    if (_i == 1) {
        ssh_desk_await_prompts(&desk, "then press Enter", 1);
        must_get_in(&desk);
        return;
    }
    pty_must_show(desk.terminal, "asmprintf failed", SESSION_WAIT_MS);
    ck_assert_int_eq(session_wait_status(desk.terminal), 255);
    processes_must_end(SESSION_WAIT_MS);
    ck_assert(qr_backend_wait_event(desk.desk.backend, "cancel", 1, SESSION_WAIT_MS));
}

/* No color gets through the client, so whatever is asked for is drawn without any. */
static const struct {
    const char *module, *conf;
    enum screen_colors colors;
    int is_drawn;
} displays[] = {
    {"display=half", NULL, SCREEN_LIGHT_ON_DARK, 1},
    {"display=sextant", NULL, SCREEN_LIGHT_ON_DARK, 1},
    {"display=url", NULL, SCREEN_LIGHT_ON_DARK, 0},
    {NULL, "invert = yes", SCREEN_DARK_ON_LIGHT, 1},
    {"display=url", "invert = yes", SCREEN_DARK_ON_LIGHT, 0},
};

LOOP_TEST(test_displays, ARRAY_LENGTH(displays))
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){.module = displays[_i].module,
                                               .conf = displays[_i].conf,
                                               .colors = displays[_i].colors});
    ssh_desk_enter_as(&desk, "alice");
    must_begin_below_client(&desk);
    if (displays[_i].is_drawn) {
        must_scan(&desk);
    } else {
        char *scanned = screen_qr(pty_screen(desk.terminal));
        ck_assert_ptr_null(scanned);
        ck_assert(screen_shows(pty_screen(desk.terminal), "Open this link on your phone:"));
    }
    /* An escape sequence would be there as text. */
    ck_assert(!screen_shows(pty_screen(desk.terminal), "\\033"));
    must_get_in(&desk);
}

TEST_CASE("held", .timeout_s = 120);

/* Why the code is a part of a prompt: before 10.3 sshd keeps a message back until one comes, here
 * another module's, and by then it is too late to scan the code. */
TEST(test_message_is_held_back)
{
    SSH_DESK_AUTO desk = {0};
    int is_live =
        ssh_desk_is_since_10_3("/usr/sbin/sshd") && ssh_desk_is_since_10_3("/usr/bin/ssh");
    char *stack;

    ssh_desk_open(&desk, &(struct ssh_options){0});
    stack = scratch_text("auth optional %s prompt=wait timeout=20\n"
                         "auth required pam_unix.so\n",
                         desk.desk.module_line);
    namespace_pam_service("sshd", stack);
    ssh_desk_enter(&desk, "LC_ALL=C.UTF-8", "alice");
    ck_assert(qr_backend_wait_event(desk.desk.backend, "generate", 1, SESSION_WAIT_MS));
    ck_assert_int_eq(pty_wait_text(desk.terminal, "https://", SHOWN_MS), is_live);
    ck_assert_int_eq(session_wait_log("outcome=timeout"), 1);
    pty_must_show(desk.terminal, "Password:", SESSION_WAIT_MS);
    ck_assert(screen_shows(pty_screen(desk.terminal), "\n  https://"));
    ck_assert(screen_shows(pty_screen(desk.terminal), "The time to log in is over."));
    pty_type(desk.terminal, "\r");
    ck_assert_int_eq(session_wait_status(desk.terminal), 255);
}

RUN_TESTS("sshd_display", ssh_desk_why_not());
