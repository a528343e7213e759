/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests `idinqr check` on a machine with one mistake, for each mistake in the tables. The program
 * finds it with its severity, file and line, and as many other findings as its row says. Without a
 * mistake, it finds nothing. Each kind of finding has a mistake here or in another test. Needs no
 * privileges. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/tool/finding.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/check_mistakes.h"
#include "tests/unit/check_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
make(const char *root, const struct edit *edit, mode_t mode)
{
    char *path = scratch_path(root, edit->file);

    if (edit->from)
        check_fixture_change(root, edit->file, edit->from, edit->to);
    else if (edit->to)
        check_fixture_write(root, edit->file, mode ? mode : 0644, edit->to);
    else if (!mode)
        ck_assert_int_eq(unlink(path), 0);
    if (mode)
        ck_assert_int_eq(chmod(path, mode), 0);
}

static const char *
text_of(const json_t *finding, const char *key)
{
    return json_string_value(json_object_get(finding, key));
}

static int
is_expected(const struct mistake *mistake, const char *root, const json_t *finding)
{
    char where[4096], found[4096];

    snprintf(where, sizeof where, "%s%s%s", mistake->where[0] ? root : "",
             mistake->where[0] ? "/" : "", mistake->where);
    snprintf(found, sizeof found, "%s:%lld", text_of(finding, "file"),
             json_integer_value(json_object_get(finding, "line")));
    return strcmp(text_of(finding, "kind"), mistake->kind) == 0 &&
           strcmp(text_of(finding, "severity"), mistake->severity) == 0 &&
           (strcmp(found, where) == 0 || (!mistake->where[0] && strcmp(found, ":0") == 0)) &&
           (strstr(text_of(finding, "text"), mistake->word) ||
            strstr(text_of(finding, "advice"), mistake->word)) &&
           strlen(text_of(finding, "advice")) > 10 && strlen(text_of(finding, "command")) > 4 &&
           strstr(text_of(finding, "command"), mistake->typed);
}

/* A command that needs nothing from the administrator, and touches only the planted files, mends
 * what it is printed for at once: nothing else is found then. */
static void
must_mend(const char *root, const char *command, int more)
{
    json_t *findings;
    char *dump;

    if (!strstr(command, root) ||
        (strncmp(command, "chmod ", 6) != 0 && strncmp(command, "cp ", 3) != 0 &&
         strncmp(command, "sed ", 4) != 0 && strncmp(command, "mkdir ", 6) != 0))
        return;
    ck_assert_msg(system(command) == 0, "%s", command); // NOLINT(cert-env33-c)
    findings = check_fixture_findings(root);
    dump = json_dumps(findings, JSON_INDENT(2));
    ck_assert_msg(json_array_size(findings) == (size_t)more, "after %s:\n%s", command, dump);
    free(dump);
    json_decref(findings);
}

static void
must_be_found(const struct mistake *mistake)
{
    char *root = check_fixture(), *dump, command[8192] = "";
    json_t *findings, *finding;
    size_t i, n = 0;

    for (size_t j = 0; j < ARRAY_LENGTH(mistake->edits) && mistake->edits[j].file; j++)
        make(root, &mistake->edits[j], j == 0 ? mistake->mode : 0);
    findings = check_fixture_findings(root);
    json_array_foreach(findings, i, finding) if (is_expected(mistake, root, finding))
    {
        snprintf(command, sizeof command, "%s", text_of(finding, "command"));
        n++;
    }
    dump = json_dumps(findings, JSON_INDENT(2));
    ck_assert_msg(n == 1, "%s: %s at %s was found %zu times in\n%s", mistake->name, mistake->kind,
                  mistake->where, n, dump);
    ck_assert_msg(json_array_size(findings) == 1 + (size_t)mistake->more,
                  "%s: %d more were to be found in\n%s", mistake->name, mistake->more, dump);
    free(dump);
    json_decref(findings);
    must_mend(root, command, mistake->more);
}

TEST_CASE("mistakes");

static int
count(const struct mistake *mistakes)
{
    int n = 0;

    while (mistakes[n].name)
        n++;
    return n;
}

LOOP_TEST(a_mistake_in_the_configuration, count(check_mistakes_conf))
{
    must_be_found(&check_mistakes_conf[_i]);
}

