/* SPDX-License-Identifier: BSD-3-Clause */
/* The examples of conf/pam.d, as they are shipped but for the module's path, in the real /etc/pam.d
 * of a machine of the test's own: who gets in by what, and that neither half of a second factor is
 * enough. sudo and su are run themselves; for login and sshd, pamtester asks their stacks. Needs
 * root (namespace.h). */
#include "pam_idinqr/common/array.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/session.h"
#include "tests/unit/manual_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "horse", of alice, who is enrolled, and of bob, who is in the emergency group. */
#define PASSWORD_HASH                                                                              \
    "$6$idinqr$v7rjqB7ixlfaBW2D8GwQwEeJl5hcuPht5qEc8NMqN6y0qhXkhcytP6/"                            \
    "GtYfp12Mb1nvjQ0pwwnN5b4koDI/mJ/"

static const char *const enrolled[] = {"--enroll", "alice=anna", NULL};

/* Who types what to get into an account. */
static const struct host {
    const char *service;
    const char *shell;          /* whose it is; NULL: the account's own */
    const char *before, *after; /* the account, in a command; not where `after` is NULL */
} hosts[] = {
    {"sudo", NULL, "sudo -k; sudo true", NULL},
    {"su", "other", "su ", " -c true"},
    {"login", "root", "pamtester login ", " authenticate acct_mgmt"},
    {"sshd", "root", "pamtester sshd ", " authenticate acct_mgmt"},
};

#define N_HOSTS ((int)ARRAY_LENGTH(hosts))

static void
run(const char *command)
{
    ck_assert_msg(system(command) == 0, "%s", command);
}

enum kind { IN_PLACE, SECOND, ROLLOUT, ROLLOUT_SECOND };

/* The lines of the manual that take the place of the module's line in an example. */
static char *
rollout_lines(enum kind kind)
{
    char *section = manual_section("man/pam_idinqr.8", "EXAMPLES");
    char *rollout = manual_between(section, ".Ss A gradual rollout\n", "\n.Ss ");

    if (kind == ROLLOUT_SECOND)
        rollout = strstr(rollout, "With a second factor");
    return manual_between(rollout, ".Bd -literal\n", ".Ed");
}

/* The shipped file, for the module that was built. Its password lines come from this machine. */
static void
install_example(const struct desk *desk, const struct host *host, enum kind kind)
{
    char path[400], *example, *text = NULL;
    size_t size = 0, arguments_at = strcspn(desk->module_line, " "),
           line_size = (size_t)(strstr(desk->module_line, " display=") - desk->module_line);
    FILE *out = open_memstream(&text, &size);

    snprintf(path, sizeof path, "%s/conf/pam.d/%s%s", SOURCE_DIR,
             kind == SECOND || kind == ROLLOUT_SECOND ? "second-factor/" : "", host->service);
    example = scratch_read(path);
    if (kind >= ROLLOUT) {
        char *module = strstr(example, "  pam_idinqr.so"), *at = module;
        ck_assert_ptr_nonnull(module);
        while (at[-1] != '\n')
            at--;
        ck_assert_int_eq(strncmp(at, "auth ", 5), 0);
        example = scratch_text("%.*s%s%s", (int)(at - example), example, rollout_lines(kind),
                               strchr(module, '\n'));
    }
    ck_assert_uint_lt(arguments_at, line_size);
    for (char *line = strtok(example, "\n"); line; line = strtok(NULL, "\n")) {
        char *module = line[0] == '#' ? NULL : strstr(line, "pam_idinqr.so");
        if (module)
            fprintf(out, "%.*s%.*s%s\n", (int)(module - line), line, (int)line_size,
                    desk->module_line, module + strlen("pam_idinqr.so"));
        else
            fprintf(out, "%s\n", line);
    }
    ck_assert_int_eq(fclose(out), 0);
    namespace_pam_service(host->service, text);
    free(text);
}

