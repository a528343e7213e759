/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check` and `idinqr test` where the agent's user cannot read what a name needs to resolve,
 * by the real agent, in a private machine (namespace.h) without a name server. Needs root. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/desk.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/check_fixture.h"
#include "tests/unit/jail_trial.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A desk whose backend has a name in /etc/hosts, and where no program listens. Root is enrolled. */
static char *
desk(void)
{
    char *dir = tool_offline_dir(), *conf = scratch_path(dir, "idinqr.conf");

    check_fixture_change(dir, "idinqr.conf", "agent = /nowhere",
                         scratch_text("agent = %s", desk_copy_agent()));
    check_fixture_change(dir, "idinqr.conf", "localhost:1/g", "desk.test:1/g");
    check_fixture_change(dir, "idinqr.conf", "localhost:1/s", "desk.test:1/s");
    scratch_write(scratch_path(dir, "idinqr.map"), 0600, "root " HASH_A "\n");
    scratch_write(scratch_path(dir, "idinqr.key"), 0600,
                  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
    return conf;
}

/* How many findings of the network there are. The file and the command are those of the first. */
static size_t
look(const char *conf, const char **ret_file, const char **ret_command)
{
    OUTPUT_AUTO output = RUN(conf, "", "check", "--json");
    json_t *findings = check_fixture_read(&output), *finding;
    size_t i, n = 0;

    json_array_foreach(findings, i, finding)
    {
        if (strcmp(json_string_value(json_object_get(finding, "kind")), "network") != 0)
            continue;
        if (n++ > 0)
            continue;
        *ret_file = scratch_text("%s", json_string_value(json_object_get(finding, "file")));
        *ret_command = scratch_text("%s", json_string_value(json_object_get(finding, "command")));
    }
    json_decref(findings);
    return n;
}

static const struct {
    mode_t directory, file;
    const char *found, *command;
} modes[] = {
    {0755, 0600, "/etc/hosts", "chmod 0644 /etc/hosts"},
    {0700, 0644, "/etc/names", "chmod go+x /etc/names"},
};

TEST_CASE("names");

LOOP_TEST(a_file_that_the_agent_cannot_read, ARRAY_LENGTH(modes))
{
    const char *conf, *file, *command;
    OUTPUT_AUTO tried = {0};

    namespace_enter();
    namespace_enter_network();
    conf = desk();
    ck_assert_int_eq(mkdir("/etc/names", 0755), 0);
    ck_assert_int_eq(unlink("/etc/hosts"), 0);
    scratch_write("/etc/names/hosts", modes[_i].file, "127.0.0.1 localhost desk.test\n");
    ck_assert_int_eq(symlink("names/hosts", "/etc/hosts"), 0);
    ck_assert_int_eq(chmod("/etc/names", modes[_i].directory), 0);
    ck_assert_uint_eq(look(conf, &file, &command), 1);
    ck_assert_str_eq(file, modes[_i].found);
    ck_assert_str_eq(command, modes[_i].command);
    tried = RUN(conf, "", "test", "root");
    tool_must_say(&tried, 4, "",
                  scratch_text("%s: the agent's user cannot %s", modes[_i].found,
                               _i == 0 ? "read it; to mend it: " : "search it, for /etc/hosts; "));
    ck_assert_int_eq(system(command), 0); // NOLINT(cert-env33-c)
    /* Now the name resolves, and no program listens there. */
    ck_assert_uint_ge(look(conf, &file, &command), 1);
    ck_assert_str_eq(file, conf);
}

/* A name that is misspelt is the name's mistake. */
TEST(a_name_that_does_not_exist)
{
    const char *conf, *file, *command;

    namespace_enter();
    namespace_enter_network();
    conf = desk();
    ck_assert_uint_ge(look(conf, &file, &command), 1);
    ck_assert_str_eq(file, conf);
}

static const char *
why_skip(void)
{
    return jail_trial_why_not() ? jail_trial_why_not() : namespace_why_not();
}

RUN_TESTS("check_names", why_skip());
