/* SPDX-License-Identifier: BSD-3-Clause */
/* What `idinqr check` makes of sshd's settings, by a script in sshd's place that prints some, fails
 * or hangs, and of a console's font. tests/e2e/test_check_sshd.c has the real sshd. Needs no
 * rights: the linker puts the script in the place of the installed program, a user in the place of
 * this one, and a console in that of the machine's. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/login/terminal.h"
#include "pam_idinqr/tool/check.h"
#include "pam_idinqr/tool/sshd_settings.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/tool_run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOON_MS = 50, LATE_MS = 60000 };

static const char *installed; /* NULL: sshd is not installed */
static uid_t user;

static struct terminal console;
static char console_name[64]; /* the last one that was opened */

const char *__wrap_sshd_settings_find(void);
void __wrap_terminal_open(struct terminal *terminal, const char *name);
uid_t __wrap_geteuid(void);

const char *
__wrap_sshd_settings_find(void)
{
    return installed;
}

uid_t
__wrap_geteuid(void)
{
    return user;
}

void
__wrap_terminal_open(struct terminal *terminal, const char *name)
{
    *terminal = console;
    snprintf(console_name, sizeof console_name, "%s", name);
}

/* A script with these commands; kept (scratch.h). */
static char *
script(const char *commands)
{
    char *dir = scratch_dir("sshd"), *path = scratch_path(dir, "sshd"), *text;

    text = scratch_text("#!/bin/sh\n%s\n", commands);
    scratch_write(path, 0700, text);
    installed = path;
    return path;
}

/* Makes a script that prints the file `sshd.ACCOUNT` beside it or, if that is missing,
 * `sshd.nobody`. */
static char *
sshd_that_prints(const char *nobody, const char *alice)
{
    char *path = script("[ \"$1 $2\" = '-T -C' ] || exit 9\n"
                        "account=${3#user=} account=${account%%,*}\n"
                        "[ -e \"$0.$account\" ] || account=nobody\n"
                        "exec /bin/cat \"$0.$account\""),
         *name;

    name = scratch_text("%s.nobody", path);
    scratch_write(name, 0600, nobody);
    name = scratch_text("%s.alice", path);
    if (alice)
        scratch_write(name, 0600, alice);
    return path;
}

/* Of a machine whose service sshd uses the module, with 100 seconds for a code. */
static void
look(struct check *check, const char *map)
{
    struct check_service sshd = {.name = "sshd", .timeout_s = 100, .has_timeout = 1};
    struct diag diag;

    ck_assert_int_eq(map_parse(map, strlen(map), "map", &check->map, &diag), 0);
    check->services = &sshd;
    check->n_services = 1;
    check_sshd(check);
    check->services = NULL;
    map_free(&check->map);
}

/* Fails the running test unless these kinds were found, in this order, and `word` is in the first
 * one's text. */
static void
must_find(struct check *check, const char *kinds, const char *word)
{
    char found[400] = "";

    for (size_t i = 0; i < check->findings.n; i++) {
        const struct finding *finding = &check->findings.list[i];
        size_t size = strlen(found);
        snprintf(found + size, sizeof found - size, "%s%s", i > 0 ? " " : "",
                 finding_describe(finding->kind)->name);
        ck_assert_str_eq(finding->subjects, "sshd");
        ck_assert_str_eq(finding->file, finding->kind == FINDING_SSHD_FILE ? installed : "");
    }
    ck_assert_str_eq(found, kinds);
    if (check->findings.n > 0)
        ck_assert_msg(strstr(check->findings.list[0].text, word) != NULL, "%s",
                      check->findings.list[0].text);
    ck_assert_int_eq(check->findings.is_short, 0);
    findings_free(&check->findings);
}

#define SSHD(pam, keyboard, password, methods, grace)                                              \
    "port 22\nusepam " pam "\nkbdinteractiveauthentication " keyboard                              \
    "\n\npasswordauthentication " password                                                         \
    "\npubkeyauthentication yes\nauthenticationmethods " methods "\nlogingracetime " grace "\n"
