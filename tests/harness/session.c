/* SPDX-License-Identifier: BSD-3-Clause */
/* See session.h. */
#include "tests/harness/session.h"

#include "tests/harness/namespace.h"
#include "tests/harness/phone.h"
#include "tests/harness/processes.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *
session_why_not(const char *program)
{
    static char reason[80];

#ifdef SANITIZER
    return "a module with a sanitizer in it does not load into a program without one";
#endif
    if (!program || access(program, X_OK) == 0)
        return namespace_why_not();
    snprintf(reason, sizeof reason, "there is no %s", strrchr(program, '/') + 1);
    return reason;
}

/* The prompt says how the command before it ended. */
static const char *const environment[] = {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "TERM=xterm-256color",
    "LANG=C.UTF-8",
    "PS1=<$?> ",
    NULL,
};

void
session_pam_service(const struct desk *desk, const char *service, const char *options)
{
    static const char forced[] = " display=half";
    const char *line = desk->module_line, *at = strstr(line, forced);
    char *text;

    ck_assert_ptr_nonnull(at);
    text = scratch_text("auth required %.*s%s %s\naccount required pam_permit.so\n"
                        "session required pam_permit.so\n",
                        (int)(at - line), line, at + strlen(forced), options);
    namespace_pam_service(service, text);
}

void
session_pam_login_desk(const struct desk *desk)
{
    char *text;

    text = scratch_text("auth sufficient %s\n"
                        "auth requisite pam_succeed_if.so quiet user ingroup bob\n"
                        "auth required pam_permit.so\n"
                        "account required pam_permit.so\nsession required pam_permit.so\n",
                        desk->module_line);
    namespace_pam_service("login", text);
}

struct pty *
session_start(const char *user)
{
    return session_start_on(user, 40, 100, SCREEN_LIGHT_ON_DARK);
}

struct pty *
session_start_on(const char *user, int rows, int columns, enum screen_colors colors)
{
    static const char *const argv[] = {"/bin/sh", "-i", NULL};
    const struct terminal_options options = {
        .rows = rows,
        .columns = columns,
        .colors = colors,
        .prepare = namespace_become,
        .prepare_user = (void *)(uintptr_t)user,
    };
    struct pty *terminal = pty_start(argv, environment, &options);

    pty_must_show(terminal, "<0>", SESSION_WAIT_MS);
    return terminal;
}

void
session_type(struct pty *terminal, const char *command)
{
    pty_type(terminal, command);
    pty_must_show(terminal, command, SESSION_WAIT_MS);
    pty_type(terminal, "\r");
}

/* The status in a prompt that is the last thing on the screen. */
static int
has_prompt(struct screen *screen, void *ret_status)
{
    const char *text = screen_text(screen), *last = text;
    int length = 0;

    for (const char *at = text; (at = strchr(at, '\n')) != NULL && at[1] != '\0'; at++)
        last = at + 1;
    return sscanf(last, "<%d>%n", (int *)ret_status, &length) == 1 && length > 0 &&
           strcmp(last + length, "\n") == 0;
}

int
session_wait_status(struct pty *terminal)
{
    int status = -1;

    if (!pty_wait(terminal, has_prompt, &status, SESSION_WAIT_MS))
        ck_abort_msg("no prompt:\n%s", screen_text(pty_screen(terminal)));
    return status;
}

char *
session_scan(struct pty *terminal)
{
    char *link = pty_wait_qr(terminal, SESSION_WAIT_MS);

    ck_assert_msg(link != NULL, "no code:\n%s", screen_text(pty_screen(terminal)));
    return link;
}

static int
is_another_code(struct screen *screen, void *last)
{
    char *link = screen_qr(screen), *const *last_link = last;
    int is_another = link != NULL && (*last_link == NULL || strcmp(link, *last_link) != 0);

    return is_another;
}

void
session_next_code(struct pty *terminal, char **link)
{
    if (!pty_wait(terminal, is_another_code, link, SESSION_WAIT_MS))
        ck_abort_msg("no other code:\n%s", screen_text(pty_screen(terminal)));
    *link = screen_qr(pty_screen(terminal));
}

void
session_approve(const struct desk *desk, struct pty *terminal, const char *person)
{
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(desk->backend), "en");
    char *link = session_scan(terminal);

    ck_assert_msg(phone_approve(phone, link, person) == 200, "%s", phone_problem(phone));
}

void
session_await_result(void)
{
    ck_assert_msg(processes_wait_gone("idinqr-agent", SESSION_WAIT_MS), "the agent still runs");
}

int
session_count(const char *text, const char *part)
{
    int n = 0;

    for (const char *at = text; (at = strstr(at, part)) != NULL; at += strlen(part))
        n++;
    return n;
}

int
session_wait_log(const char *field)
{
    int found = namespace_wait_log(field, SESSION_WAIT_MS);
    char *log = namespace_log();

    ck_assert_msg(found, "not logged: %s\n%s", field, log);
    return namespace_log_count(" outcome=");
}
