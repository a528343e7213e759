/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr enroll --from-refused: which of the refused identities it offers, what it asks, and what
 * is then in the map. On a private machine; needs root. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/pty.h"
#include "tests/unit/tool_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 60000

#define HOUR 3600

#define HEAD "# people\nbob " HASH_A "\n"

static char *conf, *map_path, *refused_path;

static void
enter(void)
{
    char *dir;

    namespace_enter();
    dir = tool_offline_dir();
    conf = scratch_path(dir, "idinqr.conf");
    map_path = scratch_path(dir, "idinqr.map");
    refused_path = scratch_path(dir, "idinqr.refused");
}

/* The comment that an enrollment adds. */
#define ORIGIN "# identities-of: idin-qr localhost\n"

static void
ck_map(const char *expected)
{
    char *map = scratch_read(map_path);

    ck_assert_str_eq(map, expected);
}

static void
ck_refused(const char *expected)
{
    char *refused = scratch_read(refused_path);

    ck_assert_msg(strcmp(refused, expected) == 0 || (*expected && strstr(refused, expected)), "%s",
                  refused);
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
    line = scratch_text(ORIGIN "alice " HASH_A " enrolled=%s by=root%s\n", today, rest);
    return line;
}

TEST_CASE("refused", .setup = enter);

TEST(one_who_was_refused)
{
    char *line;

    tool_refuse(refused_path, 0, "-", HASH_A, " uid=0");
    OUTPUT_AUTO no = RUN(conf, "n\n", "enroll", "--from-refused", "alice");
    tool_must_say(&no, 1, HASH_A "\nRefused on 20", "idinqr: nothing was written\n");
    tool_must_say(&no, 1,
                  "  service      login\n  bank         TESTNL2A\n"
                  "  session      0123456789abcdef\n  asked by     root (uid 0)\n",
                  "nothing was written\n");
    ck_assert_int_eq(access(map_path, F_OK), -1);
    ck_refused(HASH_A);
    OUTPUT_AUTO yes = RUN(conf, "y\n", "enroll", "--from-refused", "alice");
    tool_must_say(&yes, 0, "Let this person in as alice? [y/N] Enrolled " HASH_A " for alice.\n",
                  "");
    line = line_of_alice(" issuer=TESTNL2A");
    ck_map(line);
    ck_refused("");
    OUTPUT_AUTO gone = RUN(conf, "", "enroll", "--yes", "--from-refused", "alice");
    tool_must_say(&gone, 1, "",
                  "no identity was refused here in the last 24 hours for alice, with");
    tool_refuse(refused_path, 0, "-", HASH_A, "");
    OUTPUT_AUTO again = RUN(conf, "", "enroll", "--yes", "--from-refused", "alice");
    tool_must_say(&again, 1, "", HASH_A " is enrolled for alice already; --expires DAY changes");
    ck_map(line);
}

/* Under an identity that opens another account, which is said; and by a new day for a line that is
 * there. */
TEST(who_is_enrolled_for_something)
{
    char *line, *expected;

    scratch_write(map_path, 0640, "alice " HASH_A " expires=2020-01-01 note=old\n" HEAD);
    tool_refuse(refused_path, 0, "alice", HASH_A, "");
    OUTPUT_AUTO over = RUN(conf, "y\n", "enroll", "--from-refused", "alice");
    tool_must_say(&over, 1, "", "already, until 2020-01-01, which has passed; --expires DAY");
    OUTPUT_AUTO no = RUN(conf, "n\n", "enroll", "--expires", "2999-12-31", "--from-refused");
    tool_must_say(&no, 1,
                  "already, with last day: 2020-01-01 (passed).\nLast day from now on: "
                  "2999-12-31.\nThis identity also opens the account bob.\n",
                  "nothing was written\n");
    ck_map("alice " HASH_A " expires=2020-01-01 note=old\n" HEAD);
    OUTPUT_AUTO yes = RUN(conf, "y\n", "enroll", "--expires", "2999-12-31", "--from-refused");
    tool_must_say(&yes, 0, "[y/N] Changed " HASH_A " for alice.\n", "");
    line = line_of_alice(" issuer=TESTNL2A expires=2999-12-31 note=old");
    expected = scratch_text("%s%s", line, HEAD);
    ck_map(expected);
}

