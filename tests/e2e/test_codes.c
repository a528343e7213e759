/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests how real programs treat a code of PAM's, whichever module returns it: how often they call
 * the stack, and the text that a person reads. These are the codes from which the module's was
 * chosen for a login that a person left: the table in pam_idinqr/DECISIONS.md. Needs root
 * (namespace.h). */
#include "pam_idinqr/common/array.h"
#include "tests/harness/login_host.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/ssh_desk.h"

#include <stdlib.h>
#include <string.h>

enum code { AUTH_ERR, MAXTRIES, ABORT, CONV_ERR, CRED_UNAVAIL, N_CODES };

/* As pam_debug.so calls it, and as pam_strerror says it. */
static const struct {
    const char *word, *text;
} codes[N_CODES] = {
    [AUTH_ERR] = {"auth_err", "Authentication failure"},
    [MAXTRIES] = {"maxtries", "Have exhausted maximum number of retries for service"},
    [ABORT] = {"abort", "Critical error - immediate abort"},
    [CONV_ERR] = {"conv_err", "Conversation error"},
    [CRED_UNAVAIL] = {"cred_unavail", "Authentication service cannot retrieve user credentials"},
};

#define PAM_TEXT NULL /* the code's own */

/* In a shell. The calls, and the text before which stands the program's name. */
static const struct program {
    const char *path, *service, *user, *command;
    struct {
        int calls;
        const char *text;
    } of[N_CODES];
} programs[] = {
    {"/usr/bin/sudo",
     "sudo",
     "alice",
     "sudo true",
     {{3, "sudo: 3 incorrect password attempts\n"},
      {3, "sudo: 3 incorrect password attempts\n"},
      {1, PAM_TEXT},
      {1, PAM_TEXT},
      {1, PAM_TEXT}}},
    {"/bin/su",
     "su",
     "bob",
     "su alice -c true",
     {{1, PAM_TEXT}, {1, PAM_TEXT}, {1, PAM_TEXT}, {1, PAM_TEXT}, {1, PAM_TEXT}}},
    {"/usr/bin/pamtester",
     "desk",
     "root",
     "pamtester desk alice authenticate",
     {{1, PAM_TEXT}, {1, PAM_TEXT}, {1, PAM_TEXT}, {1, PAM_TEXT}, {1, PAM_TEXT}}},
};

#define CALLS "/run/calls" /* a line for each call */

/* A stack that counts its calls, and returns this code. */
static void
write_service(const char *service, enum code code)
{
    scratch_write(CALLS, 0666, "");
    scratch_write("/etc/count", 0755, "#!/bin/sh\necho call >>" CALLS "\n");
    ck_assert_int_eq(system("chmod 666 " CALLS), 0);
    namespace_pam_service(service, scratch_text("auth required pam_exec.so quiet /etc/count\n"
                                                "auth required pam_debug.so auth=%s\n",
                                                codes[code].word));
}

static int
n_calls(void)
{
    return session_count(scratch_read(CALLS), "call\n");
}

TEST_CASE("codes", .timeout_s = 90);

LOOP_TEST(a_program_in_a_shell, ARRAY_LENGTH(programs) * N_CODES)
{
    const struct program *program = &programs[_i / N_CODES];
    enum code code = (enum code)(_i % N_CODES);
    const char *text = program->of[code].text;

    namespace_enter();
    write_service(program->service, code);
    struct pty *terminal = session_start(program->user);
    session_type(terminal, program->command);
    ck_assert_int_eq(session_wait_status(terminal), 1);
    ck_assert_int_eq(n_calls(), program->of[code].calls);
    pty_must_show(terminal, text ? text : scratch_text(": %s\n", codes[code].text), 0);
    pty_free(&terminal);
}

/* After each code it calls the stack for root, and stays locked. */
LOOP_TEST(vlock, N_CODES, .why_not = session_why_not("/usr/bin/vlock"))
{
    namespace_enter();
    write_service("vlock", (enum code)_i);
    struct pty *terminal = session_start("alice");
    session_type(terminal, "vlock");
    pty_must_show(terminal, "Please press [ENTER] to unlock.\n", SESSION_WAIT_MS);
    pty_answer(terminal, "\r", SESSION_WAIT_MS);
    pty_must_show(terminal, "root's ", SESSION_WAIT_MS);
    pty_must_show(terminal, "Please press [ENTER] to unlock.\n", SESSION_WAIT_MS);
    ck_assert_int_eq(n_calls(), 2);
    const char *output = pty_output(terminal, &(size_t){0});
    ck_assert_ptr_nonnull(strstr(output, scratch_text("vlock: %s\r\n", codes[_i].text)));
    pty_free(&terminal);
}

/* The client makes three tries, of which the server allows each but after one code. */
LOOP_TEST(sshd, N_CODES, .why_not = ssh_desk_why_not())
{
    SSH_DESK_AUTO desk = {0};

    ssh_desk_open(&desk, &(struct ssh_options){.client = "NumberOfPasswordPrompts 3"});
    write_service("sshd", (enum code)_i);
    ssh_desk_enter(&desk, "LC_ALL=C.UTF-8", "alice");
    ck_assert_int_eq(session_wait_status(desk.terminal), 255);
    ck_assert_int_eq(n_calls(), _i == MAXTRIES ? 1 : 3);
    pty_must_show(desk.terminal, ": Permission denied (", 0);
    ck_assert(!screen_shows(pty_screen(desk.terminal), codes[_i].text));
}

TEST_CASE(NULL, LOGIN_HOSTS);

/* It ends, or asks for a name. */
LOOP_TEST(login, N_CODES)
{
    static const char *const argv[] = {"/bin/login", "alice", NULL};
    static const int ends_shadow[N_CODES] = {[MAXTRIES] = 1, [ABORT] = 1},
                     ends_util_linux[N_CODES] = {0, 1, 1, 1, 1};
    int is_shadow = strcmp(login_host()->name, "shadow") == 0;

    login_host_enter();
    write_service("login", (enum code)_i);
    struct pty *terminal = pty_start(argv, NULL, NULL);
    if ((is_shadow ? ends_shadow : ends_util_linux)[_i])
        ck_assert_int_ge(pty_wait_exit(terminal, SESSION_WAIT_MS), 0);
    else
        pty_must_show(terminal, " login:", SESSION_WAIT_MS);
    ck_assert_int_eq(n_calls(), 1);
    ck_assert(!screen_shows(pty_screen(terminal), codes[_i].text));
    pty_free(&terminal);
}

RUN_TESTS("codes", session_why_not("/usr/bin/sudo"));
