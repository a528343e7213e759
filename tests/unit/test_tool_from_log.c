/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr enroll --from-log: who was turned away as unknown, as the journal or a file has it, and
 * how far either is believed. With the real journald, on a private machine. Needs root. */
#include "pam_idinqr/tool/attempt_log.h"
#include "tests/harness/journald.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/pty.h"
#include "tests/unit/tool_run.h"

#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NAME "pam_idinqr(login:auth): "
#define UNKNOWN(hash, provider, tty)                                                               \
    NAME "outcome=unknown-identity session=0123456789abcdef service=login provider=" provider      \
         " duration=12.3s tty=" tty " identity=" hash " issuer=TESTNL2A station=\"Balie 3\""

#define WAIT_MS 60000

#define HEAD "# people\nbob " HASH_A "\n"

static char *conf, *map_path;

static void
enter(void)
{
    char *dir;

    namespace_enter();
    dir = tool_offline_dir();
    conf = scratch_path(dir, "idinqr.conf");
    map_path = scratch_path(dir, "idinqr.map");
    free(dir);
}

static void
leave(void)
{
    journal_stop();
    free(map_path);
    free(conf);
}

static void
ck_map(const char *expected)
{
    char *map = scratch_read(map_path);

    ck_assert_str_eq(map, expected);
    free(map);
}

/* The line that is written for alice. */
static char *
line_of_alice(const char *rest)
{
    time_t now = time(NULL);
    struct tm day;
    char today[11], *line;

    ck_assert_ptr_nonnull(gmtime_r(&now, &day));
    ck_assert_uint_eq(strftime(today, sizeof today, "%Y-%m-%d", &day), 10);
    ck_assert_int_gt(asprintf(&line, "alice " HASH_A " enrolled=%s by=root%s\n", today, rest), 0);
    return line;
}

START_TEST(who_was_turned_away)
{
    char *line;

    journal_start();
    journal_write(0, UNKNOWN(HASH_A, "idin-qr", "tty2"));
    OUTPUT_AUTO no = RUN(conf, "n\n", "enroll", "--from-log", "idin1:AAAAAAAA", "alice");
    tool_must_say(&no, 1, HASH_A "\nTurned away as unknown on 20", "idinqr: nothing was written\n");
    tool_must_say(&no, 1, "  service      login\n  terminal     tty2\n  station      Balie 3\n",
                  "nothing was written\n");
    ck_assert_ptr_null(strstr(no.out, "Anybody"));
    ck_assert_int_eq(access(map_path, F_OK), -1);
    OUTPUT_AUTO yes = RUN(conf, "y\n", "enroll", "--from-log", HASH_A, "alice");
    tool_must_say(&yes, 0, "Let this person in as alice? [y/N] Enrolled " HASH_A " for alice.\n",
                  "");
    line = line_of_alice(" issuer=TESTNL2A");
    ck_map(line);
    OUTPUT_AUTO again = RUN(conf, "", "enroll", "--yes", "--from-log", HASH_A, "alice");
    tool_must_say(&again, 1, "", HASH_A " is enrolled for alice already; --expires DAY changes");
    ck_map(line);
    free(line);
}
END_TEST

/* Under an identity that opens another account, which is said; and by a new day for a line that is
 * there. */
START_TEST(who_is_enrolled_for_something)
{
    char *line, *expected;

    scratch_write(map_path, 0640, "alice " HASH_A " expires=2020-01-01 note=old\n" HEAD);
    journal_start();
    journal_write(0, UNKNOWN(HASH_A, "idin-qr", "tty2"));
    OUTPUT_AUTO over = RUN(conf, "y\n", "enroll", "--from-log", HASH_A, "alice");
    tool_must_say(&over, 1, "", "already, until 2020-01-01, which has passed; --expires DAY");
    OUTPUT_AUTO no =
        RUN(conf, "n\n", "enroll", "--expires", "2999-12-31", "--from-log", HASH_A, "alice");
    tool_must_say(&no, 1,
                  "already, with last day: 2020-01-01 (passed).\nLast day from now on: "
                  "2999-12-31.\nThis identity also opens the account bob.\n",
                  "nothing was written\n");
    ck_map("alice " HASH_A " expires=2020-01-01 note=old\n" HEAD);
    OUTPUT_AUTO yes =
        RUN(conf, "y\n", "enroll", "--expires", "2999-12-31", "--from-log", HASH_A, "alice");
    tool_must_say(&yes, 0, "[y/N] Changed " HASH_A " for alice.\n", "");
    line = line_of_alice(" issuer=TESTNL2A expires=2999-12-31 note=old");
    ck_assert_int_gt(asprintf(&expected, "%s%s", line, HEAD), 0);
    ck_map(expected);
    free(expected);
    free(line);
}
END_TEST

