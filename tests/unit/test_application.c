/* SPDX-License-Identifier: BSD-3-Clause */
/* How a host lets the module speak: by its service, its terminal, and what an administrator has
 * said. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/login/application.h"
#include "tests/harness/runner.h"

#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

static const struct {
    const char *service;
    int has_terminal;
    enum config_prompt prompt;
    enum config_display display;
    enum application_kind kind;
} hosts[] = {
    {"sudo", 1, PROMPT_AUTO, DISPLAY_AUTO, APPLICATION_TERMINAL},
    {"login", 1, PROMPT_AUTO, DISPLAY_HALF, APPLICATION_TERMINAL},
    {"anything", 1, PROMPT_AUTO, DISPLAY_AUTO, APPLICATION_TERMINAL},
    /* Held back until the next prompt, whatever there is to open. */
    {"sshd", 0, PROMPT_AUTO, DISPLAY_AUTO, APPLICATION_PROMPT},
    {"sshd", 1, PROMPT_AUTO, DISPLAY_AUTO, APPLICATION_PROMPT},
    {"cockpit", 0, PROMPT_AUTO, DISPLAY_AUTO, APPLICATION_PROMPT},
    {"sshd", 0, PROMPT_AUTO, DISPLAY_URL, APPLICATION_PROMPT},
    /* The whole name, as it is. */
    {"sshd-other", 0, PROMPT_AUTO, DISPLAY_AUTO, APPLICATION_NOWHERE},
    {"ssh", 0, PROMPT_AUTO, DISPLAY_AUTO, APPLICATION_NOWHERE},
    {"SSHD", 0, PROMPT_AUTO, DISPLAY_AUTO, APPLICATION_NOWHERE},
    {"", 0, PROMPT_AUTO, DISPLAY_AUTO, APPLICATION_NOWHERE},
    {"cron", 0, PROMPT_AUTO, DISPLAY_AUTO, APPLICATION_NOWHERE},
    /* A window takes a link, when it is asked for; not a drawing, and a terminal makes no
     * difference. */
    {"polkit-1", 0, PROMPT_AUTO, DISPLAY_AUTO, APPLICATION_NOWHERE},
    {"polkit-1", 1, PROMPT_AUTO, DISPLAY_AUTO, APPLICATION_NOWHERE},
    {"polkit-1", 0, PROMPT_AUTO, DISPLAY_HALF, APPLICATION_NOWHERE},
    {"polkit-1", 1, PROMPT_AUTO, DISPLAY_CELLS, APPLICATION_NOWHERE},
    {"polkit-1", 0, PROMPT_AUTO, DISPLAY_URL, APPLICATION_TERMINAL},
    {"polkit-1", 0, PROMPT_WAIT, DISPLAY_HALF, APPLICATION_TERMINAL},
    {"polkit-1", 0, PROMPT_ENTER, DISPLAY_AUTO, APPLICATION_PROMPT},
    {"swaylock", 1, PROMPT_AUTO, DISPLAY_AUTO, APPLICATION_NOWHERE},
    {"gdm-password", 1, PROMPT_AUTO, DISPLAY_AUTO, APPLICATION_NOWHERE},
    /* An administrator knows better. */
    {"vpn", 0, PROMPT_ENTER, DISPLAY_AUTO, APPLICATION_PROMPT},
    {"sudo", 1, PROMPT_ENTER, DISPLAY_AUTO, APPLICATION_PROMPT},
    {"sshd", 0, PROMPT_WAIT, DISPLAY_AUTO, APPLICATION_TERMINAL},
    {"kiosk", 0, PROMPT_WAIT, DISPLAY_AUTO, APPLICATION_TERMINAL},
    {"kiosk", 0, PROMPT_AUTO, DISPLAY_URL, APPLICATION_TERMINAL},
    {"kiosk", 0, PROMPT_AUTO, DISPLAY_PLAIN, APPLICATION_TERMINAL},
};

TEST_CASE("kinds");

LOOP_TEST(hosts_are_told_apart, ARRAY_LENGTH(hosts))
{
    const struct terminal terminal = {.fd = hosts[_i].has_terminal ? 0 : -1};

    ck_assert_int_eq(
        application_kind_of(hosts[_i].service, &terminal, hosts[_i].prompt, hosts[_i].display),
        hosts[_i].kind);
}

/* su writes information to descriptor 1 and errors to 2, wherever they lead; the others have the
 * terminal by other means. */
static const struct {
    const char *service;
    int out_is_terminal, err_is_terminal;
    int errors_only;
    enum application_kind kind;
} outputs[] = {
    {"su", 1, 1, 0, APPLICATION_TERMINAL},    {"su", 1, 0, 0, APPLICATION_TERMINAL},
    {"su", 0, 1, 1, APPLICATION_TERMINAL},    {"su-l", 0, 1, 1, APPLICATION_TERMINAL},
    {"su", 0, 0, 0, APPLICATION_NOWHERE},     {"su-l", 0, 0, 0, APPLICATION_NOWHERE},
    {"sudo", 0, 1, 0, APPLICATION_TERMINAL},  {"sudo", 0, 0, 0, APPLICATION_TERMINAL},
    {"login", 0, 1, 0, APPLICATION_TERMINAL},
};

LOOP_TEST(messages_go_where_they_are_seen, ARRAY_LENGTH(outputs))
{
    const struct terminal terminal = {.fd = 0};
    int master, tty, file = open("/dev/null", O_RDWR);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(openpty(&master, &tty, NULL, NULL, NULL), 0);
    ck_assert_int_eq(dup2(outputs[_i].out_is_terminal ? tty : file, 1), 1);
    ck_assert_int_eq(dup2(outputs[_i].err_is_terminal ? tty : file, 2), 2);
    ck_assert_int_eq(application_shows_errors_only(outputs[_i].service), outputs[_i].errors_only);
    ck_assert_int_eq(application_kind_of(outputs[_i].service, &terminal, PROMPT_AUTO, DISPLAY_AUTO),
                     outputs[_i].kind);
    ck_assert_int_eq(application_kind_of(outputs[_i].service, &terminal, PROMPT_AUTO, DISPLAY_HALF),
                     APPLICATION_TERMINAL);
}

static const struct {
    const char *service;
    int is_window;
} services[] = {
    {"polkit-1", 1},
    {"lightdm", 1},
    {"lightdm-greeter", 1},
    {"gdm-password", 1},
    {"gdm-switchable-auth", 1},
    {"sddm", 1},
    {"kde-fingerprint", 1},
    {"swaylock", 1},
    {"i3lock", 1},
    {"xscreensaver", 1},
    {"xsecurelock", 1},
    /* These draw on terminals, or are no windows that show anything. */
    {"login", 0},
    {"sudo", 0},
    {"su", 0},
    {"vlock", 0},
    {"sshd", 0},
    {"cockpit", 0},
    /* The whole name, as it is. */
    {"polkit-10", 0},
    {"polkit", 0},
    {"i3lock2", 0},
    {"my-gdm", 0},
    {"Lightdm", 0},
    {"*", 0},
    {"", 0},
};

LOOP_TEST(windows_are_known, ARRAY_LENGTH(services))
{
    ck_assert_int_eq(application_is_window(services[_i].service), services[_i].is_window);
}

TEST(cockpit_does_not_wait_for_ever)
{
    ck_assert_int_eq(application_answer_limit_s("cockpit"), 55);
    ck_assert_int_eq(application_answer_limit_s("sshd"), 0);
    ck_assert_int_eq(application_answer_limit_s(""), 0);
}

RUN_TESTS("host", NULL);
