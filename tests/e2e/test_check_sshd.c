/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check` asks the sshd of this machine, with a configuration that has Include and Match,
 * and sudo's cvtsudoers. Needs root (namespace.h). */
#include "pam_idinqr/common/array.h"
#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/check_fixture.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A machine whose sshd uses the module, with alice in the map; its idinqr.conf. */
static char *
machine(const char *sshd_config, const char *included)
{
    char *dir = tool_offline_dir(), *conf = scratch_path(dir, "idinqr.conf"),
         *map = scratch_path(dir, "idinqr.map");

    namespace_enter();
    ck_assert_int_eq(mkdir("/run/sshd", 0755), 0);
    ck_assert_int_eq(system("rm -rf /etc/ssh && mkdir -m 755 /etc/ssh && "
                            "ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key"),
                     0);
    scratch_write("/etc/ssh/sshd_config", 0600, sshd_config);
    scratch_write("/etc/ssh/included", 0600, included);
    scratch_write(map, 0600, "alice " HASH_A "\n");
    namespace_pam_service("sshd", "auth required pam_idinqr.so\n");
    return conf;
}

/* Fails the running test unless the findings with this beginning are these, errors first, and then
 * in the order of their names. */
static void
must_find(const char *conf, const char *prefix, const char *kinds, const char *text)
{
    OUTPUT_AUTO output = RUN(conf, "", "check", "--json", "--offline");
    json_t *findings = check_fixture_read(&output), *finding;
    char found[200] = "";
    size_t i;

    json_array_foreach(findings, i, finding)
    {
        const char *kind = json_string_value(json_object_get(finding, "kind"));
        if (strncmp(kind, prefix, strlen(prefix)) == 0)
            strncat(strcat(found, " "), kind, sizeof found - strlen(found) - 2);
    }
    ck_assert_msg(strcmp(found, kinds) == 0 && strstr(output.out, text), "%s\n%s", found,
                  output.out);
    json_decref(findings);
}

#define GOOD                                                                                       \
    "UsePAM yes\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n"                    \
    "AuthenticationMethods keyboard-interactive\n"

static const struct {
    const char *sshd_config, *included, *kinds, *text;
} configurations[] = {
    {GOOD, "", "", ""},
    {"Include included\n" GOOD, "UsePAM no\nLoginGraceTime 1m30s\n", " sshd-pam sshd-grace",
     "LoginGraceTime is 90 seconds"},
    {"UsePAM yes\n", "", " sshd-key sshd-password", ""},
    {GOOD "Match user alice\nAuthenticationMethods publickey\n", "", " sshd-match",
     "a Match sets AuthenticationMethods publickey for alice;"},
    {GOOD "Match group alice\nKbdInteractiveAuthentication no\n", "", " sshd-match",
     "KbdInteractiveAuthentication no for alice;"},
    {GOOD "Match user bob\nAuthenticationMethods publickey\n", "", "", ""},
    {GOOD "Match address 198.51.100.0/24 localport 23\nAuthenticationMethods publickey\n", "", "",
     ""},
    {GOOD "Match all\nAuthenticationMethods publickey\n", "", " sshd-methods sshd-key", ""},
    {GOOD "Include included\n", "Nonsense yes\n", " sshd-file",
     "/etc/ssh/included: line 1: Bad configuration option: Nonsense"},
};

TEST_CASE("sshd");

LOOP_TEST(the_real_sshd, ARRAY_LENGTH(configurations))
{
    char *conf = machine(configurations[_i].sshd_config, configurations[_i].included);

    must_find(conf, "sshd-", configurations[_i].kinds, configurations[_i].text);
}

#define WAY_IN                                                                                     \
    "auth [success=ignore default=1] pam_succeed_if.so quiet user ingroup root\n"                  \
    "auth [success=done default=die] pam_unix.so\nauth required pam_idinqr.so\n"

static const struct {
    const char *sudoers, *included, *kinds, *text;
} rules[] = {
    {"Defaults env_reset, !rootpw\n", "Defaults passwd_tries=3", "", ""},
    {"Defaults env_reset, rootpw\n", "", " sudo-defaults", "rootpw: sudo asks for another account"},
    {"Defaults rootpw\n", "Defaults !rootpw", "", ""},
    {"Defaults !authenticate\n", "", " sudo-defaults", "!authenticate: sudo asks for nothing"},
    {"Defaults !authenticate\n", "Defaults authenticate", "", ""},
    {"", "Defaults:alice !authenticate", " sudo-defaults", "!authenticate: "},
    {"", "Defaults:alice, bob targetpw", " sudo-defaults",
     "targetpw: sudo asks for another account"},
    {"Defaults!/bin/true runaspw\n", "", " sudo-defaults",
     "runaspw: sudo asks for another account"},
    {"Defaults pam_service=sudo-idin\n", "", " sudo-defaults",
     "pam_service=sudo-idin: sudo uses this service, which does not use iDIN"},
    {"Defaults pam_login_service=\"sudo\"\n", "", "", ""},
    {"Defaults rootpw, pam_login_service=other\n", "", " sudo-defaults sudo-defaults", "=other"},
    {"# Defaults rootpw\nalice ALL = /bin/echo Defaults rootpw\n", "", "", ""},
    {"Defaults passprompt=\"a password, rootpw\"\n", "", "", ""},
    {"Defaults rootpw nonsense\n", "", "", ""}, /* sudo itself refuses this file */
};

TEST_CASE("sudo");

static const char *
without_cvtsudoers(void)
{
    return access("/usr/bin/cvtsudoers", X_OK) == 0 ? NULL : "there is no cvtsudoers";
}

LOOP_TEST(the_real_sudo, ARRAY_LENGTH(rules), .why_not = without_cvtsudoers())
{
    char *dir = tool_offline_dir(), *conf = scratch_path(dir, "idinqr.conf");

    namespace_enter();
    namespace_pam_service("sudo", WAY_IN);
    namespace_pam_service("sudo-i", WAY_IN);
    scratch_write("/etc/sudoers", 0440,
                  scratch_text("%s@includedir /etc/sudoers.d\n", rules[_i].sudoers));
    scratch_write("/etc/sudoers.d/more", 0440, scratch_text("%s\n", rules[_i].included));
    must_find(conf, "sudo-", rules[_i].kinds, rules[_i].text);
}

#define NO_SUDOER "no user who gets in without iDIN, such as root, may use sudo"

/* root has the way in. */
static const struct {
    const char *sudoers, *nsswitch;
    bool is_found;
} way_ins[] = {
    {"root ALL = (ALL : ALL) ALL\n", "", false},
    {"alice ALL = (ALL : ALL) ALL\n%nogroup, #4711 ALL = ALL\n", "", true},
    {"alice ALL = ALL\n", "sudoers: files sss\n", false},
    {"%root ALL = /bin/true\n", "", false},
    {"User_Alias ADMINS = alice, root\nADMINS ALL = ALL\n", "", false},
    {"#0 ALL = ALL\n", "", false},
    {"ALL ALL = ALL\n", "", false},
    {"ALL, !root ALL = ALL\n", "", true},
    {"+admins ALL = ALL\n", "", false}, /* a netgroup may have root */
};

LOOP_TEST(a_way_in_without_sudo, ARRAY_LENGTH(way_ins), .why_not = without_cvtsudoers())
{
    char *dir = tool_offline_dir(), *conf = scratch_path(dir, "idinqr.conf");

    namespace_enter();
    namespace_pam_service("sudo", WAY_IN);
    namespace_pam_service("sudo-i", WAY_IN);
    scratch_write("/etc/sudoers", 0440, way_ins[_i].sudoers);
    scratch_write("/etc/nsswitch.conf", 0644,
                  scratch_text("passwd: files\ngroup: files\n%s", way_ins[_i].nsswitch));
    OUTPUT_AUTO output = RUN(conf, "", "check", "--json", "--offline");
    ck_assert_msg((strstr(output.out, NO_SUDOER) != NULL) == way_ins[_i].is_found, "%s",
                  output.out);
}

/* Where sudo does not use the module, its rules are no matter. */
TEST(a_sudo_without_the_module)
{
    char *dir = tool_offline_dir(), *conf = scratch_path(dir, "idinqr.conf");

    namespace_enter();
    namespace_pam_service("sudo", "auth required pam_unix.so\n");
    namespace_pam_service("sudo-i", "auth required pam_unix.so\n");
    scratch_write("/etc/sudoers", 0440, "Defaults rootpw\n");
    must_find(conf, "sudo-", "", "");
}

RUN_TESTS("check_sshd",
          access("/usr/sbin/sshd", X_OK) == 0 ? namespace_why_not() : "there is no sshd");