LOOP_TEST(a_mistake_on_the_machine, count(check_mistakes_machine))
{
    must_be_found(&check_mistakes_machine[_i]);
}

LOOP_TEST(a_mistake_about_access, count(check_mistakes_access))
{
    must_be_found(&check_mistakes_access[_i]);
}

LOOP_TEST(a_mistake_in_a_condition, count(check_mistakes_conditions))
{
    must_be_found(&check_mistakes_conditions[_i]);
}

LOOP_TEST(a_mistake_about_people, count(check_mistakes_people))
{
    must_be_found(&check_mistakes_people[_i]);
}

LOOP_TEST(a_mistake_in_pam, count(check_mistakes_pam))
{
    must_be_found(&check_mistakes_pam[_i]);
}

static void
must_find_nothing(const char *root)
{
    json_t *findings = check_fixture_findings(root);
    char *dump;

    dump = json_dumps(findings, JSON_INDENT(2));
    ck_assert_msg(json_array_size(findings) == 0, "%s", dump);
    free(dump);
    json_decref(findings);
}

static const struct {
    enum finding_kind kind;
    const char *file;
    unsigned line;
} in_order[] = {
    {FINDING_AGENT_USER, "", 0},      {FINDING_CONFIG, "/etc/a", 2},
    {FINDING_CONFIG, "/etc/a", 10},   {FINDING_CONFIG, "/etc/b", 1},
    {FINDING_MAP_EMPTY, "/etc/a", 1}, {FINDING_PAM_UNUSED, "", 0},
    {FINDING_MAP_ROOT, "/etc/a", 1},
};

/* Whatever the order in which they are found: an error must not stand between notes. */
TEST(errors_come_first)
{
    FINDINGS_AUTO findings = {.n = 0};

    for (size_t i = ARRAY_LENGTH(in_order); i-- > 0;)
        finding_add(&findings, in_order[i].kind, in_order[i].file, in_order[i].line, "", "text");
    finding_sort(&findings);
    for (size_t i = 0; i < ARRAY_LENGTH(in_order); i++)
        ck_assert_msg(findings.list[i].kind == in_order[i].kind &&
                          findings.list[i].line == in_order[i].line,
                      "%zu", i);
}

/* Of one provider, or of several of which this one is one. */
TEST(a_map_of_this_provider)
{
    char *root = check_fixture();
    json_t *findings;

    check_fixture_change(root, "etc/idinqr.map", "# ",
                         "# identities-of: oidc-device id.desk.test\n# ");
    findings = check_fixture_findings(root);
    ck_assert_uint_eq(json_array_size(findings), 0);
    json_decref(findings);
}

/* The editor would keep the link. */
TEST(a_configuration_that_is_a_link)
{
    char *root = check_fixture(), *conf = scratch_path(root, "etc/idinqr.conf");
    char *elsewhere = scratch_path(root, "srv.conf"), *command;
    json_t *findings;

    ck_assert_int_eq(rename(conf, elsewhere), 0);
    ck_assert_int_eq(symlink(elsewhere, conf), 0);
    findings = check_fixture_findings(root);
    ck_assert_uint_eq(json_array_size(findings), 1);
    ck_assert_str_eq(text_of(json_array_get(findings, 0), "text"),
                     "is a symbolic link: copy the file itself there");
    command = scratch_text("%s", text_of(json_array_get(findings, 0), "command"));
    json_decref(findings);
    ck_assert_int_eq(strncmp(command, "cp ", 3), 0);
    must_mend(root, command, 0);
}

/* The command is for the secret's file, not for the file that names it. */
TEST(a_secret_in_a_file_that_everyone_can_read)
{
    char *root = check_fixture(), *secret = scratch_path(root, "token"), *command;
    json_t *findings;

    scratch_write(secret, 0644, "5f0f2c1e-TOPSECRET\n");
    check_fixture_change(root, "etc/idinqr.conf", "merchant_token = 5f0f2c1e-TOPSECRET",
                         scratch_text("merchant_token_file = %s", secret));
    findings = check_fixture_findings(root);
    ck_assert_uint_eq(json_array_size(findings), 1);
    ck_assert_str_eq(text_of(json_array_get(findings, 0), "file"), secret);
    command = scratch_text("%s", text_of(json_array_get(findings, 0), "command"));
    ck_assert_str_eq(command, scratch_text("chmod 0600 %s", secret));
    json_decref(findings);
    must_mend(root, command, 0);
}

