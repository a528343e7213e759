/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) as an administrator runs it: its command line and exit codes, what it says and where,
 * and the commands that need neither an agent nor a network. */
#include <build.h>

#include "pam_idinqr/common/array.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/pty.h"
#include "tests/unit/tool_run.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAIT_MS 60000

static const struct {
    const char *words[6];
    int status;
    const char *out, *err;
} commands[] = {
    {{NULL}, 2, "", "usage: idinqr COMMAND"},
    {{"--help"}, 0, "usage: idinqr COMMAND", ""},
    {{"list", "--help"}, 0, "usage: idinqr COMMAND", ""},
    {{"--version"}, 0, "idinqr " PACKAGE_VERSION "\n", ""},
    {{"--wrong"}, 2, "", "usage: idinqr COMMAND"},
    {{"list", "--conf"}, 2, "", "usage: idinqr COMMAND"},
    {{"--wrong", "list"}, 2, "", "usage: idinqr COMMAND"},
    {{"-h"}, 0, "usage: idinqr COMMAND", ""},
    {{"wrong"}, 2, "", "idinqr: there is no command wrong; idinqr --help lists them\n"},
    {{"List"}, 2, "", "idinqr: there is no command List; there is list\n"},
    {{"enrol", "alice"}, 2, "", "idinqr: there is no command enrol; there is enroll\n"},
    {{"chevk"}, 2, "", "idinqr: there is no command chevk; there is check\n"},
    {{"help"}, 2, "", "idinqr: there is no command help; idinqr --help lists them\n"},
    {{"list", "alice"}, 2, "", "idinqr: list takes no argument\n"},
    {{"enroll"}, 2, "", "idinqr: enroll takes one ACCOUNT\n"},
    {{"enroll", "alice", "bob"}, 2, "", "idinqr: enroll takes one ACCOUNT\n"},
    {{"enroll", "two words"}, 2, "", "idinqr: two words cannot be the name of an account\n"},
    {{"enroll", "#alice"}, 2, "", "cannot be the name of an account\n"},
    {{"enroll", ""}, 2, "", "cannot be the name of an account\n"},
    {{"enroll", "--note", "a \"b\"", "root"},
     2,
     "",
     "idinqr: a note is one line of text without a quotation mark\n"},
    {{"enroll", "--note", "a\nb", "root"}, 2, "", "idinqr: a note is one line"},
    {{"enroll", "--note", "\033[2J", "root"}, 2, "", "idinqr: a note is one line"},
    {{"enroll", "--note", "\xFF", "root"}, 2, "", "idinqr: a note is one line"},
    {{"enroll", "--expires", "tomorrow", "root"}, 2, "", "idinqr: --expires takes a day, as "},
    {{"enroll", "--expires", "", "root"}, 2, "", "idinqr: --expires takes a day, as "},
    {{"enroll", "--expires", "2999-1-1", "root"}, 2, "", "idinqr: --expires takes a day, as "},
    {{"enroll", "--expires", "2999-13-01", "root"}, 2, "", "idinqr: --expires takes a day, as "},
    {{"enroll", "--expires", "2999-02-29", "root"}, 2, "", "idinqr: --expires takes a day, as "},
    {{"enroll", "--expires", "2026-01-31", "root"},
     2,
     "",
     "idinqr: --expires takes a day to come; 2026-01-31 has passed\n"},
    {{"enroll", "--from-refused", "a", "b"}, 2, "", "idinqr: enroll takes one ACCOUNT\n"},
    {{"enroll", "--from-refused", "#alice"}, 2, "", "cannot be the name of an account\n"},
    {{"enroll", "--from-refused", "no-such-account"}, 1, "", "idinqr: there is no account no-such"},
    {{"list", "--from-refused"}, 2, "", "idinqr: list takes no option --from-refused\n"},
    {{"enroll", "--from-log", HASH_A, "root"},
     2,
     "",
     "idinqr: there is no --from-log any more: idinqr enroll --from-refused lists the refused"},
    {{"log"}, 2, "", "idinqr: there is no idinqr log any more: journalctl --grep 'pam_idinqr.*out"},
    {{"log", "--number", "5"}, 2, "", "idinqr: there is no idinqr log any more: journalctl"},
    {{"list", "--number", "5"}, 2, "", "idinqr: list takes no option --number\n"},
    {{"enroll", "no-such-account"}, 1, "", "idinqr: there is no account no-such-account"},
    {{"revoke"}, 2, "", "idinqr: revoke takes one ACCOUNT or IDENTITY, or --expired\n"},
    {{"revoke", "a", "b"}, 2, "", "idinqr: revoke takes one ACCOUNT or IDENTITY, or --expired\n"},
    {{"revoke", "--expired", "a"}, 2, "", "idinqr: revoke takes one ACCOUNT or IDENTITY, or"},
    {{"test", "a", "b"}, 2, "", "idinqr: test takes one ACCOUNT at the most\n"},
    {{"show", "a", "b"}, 2, "", "idinqr: show takes one LINK at the most\n"},
    {{"show", "http://qr.example/"}, 2, "", "idinqr: show takes an https:// link of at most 1024"},
    {{"list", "--conf", "/nowhere/x.conf"}, 3, "", "idinqr: /nowhere: No such file or directory\n"},
    {{"list", "--conf", "x.conf"}, 3, "", "idinqr: x.conf: is not an absolute path\n"},
};

