/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests `idinqr revoke`: the lines that it removes, its question, and changes to the map while it
 * waits for the answer. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/pty.h"
#include "tests/unit/tool_run.h"

#include <stdlib.h>
#include <string.h>

#define WAIT_MS 60000

#define MAP                                                                                        \
    "# people\n"                                                                                   \
    "alice " HASH_A " enrolled=2024-01-02 by=root issuer=TESTNL2A note=\"front desk\"\n"           \
    "bob " HASH_B " expires=2020-01-01\n"                                                          \
    "bob " HASH_A " expires=2999-12-31\n"

static char *conf, *map_path;

static void
enter(void)
{
    char *dir = tool_offline_dir();

    conf = scratch_path(dir, "idinqr.conf");
    map_path = scratch_path(dir, "idinqr.map");
    scratch_write(map_path, 0600, MAP);
}

static void
ck_map(const char *expected)
{
    char *map = scratch_read(map_path);

    ck_assert_str_eq(map, expected);
}

#define WITHOUT_ALICE                                                                              \
    "# people\nbob " HASH_B " expires=2020-01-01\nbob " HASH_A " expires=2999-12-31\n"
#define WITHOUT_B                                                                                  \
    "# people\nalice " HASH_A " enrolled=2024-01-02 by=root issuer=TESTNL2A note=\"front desk\"\n" \
    "bob " HASH_A " expires=2999-12-31\n"
#define WITHOUT_A "# people\nbob " HASH_B " expires=2020-01-01\n"

static const struct {
    const char *whom, *input, *yes;
    int status;
    const char *out, *err, *map;
} revocations[] = {
    {"alice", "", "--yes", 0, "alice  " HASH_A "  front desk\nRevoked: 1.\n", "", WITHOUT_ALICE},
    {"alice", "y\n", NULL, 0, "Take these out of the map? [y/N] Revoked: 1.\n", "", WITHOUT_ALICE},
    {"alice", "yes\n", NULL, 0, "Revoked: 1.\n", "", WITHOUT_ALICE},
    {HASH_A, "", "--yes", 0, "Revoked: 2.\n", "", WITHOUT_A},
    {"alice", "n\n", NULL, 1, "alice  " HASH_A, "idinqr: nothing was changed\n", MAP},
    {"alice", "\n", NULL, 1, "", "idinqr: nothing was changed\n", MAP},
    {"alice", "y", NULL, 1, "", "idinqr: nothing was changed\n", MAP}, /* no whole line */
    {"alice", "", NULL, 1, "", "idinqr: nothing was changed\n", MAP},
    {"alice", "Y\n", NULL, 1, "", "idinqr: nothing was changed\n", MAP},
    {"alice", "yyyyyyyyyyyyyyyyyyyyyyyyy\n", NULL, 1, "", "idinqr: nothing was changed\n", MAP},
    {"carol", "y\n", NULL, 1, "", "idinqr: carol is no account or identity in the map\n", MAP},
    {"ali", "", "--yes", 1, "", "idinqr: ali is no account or identity in the map\n", MAP},
    {"idin1:AAAAAAAA", "", "--yes", 0, "Revoked: 2.\n", "", WITHOUT_A},
    {"idin1:AAAAAAA", "", "--yes", 1, "", "is no account or identity in the map\n", MAP},
    {"AAAAAAAAAAAA", "", "--yes", 1, "", "is no account or identity in the map\n", MAP},
    {"idin1:AAAAAAAAB", "", "--yes", 1, "", "is no account or identity in the map\n", MAP},
    {"--expired", "", "--yes", 0, "bob  " HASH_B "  until 2020-01-01\nRevoked: 1.\n", "",
     WITHOUT_B},
    {"--expired", "n\n", NULL, 1, "bob  " HASH_B, "idinqr: nothing was changed\n", MAP},
};

TEST_CASE("lines", .setup = enter);

LOOP_TEST(what_is_revoked, ARRAY_LENGTH(revocations))
{
    OUTPUT_AUTO output =
        RUN(conf, revocations[_i].input, "revoke", revocations[_i].whom, revocations[_i].yes);

    tool_must_say(&output, revocations[_i].status, revocations[_i].out, revocations[_i].err);
    ck_map(revocations[_i].map);
}

