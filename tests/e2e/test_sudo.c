/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the real sudo, with the real module in its /etc/pam.d/sudo, on a pseudo-terminal. A
 * third-party decoder reads its screen. Tests every verdict, and the agent's files in /proc while
 * it waits. Needs root, for a private machine (namespace.h). */
#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/session.h"
#include "tests/harness/verdicts.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const enrolled[] = {"--enroll", "alice=anna", "--enroll", "bob=bram", NULL};

/* Starts sudo as alice. Its PAM service asks for no password: the module alone decides. */
static struct pty *
sudo_start_on(const struct desk *desk, const char *const *argv, int rows, int columns)
{
    static char name[] = "alice";
    const struct terminal_options options = {
        .rows = rows, .columns = columns, .prepare = namespace_become, .prepare_user = name};

    session_pam_service(desk, "sudo", "");
    return pty_start(argv, NULL, &options);
}

static struct pty *
sudo_start(const struct desk *desk, const char *const *argv)
{
    return sudo_start_on(desk, argv, 40, 100);
}

static void
act(const struct desk *desk, const struct verdict *verdict, const char *link)
{
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(desk->backend), "en");

    switch (verdict->phone) {
    case PHONE_APPROVES:
        ck_assert_msg(phone_approve(phone, link, verdict->person) == 200, "%s",
                      phone_problem(phone));
        break;
    case PHONE_REFUSES:
        ck_assert_msg(phone_refuse(phone, link, verdict->person) == 200, "%s",
                      phone_problem(phone));
        break;
    default:
        ck_assert_int_gt(phone_open(phone, link), 0);
    }
}

TEST_CASE("verdicts", .timeout_s = 90);

/* sudo asks three times; the second code is left with Ctrl-C. */
LOOP_TEST(test_verdict, verdict_count())
{
    const struct verdict *verdict = verdict_at((size_t)_i);
    const char *arguments[8] = {
        enrolled[0],    enrolled[1], enrolled[2], enrolled[3], verdict->fault ? "--fault" : NULL,
        verdict->fault, NULL};
    const char *const argv[] = {"sudo", "id", "-un", NULL};
    char outcome[80], *link = NULL;
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, arguments);
    TERMINAL_AUTO *terminal = sudo_start(&desk, argv);
    if (verdict->phone != PHONE_AWAY) {
        session_next_code(terminal, &link);
        act(&desk, verdict, link);
    }
    pty_must_show(terminal, verdict->sentence, SESSION_WAIT_MS);
    if (verdict->pam_code != 0 && verdict->phone != PHONE_AWAY) {
        session_next_code(terminal, &link);
        pty_type(terminal, TERMINAL_CTRL_C);
    }
    int status = pty_wait_exit(terminal, SESSION_WAIT_MS);
    ck_assert_int_ge(status, 0);
    size_t output_size;
    const char *output = pty_output(terminal, &output_size);
    snprintf(outcome, sizeof outcome, "outcome=%s session=", verdict->outcome);
    char *log = namespace_log();
    ck_assert_msg(strstr(log, outcome) != NULL, "not %s:\n%s", outcome, log);
    ck_assert_msg((status == 0) == (verdict->pam_code == 0), "%s: exit %d\n%s", verdict->name,
                  status, output);
    ck_assert_msg((strstr(output, "\nroot\r\n") != NULL) == (verdict->pam_code == 0), "%s:\n%s",
                  verdict->name, output);
    ck_assert_msg(strstr(log, "service=sudo account=alice provider=idin-qr duration=") != NULL,
                  "%s", log);
    /* One line for each time that sudo called the module, and no other. */
    ck_assert_int_eq(namespace_log_count("pam_idinqr(sudo:auth)"), namespace_log_count("outcome="));
    desk_must_not_leak(&desk, log);
    desk_must_not_leak(&desk, output);
    ck_assert_msg(!strstr(log, "https://"), "a URL: %s", log);
}

TEST(no_word_is_broken_on_a_narrow_terminal)
{
    const char *const argv[] = {"sudo", "id", "-un", NULL};
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    TERMINAL_AUTO *terminal = sudo_start_on(&desk, argv, 20, 30);
    pty_must_show(terminal, "left (Ctrl-C stops)\n", SESSION_WAIT_MS);
    const char *link = strstr(pty_output(terminal, &(size_t){0}), "https://"); /* in one piece */
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(desk.backend), "en");
    ck_assert_int_eq(
        phone_refuse(phone, scratch_text("%.*s", (int)strcspn(link, "\r"), link), "anna"), 200);
    pty_must_show(terminal,
                  "  You stopped or refused at\nyour bank. Nothing was opened.\n"
                  "Sorry, try again.\n  Press Enter for another\ncode.",
                  SESSION_WAIT_MS);
    pty_free(&terminal);

    desk_close(&desk);
    desk_open(&desk, (const char *const[]){"--enroll", "bob=bram", NULL});
    terminal = sudo_start_on(&desk, argv, 20, 30);
    pty_must_show(terminal,
                  "  Logging in with iDIN is not\nset up for this account. Ask\n"
                  "the administrator.\n",
                  SESSION_WAIT_MS);
}