TEST_CASE("offline");

LOOP_TEST(a_command_line_is_understood_or_explained, ARRAY_LENGTH(commands))
{
    OUTPUT_AUTO output = tool_run(NULL, "", commands[_i].words);

    tool_must_say(&output, commands[_i].status, commands[_i].out, commands[_i].err);
}

#define MAP                                                                                        \
    "# people\n"                                                                                   \
    "alice " HASH_A " enrolled=2024-01-02 by=root issuer=TESTNL2A note=\"front desk\"\n"           \
    "bob " HASH_B " expires=2020-01-01\n"                                                          \
    "bob " HASH_A " expires=2999-12-31\n"

/* A configuration, with a map of this text when it is not NULL. */
static char *
offline(const char *map, char **ret_map_path)
{
    char *dir = tool_offline_dir(), *conf = scratch_path(dir, "idinqr.conf");

    *ret_map_path = scratch_path(dir, "idinqr.map");
    if (map)
        scratch_write(*ret_map_path, 0600, map);
    return conf;
}

/* Names with more bytes than characters, absent values, and no blanks at the end of a line. */
TEST(a_list_for_people)
{
    char *map_path,
        *conf = offline(MAP "ren\xC3\xA9\xC3\xA9 " HASH_B " by=zo\xC3\xAB\n", &map_path);
    OUTPUT_AUTO full = RUN(conf, "", "list");
    OUTPUT_AUTO empty = {0};

    ck_assert_str_eq(
        full.out,
        "ACCOUNT  IDENTITY            ENROLLED    BY    ISSUER    EXPIRES             NOTE\n"
        "alice    idin1:AAAAAAAAAAAA  2024-01-02  root  TESTNL2A  never               front desk\n"
        "bob      idin1:BBBBBBBBBBBB                              expired 2020-01-01\n"
        "bob      idin1:AAAAAAAAAAAA                              2999-12-31\n"
        "ren\xC3\xA9\xC3\xA9    idin1:BBBBBBBBBBBB              zo\xC3\xAB             never\n");
    tool_must_say(&full, 0, "", "");
    ck_assert_int_eq(unlink(map_path), 0);
    empty = RUN(conf, "", "list");
    tool_must_say(&empty, 0, "No identity is enrolled.\n",
                  scratch_text("/idinqr.conf:3: map: is this path right? %s: ", map_path));
    free(map_path);
}

/* The counts in its last line. */
static void
read_counts(const struct output *output, unsigned *ret_missing, unsigned *ret_people)
{
    const char *line = strstr(output->out, " accounts are not enrolled.\n");

    ck_assert_ptr_nonnull(line);
    while (line > output->out && line[-1] != '\n')
        line--;
    ck_assert_int_eq(sscanf(line, "%u of %u ", ret_missing, ret_people), 2);
}

/* The accounts of this machine's people. Root is one of them. */
TEST(a_list_of_who_is_missing)
{
    unsigned n_missing, n_people, n_left, n_all;
    char *map_path, *conf = offline("# nobody\n", &map_path);

    OUTPUT_AUTO nobody = RUN(conf, "", "list", "--missing");
    tool_must_say(&nobody, 0, "root", "");
    read_counts(&nobody, &n_missing, &n_people);
    ck_assert_uint_eq(n_missing, n_people);
    scratch_write(map_path, 0600, "root " HASH_A "\n");
    OUTPUT_AUTO one = RUN(conf, "", "list", "--missing");
    read_counts(&one, &n_left, &n_all);
    ck_assert_uint_eq(n_all, n_people);
    ck_assert_uint_eq(n_left, n_missing - 1);
    ck_assert_ptr_null(strstr(one.out, "root"));
    OUTPUT_AUTO script = RUN(conf, "", "list", "--missing", "--json");
    json_t *root = json_loads(script.out, 0, NULL);
    ck_assert_uint_eq(json_array_size(json_object_get(root, "missing")), n_left);
    ck_assert_int_eq(json_integer_value(json_object_get(root, "accounts")), n_all);
    json_decref(root);
    free(map_path);
}