static const struct {
    const char *sudo_user, *by;
} administrators[] = {{"bob", "bob"}, {"bob smith", "root"}, {"", "root"}, {"x\"", "root"}};

/* The user behind sudo, for the record; but not whatever a variable of the environment says. */
LOOP_TEST(who_enrolled, ARRAY_LENGTH(administrators))
{
    char *map, by[40];

    tool_sudo_user = administrators[_i].sudo_user;
    snprintf(by, sizeof by, " by=%s ", administrators[_i].by);
    tool_refuse(refused_path, 0, "-", HASH_A, "");
    OUTPUT_AUTO enrolled = RUN(conf, "", "enroll", "--yes", "--from-refused", "alice");
    tool_must_say(&enrolled, 0, "Enrolled " HASH_A " for alice.\n", "");
    map = scratch_read(map_path);
    ck_assert_msg(strstr(map, by) != NULL, "%s", map);
}

/* An account that was deleted leaves its lines to the next one of its name. */
TEST(who_else_opens_the_account)
{
    scratch_write(map_path, 0640,
                  "alice " HASH_B " enrolled=2024-01-02 note=\"front desk\"\n"
                  "alice " HASH_C " expires=2020-01-01\nbob " HASH_B "\n");
    tool_refuse(refused_path, 0, "-", HASH_A, "");
    OUTPUT_AUTO no = RUN(conf, "n\n", "enroll", "--from-refused", "alice");
    tool_must_say(&no, 1,
                  "\nThe account alice is also opened by idin1:BBBBBBBBBBBB, enrolled: 2024-01-02, "
                  "note: front desk.\nLet this person in as alice?",
                  "nothing was written\n");
}

/* Runs it, with a new note for alice, until it asks. */
static struct pty *
start_asking(void)
{
    const char *const argv[] = {TOOL,     "enroll", "--conf", conf, "--from-refused",
                                "--note", "new",    "alice",  NULL};
    const struct terminal_options options = {.rows = 40, .columns = 100};
    struct pty *terminal;

    tool_refuse(refused_path, 0, "-", HASH_A, "");
    terminal = pty_start(argv, NULL, &options);
    pty_must_show(terminal, "Let this person in as alice? [y/N]", WAIT_MS);
    return terminal;
}

TEST(another_note)
{
    scratch_write(map_path, 0640, "alice " HASH_A " note=old\n");
    TERMINAL_AUTO *terminal = start_asking();

    pty_must_show(terminal, "Note until now: old\nNote from now on: new\n", WAIT_MS);
    pty_type(terminal, "y\r");
    pty_must_show(terminal, "Changed " HASH_A, WAIT_MS);
    ck_assert_int_eq(pty_wait_exit(terminal, WAIT_MS), 0);
    char *line = line_of_alice(" issuer=TESTNL2A note=new");
    ck_map(line);
}

/* The map after a change that another administrator makes while the prompt waits. */
static const char *const changed[] = {"alice " HASH_A " note=other\n",
                                      "alice " HASH_A " expires=2999-12-31 note=old\n", HEAD};

LOOP_TEST(only_what_was_shown_is_changed, ARRAY_LENGTH(changed))
{
    scratch_write(map_path, 0640, "alice " HASH_A " note=old\n");
    TERMINAL_AUTO *terminal = start_asking();

    scratch_write(map_path, 0640, changed[_i]);
    pty_type(terminal, "y\r");
    pty_must_show(terminal, "another administrator has just changed this line", WAIT_MS);
    ck_assert_int_eq(pty_wait_exit(terminal, WAIT_MS), 1);
    ck_map(changed[_i]);
    ck_refused(HASH_A);
}