static void
open_desk(struct desk *desk, const struct host *host, enum kind kind)
{
    namespace_enter();
    run("sed -i -E 's#^(alice|bob):\\*:#\\1:" PASSWORD_HASH ":#' /etc/shadow");
    run(kind < ROLLOUT ? "echo idinqr-emergency:x:61009:bob >>/etc/group"
                       : "echo idinqr-emergency:x:61009: >>/etc/group");
    desk_open(desk, enrolled);
    desk_configure(desk, "language = en");
    install_example(desk, host, kind);
}

static struct pty *
enter(const struct host *host, const char *account)
{
    const char *shell = !host->shell                       ? account
                        : strcmp(host->shell, "root") == 0 ? "root"
                        : strcmp(account, "alice") == 0    ? "bob"
                                                           : "alice";
    struct pty *terminal = session_start(shell);
    char command[80];

    snprintf(command, sizeof command, "%s%s%s", host->before, host->after ? account : "",
             host->after ? host->after : "");
    session_type(terminal, command);
    return terminal;
}

static void
type_password(struct pty *terminal, const char *password)
{
    pty_must_show(terminal, "assword", SESSION_WAIT_MS);
    pty_answer(terminal, password, SESSION_WAIT_MS);
    pty_type(terminal, "\r");
}

static void
approve(const struct desk *desk, const struct host *host, struct pty *terminal)
{
    session_approve(desk, terminal, "anna");
    if (strcmp(host->service, "sshd") != 0)
        return;
    session_await_result();
    pty_answer(terminal, "\r", SESSION_WAIT_MS);
}

TEST_CASE("in_place_of_password", .timeout_s = 120);

LOOP_TEST(test_code_in_place_of_password, N_HOSTS)
{
    const struct host *host = &hosts[_i];
    DESK_AUTO desk;

    open_desk(&desk, host, 0);
    TERMINAL_AUTO *terminal = enter(host, "alice");
    approve(&desk, host, terminal);
    ck_assert_int_eq(session_wait_status(terminal), 0);
    session_wait_log("outcome=verified");
    ck_assert(!screen_shows(pty_screen(terminal), "assword"));
}

TEST_CASE("after_password", .timeout_s = 120);

LOOP_TEST(test_code_after_password, N_HOSTS)
{
    const struct host *host = &hosts[_i];
    DESK_AUTO desk;

    open_desk(&desk, host, 1);
    TERMINAL_AUTO *terminal = enter(host, "alice");
    type_password(terminal, "horse");
    approve(&desk, host, terminal);
    ck_assert_int_eq(session_wait_status(terminal), 0);
    session_wait_log("outcome=verified");
}

TEST_CASE("password_alone", .timeout_s = 120);

/* The right password alone opens nothing: no person approves the code. */
LOOP_TEST(test_password_alone, N_HOSTS)
{
    const struct host *host = &hosts[_i];
    DESK_AUTO desk;

    open_desk(&desk, host, 1);
    TERMINAL_AUTO *terminal = enter(host, "alice");
    type_password(terminal, "horse");
    session_scan(terminal);
    pty_type(terminal, TERMINAL_CTRL_C);
    ck_assert_int_ne(session_wait_status(terminal), 0);
}

TEST_CASE("wrong_password", .timeout_s = 120);

/* A wrong password never leads to a code, in either kind of stack. */
LOOP_TEST(test_wrong_password, 2 * N_HOSTS)
{
    const struct host *host = &hosts[_i % N_HOSTS];
    enum kind kind = _i >= N_HOSTS ? SECOND : IN_PLACE;
    DESK_AUTO desk;

    open_desk(&desk, host, kind);
    TERMINAL_AUTO *terminal = enter(host, kind == SECOND ? "alice" : "bob");
    /* Ctrl-C leaves a host that asks again. */
    type_password(terminal, "donkey");
    ck_assert(namespace_wait_log("authentication failure", SESSION_WAIT_MS));
    pty_type(terminal, TERMINAL_CTRL_C);
    ck_assert_int_ne(session_wait_status(terminal), 0);
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 0);
}

