/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr enroll and revoke, killed before each of their system calls, and with each of them
 * failing: the map is the old one or the new one, byte for byte, with its mode and owner, and the
 * next run takes away what was left. And several at the same time. On a private machine, with a
 * refused identity, so that enrolling needs no phone. Needs root. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/tool_run.h"
#include "tests/unit/traced_run.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define GROUP 61003

#define OLD     "# people\nbob " HASH_B " note=\"front desk\"\n# more\nroot " HASH_B "\n"
#define REVOKED "# people\n# more\nroot " HASH_B "\n"

static char *dir, *conf, *conf_option, *map_path, *key_path, *refused_path;

static void
enter(void)
{
    namespace_enter();
    dir = tool_offline_dir();
    conf = scratch_path(dir, "idinqr.conf");
    map_path = scratch_path(dir, "idinqr.map");
    key_path = scratch_path(dir, "idinqr.key");
    conf_option = scratch_text("--conf=%s", conf);
    refused_path = scratch_path(dir, "idinqr.refused");
}

static void
leave(void)
{
    free(dir);
}

/* A way to run the tool that changes one file, and what that file then has. */
struct change {
    const char *words[8]; /* of the command line, up to a NULL */
    int status;           /* its exit code when nothing goes wrong */
    int again;            /* and when it has been done already */
    void (*reset)(void);
    int (*is_old)(void);
    int (*is_new)(void);
};

static void
reset_map(void)
{
    if (unlink(refused_path) != 0)
        ck_assert_int_eq(errno, ENOENT);
    tool_refuse(refused_path, 0, "-", HASH_A, "");
    scratch_write(map_path, 0640, OLD);
    ck_assert_int_eq(chown(map_path, 0, GROUP), 0);
}

/* The map, which keeps its mode and its group whatever it says. */
static int
map_says(const char *expected)
{
    char *map = scratch_read(map_path);
    struct stat status;
    int is_it = strcmp(map, expected) == 0;

    ck_assert_int_eq(stat(map_path, &status), 0);
    ck_assert_uint_eq(status.st_mode, S_IFREG | 0640);
    ck_assert_uint_eq(status.st_uid, 0);
    ck_assert_uint_eq(status.st_gid, GROUP);
    return is_it;
}

static int
map_is_old(void)
{
    return map_says(OLD);
}

static int
map_is_revoked(void)
{
    return map_says(REVOKED);
}

/* The line may have any date. Its administrator is `unknown` if a failed call hid the name. */
static int
map_has_alice(void)
{
    static const char *const names[] = {"root", "unknown"};
    static const char line[] =
        "# identities-of: idin-qr localhost\n" OLD "alice " HASH_A " enrolled=";
    char *map = scratch_read(map_path), *expected;
    int is_it = 0;

    for (size_t i = 0; i < 2 && strlen(map) > sizeof line - 1 + 10; i++) {
        expected = scratch_text("%s%.10s by=%s issuer=TESTNL2A note=\"second floor\"\n", line,
                                map + sizeof line - 1, names[i]);
        is_it |= map_says(expected);
    }
    return is_it;
}

static void
reset_key(void)
{
    if (unlink(key_path) != 0)
        ck_assert_int_eq(errno, ENOENT);
}

static int
key_is_not_there(void)
{
    return access(key_path, F_OK) != 0;
}

static int
key_is_whole(void)
{
    char *key;
    struct stat status;
    int is_it;

    if (key_is_not_there())
        return 0;
    key = scratch_read(key_path);
    is_it = strlen(key) == 65 && strspn(key, "0123456789abcdef") == 64 && key[64] == '\n';
    ck_assert_int_eq(stat(key_path, &status), 0);
    ck_assert_uint_eq(status.st_mode, S_IFREG | 0600);
    return is_it;
}