/* In a private machine. */
TEST(a_list_of_who_keeps_a_password, .why_not = namespace_why_not())
{
    char *map_path, *conf = offline("# nobody\n", &map_path);

    namespace_enter();
    scratch_write("/etc/passwd", 0644,
                  "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/:/bin/sh\n"
                  "bob:x:1001:1001::/:/bin/sh\ncarol:x:1002:1002::/:/bin/sh\n");
    scratch_write("/etc/shadow", 0600,
                  "root:!:20000::::::\nalice:$y$x:20000::::::\nbob:!:20000::::::\n"
                  "carol:$y$x:20000::::::\n");
    scratch_write("/etc/group", 0644, "idinqr-emergency:x:990:bob,carol\n");
    OUTPUT_AUTO output = RUN(conf, "", "list", "--missing");
    ck_assert_str_eq(output.out, "root  no password\nalice\nbob  no password\n"
                                 "carol  in idinqr-emergency\n"
                                 "4 of 4 accounts are not enrolled.\n");
    free(map_path);
}

TEST(a_list_for_scripts)
{
    static const char *const expected =
        "[{\"account\":\"alice\",\"identity\":\"" HASH_A "\",\"enrolled\":\"2024-01-02\","
        "\"by\":\"root\",\"issuer\":\"TESTNL2A\",\"expires\":\"\",\"note\":\"front desk\","
        "\"current\":true},"
        "{\"account\":\"bob\",\"identity\":\"" HASH_B "\",\"enrolled\":\"\",\"by\":\"\","
        "\"issuer\":\"\",\"expires\":\"2020-01-01\",\"note\":\"\",\"current\":false},"
        "{\"account\":\"bob\",\"identity\":\"" HASH_A "\",\"enrolled\":\"\",\"by\":\"\","
        "\"issuer\":\"\",\"expires\":\"2999-12-31\",\"note\":\"\",\"current\":true}]";
    char *map_path, *conf = offline(MAP, &map_path);
    OUTPUT_AUTO full = RUN(conf, "", "list", "--json");
    OUTPUT_AUTO empty = {0};
    json_t *lines = json_loads(full.out, JSON_REJECT_DUPLICATES, NULL);
    json_t *wanted = json_loads(expected, 0, NULL);

    ck_assert_int_eq(full.status, 0);
    ck_assert_str_eq(full.err, "");
    ck_assert_ptr_nonnull(wanted);
    ck_assert_msg(json_equal(lines, wanted), "%s", full.out);
    ck_assert_int_eq(unlink(map_path), 0);
    empty = RUN(conf, "", "list", "--json");
    tool_must_say(&empty, 0, "[]\n", "map: is this path right? ");
    json_decref(lines);
    json_decref(wanted);
    free(map_path);
}

/* Its key is there, so people are enrolled in it. */
TEST(a_lost_map_is_not_an_empty_one)
{
    char *map_path, *conf = offline(NULL, &map_path);
    const char *const words[] = {"list", "revoke", "enroll", NULL};

    scratch_write(scratch_text("%.*s.key", (int)strlen(map_path) - 4, map_path), 0600, "x");
    for (const char *const *word = words; *word; word++) {
        OUTPUT_AUTO output = RUN(conf, "", *word, strcmp(*word, "list") == 0 ? NULL : "root");
        tool_must_say(&output, 3, "",
                      scratch_text("/idinqr.conf:3: map: is this path right? %s: is missing, and "
                                   "its key ",
                                   map_path));
        ck_assert_str_eq(output.out, "");
    }
    free(map_path);
}

TEST(a_bad_map_is_not_an_empty_one)
{
    char *map_path, *conf = offline("alice\n", &map_path);
    const char *const words[] = {"list", "test", "revoke", "enroll", NULL};

    for (const char *const *word = words; *word; word++) {
        OUTPUT_AUTO output = RUN(conf, "", *word, strcmp(*word, "list") == 0 ? NULL : "root");
        tool_must_say(&output, 3, "", "idinqr.map:1: an identity, idin1:");
    }
    /* More than is read: here errno once said that another file, which may be missing, was. */
    ck_assert_int_eq(truncate(map_path, 5 * 1024 * 1024), 0);
    OUTPUT_AUTO large = RUN(conf, "", "list");
    tool_must_say(&large, 3, "", "idinqr.map: is larger than 4194304 bytes\n");
    free(map_path);
}