static const struct {
    const char *sudo_user, *by;
} administrators[] = {{"bob", "bob"}, {"bob smith", "root"}, {"", "root"}, {"x\"", "root"}};

/* The user behind sudo, for the record; but not whatever a variable of the environment says. */
START_TEST(who_enrolled)
{
    char *map, by[40];

    tool_sudo_user = administrators[_i].sudo_user;
    snprintf(by, sizeof by, " by=%s ", administrators[_i].by);
    journal_start();
    journal_write(0, UNKNOWN(HASH_A, "idin-qr", "tty2"));
    OUTPUT_AUTO enrolled = RUN(conf, "", "enroll", "--yes", "--from-log", HASH_A, "alice");
    tool_must_say(&enrolled, 0, "Enrolled " HASH_A " for alice.\n", "");
    map = scratch_read(map_path);
    ck_assert_msg(strstr(map, by) != NULL, "%s", map);
    free(map);
}
END_TEST

/* An account that was deleted leaves its lines to the next one of its name. */
START_TEST(who_else_opens_the_account)
{
    scratch_write(map_path, 0640,
                  "alice " HASH_B " enrolled=2024-01-02 note=\"front desk\"\n"
                  "alice " HASH_C " expires=2020-01-01\nbob " HASH_B "\n");
    journal_start();
    journal_write(0, UNKNOWN(HASH_A, "idin-qr", "tty2"));
    OUTPUT_AUTO no = RUN(conf, "n\n", "enroll", "--from-log", HASH_A, "alice");
    tool_must_say(&no, 1,
                  "\nThe account alice is also opened by idin1:BBBBBBBBBBBB, enrolled: 2024-01-02, "
                  "note: front desk.\nLet this person in as alice?",
                  "nothing was written\n");
}
END_TEST

/* Runs it, with a new note for alice, until it asks. */
static struct pty *
start_asking(const char *log_line)
{
    const char *const argv[] = {TOOL,   "enroll", "--conf", conf,    "--from-log",
                                HASH_A, "--note", "new",    "alice", NULL};
    const struct terminal_options options = {.rows = 40, .columns = 100};
    struct pty *terminal;

    journal_start();
    journal_write(0, log_line);
    terminal = pty_start(argv, NULL, &options);
    pty_must_show(terminal, "Let this person in as alice? [y/N]", WAIT_MS);
    return terminal;
}

START_TEST(another_note)
{
    scratch_write(map_path, 0640, "alice " HASH_A " note=old\n");
    TERMINAL_AUTO *terminal = start_asking(UNKNOWN(HASH_A, "idin-qr", "tty2"));

    pty_must_show(terminal, "Note until now: old\nNote from now on: new\n", WAIT_MS);
    pty_type(terminal, "y\r");
    pty_must_show(terminal, "Changed " HASH_A, WAIT_MS);
    ck_assert_int_eq(pty_wait_exit(terminal, WAIT_MS), 0);
    char *line = line_of_alice(" issuer=TESTNL2A note=new");
    ck_map(line);
    free(line);
}
END_TEST

/* What becomes of alice's line while somebody is asked about it. */
static const char *const changed[] = {"alice " HASH_A " note=other\n",
                                      "alice " HASH_A " expires=2999-12-31 note=old\n", HEAD};

START_TEST(only_what_was_shown_is_changed)
{
    scratch_write(map_path, 0640, "alice " HASH_A " note=old\n");
    TERMINAL_AUTO *terminal = start_asking(UNKNOWN(HASH_A, "idin-qr", "tty2"));

    scratch_write(map_path, 0640, changed[_i]);
    pty_type(terminal, "y\r");
    pty_must_show(terminal, "somebody else has just changed this line", WAIT_MS);
    ck_assert_int_eq(pty_wait_exit(terminal, WAIT_MS), 1);
    ck_map(changed[_i]);
}
END_TEST

