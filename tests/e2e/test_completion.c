/* SPDX-License-Identifier: BSD-3-Clause */
/* Completes idinqr(1) in the real bash and zsh, on a terminal. Each shell must offer exactly the
 * commands of `idinqr --help`, and each command's options. Runs as the user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/pty.h"
#include "tests/harness/scratch.h"
#include "tests/unit/manual_text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WAIT_MS 60000

#define IDENTITY_A "idin1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define IDENTITY_B "idin1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"

/* The end of the prompt, and what makes the shell list everything at the first Tab. */
static const struct {
    const char *name;
    const char *argv[8];
    const char *begin;
} shells[] = {
    {"bash",
     {"/bin/bash", "--norc", "--noprofile", "-i", NULL},
     "bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'; "
     "bind 'set enable-bracketed-paste off'; . '" SOURCE_DIR "/conf/completion/idinqr'\r"},
    {"zsh",
     {"/usr/bin/zsh", "-f", "-i", NULL},
     "fpath=('" SOURCE_DIR "/conf/completion' $fpath); autoload -U compinit && compinit -D -u\r"},
};

static const int n_shells = ARRAY_LENGTH(shells);

static struct pty *
start_shell(int shell)
{
    static const char *const environment[] = {
        "PATH=" BUILD_DIR ":/usr/bin:/bin", "TERM=linux", "LANG=C.UTF-8", "PS1=ready> ", NULL,
    };
    const struct terminal_options options = {.rows = 50, .columns = 100};
    struct pty *terminal = pty_start(shells[shell].argv, environment, &options);

    pty_must_show(terminal, "ready>", WAIT_MS);
    pty_type(terminal, shells[shell].begin);
    pty_type(terminal, "clear; echo com''pletes\r");
    pty_must_show(terminal, "completes\nready>", WAIT_MS);
    return terminal;
}

/* What the shell offers behind a line: the names on the screen below it. The mark that is typed
 * then is shown when all of its list has been. */
static struct names
offers(struct pty *terminal, const char *line, const char *keys, const char *pattern)
{
    struct names names;
    char *text;

    pty_type(terminal, line);
    pty_must_show(terminal, line, WAIT_MS);
    pty_type(terminal, keys);
    pty_type(terminal, "=");
    pty_must_show(terminal, "=", WAIT_MS);
    text = manual_between(screen_text(pty_screen(terminal)), line, "\nready>");
    names = names_collect("the shell", text, pattern);
    return names;
}

static const char *
shell_name(int i, const char **ret_why_not)
{
    if (i < n_shells && access(shells[i].argv[0], X_OK) != 0)
        *ret_why_not = "it is not installed";
    return i < n_shells ? shells[i].name : NULL;
}

TEST_CASE(NULL, .variant = shell_name, .timeout_s = 120);

TEST(commands)
{
    struct pty *terminal;
    char *help = manual_output_of("'" BUILD_DIR "/idinqr' --help 2>&1");
    struct names known = names_collect("idinqr --help", help, "^  idinqr ([a-z]+)"), offered;

    terminal = start_shell(runner_variant());
    offered = offers(terminal, "idinqr", " \t", "([a-z]+)");
    names_check_same(&known, &offered);
    pty_free(&terminal);
}

TEST(options_of_each_command)
{
    struct pty *terminal;
    char *help = manual_output_of("'" BUILD_DIR "/idinqr' --help 2>&1");
    struct names known = names_collect("idinqr --help", help, "^  idinqr ([a-z]+)");

    for (size_t i = 0; i < known.n; i++) {
        char begin[80], line[80], *usage;
        struct names options, offered;

        snprintf(begin, sizeof begin, "\n  idinqr %s", known.names[i]);
        usage = manual_between(help, begin, "\n  idinqr ");
        options = names_collect(known.names[i], usage, "(--[a-z-]+)");
        names_add(&options, "--conf");
        terminal = start_shell(runner_variant());
        snprintf(line, sizeof line, "idinqr %s --", known.names[i]);
        /* One option alone is written behind the line at once. */
        offered = offers(terminal, line, "\t", "(--[a-z-]+|^conf)");
        if (options.n == 1)
            ck_assert_str_eq(offered.names[0], "conf");
        else
            names_check_same(&options, &offered);
        pty_free(&terminal);
    }
}

/* revoke offers the accounts of the map, and no others. */
TEST(who_is_enrolled)
{
    const char *dir = scratch_dir("enrolled"), *conf = scratch_path(dir, "idinqr.conf");
    char line[4096 + 40];
    struct names enrolled = {.n = 0}, offered;
    struct pty *terminal;

    scratch_write(scratch_path(dir, "map"), 0600,
                  "alice " IDENTITY_A "\nbob " IDENTITY_B " note=x\n");
    scratch_write(conf, 0600,
                  scratch_text("provider = oidc-device\nmap = %s/map\n[oidc-device]\n"
                               "issuer = https://login.example\nclient_id = x\n"
                               "client_auth = none\n",
                               dir));
    names_add(&enrolled, "alice");
    names_add(&enrolled, "bob");
    terminal = start_shell(runner_variant());
    snprintf(line, sizeof line, "idinqr revoke --conf %s", conf);
    offered = offers(terminal, line, " \t", "(alice|bob|root|idin1)");
    names_check_same(&enrolled, &offered);
    pty_free(&terminal);
}

RUN_TESTS("completion", NULL);
