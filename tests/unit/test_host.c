/* How a host lets the module speak: by its service, its terminal, and what an administrator has
 * said. */
#include "pam_idinqr/module/host.h"
#include "tests/harness/runner.h"

static const struct {
    const char *service;
    int has_terminal;
    const char *prompt, *display;
    enum host_kind kind;
} hosts[] = {
    {"sudo", 1, "auto", "auto", HOST_TERMINAL},
    {"login", 1, "auto", "half", HOST_TERMINAL},
    {"anything", 1, "auto", "auto", HOST_TERMINAL},
    /* Held back until the next prompt, whatever there is to open. */
    {"sshd", 0, "auto", "auto", HOST_PROMPT},
    {"sshd", 1, "auto", "auto", HOST_PROMPT},
    {"cockpit", 0, "auto", "auto", HOST_PROMPT},
    {"sshd", 0, "auto", "url", HOST_PROMPT},
    /* The whole name, as it is. */
    {"sshd-other", 0, "auto", "auto", HOST_NOWHERE},
    {"ssh", 0, "auto", "auto", HOST_NOWHERE},
    {"SSHD", 0, "auto", "auto", HOST_NOWHERE},
    {"", 0, "auto", "auto", HOST_NOWHERE},
    {"cron", 0, "auto", "auto", HOST_NOWHERE},
    /* An administrator knows better. */
    {"vpn", 0, "enter", "auto", HOST_PROMPT},
    {"sudo", 1, "enter", "auto", HOST_PROMPT},
    {"sshd", 0, "wait", "auto", HOST_TERMINAL},
    {"kiosk", 0, "wait", "auto", HOST_TERMINAL},
    {"kiosk", 0, "auto", "url", HOST_TERMINAL},
    {"kiosk", 0, "auto", "plain", HOST_TERMINAL},
};

START_TEST(hosts_are_told_apart)
{
    const struct terminal terminal = {.fd = hosts[_i].has_terminal ? 0 : -1};

    ck_assert_int_eq(
        host_kind_of(hosts[_i].service, &terminal, hosts[_i].prompt, hosts[_i].display),
        hosts[_i].kind);
}
END_TEST

static Suite *
host_suite(void)
{
    Suite *suite = suite_create("host");
    TCase *kinds = tcase_create("kinds");

    tcase_add_loop_test(kinds, hosts_are_told_apart, 0, (int)(sizeof hosts / sizeof hosts[0]));
    suite_add_tcase(suite, kinds);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "host", host_suite, NULL);
}
