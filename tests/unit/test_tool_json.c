/* SPDX-License-Identifier: BSD-3-Clause */
/* The output of --json, read by jq: of each command that has it, in each state, and where it fails.
 * Needs no rights. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/agent_user.h"
#include "tests/harness/desk.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/check_fixture.h"
#include "tests/unit/manual_text.h"

#include <stdlib.h>
#include <sys/stat.h>

static char *
read_by_jq(const char *arguments, const char *filter)
{
    return manual_output_of(
        scratch_text("'%s' %s --json 2>/dev/null | jq -r '%s'", TOOL, arguments, filter));
}

TEST_CASE("check", .why_not = check_fixture_why_not());

/* Each is worse than the one before. */
static const struct {
    const char *file, *from, *to, *wanted;
} states[] = {
    {"etc/passwd", "root", "root", "OK 0 0 0 0 0\n"},
    {"etc/login.defs", "180", "100", "WARNING 1 0 1 0 1\n"},
    {"etc/group", "idinqr-emergency", "emergency", "CRITICAL 2 3 1 0 4\n"},
};

TEST(each_state)
{
    char *root = check_fixture(),
         *arguments = scratch_text("check --root=%s --conf=%s/etc/idinqr.conf", root, root);

    for (size_t i = 0; i < ARRAY_LENGTH(states); i++) {
        check_fixture_change(root, states[i].file, states[i].from, states[i].to);
        ck_assert_str_eq(read_by_jq(arguments, "\"\\(.state) \\(.exit) \\(.errors) "
                                               "\\(.warnings) \\(.notes) "
                                               "\\(.findings | length)\""),
                         states[i].wanted);
    }
}

TEST(more_than_it_takes)
{
    char *root = check_fixture();

    for (unsigned i = 0; i < 600; i++)
        check_fixture_write(root, scratch_text("etc/pam.d/service%u", i), 0644,
                            "auth sufficient pam_idinqr.so\n");
    ck_assert_str_eq(
        read_by_jq(scratch_text("check --root=%s --conf=%s/etc/idinqr.conf", root, root),
                   "\"\\(.state) \\(.exit)\""),
        "UNKNOWN 3\n");
}

TEST(no_root_directory)
{
    ck_assert_str_eq(read_by_jq("check --root=/nowhere", ".reason"),
                     "/nowhere: No such file or directory\n");
}

TEST_CASE("list and test");

/* The configuration and the map, if they are others than those of a new installation. */
static const struct {
    const char *conf, *map, *command, *filter, *wanted;
} outputs[] = {
    {NULL, NULL, "list", "length", "0\n"},
    {NULL, "alice " HASH_A "\nzo\xC3\xAB " HASH_B "\n", "list", ".[1].account", "zo\xC3\xAB\n"},
    {NULL, "alice\n", "list", ".reason | test(\"idinqr.map:1: an identity\")", "true\n"},
    {"provider = idin\n", NULL, "list", ".reason | test(\"idinqr.conf:1: \")", "true\n"},
    {NULL, NULL, "test alice", ".outcome", "not-enrolled\n"},
    {NULL, "alice\n", "test alice", ".outcome", "map\n"},
    {"provider = idin\n", NULL, "test alice", ".outcome", "configuration\n"},
};

LOOP_TEST(without_a_login, ARRAY_LENGTH(outputs))
{
    char *dir = tool_offline_dir(), *conf = scratch_path(dir, "idinqr.conf");

    if (outputs[_i].conf)
        scratch_write(conf, 0600, outputs[_i].conf);
    if (outputs[_i].map)
        scratch_write(scratch_path(dir, "idinqr.map"), 0600, outputs[_i].map);
    ck_assert_str_eq(
        read_by_jq(scratch_text("%s --conf=%s", outputs[_i].command, conf), outputs[_i].filter),
        outputs[_i].wanted);
}

static const struct {
    const char *option, *value, *wanted;
} logins[] = {
    {"--auto", "anna", "verified 1 true\n"},
    {"--auto", "bram", "unknown-identity 0 false\n"},
    {"--fault", "generate-signature-wrong", "bad-signature 0 false\n"},
};

