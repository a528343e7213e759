/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check` is silent on the examples that are installed: conf/idinqr.conf, filled in, and
 * each file below conf/pam.d, on a machine that is as their first lines say. And what the program
 * says to people. Needs no rights. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/desk.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/check_fixture.h"

#include <fts.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NOBODY 65534

/* Nothing worse than a note, and no condition that is unclear, but for findings of these kinds. */
static void
must_be_silent(const char *root, const char *about, const char *but)
{
    json_t *findings = check_fixture_findings(root), *finding;
    size_t i;

    json_array_foreach(findings, i, finding)
    {
        const char *kind = json_string_value(json_object_get(finding, "kind"));
        const char *severity = json_string_value(json_object_get(finding, "severity"));
        char *dump = json_dumps(finding, JSON_INDENT(2));
        ck_assert_msg((strcmp(severity, "note") == 0 && strcmp(kind, "pam-unclear") != 0) ||
                          strstr(but, kind) != NULL,
                      "%s:\n%s", about, dump);
        free(dump);
    }
    json_decref(findings);
}

/* The fixture without the services that are its own. */
static char *
fixture_of_no_service(void)
{
    static const char *const services[] = {"sudo", "login", "su"};
    char *root = check_fixture();

    for (size_t i = 0; i < ARRAY_LENGTH(services); i++) {
        char name[64], *path;
        snprintf(name, sizeof name, "etc/pam.d/%s", services[i]);
        path = scratch_path(root, name);
        ck_assert_int_eq(unlink(path), 0);
    }
    return root;
}

TEST_CASE("examples");

TEST(each_pam_d_file)
{
    char directory[] = SOURCE_DIR "/conf/pam.d", *trees[] = {directory, NULL};
    FTS *tree = fts_open(trees, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *entry;
    int n = 0;

    ck_assert_ptr_nonnull(tree);
    while ((entry = fts_read(tree))) {
        char *root, *text, name[300];
        if (entry->fts_info != FTS_F)
            continue;
        root = fixture_of_no_service();
        text = scratch_read(entry->fts_path);
        snprintf(name, sizeof name, "etc/pam.d/%s", entry->fts_name);
        check_fixture_write(root, name, 0644, text);
        ck_assert_ptr_nonnull(strstr(text, "pam_idinqr.so"));
        must_be_silent(root, entry->fts_path, "");
        n++;
    }
    fts_close(tree);
    ck_assert_int_ge(n, 2);
}

/* PAM passes over the first, and ignores the second, which resembles no module. */
TEST(a_module_that_may_be_missing)
{
    char *root = check_fixture();

    check_fixture_write(root, "etc/pam.d/other-service", 0644,
                        "-auth required pam_unx.so\nauth optional pam_of_another_package.so\n"
                        "auth required pam_permit.so\n");
    must_be_silent(root, "modules that may be missing", "");
}

#define UNLESS_IN_GROUP                                                                            \
    "auth [success=1 default=ignore] pam_succeed_if.so quiet user ingroup idinqr-emergency\n"      \
    "auth requisite pam_idinqr.so\n"

#define PASSWORD_OR_CODE                                                                           \
    "auth [success=done default=die] pam_unix.so\nauth required pam_idinqr.so\n"

/* The auth lines that distributions and directories bring, with a code as a second factor, and
 * conditions that administrators write. There is nothing to mend in them. */
static const char *const in_the_wild[] = {
    /* authselect's profile sssd, as in conf/authselect */
    "auth required pam_env.so\nauth required pam_faildelay.so delay=2000000\n" UNLESS_IN_GROUP
    "auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular\n"
    "auth [default=1 ignore=ignore success=ok] pam_localuser.so\n"
    "auth sufficient pam_unix.so nullok\n"
    "auth [default=1 ignore=ignore success=ok] pam_usertype.so isregular\n"
    "auth sufficient pam_sss.so forward_pass\nauth required pam_deny.so\n",
    /* the same with FreeIPA and faillock */
    "auth required pam_env.so\nauth required pam_faillock.so preauth silent\n" UNLESS_IN_GROUP
    "auth sufficient pam_unix.so nullok try_first_pass\n"
    "auth requisite pam_succeed_if.so uid >= 1000 quiet_success\n"
    "auth sufficient pam_sss.so forward_pass\nauth required pam_faillock.so authfail\n"
    "auth required pam_deny.so\n",
    /* winbind and LDAP, of RHEL 7 */
    "auth required pam_env.so\n" UNLESS_IN_GROUP
    "auth sufficient pam_unix.so nullok try_first_pass\n"
    "auth requisite pam_succeed_if.so uid >= 1000 quiet_success\n"
    "auth sufficient pam_winbind.so krb5_auth krb5_ccache_type=KEYRING use_first_pass\n"
    "auth sufficient pam_ldap.so use_first_pass\nauth required pam_deny.so\n",
    /* pam-auth-update with krb5 and sssd */
    UNLESS_IN_GROUP "auth [success=3 default=ignore] pam_krb5.so minimum_uid=1000\n"
                    "auth [success=2 default=ignore] pam_unix.so nullok try_first_pass\n"
                    "auth [success=1 default=ignore] pam_sss.so use_first_pass\n"
                    "auth requisite pam_deny.so\nauth required pam_permit.so\n",
    /* a way in with a token, which asks for both */
    "auth [success=ignore default=2] pam_succeed_if.so quiet user ingroup idinqr-emergency\n"
    "auth requisite pam_google_authenticator.so forward_pass\n"
    "auth [success=done default=die] pam_unix.so use_first_pass\nauth required pam_idinqr.so\n",
    /* conditions that hold for some logins and not for others */
    "auth requisite pam_succeed_if.so quiet user != games user notin games:news\n"
    "auth required pam_listfile.so item=user sense=deny file=/etc/denied onerr=succeed\n"
    "auth [success=ignore default=1] pam_succeed_if.so quiet uid < 1000 tty =~ "
    "tty*\n" PASSWORD_OR_CODE,
    "auth [success=ignore default=1] pam_succeed_if.so quiet use_uid user ingroup "
    "root\n" PASSWORD_OR_CODE,
    "auth [success=ignore default=1] pam_succeed_if.so quiet service in sudo:sudo-i user in "
    "root:of-another-machine\n" PASSWORD_OR_CODE,
    "auth [success=ignore default=1] pam_succeed_if.so quiet uid in 0:4711 shell != "
    "/bin/zsh\n" PASSWORD_OR_CODE,
    "auth [success=ignore default=1] pam_wheel.so trust group=root\n" PASSWORD_OR_CODE,
    "auth [success=ignore default=1] pam_listfile.so quiet item=user sense=allow "
    "file=/etc/admins\n" PASSWORD_OR_CODE,
    /* without the module: lines that refuse those who do not meet a condition, as is meant */
    "auth required pam_succeed_if.so quiet user ingroup root\n@include common-auth\n",
    "auth required pam_unix.so\nauth required pam_succeed_if.so quiet user ingroup root\n",
    "auth [success=ignore default=1] pam_succeed_if.so quiet user ingroup root\n"
    "auth [success=done default=die] pam_unix.so\nauth required pam_deny.so\n",
    "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n"
    "auth required pam_permit.so\n",
};

LOOP_TEST(stacks_in_the_wild, ARRAY_LENGTH(in_the_wild))
{
    char *root = fixture_of_no_service();

    check_fixture_write(root, "etc/admins", 0644, "root\n\nroots\nof-another-machine\n");
    check_fixture_write(root, "etc/pam.d/sudo", 0644, in_the_wild[_i]);
    must_be_silent(root, in_the_wild[_i],
                   strstr(in_the_wild[_i], "use_uid") ? "pam-gone pam-unclear" : "pam-gone");
}

/* At a desk, iDIN's line comes first: a person who is enrolled may have a password below it. */
TEST(an_enrolled_person_with_a_password_at_a_desk)
{
    char *root = fixture_of_no_service();

    check_fixture_write(root, "etc/pam.d/login", 0644,
                        scratch_read(SOURCE_DIR "/conf/pam.d/login-desk"));
    check_fixture_change(root, "etc/group", "990:root", "990:root,alice");
    must_be_silent(root, "a desk", "");
}

/* They are not services: no program uses these names. */
TEST(backups_beside_the_files)
{
    static const char *const names[] = {"sudo.old",  "sudo.bak", "sudo~",       "sudo.dpkg-dist",
                                        "sudo.save", "gone.swp", "sudo.backup", "sudo.2026-11-30",
                                        "sudo-old",  "sudo-bak", "sudo-old.2"};
    char *root = check_fixture();

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        check_fixture_write(root, scratch_text("etc/pam.d/%s", names[i]), 0644,
                            "auth sufficient pam_permit.so\nauth required pam_idinqr.so\n");
    must_be_silent(root, "backups", "");
}

/* What an administrator fills in, for idin-qr. */
static const char *const filled_in[][2] = {
    {"\n#provider = idin-qr\n", "\nprovider = idin-qr\nagent = /usr/libexec/idinqr-agent\n"
                                "map = /etc/idinqr.map\nkey = /etc/idinqr.key\n"},
    {"\n#qr_backend_url = ", "\nqr_backend_url = "},
    {"\n#merchant_token = 00000000-0000-0000-0000-000000000000\n",
     "\nmerchant_token = issued-TOPSECRET\n"},
    {"\n#signing_key = the-key-that-you-were-issued\n", "\nsigning_key = issued-TOPSECRET\n"},
    {"\n#status_url = https://idin.example.nl/", "\nstatus_url = https://status.desk.test/"},
};

/* Of this version, and of version 0.1.0 with its map and key. An expired line is reported by both.
 */
LOOP_TEST(the_configuration, 2)
{
    static const char *const places[] = {"/conf", "/tests/stack/0.1.0"};
    static const char *const names[] = {"idinqr.conf", "idinqr.map", "idinqr.key"};
    char *root = check_fixture();

    for (size_t i = 0; i < (_i ? 3 : 1); i++) {
        char name[64], path[PATH_MAX], *text;
        snprintf(name, sizeof name, "etc/%s", names[i]);
        snprintf(path, sizeof path, "%s%s/%s", SOURCE_DIR, places[_i], names[i]);
        text = scratch_read(path);
        check_fixture_write(root, name, 0600, text);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(filled_in); i++)
        check_fixture_change(root, "etc/idinqr.conf", filled_in[i][0], filled_in[i][1]);
    must_be_silent(root, places[_i], _i ? "map-expired" : "");
}

TEST_CASE("words");

/* One place for all services of one line, a summary at the end, and an exit code for each severity.
 */
TEST(what_people_read)
{
    char *root = check_fixture(), *conf = scratch_path(root, "etc/idinqr.conf");
    OUTPUT_AUTO silent = RUN(conf, "", "check", "--root", root);
    OUTPUT_AUTO warned = {0};
    OUTPUT_AUTO failed = {0};

    tool_must_say(&silent, 0, "", "");
    ck_assert_str_eq(silent.out, "IDINQR OK: 0 errors, 0 warnings, 0 notes\n");
    check_fixture_change(root, "etc/login.defs", "180", "100");
    warned = RUN(conf, "", "check", "--root", root);
    tool_must_say(&warned, 1, "warning: ", "");
    tool_must_say(&warned, 1, "/etc/login.defs:2: login: LOGIN_TIMEOUT is 100 seconds", "");
    tool_must_say(&warned, 1, "[login-timeout]\n    Set LOGIN_TIMEOUT", "");
    tool_must_say(&warned, 1, "\nIDINQR WARNING: 0 errors, 1 warning, 0 notes\n", "");
    check_fixture_change(root, "etc/group", "idinqr-emergency", "emergency");
    failed = RUN(conf, "", "check", "--root", root);
    tool_must_say(&failed, 2, "etc/pam.d/su:3: su: there is no group idinqr-emergency", "");
}

/* As Nagios takes it: one line, figures behind a bar, and each kind once. */
TEST(what_monitoring_reads)
{
    char *root = check_fixture(), *conf = scratch_path(root, "etc/idinqr.conf");
    OUTPUT_AUTO silent = RUN(conf, "", "check", "--quiet", "--root", root);
    OUTPUT_AUTO failed = {0};

    ck_assert_str_eq(silent.out, "IDINQR OK: 0 errors, 0 warnings, 0 notes"
                                 " | errors=0 warnings=0 notes=0\n");
    ck_assert_int_eq(silent.status, 0);
    check_fixture_change(root, "etc/login.defs", "180", "100");
    check_fixture_change(root, "etc/group", "idinqr-emergency", "emergency");
    failed = RUN(conf, "", "check", "--quiet", "--root", root);
    ck_assert_str_eq(failed.out, "IDINQR CRITICAL: 3 errors, 1 warning, 0 notes: pam-group, "
                                 "login-timeout | errors=3 warnings=1 notes=0\n");
    ck_assert_int_eq(failed.status, 2);
}

TEST(a_line_that_is_for_many)
{
    char *root = check_fixture(), *conf = scratch_path(root, "etc/idinqr.conf");
    OUTPUT_AUTO output = {0};

    check_fixture_write(root, "etc/pam.d/common-auth", 0644, "auth required pam_idinqr.so\n");
    check_fixture_write(root, "etc/pam.d/sudo", 0644, "@include common-auth\n");
    check_fixture_write(root, "etc/pam.d/login", 0644, "@include common-auth\n");
    output = RUN(conf, "", "check", "--root", root);
    tool_must_say(&output, 2,
                  "/etc/pam.d/common-auth:1: login, su, sudo: no user gets in while the network",
                  "");
}

/* Runs the command as uid 65534 if the tests run as root, else as this user. It runs a copy,
 * because uid 65534 may not enter every directory above the checkout. */
static char *
run_as_nobody(const char *root, const char *const *words, int *ret_status)
{
    char *tool = desk_copy_program(TOOL, root, "idinqr", 0755), *text = calloc(1, 8192);
    FILE *written = tmpfile();
    char *argv[8] = {tool};
    pid_t pid;

    for (size_t i = 0; words[i]; i++)
        argv[i + 1] = scratch_text("%s", words[i]);
    ck_assert_ptr_nonnull(text);
    ck_assert_ptr_nonnull(written);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        if (dup2(fileno(written), 1) < 0 || dup2(1, 2) < 0 ||
            (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0)))
            _exit(99);
        execv(tool, argv);
        _exit(98);
    }
    ck_assert_int_eq(waitpid(pid, ret_status, 0), pid);
    rewind(written);
    text[fread(text, 1, 8191, written)] = '\0';
    ck_assert_int_eq(unlink(tool), 0);
    fclose(written);
    return text;
}

/* It says what it could not look at, takes none of that for a mistake, and goes on. */
TEST(without_rights)
{
    char *root = check_fixture(), *conf = scratch_path(root, "etc/idinqr.conf"), *text;
    char *map = scratch_path(root, "etc/idinqr.map");
    int status;

    ck_assert_int_eq(chmod(root, 0755), 0);
    ck_assert_int_eq(chmod(conf, 0), 0);
    ck_assert_int_eq(chmod(map, 0), 0);
    text = run_as_nobody(root, (const char *const[]){"check", "--conf", conf, "--root", root, NULL},
                         &status);
    ck_assert_ptr_nonnull(
        strstr(text, "etc/idinqr.conf: only root can look at this file [unseen]"));
    ck_assert_ptr_nonnull(strstr(text, "etc/idinqr.map: only root can look at this file [unseen]"));
    ck_assert_int_eq(strncmp(text, "This check is incomplete. Only root can look", 44), 0);
    ck_assert_ptr_nonnull(strstr(text, "\nIDINQR UNKNOWN: 0 errors, 0 warnings, "));
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 3, "%#x\n%s", (unsigned)status, text);
    free(text);
}

/* A configuration that only root can read is not an invalid one. */
TEST(a_trial_without_rights)
{
    char *root = check_fixture(), *conf = scratch_path(root, "etc/idinqr.conf"), *text;
    int status;

    ck_assert_int_eq(chmod(root, 0755), 0);
    ck_assert_int_eq(chmod(conf, 0), 0);
    text = run_as_nobody(root, (const char *const[]){"test", "--conf", conf, NULL}, &status);
    ck_assert_msg(strstr(text, "\nVerdict:  unknown: run this as root\n"), "%s", text);
    ck_assert_int_eq(WEXITSTATUS(status), 3);
    free(text);
    text =
        run_as_nobody(root, (const char *const[]){"test", "--json", "--conf", conf, NULL}, &status);
    ck_assert_msg(strstr(text, "\"outcome\": \"system\",\n") &&
                      strstr(text, "Permission denied; run this as root\",\n"),
                  "%s", text);
    free(text);
}

TEST(a_module_that_no_service_uses)
{
    char *root = fixture_of_no_service(), *conf = scratch_path(root, "etc/idinqr.conf");
    OUTPUT_AUTO enrolled = RUN(conf, "", "check", "--root", root), output = {0};

    tool_must_say(&enrolled, 1,
                  "warning: people are enrolled, and no service uses iDIN [pam-gone]\n", "");
    ck_assert_int_eq(unlink(scratch_path(root, "etc/idinqr.map")), 0);
    ck_assert_int_eq(unlink(scratch_path(root, "etc/idinqr.key")), 0);
    output = RUN(conf, "", "check", "--root", root);
    tool_must_say(&output, 1, "note: no service uses iDIN [pam-unused]\n", "");
}

/* Days from today until a line's last one, and whether that is worth a word. */
static const struct {
    int days, is_soon;
} ends[] = {{1, 1}, {13, 1}, {16, 0}};

LOOP_TEST(a_line_that_ends_soon, ARRAY_LENGTH(ends))
{
    char *root = check_fixture(), *conf = scratch_path(root, "etc/idinqr.conf"), day[11], *says;
    time_t then = time(NULL) + (time_t)ends[_i].days * 24 * 60 * 60;
    struct tm parts;

    ck_assert_ptr_nonnull(gmtime_r(&then, &parts));
    ck_assert_uint_eq(strftime(day, sizeof day, "%Y-%m-%d", &parts), 10);
    check_fixture_change(root, "etc/idinqr.map", "2999-12-31", day);
    OUTPUT_AUTO output = RUN(conf, "", "check", "--root", root);
    says = scratch_text("etc/idinqr.map:3: bob: this identity opens nothing after %s "
                        "[map-expires-soon]\n",
                        day);
    ck_assert_int_eq(output.status, 0);
    ck_assert_msg((strstr(output.out, says) != NULL) == ends[_i].is_soon, "%s", output.out);
}

/* Where it could not look at PAM's files, it must not say that there is nothing in them. */
TEST(more_services_than_it_takes)
{
    char *root = check_fixture(), *conf = scratch_path(root, "etc/idinqr.conf");

    for (unsigned i = 0; i < 600; i++) {
        char name[64];
        snprintf(name, sizeof name, "etc/pam.d/service%u", i);
        check_fixture_write(root, name, 0644, "auth sufficient pam_idinqr.so\n");
    }
    OUTPUT_AUTO output = RUN(conf, "", "check", "--root", root);
    OUTPUT_AUTO line = RUN(conf, "", "check", "--quiet", "--root", root);
    tool_must_say(&output, 3, "", "idinqr: not all was looked at: ");
    tool_must_say(&line, 3, ". This check is incomplete. | errors=", "idinqr: not all was");
    ck_assert_ptr_null(strstr(output.out, "no service uses iDIN"));
}

TEST(findings_that_cannot_be_written)
{
    char *root = check_fixture(), *command;

    command = scratch_text("'%s' check --root=%s --conf=%s/etc/idinqr.conf >/dev/full 2>/dev/null",
                           TOOL, root, root);
    ck_assert_int_eq(WEXITSTATUS(system(command)), 3); // NOLINT(cert-env33-c)
    free(command);
}

TEST(a_root_that_is_not_there)
{
    OUTPUT_AUTO output = RUN(NULL, "", "check", "--root", "/nowhere");
    OUTPUT_AUTO wrong = RUN(NULL, "", "check", "sudo");

    tool_must_say(&output, 3, "", "idinqr: /nowhere: No such file or directory\n");
    tool_must_say(&wrong, 2, "", "idinqr: check takes no argument\n");
}

RUN_TESTS("check_examples", check_fixture_why_not());