/* A line that a user of this machine wrote is a lead, and no evidence. */
START_TEST(what_anybody_could_have_written)
{
    journal_start();
    journal_write(NAMESPACE_BOB_UID, UNKNOWN(HASH_A, "idin-qr", "tty9"));
    OUTPUT_AUTO sure = RUN(conf, "", "enroll", "--yes", "--from-log", HASH_A, "alice");
    tool_must_say(&sure, 1, "Anybody on this machine could have written this into the log.\n",
                  "idinqr: what anybody could have written is not enough for --yes\n");
    OUTPUT_AUTO asked = RUN(conf, "", "enroll", "--from-log", HASH_A, "alice");
    tool_must_say(&asked, 1, "Anybody on this machine", "nothing was written\n");
    ck_assert_int_eq(access(map_path, F_OK), -1);

    /* Nor can it hide what root wrote. */
    journal_write(0, UNKNOWN(HASH_A, "idin-qr", "tty2"));
    journal_write(NAMESPACE_BOB_UID, UNKNOWN(HASH_A, "signicat", "tty9"));
    OUTPUT_AUTO roots = RUN(conf, "", "enroll", "--yes", "--from-log", HASH_A, "alice");
    tool_must_say(&roots, 0, "  terminal     tty2\n", "");
    ck_assert_ptr_null(strstr(roots.out, "Anybody"));
}
END_TEST

/* mallory's own approval of `su alice` is a genuine line about alice. */
static const struct {
    const char *fields; /* of the line, by root */
    const char *says[2];
    int is_enough_for_yes;
} askers[] = {
    {" uid=0", {"  asked by     root (uid 0)\n", NULL}, 1},
    {" uid=61001", {"  asked by     alice (uid 61001)\n", NULL}, 1},
    {" uid=61001 loginuid=61001", {"  session of   alice (uid 61001)\n", NULL}, 1},
    {" uid=61002",
     {"  asked by     bob (uid 61002)\n", "\nbob (uid 61002) asked for this login, and is not "
                                          "alice. The identity may be that user's.\n"},
     0},
    {" uid=0 loginuid=61002",
     {"  session of   bob (uid 61002)\n",
      "\nbob (uid 61002) is logged in where this login was asked for, and is not alice"},
     0},
    {" uid=61999",
     {"  asked by     uid 61999\n", "\nuid 61999 asked for this login, and is not alice"},
     0},
};

START_TEST(who_asked_for_the_login)
{
    char *line;

    ck_assert_int_gt(asprintf(&line, "%s%s", UNKNOWN(HASH_A, "idin-qr", "tty2"), askers[_i].fields),
                     0);
    journal_start();
    journal_write(0, line);
    OUTPUT_AUTO asked = RUN(conf, "n\n", "enroll", "--from-log", HASH_A, "alice");
    for (size_t i = 0; i < 2; i++)
        if (askers[_i].says[i])
            tool_must_say(&asked, 1, askers[_i].says[i], "nothing was written\n");
    ck_assert_int_eq(strstr(asked.out, "may be that user's") == NULL, askers[_i].is_enough_for_yes);
    OUTPUT_AUTO sure = RUN(conf, "", "enroll", "--yes", "--from-log", HASH_A, "alice");
    if (askers[_i].is_enough_for_yes)
        tool_must_say(&sure, 0, "Enrolled " HASH_A " for alice.\n", "");
    else
        tool_must_say(&sure, 1, "",
                      "idinqr: a login that another user asked for is not enough for --yes\n");
    ck_assert_int_eq(access(map_path, F_OK), askers[_i].is_enough_for_yes ? 0 : -1);
    free(line);
}
END_TEST