/* mallory's own approval of `su alice` is a genuine line about alice. */
static const struct {
    const char *fields;
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

LOOP_TEST(who_asked_for_the_login, ARRAY_LENGTH(askers))
{
    tool_refuse(refused_path, 0, "alice", HASH_A, askers[_i].fields);
    OUTPUT_AUTO asked = RUN(conf, "n\n", "enroll", "--from-refused");
    for (size_t i = 0; i < 2; i++)
        if (askers[_i].says[i])
            tool_must_say(&asked, 1, askers[_i].says[i], "nothing was written\n");
    ck_assert_int_eq(strstr(asked.out, "may be that user's") == NULL, askers[_i].is_enough_for_yes);
    OUTPUT_AUTO sure = RUN(conf, "", "enroll", "--yes", "--from-refused");
    if (askers[_i].is_enough_for_yes)
        tool_must_say(&sure, 0, "Enrolled " HASH_A " for alice.\n", "");
    else
        tool_must_say(&sure, 1, "",
                      "idinqr: a login that another user asked for is not enough for --yes\n");
    ck_assert_int_eq(access(map_path, F_OK), askers[_i].is_enough_for_yes ? 0 : -1);
}

/* What is asked of which line, and what then stands in the map. */
static const struct {
    const char *input, *words[5];
    int status;
    const char *out, *err;
    const char *map; /* how the map begins; NULL: no map was written */
} choices[] = {
    /* Without an account: all, the newest first. */
    {"", {"enroll", "--from-refused", NULL}, 1, "Which one? [1-4] ", "nothing was written", NULL},
    {"0\n", {"enroll", "--from-refused", NULL}, 1, "", "nothing was written", NULL},
    {"5\n", {"enroll", "--from-refused", NULL}, 1, "", "nothing was written", NULL},
    {"2x\n", {"enroll", "--from-refused", NULL}, 1, "", "nothing was written", NULL},
    {"y\n", {"enroll", "--from-refused", NULL}, 1, "", "nothing was written", NULL},
    {"2\ny\n", {"enroll", "--from-refused", NULL}, 0, "", "", "bob " HASH_A},
    {"4\ny\n", {"enroll", "--from-refused", NULL}, 0, "", "", "alice " HASH_B},
    {"2\nn\n", {"enroll", "--from-refused", NULL}, 1, "", "nothing was written", NULL},
    {"3\n",
     {"enroll", "--from-refused", NULL},
     1,
     "",
     "the login with " HASH_C " named no account: enroll --from-refused ACCOUNT",
     NULL},
    /* With one: its own, and those that named none. */
    {"1\ny\n", {"enroll", "--from-refused", "alice", NULL}, 0, "", "", "alice " HASH_A},
    {"2\ny\n", {"enroll", "--from-refused", "alice", NULL}, 0, "[1-3]", "", "alice " HASH_C},
    {"y\n", {"enroll", "--from-refused", "daemon", NULL}, 0, "", "", "daemon " HASH_C},
    /* Nothing is asked, so there must be one. */
    {"",
     {"enroll", "--yes", "--from-refused", NULL},
     1,
     "  4  20",
     "idinqr: --yes takes the only identity, and 4 were refused\n",
     NULL},
    {"1\n", {"enroll", "--yes", "--from-refused", "alice", NULL}, 1, "", "and 3 were", NULL},
    {"", {"enroll", "--yes", "--from-refused", "daemon", NULL}, 0, "", "", "daemon " HASH_C},
};

LOOP_TEST(which_one, ARRAY_LENGTH(choices))
{
    char *map;

    tool_refuse(refused_path, 25 * HOUR, "alice", HASH_B, "");
    tool_refuse(refused_path, 23 * HOUR, "alice", HASH_B, "");
    tool_refuse(refused_path, 2 * HOUR, "-", HASH_C, "");
    tool_refuse(refused_path, HOUR, "bob", HASH_A, "");
    tool_refuse(refused_path, 60, "alice", HASH_A, "");
    OUTPUT_AUTO output = tool_run(conf, choices[_i].input, choices[_i].words);
    tool_must_say(&output, choices[_i].status, choices[_i].out, choices[_i].err);
    ck_assert_int_eq(access(map_path, F_OK), choices[_i].map ? 0 : -1);
    if (choices[_i].map) {
        map = scratch_read(map_path);
        ck_assert_msg(strncmp(map, ORIGIN, strlen(ORIGIN)) == 0 &&
                          strncmp(map + strlen(ORIGIN), choices[_i].map, strlen(choices[_i].map)) ==
                              0,
                      "%s", map);
    }
}

TEST(the_list)
{
    tool_refuse(refused_path, HOUR, "-", HASH_C, "");
    tool_refuse(refused_path, 60, "alice", HASH_A, "");
    OUTPUT_AUTO output = RUN(conf, "", "enroll", "--from-refused");
    tool_must_say(&output, 1, "  1  20", "nothing was");
    tool_must_say(&output, 1, "  idin1:AAAAAAAAAAAA  TESTNL2A     login     alice\n  2  20",
                  "nothing was");
    tool_must_say(&output, 1, "  idin1:AAAAAAAAC---  TESTNL2A     login     -\nWhich one?",
                  "nothing was");
    /* With an account, an identity is listed once, however it was asked for. */
    tool_refuse(refused_path, 30, "-", HASH_A, "");
    OUTPUT_AUTO once = RUN(conf, "", "enroll", "--from-refused", "alice");
    tool_must_say(&once, 1, "Which one? [1-2] ", "nothing was written");
    OUTPUT_AUTO both = RUN(conf, "", "enroll", "--from-refused");
    tool_must_say(&both, 1, "Which one? [1-3] ", "nothing was written");
}

/* No candidate: none at all, one of another account, an old one, one that this configuration knows
 * under another identity. */
static const char *const others[] = {
    "",
    "bob " HASH_A " refused=2999-01-01T00:00:00Z provider=idin-qr scope=localhost\n",
    "alice " HASH_A " refused=2026-01-01T00:00:00Z provider=idin-qr scope=localhost\n",
    "alice " HASH_A " provider=idin-qr scope=localhost\n",
    "alice " HASH_A " refused=2999-01-01T00:00:00Z provider=signicat scope=localhost\n",
    "alice " HASH_A " refused=2999-01-01T00:00:00Z provider=idin-qr scope=elsewhere\n",
    "alice " HASH_A " refused=2999-01-01T00:00:00Z\n",
};

LOOP_TEST(no_candidate, ARRAY_LENGTH(others))
{
    scratch_write(refused_path, 0600, others[_i]);
    OUTPUT_AUTO none = RUN(conf, "y\n", "enroll", "--from-refused", "alice");
    tool_must_say(&none, 1, "",
                  "idinqr: no identity was refused here in the last 24 hours for alice, with the "
                  "provider idin-qr and the scope localhost\n");
    ck_refused(others[_i]);
}

TEST(files_that_do_not_do)
{
    OUTPUT_AUTO none = RUN(conf, "", "enroll", "--from-refused");
    tool_must_say(&none, 1, "",
                  "no identity was refused here in the last 24 hours, with the provider idin-qr");
    scratch_write(refused_path, 0600, "alice " HASH_A);
    OUTPUT_AUTO cut = RUN(conf, "y\n", "enroll", "--from-refused");
    tool_must_say(&cut, 3, "", "idinqr.refused:1: there is no newline at the end of the file\n");
    ck_assert_int_eq(unlink(refused_path), 0);
    tool_refuse(refused_path, 0, "alice", HASH_A, "");
    ck_assert_int_eq(chown(refused_path, NAMESPACE_BOB_UID, 0), 0);
    OUTPUT_AUTO bobs = RUN(conf, "y\n", "enroll", "--from-refused");
    tool_must_say(&bobs, 3, "",
                  "idinqr.refused: belongs to uid 61002, not to root; to mend it: chown root: /");
    ck_assert_int_eq(chown(refused_path, 0, 0), 0);
    /* The account is gone since. */
    ck_assert_int_eq(unlink(refused_path), 0);
    tool_refuse(refused_path, 0, "former", HASH_A, "");
    OUTPUT_AUTO former = RUN(conf, "y\n", "enroll", "--from-refused");
    tool_must_say(&former, 1, "", "idinqr: there is no account former on this machine\n");
    ck_assert_int_eq(access(map_path, F_OK), -1);
}

RUN_TESTS("tool_from_refused", namespace_why_not());