static const struct change changes[] = {
    {{"enroll", "--yes", "--from-refused", "--note", "second floor", "alice"},
     0,
     1,
     reset_map,
     map_is_old,
     map_has_alice},
    {{"revoke", "--yes", "bob"}, 0, 1, reset_map, map_is_old, map_is_revoked},
    /* The first enrollment, as far as the agent that is not there: with a key from then on. */
    {{"enroll", "--yes", "alice"}, 3, 3, reset_key, key_is_not_there, key_is_whole},
};

/* Runs it to its end, after which there is no trace of what went wrong before. */
static void
finish(const struct change *change, const char *what, unsigned n)
{
    static const char *const names[] = {".",
                                        "..",
                                        "idinqr.conf",
                                        "idinqr.key",
                                        "idinqr.map",
                                        "idinqr.map.lock",
                                        "idinqr.refused",
                                        "idinqr.refused.new", /* until a login is refused */
                                        "idinqr.refused.lock"};
    int was_done = change->is_new();
    OUTPUT_AUTO output = tool_run(conf, "", change->words);
    DIR *listing = opendir(dir);

    ck_assert_msg(output.status == (was_done ? change->again : change->status),
                  "after %s at call %u: %d, %s", what, n, output.status, output.err);
    ck_assert_msg(change->is_new(), "after %s at call %u", what, n);
    ck_assert_ptr_nonnull(listing);
    for (const struct dirent *entry; (entry = readdir(listing));) {
        int is_known = 0;
        for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
            is_known |= strcmp(entry->d_name, names[i]) == 0;
        ck_assert_msg(is_known, "after %s at call %u: %s is left", what, n, entry->d_name);
    }
    closedir(listing);
}

static void
full_command(const struct change *change, const char *ret_argv[10])
{
    size_t n = 0;

    ret_argv[n++] = TOOL;
    for (size_t i = 0; change->words[i]; i++)
        ret_argv[n++] = change->words[i];
    ret_argv[n++] = conf_option;
    ret_argv[n] = NULL;
}

/* Returns the number of calls until the program can print its version. These are the dynamic
 * linker's: none of them changes a file, and it does not survive the failure of each. */
static unsigned
n_calls_of_the_linker(void)
{
    static const char *const argv[] = {TOOL, "--version", NULL};
    unsigned n = 0;

    for (struct traced traced; (traced = traced_run(argv, n, TRACED_KILL)).was_stopped; n++)
        if (traced.number == SYS_write)
            return n;
    ck_abort_msg("it writes no version");
}

#define N_CHANGES ((int)ARRAY_LENGTH(changes))

TEST_CASE("killed", .setup = enter, .teardown = leave, .timeout_s = 120);

LOOP_TEST(killed_before_each_call, N_CHANGES)
{
    const struct change *change = &changes[_i];
    const char *argv[10];
    int n_old = 0, n_new = 0;

    full_command(change, argv);
    for (unsigned n = n_calls_of_the_linker();; n++) {
        change->reset();
        struct traced traced = traced_run(argv, n, TRACED_KILL);
        if (!traced.was_stopped) {
            ck_assert_msg(WIFEXITED(traced.status) && WEXITSTATUS(traced.status) == change->status,
                          "status %x", traced.status);
            break;
        }
        ck_assert_msg(WIFSIGNALED(traced.status) && WTERMSIG(traced.status) == SIGKILL, "status %x",
                      traced.status);
        ck_assert_msg(change->is_old() || change->is_new(), "killed at call %u (%lu)", n,
                      traced.number);
        n_old += change->is_old();
        n_new += change->is_new();
        finish(change, "a kill", n);
    }
    /* Kills on both sides of the moment that counts. */
    ck_assert_int_gt(n_old, 20);
    ck_assert_int_gt(n_new, 0);
}

static const int errors[] = {ENOSPC, EINTR};

#define N_ERRORS ((int)ARRAY_LENGTH(errors))

TEST_CASE("fails", .setup = enter, .teardown = leave, .timeout_s = 120);