LOOP_TEST(a_login, ARRAY_LENGTH(logins))
{
    BACKEND_AUTO *backend = qr_backend_start((const char *const[]){
        "--agent", desk_copy_agent(), "--enroll", scratch_text("%s=anna", tool_myself()),
        logins[_i].option, logins[_i].value, NULL});

    ck_assert_str_eq(
        read_by_jq(scratch_text("test %s --conf=%s", tool_myself(), qr_backend_conf_file(backend)),
                   "\"\\(.outcome) \\(.opens | length) \\(.reason == \"\")\""),
        logins[_i].wanted);
}

/* The login may be on another terminal than the trial. */
TEST(a_terminal_that_is_not_allowed)
{
    char *agent = desk_copy_agent(), *enrolled = scratch_text("%s=anna", tool_myself());
    BACKEND_AUTO *backend = qr_backend_start((const char *const[]){
        "--agent", agent, "--enroll", enrolled, "--auto", "anna@noord", NULL});
    const char *conf = qr_backend_conf_file(backend);
    OUTPUT_AUTO table = {0};

    scratch_write(conf, 0600, scratch_text("require = local\n%s", scratch_read(conf)));
    table = RUN(conf, "", "test", tool_myself());
    tool_must_say(&table, 0, "Verdict:  this login would open, but only where require allows\n",
                  "idinqr.conf:1: require = local, and the application names no terminal\n");
    ck_assert_str_eq(read_by_jq(scratch_text("test %s --conf=%s", tool_myself(), conf),
                                "\"\\(.outcome) \\(.reason)\""),
                     scratch_text("verified %s:1: require = local, and the application names no "
                                  "terminal\n",
                                  conf));
}

/* The application checks this after the module's answer. */
TEST(an_account_that_has_expired, .why_not = namespace_why_not())
{
    char *agent = desk_copy_agent();
    BACKEND_AUTO *backend = qr_backend_start((const char *const[]){
        "--agent", agent, "--enroll", "alice=anna", "--auto", "anna@noord", NULL});
    const char *conf = qr_backend_conf_file(backend);
    const char *said = "Verdict:  this login would open, but the account alice has expired\n",
               *shadow;

    namespace_enter();
    shadow = scratch_read("/etc/shadow");
    OUTPUT_AUTO before = RUN(conf, "", "test", "alice");
    tool_must_say(&before, 0, "Verdict:  this login would open\n", "");
    ck_assert_int_eq(system("chage -E 2020-01-01 alice"), 0); // NOLINT(cert-env33-c)
    ck_assert_str_ne(scratch_read("/etc/shadow"), shadow);
    OUTPUT_AUTO named = RUN(conf, "", "test", "alice");
    tool_must_say(&named, 0, said, "idinqr: the account alice has expired\n");
    OUTPUT_AUTO unnamed = RUN(conf, "", "test");
    tool_must_say(&unnamed, 0, said, "idinqr: the account alice has expired\n");
    ck_assert_str_eq(
        read_by_jq(scratch_text("test alice --conf=%s", conf), "\"\\(.outcome) \\(.reason)\""),
        "verified the account alice has expired\n");
}

/* EXAMPLES in idinqr(1). */
TEST_CASE("examples", .why_not = check_fixture_why_not());

TEST(errors_and_expired_lines)
{
    char *root = check_fixture(), *dir = tool_offline_dir(),
         *section = manual_section("man/idinqr.1", "EXAMPLES"),
         *errors = manual_between(section, "idinqr check --json | jq -r \\e\n      '", "'"),
         *expired = manual_between(section, "idinqr list --json | jq -r '", "'");

    check_fixture_change(root, "etc/login.defs", "180", "100"); /* a warning */
    check_fixture_change(root, "etc/pam.d/su", "pam_rootok.so", "pam_rotok.so");
    ck_assert_str_eq(
        read_by_jq(scratch_text("check --root=%s --conf=%s/etc/idinqr.conf", root, root), errors),
        scratch_text("%s/etc/pam.d/su: there is no module pam_rotok.so, only pam_rootok.so\n",
                     root));
    scratch_write(scratch_path(dir, "idinqr.map"), 0600,
                  "alice " HASH_A "\nbob " HASH_B " expires=2020-01-01\n");
    ck_assert_str_eq(read_by_jq(scratch_text("list --conf=%s/idinqr.conf", dir), expired), "bob\n");
}

RUN_TESTS("tool_json",
          system("command -v jq >/dev/null") == 0 ? agent_user_why_not() : "there is no jq");
