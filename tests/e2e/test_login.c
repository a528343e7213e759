/* The real login, started by the real agetty, on a pseudo-terminal: with no name asked for, the
 * identity alone opens the right account; with a name, only that one. Needs root (namespace.h). */
#include "tests/harness/desk.h"
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/runner.h"
#include "tests/harness/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS 20000

static const char *const enrolled[] = {"--enroll", "alice=anna", "--enroll", "bob=bram", NULL};

/* An agetty of a kiosk: no name is asked for. "-" is the terminal that it was started on. */
static const char *const kiosk[] = {
    "/sbin/agetty", "--skip-login", "--noclear", "--nohostname", "--noissue", "-", "linux", NULL};

static struct terminal *
start(const struct desk *desk, const char *const *argv)
{
    const struct terminal_options options = {.rows = 40, .columns = 100};
    char *service;

    ck_assert_int_gt(asprintf(&service,
                              "auth required %s\naccount required pam_permit.so\n"
                              "session required pam_permit.so\n",
                              desk->module_line),
                     0);
    namespace_pam_service("login", service);
    free(service);
    return terminal_start(argv, NULL, &options);
}

static void
approve(const struct desk *desk, struct terminal *terminal, const char *person)
{
    PHONE_AUTO *phone = phone_new(backend_ca_file(desk->backend), "nl");
    char *link = terminal_wait_qr(terminal, WAIT_MS);

    ck_assert_msg(link != NULL, "no code:\n%s", screen_text(terminal_screen(terminal)));
    ck_assert_msg(phone_approve(phone, link, person) == 200, "%s", phone_problem(phone));
    free(link);
}

/* The shell that login starts, and only that, can say who it is. */
static void
must_be_in_as(struct terminal *terminal, const char *account)
{
    char line[80];

    snprintf(line, sizeof line, "i am %s %s", account, account);
    terminal_type(terminal, "echo i am $(id -un) $LOGNAME\r");
    terminal_must_show(terminal, line, WAIT_MS);
    terminal_type(terminal, "exit\r");
    terminal_wait_exit(terminal, WAIT_MS);
}

START_TEST(test_identity_chooses_account)
{
    static const struct {
        const char *person, *account;
    } people[] = {{"anna", "alice"}, {"bram@Oefenbank", "bob"}};
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    TERMINAL_AUTO *terminal = start(&desk, kiosk);
    approve(&desk, terminal, people[_i].person);
    terminal_must_show(terminal, "$", WAIT_MS);
    must_be_in_as(terminal, people[_i].account);
    char field[64];
    snprintf(field, sizeof field, "service=login account=%s provider=idin-qr", people[_i].account);
    ck_assert(namespace_wait_log(field, WAIT_MS));
    char *log = namespace_log();
    desk_must_not_leak(&desk, log);
    free(log);
}
END_TEST

START_TEST(test_named_account)
{
    static const char *const by_name[] = {"/bin/login", "alice", NULL};
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    TERMINAL_AUTO *terminal = start(&desk, by_name);
    terminal_must_show(terminal, "as alice (login)", WAIT_MS);
    approve(&desk, terminal, "anna");
    terminal_must_show(terminal, "$", WAIT_MS);
    must_be_in_as(terminal, "alice");
}
END_TEST

/* Bob is enrolled, but it is alice's account that is being entered. */
START_TEST(test_named_account_of_another)
{
    static const char *const by_name[] = {"/bin/login", "alice", NULL};
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    TERMINAL_AUTO *terminal = start(&desk, by_name);
    approve(&desk, terminal, "bram");
    terminal_must_show(terminal, "does not open this account", WAIT_MS);
    ck_assert(namespace_wait_log("outcome=wrong-person", WAIT_MS));
    char *log = namespace_log();
    ck_assert_msg(!strstr(log, "outcome=verified"), "%s", log);
    free(log);
}
END_TEST

START_TEST(test_unknown_identity)
{
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    TERMINAL_AUTO *terminal = start(&desk, kiosk);
    approve(&desk, terminal, "celik");
    terminal_must_show(terminal, "is not enrolled here", WAIT_MS);
    ck_assert(!screen_shows(terminal_screen(terminal), "$"));
    ck_assert(namespace_wait_log("outcome=unknown-identity", WAIT_MS));
    char *log = namespace_log();
    ck_assert_msg(strstr(log, "identity=idin1:") != NULL, "%s", log);
    free(log);
}
END_TEST

static Suite *
suite(void)
{
    Suite *suite = suite_create("login");
    TCase *login = tcase_create("login");

    tcase_set_timeout(login, 90);
    tcase_add_loop_test(login, test_identity_chooses_account, 0, 2);
    tcase_add_test(login, test_named_account);
    tcase_add_test(login, test_named_account_of_another);
    tcase_add_test(login, test_unknown_identity);
    suite_add_tcase(suite, login);
    return suite;
}

static const char *
why_skip(void)
{
#ifdef SANITIZER
    return "a module with a sanitizer in it does not load into login";
#endif
    return namespace_why_not();
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "login", suite, why_skip);
}