START_TEST(who_is_not_found)
{
    journal_start();
    journal_write(0, NAME "outcome=verified service=login provider=idin-qr identity=" HASH_A);
    journal_write(0, NAME "outcome=wrong-person service=login provider=idin-qr identity=" HASH_A);
    journal_write(0, "say: " UNKNOWN(HASH_A, "idin-qr", "tty2"));
    OUTPUT_AUTO none = RUN(conf, "y\n", "enroll", "--from-log", HASH_A, "alice");
    tool_must_say(&none, 1, "",
                  "idinqr: no identity that begins with " HASH_A
                  " was turned away as unknown here in the last 24 hours\n");
    journal_write(0, UNKNOWN(HASH_A, "signicat", "tty2"));
    OUTPUT_AUTO other = RUN(conf, "y\n", "enroll", "--from-log", HASH_A, "alice");
    tool_must_say(&other, 1, "",
                  "idinqr: " HASH_A " was verified by the provider signicat; with idin-qr, ");
    journal_write(0, UNKNOWN(HASH_C, "idin-qr", "tty2"));
    OUTPUT_AUTO two = RUN(conf, "y\n", "enroll", "--from-log", "idin1:AAAAAAAA", "alice");
    tool_must_say(&two, 1, "",
                  "idinqr: idin1:AAAAAAAA is the beginning of more than one identity, as " HASH_C
                  " and " HASH_A "\n");
    OUTPUT_AUTO one = RUN(conf, "y\n", "enroll", "--from-log", "idin1:AAAAAAAAC", "alice");
    tool_must_say(&one, 0, "Enrolled " HASH_C, "");
}
END_TEST

/* A line of a file, so many hours ago. */
static void
write_file(const char *path, int hours_ago, const char *text)
{
    time_t when = time(NULL) - hours_ago * 3600;
    struct tm day;
    char stamp[40], *line;

    ck_assert_ptr_nonnull(gmtime_r(&when, &day));
    ck_assert_uint_gt(strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S.123456+00:00", &day), 0);
    ck_assert_int_gt(asprintf(&line, "%s balie login[12]: %s\n", stamp, text), 0);
    scratch_write(path, 0640, line);
    free(line);
}

START_TEST(a_machine_without_a_journal)
{
    static const char *const paths[] = {"/var/log/auth.log.1", "/var/log/auth.log",
                                        "/var/log/secure"};

    OUTPUT_AUTO none = RUN(conf, "y\n", "enroll", "--from-log", HASH_A, "alice");
    tool_must_say(&none, 3, "",
                  "idinqr: this machine has neither a journal nor a /var/log/auth.log\n");
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        write_file(paths[i], 25, UNKNOWN(HASH_A, "idin-qr", "tty2"));
        OUTPUT_AUTO late = RUN(conf, "y\n", "enroll", "--from-log", HASH_A, "alice");
        tool_must_say(&late, 1, "", "was turned away as unknown here in the last 24 hours\n");
        write_file(paths[i], 23, UNKNOWN(HASH_A, "idin-qr", "tty2"));
        OUTPUT_AUTO found = RUN(conf, "n\n", "enroll", "--from-log", HASH_A, "alice");
        tool_must_say(&found, 1, "Anybody on this machine could have written this", "nothing was");
        ck_assert_int_eq(unlink(paths[i]), 0);
    }
    ck_assert_int_eq(mkfifo(paths[1], 0600), 0);
    OUTPUT_AUTO fifo = RUN(conf, "y\n", "enroll", "--from-log", HASH_A, "alice");
    tool_must_say(&fifo, 3, "", "idinqr: /var/log/auth.log: is not a regular file\n");
}
END_TEST

/* More lines than are kept: the last ones are. */
START_TEST(a_long_log)
{
    ATTEMPT_LOG_AUTO *log = NULL;
    struct diag diag = {.text = ""};
    FILE *file = fopen("/var/log/auth.log", "w");

    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 3 * ATTEMPT_LOG_MOST; i++)
        fprintf(file, "2026-11-22T16:00:00Z balie login[1]: " NAME "outcome=refused session=%d\n",
                i);
    fprintf(file, "2026-11-22T16:00:00Z balie login[1]: " NAME "outcome=refused detail=\"");
    for (int i = 0; i < 100000; i++)
        fputc('x', file);
    fprintf(file, "\"\n2026-11-22T16:00:00Z balie login[1]: " NAME "outcome=refused session=cut");
    ck_assert_int_eq(fclose(file), 0);
    if (attempt_log_read(0, &log, &diag) != 0)
        ck_abort_msg("%s", diag.text);
    ck_assert_uint_eq(attempt_log_count(log), ATTEMPT_LOG_MOST);
    ck_assert_str_eq(attempt_log_at(log, 0)->session, "20000");
    ck_assert_str_eq(attempt_log_at(log, ATTEMPT_LOG_MOST - 1)->session, "29999");
}
END_TEST