TEST(what_could_not_be_written_is_not_verified_first)
{
    char *map_path, *conf = offline("# people\n", &map_path);
    OUTPUT_AUTO closed = {0};

    /* With a line that can be written, it is the agent that is missing. */
    OUTPUT_AUTO good = RUN(conf, "", "enroll", "--expires", "2999-12-31", tool_myself());
    tool_must_say(&good, 3, "", "idinqr: the agent did not start, died, or broke the protocol");
    ck_assert_int_eq(chmod(map_path, 0666), 0);
    closed = RUN(conf, "", "enroll", tool_myself());
    tool_must_say(&closed, 3, "", "idinqr.map: can be written by others");
    ck_assert_str_eq(closed.out, "");
    free(map_path);
}

/* What the module does not say, as an administrator needs it. */
static const struct {
    const char *map, *key, *words[6];
    const char *err;
} trials[] = {
    {MAP, NULL, {"test", "root"}, "the account has no enrolled identity: idinqr enroll root\n"},
    {NULL, NULL, {"test", "root"}, "the account has no enrolled identity: idinqr enroll root\n"},
    {NULL, NULL, {"test"}, "the account has no enrolled identity: idinqr enroll ACCOUNT\n"},
    {MAP, NULL, {"test", "rooot"}, "idinqr: there is no account rooot on this machine\n"},
    {"root " HASH_A " expires=2020-01-01\n",
     NULL,
     {"test", "root"},
     "idinqr.map:1: the last day of root, 2020-01-01, has passed: idinqr enroll root\n"},
    {NULL, NULL, {"test", "root"}, "/idinqr.conf:3: map: is this path right? /"},
    {NULL,
     "x",
     {"test", "root"},
     ": it was lost: restore it from a backup. If no one was ever enrolled: install -m 0600 "},
    {"# people\n", "x", {"test", "root"}, ": it was lost: restore it from a backup. If no one"},
    {"root " HASH_A "\n", NULL, {"test", "root"}, "/idinqr.conf:4: key: is this path right? /"},
    {"root " HASH_A "\n", "x", {"test", "root"}, "hex digits: restore it from a backup"},
    {MAP, NULL, {"test", "--service", "sduo", "root"}, "idinqr: there is no /etc/pam.d/sduo\n"},
};

LOOP_TEST(a_trial_says_the_way_back, ARRAY_LENGTH(trials))
{
    char *map_path, *conf = offline(trials[_i].map, &map_path),
                    *key = scratch_text("%.*s.key", (int)strlen(map_path) - 4, map_path);

    if (trials[_i].key)
        scratch_write(key, 0600, trials[_i].key);
    OUTPUT_AUTO output = tool_run(conf, "", trials[_i].words);
    ck_assert_int_ne(output.status, 0);
    tool_must_say(&output, output.status, "", trials[_i].err);
    free(map_path);
}

/* A new machine and one whose map and key were lost look the same. On the second, a new map would
 * let all others in by a password. */
TEST(the_first_person_of_a_rollout)
{
    char *map_path, *conf = offline(NULL, &map_path);
    OUTPUT_AUTO no = {0}, unasked = {0}, yes = {0};

    scratch_write(conf, 0600, scratch_text("password_until = 2999-12-31\n%s", scratch_read(conf)));
    no = RUN(conf, "n\n", "enroll", tool_myself());
    tool_must_say(&no, 1, "If the map was lost, restore it and its key first. Is it new? [y/N] ",
                  "idinqr: nothing was written\n");
    ck_assert_int_ne(access(map_path, F_OK), 0);
    unasked = RUN(conf, "y\n", "enroll", "--yes", tool_myself());
    tool_must_say(&unasked, 1, "", "this asks whether the map is new, or was lost\n");
    ck_assert_str_eq(unasked.out, "");
    ck_assert_int_ne(access(map_path, F_OK), 0);
    yes = RUN(conf, "y\n", "enroll", tool_myself());
    tool_must_say(&yes, 3, " is new. Back it up", "the agent did not start");
    free(map_path);
}

