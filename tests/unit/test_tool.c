/* idinqr(1) as an administrator runs it: its exit codes, what it says and where, what it writes.
 * With the real agent and the real sandbox. */
#include <config.h>

#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/tool_run.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    {{"wrong"}, 2, "", "usage: idinqr COMMAND"},
    {{"List"}, 2, "", "usage: idinqr COMMAND"},
    {{"list", "alice"}, 2, "", "idinqr: list takes no argument\n"},
    {{"enroll"}, 2, "", "idinqr: enroll takes one ACCOUNT\n"},
    {{"enroll", "alice", "bob"}, 2, "", "idinqr: enroll takes one ACCOUNT\n"},
    {{"enroll", "two words"}, 2, "", "idinqr: two words cannot be the name of an account\n"},
    {{"enroll", "#alice"}, 2, "", "cannot be the name of an account\n"},
    {{"enroll", ""}, 2, "", "cannot be the name of an account\n"},
    {{"enroll", "--note", "a \"b\"", "root"},
     2,
     "",
     "idinqr: a note cannot hold a quotation mark\n"},
    {{"enroll", "no-such-account"}, 1, "", "idinqr: there is no account no-such-account"},
    {{"revoke"}, 2, "", "idinqr: revoke takes one ACCOUNT or IDENTITY\n"},
    {{"revoke", "a", "b"}, 2, "", "idinqr: revoke takes one ACCOUNT or IDENTITY\n"},
    {{"test", "a", "b"}, 2, "", "idinqr: test takes one ACCOUNT at the most\n"},
    {{"show", "a", "b"}, 2, "", "idinqr: show takes one LINK at the most\n"},
    {{"show", "http://qr.example/"}, 2, "", "idinqr: show takes an https:// link of at most 1024"},
    {{"list", "--conf", "/nowhere/x.conf"}, 3, "", "idinqr: /nowhere: No such file or directory\n"},
    {{"list", "--conf", "x.conf"}, 3, "", "idinqr: x.conf: is not an absolute path\n"},
};

START_TEST(a_command_line_is_understood_or_explained)
{
    OUTPUT_AUTO output = tool_run(NULL, "", commands[_i].words);

    tool_must_say(&output, commands[_i].status, commands[_i].out, commands[_i].err);
}
END_TEST

#define HASH_A "idin1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HASH_B "idin1:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"
#define MAP                                                                                        \
    "# people\n"                                                                                   \
    "alice " HASH_A " enrolled=2024-01-02 by=root issuer=TESTNL2A note=\"front desk\"\n"           \
    "bob " HASH_B " expires=2020-01-01\n"                                                          \
    "bob " HASH_A " expires=2999-12-31\n"

/* A configuration, with a map of this text when it is not NULL. */
static char *
offline(const char *map, char **ret_map_path)
{
    char *dir = scratch_dir("conf"), *conf = scratch_path(dir, "idinqr.conf"), *text;

    *ret_map_path = scratch_path(dir, "idinqr.map");
    if (asprintf(&text,
                 "provider = idin-qr\nagent = /nowhere\nmap = %s/idinqr.map\nkey = "
                 "%s/idinqr.key\n[idin-qr]\n"
                 "qr_backend_url = https://localhost:1/g\nstatus_url = https://localhost:1/s\n"
                 "merchant_token = token\nsigning_key = key\n",
                 dir, dir) < 0)
        ck_abort_msg("no memory");
    scratch_write(conf, 0600, text);
    if (map)
        scratch_write(*ret_map_path, 0600, map);
    free(text);
    free(dir);
    return conf;
}

START_TEST(a_list_for_people)
{
    char *map_path, *conf = offline(MAP, &map_path);
    OUTPUT_AUTO full = RUN(conf, "", "list");
    OUTPUT_AUTO empty = {0};

    tool_must_say(&full, 0, "ACCOUNT ", "");
    tool_must_say(&full, 0,
                  "\nalice            " HASH_A " 2024-01-02 TESTNL2A    never      front desk\n",
                  "");
    tool_must_say(&full, 0, "\nbob              " HASH_B "                        EXPIRED    \n",
                  "");
    tool_must_say(&full, 0, "\nbob              " HASH_A "                        2999-12-31 \n",
                  "");
    ck_assert_int_eq(unlink(map_path), 0);
    empty = RUN(conf, "", "list");
    tool_must_say(&empty, 0, "Nobody is enrolled.\n", "");
    free(conf);
    free(map_path);
}
END_TEST