TEST_CASE("emergency", .timeout_s = 120);

/* The break-glass way in: a password, and no backend that is there. */
LOOP_TEST(test_emergency, 2 * N_HOSTS)
{
    const struct host *host = &hosts[_i % N_HOSTS];
    DESK_AUTO desk;

    open_desk(&desk, host, _i >= N_HOSTS ? SECOND : IN_PLACE);
    qr_backend_stop(&desk.backend);
    TERMINAL_AUTO *terminal = enter(host, "bob");
    type_password(terminal, "horse");
    ck_assert_int_eq(session_wait_status(terminal), 0);
    char *log = namespace_log();
    ck_assert_msg(!strstr(log, " outcome="), "%s", log);
}

TEST_CASE("rollout", .timeout_s = 120);

/* bob is not enrolled: his password is enough, and the person and the log hear why. */
LOOP_TEST(test_rollout, 2 * N_HOSTS)
{
    const struct host *host = &hosts[_i % N_HOSTS];
    DESK_AUTO desk;

    open_desk(&desk, host, _i >= N_HOSTS ? ROLLOUT_SECOND : ROLLOUT);
    desk_configure(&desk, "password_until = 2999-12-31");
    TERMINAL_AUTO *terminal = enter(host, "bob");
    type_password(terminal, "horse");
    ck_assert_int_eq(session_wait_status(terminal), 0);
    ck_assert_int_eq(session_wait_log("outcome=not-enrolled-yet"), 1);
    ck_assert_int_eq(qr_backend_count(desk.backend, "generate"), 0);
}

/* alice is enrolled: nothing but a verified identity opens. */
LOOP_TEST(test_rollout_of_who_is_enrolled, N_HOSTS)
{
    const struct host *host = &hosts[_i];
    DESK_AUTO desk;

    open_desk(&desk, host, ROLLOUT);
    desk_configure(&desk, "password_until = 2999-12-31");
    TERMINAL_AUTO *terminal = enter(host, "alice");
    session_scan(terminal);
    pty_type(terminal, TERMINAL_CTRL_C);
    ck_assert_int_ne(session_wait_status(terminal), 0);
    ck_assert(!screen_shows(pty_screen(terminal), "assword:"));
}

/* A map that was lost, and made empty, does not say who is enrolled: no password is asked for. */
LOOP_TEST(test_rollout_with_a_lost_map, N_HOSTS)
{
    const struct host *host = &hosts[_i];
    DESK_AUTO desk;

    open_desk(&desk, host, ROLLOUT);
    desk_configure(&desk, "password_until = 2999-12-31");
    scratch_write(qr_backend_setting(desk.backend, "map"), 0600, "");
    TERMINAL_AUTO *terminal = enter(host, "alice");
    ck_assert_int_ne(session_wait_status(terminal), 0);
    ck_assert_int_gt(session_wait_log("idinqr.map: has neither a line nor the fingerprint"), 0);
    ck_assert(!screen_shows(pty_screen(terminal), "assword:"));
}

/* The day has passed: bob is refused, before a password or after it. */
LOOP_TEST(test_rollout_is_over, 2 * N_HOSTS)
{
    const struct host *host = &hosts[_i % N_HOSTS];
    enum kind kind = _i >= N_HOSTS ? ROLLOUT_SECOND : ROLLOUT;
    DESK_AUTO desk;

    open_desk(&desk, host, kind);
    desk_configure(&desk, "password_until = 2020-01-01");
    TERMINAL_AUTO *terminal = enter(host, "bob");
    if (kind == ROLLOUT_SECOND)
        type_password(terminal, "horse");
    ck_assert_int_ne(session_wait_status(terminal), 0);
    ck_assert_int_eq(session_wait_log("outcome=not-enrolled"), 1);
    ck_assert(kind == ROLLOUT_SECOND || !screen_shows(pty_screen(terminal), "assword:"));
}

RUN_TESTS("examples", session_why_not("/usr/bin/pamtester"));