#define GOOD SSHD("yes", "yes", "no", "keyboard-interactive", "120")

static const struct {
    const char *nobody, *alice; /* what sshd prints; NULL: no Match is for alice */
    const char *kinds, *word;
} settings[] = {
    {GOOD, NULL, "", ""},
    {SSHD("no", "yes", "no", "keyboard-interactive", "120"), NULL, "sshd-pam", "PAM"},
    {SSHD("yes", "no", "no", "keyboard-interactive", "120"), NULL, "sshd-keyboard", "never asks"},
    /* Before 8.7 it has two names, and either can be "no". */
    {GOOD "challengeresponseauthentication no\n", NULL, "sshd-keyboard", "never asks"},
    {"challengeresponseauthentication no\n" GOOD, NULL, "sshd-keyboard", "never asks"},
    {SSHD("yes", "yes", "no", "publickey,password", "120"), NULL, "sshd-methods sshd-key",
     "no method"},
    {SSHD("yes", "yes", "no", "any", "120"), NULL, "sshd-key", "key"},
    {SSHD("yes", "yes", "no", "", "120"), NULL, "sshd-key", "key"},
    {SSHD("yes", "yes", "no", "publickey,keyboard-interactive publickey", "120"), NULL, "sshd-key",
     "key"},
    {SSHD("yes", "yes", "yes", "any", "120"), NULL, "sshd-password sshd-key", "method password"},
    {SSHD("yes", "yes", "yes", "keyboard-interactive", "120"), NULL, "", ""},
    {SSHD("yes", "yes", "no", "keyboard-interactive", "109"), NULL, "sshd-grace",
     "109 seconds, and a code has 100"},
    {SSHD("yes", "yes", "no", "keyboard-interactive", "110"), NULL, "", ""},
    {SSHD("yes", "yes", "no", "keyboard-interactive", "0"), NULL, "", ""},
    /* A Match is for alice. */
    {GOOD, GOOD, "", ""},
    {GOOD, SSHD("yes", "yes", "no", "publickey", "120"), "sshd-match",
     "a Match sets AuthenticationMethods publickey for alice; the other findings"},
    {SSHD("yes", "no", "no", "keyboard-interactive", "120"), GOOD, "sshd-match",
     "KbdInteractiveAuthentication yes for alice;"},
    {SSHD("yes", "no", "no", "publickey", "120"),
     SSHD("yes", "yes", "no", "keyboard-interactive", "120"), "sshd-match sshd-match sshd-key",
     "KbdInteractiveAuthentication yes for alice;"},
    {SSHD("yes", "no", "no", "keyboard-interactive", "120"),
     SSHD("yes", "no", "yes", "keyboard-interactive", "120"), "sshd-match sshd-keyboard",
     "PasswordAuthentication yes for alice;"},
};

static const char *const map = "alice " HASH_A "\nbob " HASH_B "\nalice " HASH_C "\n";

TEST_CASE("answers");

LOOP_TEST(what_sshd_prints, ARRAY_LENGTH(settings))
{
    struct check check = {.root = ""};
    sshd_that_prints(settings[_i].nobody, settings[_i].alice);

    look(&check, map);
    must_find(&check, settings[_i].kinds, settings[_i].word);
}

TEST(accounts_with_the_same_settings)
{
    struct check check = {.root = ""};
    char *sshd = sshd_that_prints(GOOD, SSHD("yes", "yes", "no", "publickey", "120")), *bob;

    bob = scratch_text("%s.bob", sshd);
    scratch_write(bob, 0600, SSHD("yes", "yes", "no", "publickey", "120"));
    look(&check, map);
    must_find(&check, "sshd-match", " for alice, bob;");
}

TEST(an_account_without_a_current_line)
{
    struct check check = {.root = ""};
    sshd_that_prints(GOOD, SSHD("yes", "no", "no", "publickey", "120"));

    look(&check, "alice " HASH_A " expires=2024-01-01\n");
    must_find(&check, "", "");
}