/* The value is wrong, and the line that names the file is right. */
TEST(a_secret_in_a_file_that_has_the_keyword_too)
{
    char *root = check_fixture(), *secret = scratch_path(root, "token");
    json_t *findings;

    scratch_write(secret, 0600, "merchant_token = 5f0f2c1e-TOPSECRET\n");
    check_fixture_change(root, "etc/idinqr.conf", "merchant_token = 5f0f2c1e-TOPSECRET",
                         scratch_text("merchant_token_file = %s", secret));
    findings = check_fixture_findings(root);
    ck_assert_uint_eq(json_array_size(findings), 1);
    ck_assert_str_eq(text_of(json_array_get(findings, 0), "file"), secret);
    ck_assert_ptr_nonnull(
        strstr(text_of(json_array_get(findings, 0), "text"), "without the keyword"));
    json_decref(findings);
}

/* The agent's user may read the file, and does not get there. Directories above the checked
 * machine's do not count. */
TEST(a_ca_file_below_a_directory_that_is_closed)
{
    char *root = check_fixture(), *closed = scratch_path(root, "srv");
    json_t *findings;

    check_fixture_write(root, "srv/ca.pem", 0644,
                        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
    check_fixture_change(root, "etc/idinqr.conf", "[idin-qr]", "ca_file = /srv/ca.pem\n[idin-qr]");
    ck_assert_int_eq(chmod(root, 0700), 0);
    must_find_nothing(root);
    /* Another mode of the file alone would not help. */
    ck_assert_int_eq(chmod(scratch_path(closed, "ca.pem"), 0600), 0);
    ck_assert_int_eq(chmod(closed, 0700), 0);
    findings = check_fixture_findings(root);
    ck_assert_uint_eq(json_array_size(findings), 1);
    ck_assert_str_eq(text_of(json_array_get(findings, 0), "kind"), "ca-file");
    ck_assert_str_eq(
        text_of(json_array_get(findings, 0), "text"),
        scratch_text("ca_file is below %s, which the agent's user cannot search: move it", closed));
    json_decref(findings);
}

/* As after a full disk: the header names a part of the file that is not there. */
TEST(a_module_that_was_cut_off)
{
    char *root = check_fixture(), *module = scratch_path(root, "usr/lib/security/pam_idinqr.so");
    struct stat status;
    json_t *findings;

    ck_assert_int_eq(stat(module, &status), 0);
    ck_assert_int_eq(truncate(module, status.st_size - 1), 0);
    findings = check_fixture_findings(root);
    ck_assert_uint_eq(json_array_size(findings), 1);
    ck_assert_str_eq(text_of(json_array_get(findings, 0), "kind"), "module");
    ck_assert_str_eq(text_of(json_array_get(findings, 0), "file"), module);
    json_decref(findings);
}

TEST(nothing_is_found_where_nothing_is)
{
    must_find_nothing(check_fixture());
}

/* A relay has the key, and sends no pictures. */
TEST(a_desk_of_a_relay)
{
    char *root = check_fixture();

    check_fixture_change(root, "etc/idinqr.conf", "qr_hosts =", "relay = yes\nqr_hosts =");
    check_fixture_change(root, "etc/idinqr.map", "# ", "# key-fingerprint: 0123456789abcdef\n# ");
    ck_assert_int_eq(unlink(scratch_path(root, "etc/idinqr.key")), 0);
    ck_assert_int_eq(unlink(scratch_path(root, "usr/libexec/idinqr-picture")), 0);
    must_find_nothing(root);
}

/* The shell must read a name as the file's, whatever is in it. */
static const struct {
    enum finding_kind kind;
    const char *file;
    unsigned line;
    const char *object, *command;
} commands[] = {
    {FINDING_CONFIG, "/etc/a.conf", 12, NULL, "${EDITOR:-vi} +12 /etc/a.conf"},
    {FINDING_CONFIG, "/etc/a.conf", 0, NULL, "${EDITOR:-vi} /etc/a.conf"},
    {FINDING_CONFIG, "/etc/a b;c.conf", 3, NULL, "${EDITOR:-vi} +3 '/etc/a b;c.conf'"},
    {FINDING_SECRET_SHARED, "/etc/it's", 0, NULL, "chmod 0600 '/etc/it'\\''s'"},
    {FINDING_MAP_ACCOUNT, "/etc/m", 4, "$(id)", "idinqr revoke '$(id)'"},
    {FINDING_MAP_EMPTY, "/etc/m", 0, NULL, "idinqr enroll ACCOUNT"},
};

LOOP_TEST(a_command, ARRAY_LENGTH(commands))
{
    FINDINGS_AUTO findings = {.n = 0};
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    json_t *json;

    finding_add(&findings, commands[_i].kind, commands[_i].file, commands[_i].line, "", "text");
    if (commands[_i].object)
        finding_cure(&findings, NULL, commands[_i].object);
    ck_assert_int_eq(finding_print(&findings, FINDING_FORM_JSON, stream), 0);
    fclose(stream);
    json = json_loads(text, 0, NULL);
    ck_assert_str_eq(text_of(json_array_get(json_object_get(json, "findings"), 0), "command"),
                     commands[_i].command);
    json_decref(json);
    free(text);
}

/* What takes more than a file or two: where it is. */
static const struct {
    enum finding_kind kind;
    const char *test;
} elsewhere[] = {
    {FINDING_AGENT_JAIL, "test_check_network: a_kernel_without_landlock"},
    {FINDING_CA_FILE_SANDBOX, "test_sandbox_files: check_reports_the_certificate"},
    {FINDING_CLOCK, "test_check_network: a_clock_that_is_wrong"},
    {FINDING_CLOCK_UNSYNCHRONISED, "test_check_clock: a_clock"},
    {FINDING_CONSOLE_FONT, "test_check_applications: the_font_of_a_console"},
    {FINDING_MAP_EXPIRES_SOON, "test_check_examples: a_line_that_ends_soon"},
    {FINDING_MAP_SANDBOX, "test_sandbox_files: check_reports_the_identities"},
    {FINDING_NETWORK, "test_check_network: nobody_there"},
    {FINDING_PAM_UNUSED, "test_check_examples: a_module_that_no_service_uses"},
    {FINDING_SSHD_FILE, "test_check_applications: an_sshd_that_fails"},
    {FINDING_SSHD_MATCH, "test_check_applications: what_sshd_prints"},
    {FINDING_SSHD_PAM, "test_check_applications: what_sshd_prints"},
    {FINDING_SSHD_KEYBOARD, "test_check_applications: what_sshd_prints"},
    {FINDING_SSHD_METHODS, "test_check_applications: what_sshd_prints"},
    {FINDING_SSHD_GRACE, "test_check_applications: what_sshd_prints"},
    {FINDING_SSHD_PASSWORD, "test_check_applications: what_sshd_prints"},
    {FINDING_SSHD_KEY, "test_check_applications: what_sshd_prints"},
    {FINDING_SUDO_DEFAULTS, "test_check_sshd: the_real_sudo"},
    {FINDING_TLS, "test_check_network: a_certificate_that_does_not_hold"},
    {FINDING_UNSEEN, "test_check_examples: without_rights"},
};

static int
is_planted(const struct mistake *mistakes, const char *kind)
{
    for (; mistakes->name; mistakes++)
        if (strcmp(mistakes->kind, kind) == 0)
            return 1;
    return 0;
}

TEST(every_kind_has_a_mistake)
{
    for (enum finding_kind kind = 0; kind < FINDING_KINDS; kind++) {
        const char *name = finding_describe(kind)->name, *test = NULL;
        int is_here;

        ck_assert_msg(name != NULL, "the %d-th kind is not in the table", kind);
        is_here =
            is_planted(check_mistakes_conf, name) || is_planted(check_mistakes_machine, name) ||
            is_planted(check_mistakes_pam, name) || is_planted(check_mistakes_access, name) ||
            is_planted(check_mistakes_conditions, name) || is_planted(check_mistakes_people, name);
        for (size_t i = 0; i < ARRAY_LENGTH(elsewhere); i++)
            if (elsewhere[i].kind == kind)
                test = elsewhere[i].test;
        ck_assert_msg(is_here || test, "no test makes a %s", name);
        ck_assert_msg(!is_here || !test, "%s is made here as well as in %s", name, test);
    }
}

RUN_TESTS("check", check_fixture_why_not());