START_TEST(a_list_for_scripts)
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
    tool_must_say(&empty, 0, "[]\n", "");
    json_decref(lines);
    json_decref(wanted);
    free(conf);
    free(map_path);
}
END_TEST

START_TEST(a_bad_map_is_not_an_empty_one)
{
    char *map_path, *conf = offline("alice\n", &map_path);
    const char *const words[] = {"list", "test", "revoke", "enroll", NULL};

    for (const char *const *word = words; *word; word++) {
        OUTPUT_AUTO output = RUN(conf, "", *word, strcmp(*word, "list") == 0 ? NULL : "root");
        tool_must_say(&output, 3, "", "idinqr.map:1: an identity (idin1:");
    }
    /* More than is read: here errno once said that another file, which may be missing, was. */
    ck_assert_int_eq(truncate(map_path, 5 * 1024 * 1024), 0);
    OUTPUT_AUTO large = RUN(conf, "", "list");
    tool_must_say(&large, 3, "", "idinqr.map: is larger than 4194304 bytes\n");
    free(conf);
    free(map_path);
}
END_TEST

#define WITHOUT_ALICE                                                                              \
    "# people\nbob " HASH_B " expires=2020-01-01\nbob " HASH_A " expires=2999-12-31\n"
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
};

START_TEST(what_is_revoked)
{
    char *map_path, *conf = offline(MAP, &map_path), *map;
    OUTPUT_AUTO output =
        RUN(conf, revocations[_i].input, "revoke", revocations[_i].whom, revocations[_i].yes);

    tool_must_say(&output, revocations[_i].status, revocations[_i].out, revocations[_i].err);
    map = scratch_read(map_path);
    ck_assert_str_eq(map, revocations[_i].map);
    free(map);
    free(conf);
    free(map_path);
}
END_TEST

START_TEST(what_could_not_be_written_is_not_verified_first)
{
    char *map_path, *conf = offline(MAP, &map_path);
    OUTPUT_AUTO day = RUN(conf, "", "enroll", "--expires", "tomorrow", tool_myself());
    OUTPUT_AUTO note = RUN(conf, "", "enroll", "--note", "a\nb", tool_myself());

    /* With a line that can be written, it is the agent that is missing. */
    OUTPUT_AUTO good = RUN(conf, "", "enroll", "--expires", "2999-12-31", tool_myself());
    tool_must_say(&day, 3, "", "field expires ");
    tool_must_say(&note, 3, "", "idinqr.map:6: ");
    ck_assert_str_eq(day.out, "");
    ck_assert_str_eq(note.out, "");
    tool_must_say(&good, 3, "", "idinqr: the agent did not start, died, or broke the protocol");
    free(conf);
    free(map_path);
}
END_TEST

START_TEST(every_drawing_is_shown)
{
    OUTPUT_AUTO output = RUN(NULL, "", "show", "https://qr.example/0123456789");

    tool_must_say(&output, 0, "display = half: 35 columns, 17 rows\n  \033[97;40m", "");
    tool_must_say(&output, 0, "display = cells: 68 columns, 33 rows\n  \033[47m  ", "");
    tool_must_say(&output, 0, "display = sextant: 19 columns, 11 rows\n  \033[97;40m", "");
    tool_must_say(&output, 0, "display = plain: 35 columns, 17 rows\n  \xE2\x96\x88", "");
    tool_must_say(&output, 0, "No terminal.\ndisplay = auto is url here: there is no terminal.\n",
                  "");
}
END_TEST

static Suite *
tool_suite(void)
{
    Suite *suite = suite_create("tool");
    TCase *all = tcase_create("offline");

    tcase_add_loop_test(all, a_command_line_is_understood_or_explained, 0,
                        (int)(sizeof commands / sizeof commands[0]));
    tcase_add_test(all, every_drawing_is_shown);
    tcase_add_test(all, a_list_for_people);
    tcase_add_test(all, a_list_for_scripts);
    tcase_add_test(all, a_bad_map_is_not_an_empty_one);
    tcase_add_test(all, what_could_not_be_written_is_not_verified_first);
    tcase_add_loop_test(all, what_is_revoked, 0, (int)(sizeof revocations / sizeof revocations[0]));
    suite_add_tcase(suite, all);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "tool", tool_suite, NULL);
}