/* sshd is asked about 32. */
TEST(more_accounts_than_it_takes)
{
    struct check check = {.root = ""};
    sshd_that_prints(GOOD, NULL);
    char *lines;
    size_t size;
    FILE *stream = open_memstream(&lines, &size);

    ck_assert_ptr_nonnull(stream);
    for (int i = 0; i < 33; i++)
        fprintf(stream, "user%d " HASH_A "\n", i);
    ck_assert_int_eq(fclose(stream), 0);
    look(&check, lines);
    must_find(&check, "sshd-match", "not asked about every account");
    look(&check, strchr(lines, '\n') + 1);
    must_find(&check, "", "");
    free(lines);
}

/* sshd would take what follows for another attribute of the connection. */
TEST(an_account_with_a_comma)
{
    struct check check = {.root = ""};
    sshd_that_prints(GOOD, SSHD("no", "no", "no", "publickey", "120"));

    look(&check, "alice,x " HASH_A "\n");
    must_find(&check, "sshd-match", "not asked about every account");
}

static const struct {
    const char *commands, *says, *typed; /* NULL: sshd -T */
} failures[] = {
    {"echo 'Missing privilege separation directory: /run/sshd' >&2; exit 255",
     "-T failed: Missing privilege separation directory: /run/sshd", "mkdir -p /run/sshd"},
    {"echo '/etc/ssh/sshd_config: line 3: Bad option: x' >&2; echo more >&2; exit 255",
     "-T failed: /etc/ssh/sshd_config: line 3: Bad option: x"},
    {"printf '\\033[1m\\n' >&2; exit 1", "-T failed: ?[1m"},
    {"exit 1", "-T failed with wait status 0x100"},
    {"kill -9 $$", "-T failed with wait status 0x9"},
    {"exit 0", "-T does not print KbdInteractiveAuthentication"},
    {"echo usage >&2; echo kbdinteractiveauthentication yes",
     "-T does not print PasswordAuthentication"},
};

TEST_CASE("trouble");

LOOP_TEST(an_sshd_that_fails, ARRAY_LENGTH(failures))
{
    struct check check = {.root = ""};
    script(failures[_i].commands);

    look(&check, map);
    ck_assert_uint_eq(check.findings.n, 1);
    ck_assert_str_eq(check.findings.list[0].command,
                     failures[_i].typed ? failures[_i].typed : "sshd -T");
    must_find(&check, "sshd-file", failures[_i].says);
}

/* Nothing is found by halves. */
TEST(an_sshd_that_fails_for_one_account)
{
    struct check check = {.root = ""};
    sshd_that_prints(SSHD("no", "no", "no", "any", "10"), "");

    look(&check, map);
    must_find(&check, "sshd-file", "-T does not print");
}

static int
is_under_valgrind(void)
{
    const char *preloaded = getenv("LD_PRELOAD");

    return preloaded && strstr(preloaded, "vgpreload");
}

TEST(an_sshd_that_cannot_be_started,
     .why_not = is_under_valgrind() ? "posix_spawn reports no failed exec there" : NULL)
{
    struct check check = {.root = ""};
    char *sshd = script("");

    scratch_write(sshd, 0700, "#!/nowhere/sh\n");
    look(&check, map);
    must_find(&check, "sshd-file", "-T: No such file or directory");
}

TEST(an_sshd_that_hangs)
{
    struct sshd_settings answer;
    struct diag diag;
    char *sshd = script("exec /bin/sleep 1000");

    ck_assert_int_eq(sshd_settings_read(sshd, "alice", clock_ms() + SOON_MS, &answer, &diag), -1);
    ck_assert_str_eq(diag.text, "-T: timed out");
    ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
    ck_assert_int_eq(errno, ECHILD);
}

