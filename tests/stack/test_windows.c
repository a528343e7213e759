/* SPDX-License-Identifier: BSD-3-Clause */
/* Services that show what they show in a window: nothing is asked of anybody there unless an
 * administrator wants the link shown, and then every message is a short one. Through the real
 * libpam and the real module, with agents that would let everybody in. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/login_stack.h"
#include "tests/harness/runner.h"
#include "tests/harness/syslog_capture.h"
#include "tests/harness/scratch.h"
#include "tests/stack/fake_desk.h"

#include <pty.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What PAM returns for a login at this service; `tty` may be NULL. */
static int
log_in(const struct fake_desk *desk, struct login_stack *stack, const char *service,
       const char *account, const char *tty)
{
    fake_desk_start(desk, stack, service, account, tty);
    return login_stack_authenticate(stack, 0);
}

/* How a host gets a terminal that its user does not see. */
enum way {
    WAY_NONE,
    WAY_DISPLAY,     /* an X server's name for one */
    WAY_NAMED,       /* the console of its session */
    WAY_CONTROLLING, /* it was started from one */
};

static const struct {
    const char *service;
    enum way way;
    const char *lines;
    int pam_code;
} hosts[] = {
    {"polkit-1", WAY_CONTROLLING, "", PAM_AUTHINFO_UNAVAIL},
    {"gdm-password", WAY_NAMED, "", PAM_AUTHINFO_UNAVAIL},
    {"gdm-password", WAY_NAMED, "display = half", PAM_AUTHINFO_UNAVAIL},
    {"gdm-password", WAY_CONTROLLING, "display = plain", PAM_AUTHINFO_UNAVAIL},
    {"lightdm", WAY_DISPLAY, "", PAM_AUTHINFO_UNAVAIL},
    {"lightdm", WAY_DISPLAY, "display = cells", PAM_AUTHINFO_UNAVAIL},
    {"lightdm", WAY_NAMED, "", PAM_AUTHINFO_UNAVAIL},
    {"sddm", WAY_NAMED, "", PAM_AUTHINFO_UNAVAIL},
    {"swaylock", WAY_CONTROLLING, "", PAM_AUTHINFO_UNAVAIL},
    {"swaylock", WAY_CONTROLLING, "display = half", PAM_AUTHINFO_UNAVAIL},
    {"i3lock", WAY_DISPLAY, "", PAM_AUTHINFO_UNAVAIL},
    {"i3lock", WAY_CONTROLLING, "", PAM_AUTHINFO_UNAVAIL},
    {"xscreensaver", WAY_DISPLAY, "", PAM_AUTHINFO_UNAVAIL},
    {"xscreensaver", WAY_CONTROLLING, "", PAM_AUTHINFO_UNAVAIL},
    /* Of which nothing is known: it is what its terminal is. */
    {"cron", WAY_NONE, "", PAM_AUTHINFO_UNAVAIL},
    {"atd", WAY_NONE, "", PAM_AUTHINFO_UNAVAIL},
    {"new-locker", WAY_NONE, "", PAM_AUTHINFO_UNAVAIL},
    {"new-locker", WAY_DISPLAY, "", PAM_AUTHINFO_UNAVAIL},
    {"chsh", WAY_NAMED, "", PAM_SUCCESS},
    {"chsh", WAY_CONTROLLING, "", PAM_SUCCESS},
    {"kiosk", WAY_NONE, "display = half", PAM_SUCCESS},
};

/* Check has made this process the leader of a group, and such a one cannot start a session: the
 * rest of the test is a child's. */
static void
begin_session(void)
{
    pid_t pid = check_fork();

    if (pid != 0)
        check_waitpid_and_exit(pid);
    ck_assert_int_gt(setsid(), 0);
}