/* Lines that a user wrote: so many that all that is kept could be these. */
static void
flood(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX,
                                  .sun_path = "/run/systemd/journal/dev-log"};
    int status, log = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        static const char line[] = "<85>x[1]: " NAME "outcome=refused";
        int n = 0;
        if (setresuid(NAMESPACE_BOB_UID, NAMESPACE_BOB_UID, NAMESPACE_BOB_UID) != 0)
            _exit(1);
        while (n <= 2 * ATTEMPT_LOG_MOST && sendto(log, line, sizeof line - 1, 0,
                                                   (struct sockaddr *)&address, sizeof address) > 0)
            n++;
        _exit(n <= 2 * ATTEMPT_LOG_MOST);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    close(log);
}

START_TEST(a_user_does_not_push_out_what_root_wrote)
{
    ATTEMPT_LOG_AUTO *log = NULL;
    struct diag diag = {.text = ""};

    scratch_write("/etc/systemd/journald.conf", 0644,
                  "[Journal]\nRateLimitIntervalSec=0\nRateLimitBurst=0\n");
    journal_start();
    journal_write(0, UNKNOWN(HASH_A, "idin-qr", "tty2"));
    flood();
    journal_write(0, NAME "outcome=refused session=last");
    if (attempt_log_read(0, &log, &diag) != 0)
        ck_abort_msg("%s", diag.text);
    ck_assert_uint_eq(attempt_log_count(log), ATTEMPT_LOG_MOST);
    ck_assert_str_eq(attempt_log_at(log, 0)->identity, HASH_A);
    ck_assert_str_eq(attempt_log_at(log, ATTEMPT_LOG_MOST - 1)->session, "last");
    for (size_t i = 1; i < ATTEMPT_LOG_MOST - 1; i++)
        ck_assert_int_eq(attempt_log_at(log, i)->is_roots, 0);
    OUTPUT_AUTO found = RUN(conf, "", "enroll", "--yes", "--from-log", HASH_A, "alice");
    tool_must_say(&found, 0, "Enrolled " HASH_A " for alice.\n", "");
}
END_TEST

/* Who may not read the journal is not told that it is empty. */
START_TEST(a_journal_that_may_not_be_read)
{
    ATTEMPT_LOG_AUTO *log = NULL;
    struct diag diag = {.text = ""};
    int status;
    pid_t pid;

    journal_start();
    journal_write(0, UNKNOWN(HASH_A, "idin-qr", "tty2"));
    ck_assert_int_eq(attempt_log_read(0, &log, &diag), 0);
    ck_assert_uint_eq(attempt_log_count(log), 1);
    ck_assert_int_eq(attempt_log_at(log, 0)->is_roots, 1);
    attempt_log_free(&log);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        _exit(setgroups(0, NULL) == 0 && setgid(NAMESPACE_BOB_UID) == 0 &&
                      setuid(NAMESPACE_BOB_UID) == 0 && attempt_log_read(0, &log, &diag) < 0 &&
                      strstr(diag.text, "system.journal: Permission denied; root and the groups")
                  ? 0
                  : 1);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}
END_TEST

static Suite *
suite(void)
{
    Suite *suite = suite_create("tool_from_log");
    TCase *all = tcase_create("log");

    tcase_add_checked_fixture(all, enter, leave);
    tcase_add_test(all, who_was_turned_away);
    tcase_add_test(all, who_is_enrolled_for_something);
    tcase_add_loop_test(all, who_enrolled, 0,
                        (int)(sizeof administrators / sizeof administrators[0]));
    tcase_add_test(all, who_else_opens_the_account);
    tcase_add_test(all, another_note);
    tcase_add_loop_test(all, only_what_was_shown_is_changed, 0,
                        (int)(sizeof changed / sizeof changed[0]));
    tcase_add_test(all, what_anybody_could_have_written);
    tcase_add_loop_test(all, who_asked_for_the_login, 0, (int)(sizeof askers / sizeof askers[0]));
    tcase_add_test(all, who_is_not_found);
    tcase_add_test(all, a_machine_without_a_journal);
    tcase_add_test(all, a_long_log);
    tcase_add_test(all, a_user_does_not_push_out_what_root_wrote);
    tcase_add_test(all, a_journal_that_may_not_be_read);
    suite_add_tcase(suite, all);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "tool_from_log", suite, journal_why_not);
}