/* A file of /proc, its zero bytes made visible. */
static char *
proc_read(pid_t pid, const char *name)
{
    char path[64];
    char *text = calloc(1, 65536);
    FILE *stream;

    snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
    stream = fopen(path, "re");
    ck_assert_msg(stream != NULL, "%s", path);
    size_t size = fread(text, 1, 65535, stream);
    fclose(stream);
    for (size_t i = 0; i + 1 < size; i++)
        if (text[i] == '\0')
            text[i] = '|';
    return text;
}

TEST_CASE("process", .timeout_s = 90);

TEST(test_agent_from_outside)
{
    const char *const argv[] = {"sudo", "id", "-un", NULL};
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    TERMINAL_AUTO *terminal = sudo_start(&desk, argv);
    char *link = pty_wait_qr(terminal, SESSION_WAIT_MS);
    ck_assert_ptr_nonnull(link);
    pid_t agent = processes_find_below(pty_pid(terminal), "idinqr-agent");
    ck_assert_int_gt(agent, 0);
    char *arguments = proc_read(agent, "cmdline"), *environment = proc_read(agent, "environ");
    char *status = proc_read(agent, "status");
    ck_assert_str_eq(arguments, "idinqr-agent");
    ck_assert_str_eq(environment, "");
    ck_assert_msg(strstr(status, "\nNoNewPrivs:\t1\n") != NULL, "%s", status);
    unsigned uids[4] = {0}, gids[4] = {0};
    ck_assert_int_eq(
        sscanf(strstr(status, "\nUid:"), "\nUid: %u %u %u %u", uids, uids + 1, uids + 2, uids + 3),
        4);
    ck_assert_int_eq(
        sscanf(strstr(status, "\nGid:"), "\nGid: %u %u %u %u", gids, gids + 1, gids + 2, gids + 3),
        4);
    for (int i = 0; i < 4; i++) {
        ck_assert_msg(uids[i] != 0 && uids[i] != NAMESPACE_ALICE_UID, "uid %u", uids[i]);
        ck_assert_uint_ne(gids[i], 0);
    }
    ck_assert_msg(strstr(status, "\nCapEff:\t0000000000000000\n") &&
                      strstr(status, "\nGroups:\t \n"),
                  "%s", status);
    pty_type(terminal, TERMINAL_CTRL_C);
    pty_must_show(terminal, "Stopped.", SESSION_WAIT_MS);
    ck_assert_int_ne(pty_wait_exit(terminal, SESSION_WAIT_MS), 0);
    /* The agent told the backend, and was gone before sudo was. */
    ck_assert(qr_backend_wait_event(desk.backend, "cancel", 1, SESSION_WAIT_MS));
    ck_assert_msg(kill(agent, 0) != 0, "the agent lives on");
    ck_assert(namespace_wait_log("outcome=cancelled session=", SESSION_WAIT_MS));
    ck_assert_int_eq(namespace_log_count("outcome=cancelled session="), 1);
    free(arguments);
    free(environment);
    free(status);
}

/* Input that the person types while the module waits must not reach the command that sudo runs. */
TEST(test_type_ahead)
{
    const char *const argv[] = {"sudo", "sh", "-c",
                                "echo ready; read -r line; echo \"got <$line>\"", NULL};
    const struct verdict right = {.phone = PHONE_APPROVES, .person = "anna"};
    DESK_AUTO desk;

    namespace_enter();
    desk_open(&desk, enrolled);
    TERMINAL_AUTO *terminal = sudo_start(&desk, argv);
    char *link = pty_wait_qr(terminal, SESSION_WAIT_MS);
    ck_assert_ptr_nonnull(link);
    pty_type(terminal, "not for root\r");
    pty_must_show(terminal, "not for root", SESSION_WAIT_MS); /* the tty has it */
    act(&desk, &right, link);
    pty_must_show(terminal, "ready", SESSION_WAIT_MS);
    pty_type(terminal, "mine\r");
    pty_must_show(terminal, "got <mine>", SESSION_WAIT_MS);
    ck_assert_int_eq(pty_wait_exit(terminal, SESSION_WAIT_MS), 0);
}

RUN_TESTS("sudo", session_why_not("/usr/bin/sudo"));