LOOP_TEST(test_who_sees_a_code, ARRAY_LENGTH(hosts))
{
    char slave_name[64];
    FAKE_DESK_AUTO desk;
    const char *const ttys[] = {[WAY_DISPLAY] = ":0", [WAY_NAMED] = slave_name};
    const char *tty = hosts[_i].way == WAY_CONTROLLING ? NULL : ttys[hosts[_i].way];
    LOGIN_STACK_AUTO *stack = login_stack_new();
    const struct login_message *messages;
    int master, slave, n_waiting;
    size_t n;

    begin_session();
    fake_desk_open(&desk, "start+qr+result", "alice", hosts[_i].lines);
    ck_assert_int_eq(openpty(&master, &slave, slave_name, NULL, NULL), 0);
    if (hosts[_i].way == WAY_CONTROLLING)
        ck_assert_int_eq(ioctl(slave, TIOCSCTTY, 0), 0);
    int code = log_in(&desk, stack, hosts[_i].service, "alice", tty);
    char *log = syslog_capture_text();
    ck_assert_msg(code == hosts[_i].pam_code, "%d\n%s", code, log);
    ck_assert_msg(strstr(log, code == PAM_SUCCESS ? "outcome=verified" : "outcome=no-display"),
                  "%s", log);
    syslog_capture_lines(&n);
    ck_assert_msg(n == 1, "%s", log);
    messages = login_stack_messages(stack, &n);
    if (code != PAM_SUCCESS) {
        ck_assert_uint_eq(n, 1);
        ck_assert_int_eq(messages[0].style, PAM_TEXT_INFO);
        ck_assert_str_eq(messages[0].text, "  No code can be shown here. Log in another way.");
    } else {
        /* A key is named where there is a terminal that makes something of it. */
        ck_assert_int_eq(strstr(messages[0].text, " left (Ctrl-C stops)") != NULL,
                         hosts[_i].way != WAY_NONE);
    }
    /* All that is shown is shown by the host. */
    ck_assert_int_eq(ioctl(master, FIONREAD, &n_waiting), 0);
    ck_assert_int_eq(n_waiting, 0);
}

/* A window has no idle screen: a console that its session was started from is not where its person
 * looks, and an Enter there never comes. */
TEST(test_no_idle_screen_behind_a_window)
{
    const char *own = getpwuid(getuid())->pw_name;
    LOGIN_STACK_AUTO *stack = login_stack_new();
    int master, slave, n_waiting;
    char slave_name[64];
    FAKE_DESK_AUTO desk;

    fake_desk_open(&desk, "start+qr+result", own, "display = url\nidle = enter");
    ck_assert_int_eq(openpty(&master, &slave, slave_name, NULL, NULL), 0);
    ck_assert_int_eq(log_in(&desk, stack, "lightdm", NULL, slave_name), PAM_SUCCESS);
    ck_assert_str_eq(login_stack_user(stack), own);
    ck_assert_int_eq(ioctl(master, FIONREAD, &n_waiting), 0);
    ck_assert_int_eq(n_waiting, 0);
}

struct person {
    int terminal, number; /* where Enter is pressed; of a signal at the code, or 0 */
    unsigned n_idle;
};

/* Enter at the first idle screen. A second one ends the login. */
static int
press_enter(const struct login_message *message, void *user)
{
    struct person *person = user;

    if (strstr(message->text, "https://") && person->number)
        ck_assert_int_eq(kill(getpid(), person->number), 0);
    if (!strstr(message->text, "press Enter for a code"))
        return PAM_SUCCESS;
    if (person->n_idle++ > 0)
        return PAM_CONV_ERR;
    ck_assert_int_eq(write(person->terminal, "\r", 1), 1);
    return PAM_SUCCESS;
}

static void
ignore(int number)
{
    (void)number;
}