TEST(what_sshd_gets)
{
    struct sshd_settings answer;
    struct diag diag;
    char *sshd =
             script("{ echo \"$*\"; /usr/bin/env; read line && echo \"read $line\"; } >$0.seen\n"
                    "echo kbdinteractiveauthentication yes; echo passwordauthentication no\n"
                    "echo pubkeyauthentication no; echo logingracetime 5"),
         *name, *seen;

    ck_assert_int_eq(setenv("TOPSECRET", "1", 1), 0);
    ck_assert_int_eq(sshd_settings_read(sshd, "alice", clock_ms() + LATE_MS, &answer, &diag), 0);
    ck_assert_str_eq(answer.values[SSHD_USE_PAM], "");
    ck_assert_str_eq(answer.values[SSHD_GRACE], "5");
    name = scratch_text("%s.seen", sshd);
    seen = scratch_read(name);
    ck_assert_ptr_eq(strstr(seen, "-T -C user=alice,host="), seen);
    ck_assert_ptr_null(strstr(seen, "TOPSECRET"));
    ck_assert_ptr_null(strstr(seen, "PATH="));
    ck_assert_ptr_null(strstr(seen, "read "));
}

/* Where the parent has switched it off, it stays so. */
TEST(an_ignored_signal)
{
    struct check check = {.root = ""};
    sshd_that_prints(GOOD, NULL);
    struct sigaction after;
    sigset_t blocked;

    ck_assert(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    look(&check, map);
    must_find(&check, "", "");
    ck_assert_int_eq(sigaction(SIGCHLD, NULL, &after), 0);
    ck_assert(after.sa_handler == SIG_IGN);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, NULL, &blocked), 0);
    ck_assert_int_eq(sigismember(&blocked, SIGCHLD), 0);
}

TEST(nothing_to_ask)
{
    struct check check = {.root = ""};
    script("exit 1");

    check_sshd(&check); /* no service uses the module */
    must_find(&check, "", "");
    user = 1000;
    look(&check, map);
    must_find(&check, "sshd-unseen", "only root");
    installed = NULL;
    look(&check, map);
    must_find(&check, "", "");
}

static const struct {
    const char *service, *root;
    struct terminal console;
    enum config_display display;
    int is_found;
} consoles[] = {
    {"login", "", {.fd = -1, .rows = 25, .is_console = 1}, DISPLAY_AUTO, 0},
    {"login", "", {.fd = -2, .rows = 25, .is_console = 1}, DISPLAY_AUTO, 1},
    {"login", "", {.fd = -2, .rows = 42, .is_console = 1}, DISPLAY_HALF, 1},
    {"login", "", {.fd = -2, .rows = 43, .is_console = 1}, DISPLAY_AUTO, 0},
    {"login", "", {.fd = -2, .rows = 25, .is_console = 1, .has_half_blocks = 1}, DISPLAY_AUTO, 0},
    {"login", "", {.fd = -2, .rows = 25}, DISPLAY_AUTO, 0},
    {"login", "", {.fd = -2, .rows = 25, .is_console = 1}, DISPLAY_URL, 0},
    {"login", "/x", {.fd = -2, .rows = 25, .is_console = 1}, DISPLAY_AUTO, 0},
    {"sudo", "", {.fd = -2, .rows = 25, .is_console = 1}, DISPLAY_AUTO, 0},
};

TEST_CASE("console");

LOOP_TEST(the_font_of_a_console, ARRAY_LENGTH(consoles))
{
    struct config config = {.display = consoles[_i].display};
    struct check_service service = {.timeout_s = 100};
    struct check check = {
        .root = consoles[_i].root, .config = &config, .services = &service, .n_services = 1};

    snprintf(service.name, sizeof service.name, "%s", consoles[_i].service);
    console = consoles[_i].console;
    if (console.fd == -2)
        console.fd = dup(STDERR_FILENO);
    check_console_font(&check);
    ck_assert_uint_eq(check.findings.n, (size_t)consoles[_i].is_found);
    if (consoles[_i].is_found) {
        ck_assert_int_eq(check.findings.list[0].kind, FINDING_CONSOLE_FONT);
        ck_assert_str_eq(check.findings.list[0].file, "/dev/tty1");
        ck_assert_str_eq(console_name, "tty1");
    }
    findings_free(&check.findings);
}

RUN_TESTS("check_applications", NULL);