LOOP_TEST(each_call_fails, (N_CHANGES * N_ERRORS))
{
    const struct change *change = &changes[_i % N_CHANGES];
    int error = errors[_i / N_CHANGES], n_failed = 0;
    const char *argv[10];

    full_command(change, argv);
    for (unsigned n = n_calls_of_the_linker();; n++) {
        change->reset();
        struct traced traced = traced_run(argv, n, error);
        if (!traced.was_stopped)
            break;
        if (traced.number == SYS_exit_group || traced.number == SYS_getuid)
            continue; /* which do not fail */
        ck_assert_msg(WIFEXITED(traced.status), "call %u (%lu), %s: status %x", n, traced.number,
                      strerror(error), traced.status);
        ck_assert_msg(change->is_old() || change->is_new(), "call %u (%lu), %s", n, traced.number,
                      strerror(error));
        ck_assert_msg(WEXITSTATUS(traced.status) != 0 || change->is_new(),
                      "call %u (%lu), %s: it says that it was done", n, traced.number,
                      strerror(error));
        n_failed += WEXITSTATUS(traced.status) != change->status;
        finish(change, strerror(error), n);
    }
    ck_assert_int_gt(n_failed, 0);
}

TEST_CASE("together", .setup = enter, .teardown = leave, .timeout_s = 120);

/* Each administrator changes another account, all at the same time. No new line is lost, and no
 * revoked line returns. */
TEST(administrators_at_the_same_time)
{
    enum { N = 8 };
    char account[N][20], line[300], *text = strdup(""), *more, *map;
    int start[2], status;
    FILE *passwd = fopen("/etc/passwd", "a");

    ck_assert_ptr_nonnull(passwd);
    for (int i = 0; i < N; i++) {
        snprintf(account[i], sizeof account[i], "clerk%d", i);
        tool_refuse(refused_path, 0, account[i], HASH_A, "");
        fprintf(passwd, "%s:x:%d:%d::/:/bin/sh\n", account[i], 62000 + i, 62000 + i);
        /* Every other one is there to be revoked. */
        more = scratch_text("%s%s " HASH_B "\n", text, i % 2 ? account[i] : "# a comment, and not");
        free(text);
        text = more;
    }
    ck_assert_int_eq(fclose(passwd), 0);
    scratch_write(map_path, 0600, text);
    ck_assert_int_eq(pipe(start), 0);
    for (int i = 0; i < N; i++) {
        pid_t pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
            char byte;
            close(start[1]);
            if (!freopen("/dev/null", "w", stdout) || read(start[0], &byte, 1) != 0)
                _exit(126);
            if (i % 2)
                execl(TOOL, TOOL, conf_option, "revoke", "--yes", account[i], (char *)NULL);
            else
                execl(TOOL, TOOL, conf_option, "enroll", "--yes", "--from-refused", account[i],
                      (char *)NULL);
            _exit(127);
        }
    }
    close(start[0]);
    close(start[1]);
    for (int i = 0; i < N; i++) {
        ck_assert_int_gt(wait(&status), 0);
        ck_assert_int_eq(status, 0);
    }
    map = scratch_read(map_path);
    for (int i = 0; i < N; i++) {
        snprintf(line, sizeof line, "%s " HASH_A " enrolled=", account[i]);
        ck_assert_msg((strstr(map, line) != NULL) == (i % 2 == 0), "%s in:\n%s", account[i], map);
    }
    ck_assert_msg(!strstr(map, "\nclerk1 ") && !strstr(map, "\nclerk3 ") &&
                      !strstr(map, "\nclerk5 ") && !strstr(map, "\nclerk7 "),
                  "%s", map);
    free(text);
}

static const char *
why_not(void)
{
#ifdef SANITIZER
    return "a sanitizer's own calls must not fail, and it looks for leaks by ptrace itself";
#endif
    const char *why = namespace_why_not();

    return why ? why : traced_why_not();
}

RUN_TESTS("tool_killed", why_not());