/* A fault of this machine and Ctrl-C end the login, for the rest of the stack. */
LOOP_TEST(test_what_leads_back_to_the_idle_screen, 5)
{
    static const struct {
        const char *words, *lines;
        int has_no_tries, number; /* of a signal */
        unsigned n_idle;
        int pam_code;
    } rows[] = {
        {"start+qr+refused", "idle = enter", 0, 0, 2, PAM_CONV_ERR},
        {"start+qr+result", "idle = enter", 1, 0, 1, PAM_AUTHINFO_UNAVAIL},
        {"start+qr+gate+result", "idle = enter", 0, SIGINT, 1, PAM_ABORT},
        /* Only that fault is followed by a pause. */
        {"start+qr+refused", "idle = code", 0, 0, 0, PAM_AUTH_ERR},
        {"start+qr+result", "idle = code", 1, 0, 1, PAM_AUTHINFO_UNAVAIL},
    };
    struct person person = {.number = rows[_i].number};
    LOGIN_STACK_AUTO *stack = login_stack_new();
    char slave_name[64], *tries;
    FAKE_DESK_AUTO desk;
    int slave;

    fake_desk_open(&desk, rows[_i].words, getpwuid(getuid())->pw_name, rows[_i].lines);
    tries = scratch_text("%.*stries", (int)(strlen(desk.conf) - 4), desk.conf);
    ck_assert(!rows[_i].has_no_tries || mkdir(tries, 0700) == 0);
    ck_assert_int_eq(openpty(&person.terminal, &slave, slave_name, NULL, NULL), 0);
    ck_assert_ptr_ne(signal(SIGINT, ignore), SIG_ERR);
    login_stack_on_message(stack, press_enter, &person);
    ck_assert_int_eq(log_in(&desk, stack, "login", NULL, slave_name), rows[_i].pam_code);
    ck_assert_uint_eq(person.n_idle, rows[_i].n_idle);
}

/* The longest of everything: what reaches LightDM's greeter is below 900 bytes, and whole. */
static const struct {
    const char *words, *lines;
    int has_check; /* the line that says what to check */
} longest[] = {
    {"start+qr-300+state+result", "display = url\nlanguage = en", 1},
    {"start+qr-300+state+result", "display = url\nlanguage = nl", 1},
    {"start+qr-300+state+result", "prompt = wait\nlanguage = nl", 1},
    {"start+qr-300+state+result", "prompt = wait\ndisplay = cells\nlanguage = en", 1},
    {"start+qr-300+gate+result", "prompt = enter\nlanguage = nl", 1},
    {"start+qr-300+gate+result", "prompt = enter\ndisplay = plain\nlanguage = en", 1},
    {"start+qr-420+state+result", "display = url\nlanguage = en", 0},
    {"start+qr-420+state+result", "display = url\nlanguage = nl", 0},
    {"start+qr-420+gate+result", "prompt = enter\nlanguage = nl", 0},
};

#define STATION_63  "station = \"Desk 3 on the second floor of the town hall, left of the stair.\"\n"
#define ACCOUNT_256 SIXTY_FOUR SIXTY_FOUR SIXTY_FOUR SIXTY_FOUR
#define SIXTY_FOUR  "a1234567890123456789012345678901234567890123456789012345678901.x"