TEST(a_trial_whose_tries_cannot_be_counted,
     .why_not = geteuid() == 0 ? NULL : "only applications with root's rights are counted")
{
    char *map_path, *conf = offline(NULL, &map_path), *dir = scratch_dir("tries"), *key, *tries,
                    *text = scratch_read(conf);
    OUTPUT_AUTO missing = {0}, open = {0};

    key = scratch_text("%.*s.key", (int)strlen(map_path) - 4, map_path);
    scratch_write(key, 0600, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
    scratch_write(map_path, 0600, "root " HASH_A "\n");
    tries = scratch_path(dir, "tries");
    scratch_write(conf, 0600, scratch_text("tries_file = %s/none/tries\n%s", dir, text));
    missing = RUN(conf, "", "test", "root");
    tool_must_say(&missing, 3, "",
                  "none/tries: No such file or directory: its directory is missing");
    scratch_write(conf, 0600, scratch_text("tries_file = %s\n%s", tries, text));
    scratch_write(tries, 0644, "");
    open = RUN(conf, "", "test", "root");
    tool_must_say(&open, 3, "", "only root can open; removing this file resets it");
    free(map_path);
}

/* Whatever fails, a script reads why. */
TEST(a_trial_that_cannot_begin)
{
    char *map_path, *conf = offline(MAP, &map_path);
    OUTPUT_AUTO unknown = {0}, broken = {0};
    json_t *root;

    unknown = RUN(conf, "", "test", "--json", "no-such-account");
    ck_assert_int_eq(unknown.status, 1);
    root = json_loads(unknown.out, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(root, "outcome")), "not-enrolled");
    ck_assert_str_eq(json_string_value(json_object_get(root, "reason")),
                     "there is no account no-such-account on this machine");
    json_decref(root);
    scratch_write(conf, 0600, "provider = idin\n");
    broken = RUN(conf, "", "test", "--json", "alice");
    ck_assert_int_eq(broken.status, 3);
    root = json_loads(broken.out, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(root, "outcome")), "configuration");
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(root, "reason")),
                                 "idinqr.conf:1: provider must be one of"));
    json_decref(root);
    free(map_path);
}

/* A new key would make every line useless. */
TEST(no_key_is_made_for_a_map_that_has_lines)
{
    char *map_path, *conf = offline(MAP, &map_path);
    OUTPUT_AUTO output = RUN(conf, "", "enroll", tool_myself());

    tool_must_say(&output, 3, "", "/idinqr.conf:4: key: is this path right? /");
    ck_assert_str_eq(output.out, "");
    free(map_path);
}

/* What was cut off must not pass for the whole. */
static const char *const printing[] = {"list", "list --json", "show"};

LOOP_TEST(an_output_that_cannot_be_written, ARRAY_LENGTH(printing))
{
    char *map_path, *conf = offline(MAP, &map_path), *command;

    command = scratch_text("'%s' %s --conf=%s >/dev/full 2>/dev/null", TOOL, printing[_i], conf);
    ck_assert_int_eq(WEXITSTATUS(system(command)), 3); // NOLINT(cert-env33-c)
    free(command);
    free(map_path);
}

TEST(every_drawing_is_shown)
{
    OUTPUT_AUTO output = RUN(NULL, "", "show", "https://qr.example/0123456789");

    tool_must_say(&output, 0, "display = half: 35 columns, 17 rows\n  \033[37;97;40m", "");
    tool_must_say(&output, 0, "display = cells: 68 columns, 33 rows\n  \033[47m  ", "");
    tool_must_say(&output, 0, "display = sextant: 19 columns, 11 rows\n  \033[37;97;40m", "");
    tool_must_say(&output, 0, "display = plain: 35 columns, 17 rows\n  \xE2\x96\x88", "");
    tool_must_say(&output, 0, "display = plain, invert = yes: 35 columns, 17 rows\n     ", "");
    tool_must_say(&output, 0, "No terminal.\ndisplay = auto is url here: there is no terminal.\n",
                  "");
}

LOOP_TEST(a_terminal_is_described, 2)
{
    const char *const argv[] = {TOOL, "show", NULL};
    const struct terminal_options wide = {.rows = 50, .columns = 100},
                                  bytes = {.rows = 50, .columns = 100, .no_utf8 = 1};
    TERMINAL_AUTO *terminal = pty_start(argv, NULL, _i ? &bytes : &wide);

    pty_must_show(terminal,
                  _i ? "Terminal: 100 columns, 50 rows, not known to be UTF-8."
                     : "Terminal: 100 columns, 50 rows, UTF-8.",
                  WAIT_MS);
    pty_must_show(terminal,
                  _i ? "display = auto is cells here: " : "display = auto is half here: ", WAIT_MS);
    ck_assert_int_eq(pty_wait_exit(terminal, WAIT_MS), 0);
}

TEST(no_code_is_made_of_too_much)
{
    char link[1024 + 2] = "https://qr.example/";

    memset(link + strlen(link), 'a', sizeof link - 1 - strlen(link));
    OUTPUT_AUTO output = RUN(NULL, "", "show", link);
    tool_must_say(&output, 2, "", "idinqr: show takes an https:// link of at most 1024");
}

RUN_TESTS("tool", NULL);