TEST(a_beginning_that_means_two)
{
    scratch_write(map_path, 0600, MAP "carol " HASH_C "\n");
    OUTPUT_AUTO two = RUN(conf, "", "revoke", "--yes", "idin1:AAAAAAAA");
    tool_must_say(&two, 1, "",
                  "idinqr: idin1:AAAAAAAA is the beginning of more than one identity, as " HASH_A
                  " and " HASH_C "\n");
    ck_assert_str_eq(two.out, "");
    ck_map(MAP "carol " HASH_C "\n");
    OUTPUT_AUTO one = RUN(conf, "", "revoke", "--yes", "idin1:AAAAAAAAC");
    tool_must_say(&one, 0, "Revoked: 1.\n", "");
}

/* During a rollout, an account without a line may use a password. */
TEST(a_revocation_during_a_rollout)
{
    scratch_write(conf, 0600, scratch_text("password_until = 2999-12-31\n%s", scratch_read(conf)));
    OUTPUT_AUTO output = RUN(conf, "", "revoke", "--yes", "alice");
    tool_must_say(&output, 0, "Revoked: 1.\n", "idinqr: until 2999-12-31 (password_until), an");
    tool_must_say(&output, 0, "", ": chage -E 0 alice ends that\n");
    ck_map(WITHOUT_ALICE);
    OUTPUT_AUTO timer = RUN(conf, "", "revoke", "--yes", "--expired");
    tool_must_say(&timer, 0, "", "");
    ck_assert_str_eq(timer.out, "");
    OUTPUT_AUTO person = RUN(conf, "y\n", "revoke", "--expired");
    tool_must_say(&person, 0, "No line was removed: until 2999-12-31 (password_until), an", "");
    ck_map(WITHOUT_ALICE);
}

TEST(no_line_has_expired)
{
    scratch_write(map_path, 0600, "bob " HASH_A " expires=2999-12-31\n");
    OUTPUT_AUTO nobody = RUN(conf, "", "revoke", "--yes", "--expired");
    tool_must_say(&nobody, 0, "", "");
    ck_assert_str_eq(nobody.out, "");
    OUTPUT_AUTO person = RUN(conf, "y\n", "revoke", "--expired");
    tool_must_say(&person, 0, "", "");
    ck_assert_str_eq(person.out, "No line has expired.\n");
    ck_map("bob " HASH_A " expires=2999-12-31\n");
}

/* Runs it until it asks about alice. */
static struct pty *
start_asking(void)
{
    const char *const argv[] = {TOOL, "revoke", "--conf", conf, "alice", NULL};
    const struct terminal_options options = {.rows = 25, .columns = 100};
    struct pty *terminal = pty_start(argv, NULL, &options);

    pty_must_show(terminal, "Take these out of the map? [y/N]", WAIT_MS);
    return terminal;
}

TEST_CASE("meanwhile", .setup = enter);

/* The map is not locked while the prompt waits. */
TEST(others_can_change_the_map_meanwhile)
{
    TERMINAL_AUTO *terminal = start_asking();
    OUTPUT_AUTO other = RUN(conf, "", "revoke", "--yes", "--expired");

    tool_must_say(&other, 0, "Revoked: 1.\n", "");
    pty_type(terminal, "y\r");
    pty_must_show(terminal, "Revoked: 1.", WAIT_MS);
    ck_assert_int_eq(pty_wait_exit(terminal, WAIT_MS), 0);
    ck_map("# people\nbob " HASH_A " expires=2999-12-31\n");
}

/* The map after a change that another administrator makes while the prompt waits. */
static const struct {
    const char *map, *says;
} changed[] = {
    {MAP "alice " HASH_B "\n", "another administrator has just changed these lines"},
    {"alice " HASH_A " note=\"back desk\"\n", "another administrator has just changed these lines"},
    {"alice " HASH_A " expires=2999-12-31 note=\"front desk\"\n",
     "another administrator has just changed these lines"},
    {"alice " HASH_C " note=\"front desk\"\n",
     "another administrator has just changed these lines"},
    {"bob " HASH_A "\n", "alice is no account or identity in the map"},
    {"alice\n", "idinqr.map:1: an identity"},
};

LOOP_TEST(only_what_was_shown_is_taken_out, ARRAY_LENGTH(changed))
{
    TERMINAL_AUTO *terminal = start_asking();

    scratch_write(map_path, 0600, changed[_i].map);
    pty_type(terminal, "y\r");
    pty_must_show(terminal, changed[_i].says, WAIT_MS);
    ck_assert_int_ne(pty_wait_exit(terminal, WAIT_MS), 0);
    ck_map(changed[_i].map);
}

RUN_TESTS("tool_revoke", NULL);