LOOP_TEST(test_every_message_is_short, ARRAY_LENGTH(longest))
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    const struct login_message *messages;
    char *lines, *link = NULL, slave_name[64];
    FAKE_DESK_AUTO desk;
    int n_checks = 0, master, slave;
    size_t n;

    lines = scratch_text(STATION_63 "%s", longest[_i].lines);
    fake_desk_open(&desk, longest[_i].words, ACCOUNT_256, lines);
    login_stack_on_message(stack, strstr(longest[_i].words, "gate") ? fake_desk_let_through : NULL,
                           &desk);
    login_stack_answer(stack, "");
    /* A terminal that would take any output, and that no person sees. */
    ck_assert_int_eq(openpty(&master, &slave, slave_name, NULL, NULL), 0);
    ck_assert_int_eq(setenv("TERM", "xterm", 1), 0);
    ck_assert_int_eq(log_in(&desk, stack, "lightdm-autologin-greeter", ACCOUNT_256,
                            _i % 2 == 0 ? ":0" : slave_name),
                     PAM_SUCCESS);
    messages = login_stack_messages(stack, &n);
    ck_assert_uint_ge(n, 2);
    for (size_t i = 0; i < n; i++) {
        const char *text = messages[i].text, *at = strstr(text, "https://qr.example/");
        ck_assert_msg(strlen(text) < 900, "%zu bytes:\n%s", strlen(text), text);
        ck_assert_msg(!strpbrk(text, "\033\r") && !strstr(text, "\342\226"), "drawn:\n%s", text);
        ck_assert_msg(!strstr(text, "Ctrl-C"), "nobody has that key:\n%s", text);
        ck_assert_uint_eq(messages[i].number, i); /* hosts take 32 at once, or fewer */
        if (at)
            link = strndup(at, strcspn(at, "\n"));
        n_checks += strstr(text, " https://qr.example/\n") != NULL;
    }
    ck_assert_ptr_nonnull(link);
    ck_assert_int_eq((int)strlen(link),
                     (int)strtol(strstr(longest[_i].words, "qr-") + 3, NULL, 10));
    ck_assert_int_eq(n_checks, longest[_i].has_check);
    free(link);
}

/* Half a link leads nowhere. */
LOOP_TEST(test_a_link_that_does_not_fit, 3)
{
    static const char *const settings[] = {"display = url", "prompt = wait", "prompt = enter"};
    LOGIN_STACK_AUTO *stack = login_stack_new();
    FAKE_DESK_AUTO desk;

    fake_desk_open(&desk, "start+qr-800+gate+result", "alice", settings[_i]);
    ck_assert_int_eq(log_in(&desk, stack, "lightdm", "alice", ":0"), PAM_AUTHINFO_UNAVAIL);
    char *shown = login_stack_text(stack);
    ck_assert_str_eq(shown, "  No code can be shown here. Log in another way.\n");
    ck_assert_uint_eq(syslog_capture_count("outcome=no-display"), 1);
    ck_assert_uint_eq(syslog_capture_count("detail=\"the link is too long for a window\""), 1);
}

/* cockpit shows a message with the next prompt only, and gives a minute to answer it. */
static const struct {
    const char *lines, *left;
    int style;
} webs[] = {
    {"timeout = 900", "then press Enter (0:55 left): ", PAM_PROMPT_ECHO_ON},
    {"timeout = 900\ndisplay = url", "then press Enter (0:55 left): ", PAM_PROMPT_ECHO_ON},
    {"timeout = 900\nprompt = wait\ndisplay = url", "your bank, 1", PAM_TEXT_INFO},
};

LOOP_TEST(test_cockpit_is_asked, ARRAY_LENGTH(webs))
{
    LOGIN_STACK_AUTO *stack = login_stack_new();
    FAKE_DESK_AUTO desk;
    const struct login_message *messages;
    size_t n;

    fake_desk_open(&desk, "start+qr+gate+result", "alice", webs[_i].lines);
    login_stack_on_message(stack, fake_desk_let_through, &desk);
    login_stack_answer(stack, "");
    ck_assert_int_eq(log_in(&desk, stack, "cockpit", "alice", NULL), PAM_SUCCESS);
    messages = login_stack_messages(stack, &n);
    ck_assert_uint_eq(n, 2);
    ck_assert_int_eq(messages[0].style, webs[_i].style);
    ck_assert_ptr_nonnull(strstr(messages[0].text, "\n  https://qr.example/abc\n"));
    ck_assert_msg(strstr(messages[0].text, webs[_i].left), "%s", messages[0].text);
    ck_assert_int_eq(strstr(messages[0].text, "\342\226") != NULL, _i == 0);
    ck_assert_str_eq(messages[1].text, "  Welcome, alice.");
}

RUN_TESTS("windows", agent_user_why_not());
