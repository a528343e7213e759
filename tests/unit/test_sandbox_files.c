/* SPDX-License-Identifier: BSD-3-Clause */
/* The files that a sandbox leaves for a module: for every provider that there is, a configuration
 * without a mistake, and a map in which its persons are found as that configuration polls for them.
 * The directories that it leaves alone, and that `idinqr check` knows its files. */
#include "pam_idinqr/common/signature.h"
#include "pam_idinqr/config/config.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/identity/map.h"
#include "pam_idinqr/identity/map_key.h"
#include "pam_idinqr/login/agent_start.h"
#include "pam_idinqr/sandbox/signers.h"
#include "pam_idinqr/sandbox/state_dir.h"
#include "pam_idinqr/sandbox/persons.h"
#include "pam_idinqr/sandbox/settings_file.h"
#include "tests/harness/child.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/check_fixture.h"
#include "tests/unit/sandbox_call.h"
#include "tests/unit/tls_peer.h"
#include "tests/unit/diag_line.h"

#include <fts.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAIT_MS 20000 /* far more than needed: only a failing test takes it */

/* The files of a sandbox for one provider, in a directory of their own. */
static void
write_files(const char *provider, struct state_dir *ret_dir)
{
    struct sandbox *sandbox = sandbox_call_new(1000);
    const struct enrollment enrollment = {.account = "alice", .person = person_find("anna")};
    struct diag diag;
    char *path = scratch_dir("sandbox");

    ck_assert_int_eq(state_dir_open(path, ret_dir), 0);
    ck_assert_int_eq(settings_file_write(sandbox, ret_dir, provider, NULL), 0);
    ck_assert_msg(enrollment_write(ret_dir, SETTINGS_KEY_FILE, provider, sandbox->base_url,
                                   &enrollment, &diag) == 0,
                  "%s", diag_line(&diag));
    sandbox_free(&sandbox);
}

TEST_CASE("files");

TEST(every_provider_can_use_them)
{
    const struct provider_description *provider;

    for (size_t i = 0; (provider = provider_table_at(i)); i++) {
        STATE_DIR_AUTO dir = {.is_temporary = 0};
        CONFIG_AUTO *config = NULL;
        MAP_AUTO *map = NULL;
        SECRET_AUTO *key = NULL;
        struct diag diag;
        char path[PATH_MAX], hash[IDENTITY_HASH_SIZE], bin[PERSON_BIN_MAX + 1];
        char key_set[KEY_SET_MAX + 1];

        ck_assert_str_eq(settings_file_provider(provider->name), provider->name);
        write_files(provider->name, &dir);
        ck_assert_int_eq(state_dir_path(&dir, "idinqr.conf", path), 0);
        ck_assert_msg(config_load(path, "", &config, &diag) == 0, "%s", diag_line(&diag));
        ck_assert_str_eq(config->provider->name, provider->name);
        ck_assert_msg(agent_start_read_keys(config->settings.oidc.jwks_file, key_set, &diag) == 0,
                      "%s", diag_line(&diag));
        ck_assert_int_eq(strcmp(provider->name, "oidc-device") == 0,
                         strstr(key_set, "\"ES256\"") != NULL);
        ck_assert_msg(map_read(config->map, &map, &diag) == 0, "%s", diag_line(&diag));
        ck_assert_msg(map_key_read(config->key, &key, &diag) == 0, "%s", diag_line(&diag));
        ck_assert_int_eq(person_bin(person_find("anna"), bank_at(0), bin), 0);
        ck_assert_int_eq(identity_hash((const unsigned char *)secret_bytes(key), provider->name,
                                       config->scope, bin, hash),
                         0);
        ck_assert_int_eq(map_check(map, "alice", hash, "2026-01-01"), 0);
    }
}

/* A desk gets the key that checks an answer, and nothing of the one that signs it. */
TEST(a_public_key_for_the_desk)
{
    struct sandbox *sandbox = sandbox_call_new(1000);
    char *path = scratch_dir("sandbox"), *text, hex[2 * SANDBOX_SIGNING_KEY + 1], base64[45],
         signature[BODY_SIGNER_TEXT_SIZE], conf[PATH_MAX];
    STATE_DIR_AUTO dir = {.is_temporary = 0};
    CONFIG_AUTO *config = NULL;
    SECRET_AUTO *key = NULL;
    struct diag diag;

    ck_assert_int_eq(body_signer_use_ed25519(sandbox), 0);
    ck_assert_int_eq(state_dir_open(path, &dir), 0);
    ck_assert_int_eq(settings_file_write(sandbox, &dir, SETTINGS_PROVIDER, NULL), 0);
    ck_assert_int_eq(state_dir_path(&dir, "idinqr.conf", conf), 0);
    ck_assert_msg(config_load(conf, "", &config, &diag) == 0, "%s", diag_line(&diag));
    ck_assert_int_eq(config->settings.idin_qr.signing_key_encoding, SIGNING_KEY_ED25519);
    ck_assert_int_eq(
        signing_key_read(config->settings.idin_qr.signing_key, SIGNING_KEY_ED25519, &key), 0);
    ck_assert_int_eq(body_signer_sign(sandbox, "a body", 6, 0, signature), 0);
    ck_assert_int_eq(signature_check(key, SIGNING_KEY_ED25519, "a body", 6, signature, 1), 0);
    ck_assert_int_eq(body_signer_sign(sandbox, "a body", 6, 1, signature), 0);
    ck_assert_int_eq(signature_check(key, SIGNING_KEY_ED25519, "a body", 6, signature, 1),
                     IDQ_SIGNATURE);
    text = scratch_read(conf);
    characters_write_hex(sandbox->signing_key, sizeof sandbox->signing_key, hex);
    EVP_EncodeBlock((unsigned char *)base64, sandbox->signing_key, sizeof sandbox->signing_key);
    ck_assert_msg(!strstr(text, hex) && !strstr(text, base64), "the private key is in %s", text);
    sandbox_free(&sandbox);
}

TEST(knows_its_providers)
{
    ck_assert_str_eq(settings_file_provider("idin-qr"), SETTINGS_PROVIDER);
    ck_assert_str_eq(settings_file_provider("signicat"), "signicat");
    ck_assert_str_eq(settings_file_provider("oidc-device"), "oidc-device");
    ck_assert_ptr_null(settings_file_provider("idin"));
    ck_assert_ptr_null(settings_file_provider(""));
}

/* All that can be seen of a directory, freed by the caller: another text after any change. */
static char *
picture_of(const char *dir)
{
    char *text, *const dirs[] = {(char *)(uintptr_t)dir, NULL};
    size_t size;
    FILE *out = open_memstream(&text, &size);
    FTS *tree = fts_open(dirs, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    FTSENT *entry;

    ck_assert(out && tree);
    while ((entry = fts_read(tree))) {
        const struct stat *status = entry->fts_statp;
        if (entry->fts_info == FTS_DP)
            continue;
        fprintf(out, "%s: %lu %o %u:%u %ld.%09ld %ld.%09ld\n", entry->fts_path,
                (unsigned long)status->st_ino, status->st_mode, status->st_uid, status->st_gid,
                (long)status->st_mtim.tv_sec, status->st_mtim.tv_nsec, (long)status->st_ctim.tv_sec,
                status->st_ctim.tv_nsec);
        if (entry->fts_info == FTS_F) {
            char *content = scratch_read(entry->fts_path);
            fputs(content, out);
        }
    }
    fts_close(tree);
    ck_assert_int_eq(fclose(out), 0);
    return text;
}

/* Starts the real one there; *ret_log is the file with what it says. */
static struct child *
start_in(const char *dir, char **ret_log)
{
    const char *argv[] = {BUILD_DIR "/idinqr-sandbox",
                          "--exit-with-parent",
                          "--quiet",
                          "--dir",
                          dir,
                          "--enroll",
                          "root=anyone",
                          NULL};
    char *logs = scratch_dir("log");

    *ret_log = scratch_path(logs, "sandbox.log");
    return child_start(argv, *ret_log);
}

static void
must_be_refused(const char *dir, const char *name)
{
    char *log, *said, *before = picture_of(dir), *after, sentence[PATH_MAX + 100], line[300];
    struct child *child = start_in(dir, &log);

    ck_assert_msg(!child_read_line(child, line, sizeof line, WAIT_MS), "%s: it is %s", dir, line);
    ck_assert_int_eq(child_stop(&child, WAIT_MS), 1);
    said = scratch_read(log);
    after = picture_of(dir);
    snprintf(sentence, sizeof sentence,
             "idinqr-sandbox: %s/%s was not made by idinqr-sandbox: choose another directory for "
             "--dir\n",
             dir, name);
    ck_assert_str_eq(said, sentence);
    ck_assert_str_eq(after, before);
    free(after);
    free(before);
    free(log);
}

TEST_CASE("directories");

/* The agent runs as another user, and reads ca.pem. */
TEST(a_directory_below_a_closed_one, .why_not = geteuid() == 0 ? NULL : "root's agent is another")
{
    char *closed = scratch_dir("closed"), *dir = scratch_path(closed, "sandbox"), *log, line[300];
    struct child *child;

    ck_assert_int_eq(chmod(closed, 0700), 0);
    child = start_in(dir, &log);
    ck_assert_msg(!child_read_line(child, line, sizeof line, WAIT_MS), "it is %s", line);
    ck_assert_int_eq(child_stop(&child, WAIT_MS), 1);
    ck_assert_str_eq(scratch_read(log),
                     scratch_text("idinqr-sandbox: the agent's user cannot search %s, and so not "
                                  "read ca.pem: choose another directory for --dir\n",
                                  closed));
}

TEST(a_machine_that_is_configured_is_left_alone)
{
    char *root = check_fixture(), *etc = scratch_path(root, "etc");

    must_be_refused(etc, "idinqr.conf");
}

LOOP_TEST(what_another_made_is_left_alone, 7)
{
    static const struct {
        const char *name, *text;
    } cases[] = {
        {"idinqr.conf", ""},
        {"idinqr.conf", "# Written by idinqr-sandbox"},
        {"idinqr.conf", "provider = idin-qr\n# Written by idinqr-sandbox(1) at its start.\n"},
        {"idinqr.map", ""},
        {"idinqr.key", ""},
        {"relay.key", ""},
        {"ca.pem", ""},
    };
    char *dir = scratch_dir("other"), *path = scratch_path(dir, cases[_i].name);

    scratch_write(path, 0600, cases[_i].text);
    must_be_refused(dir, cases[_i].name);
}

TEST(a_link_or_a_directory_is_left_alone)
{
    char *dir = scratch_dir("other"), *conf = scratch_path(dir, "idinqr.conf"),
         *drop_ins = scratch_path(dir, "idinqr.conf.d");

    ck_assert_int_eq(symlink("/nowhere/idinqr.conf", conf), 0);
    must_be_refused(dir, "idinqr.conf");
    ck_assert_int_eq(unlink(conf), 0);
    ck_assert_int_eq(mkdir(drop_ins, 0755), 0);
    must_be_refused(dir, "idinqr.conf.d");
}

TEST(its_own_directory_is_used_again)
{
    char *dir = scratch_dir("own"), *notes = scratch_path(dir, "notes"),
         *drop_ins = scratch_path(dir, "idinqr.conf.d"), line[300], *log;

    scratch_write(notes, 0600, "not of a sandbox\n");
    for (int i = 0; i < 2; i++) {
        struct child *child = start_in(dir, &log);
        char *said;
        int is_ready = child_read_line(child, line, sizeof line, WAIT_MS);
        said = scratch_read(log);
        ck_assert_msg(is_ready && strncmp(line, "ready ", 6) == 0, "%s", said);
        ck_assert_int_eq(child_stop(&child, WAIT_MS), 0);
        if (i == 0)
            ck_assert_int_eq(mkdir(drop_ins, 0755), 0);
        free(log);
    }
}

/* How many findings of a kind there are, and that there are no others. */
static void
must_find(const char *root, const char *kind, size_t n)
{
    json_t *findings = check_fixture_findings(root), *finding;
    char *dump = json_dumps(findings, JSON_INDENT(2));
    size_t i;

    ck_assert_msg(json_array_size(findings) == n, "not %zu of %s:\n%s", n, kind, dump);
    json_array_foreach(findings, i, finding)
    {
        ck_assert_msg(
            strcmp(json_string_value(json_object_get(finding, "kind")), kind) == 0 &&
                strcmp(json_string_value(json_object_get(finding, "severity")), "error") == 0,
            "%s", dump);
    }
    free(dump);
    json_decref(findings);
}

/* The certificate with its base64 on one line, as some programs write it. */
static char *
on_one_line(const char *pem)
{
    char *text = strdup(pem), *to = strchr(text, '\n') + 1;

    for (const char *from = to; *from != '\0'; from++)
        if (*from != '\n' || from[1] == '-' || from[1] == '\0')
            *to++ = *from;
    *to = '\0';
    return text;
}

TEST_CASE("check", .why_not = check_fixture_why_not());

/* Alone, among others, and in another form. */
TEST(check_reports_the_certificate)
{
    CERTIFICATES_AUTO certificates = {.ca = NULL};
    char *root = check_fixture(), *dir = scratch_dir("peer"),
         *path = scratch_path(root, "etc/ca.pem"), *other, *all, *wide;
    struct tls_peer peer = {.pid = 0};
    const char *answers[] = {TLS_PEER_OK};

    ck_assert_int_eq(certificates_make((const char *const[]){NULL}, &certificates), 0);
    tls_peer_start(&peer, dir, answers, 1, 0);
    other = scratch_read(peer.ca_file);
    check_fixture_change(root, "etc/idinqr.conf", "[idin-qr]", "ca_file = /etc/ca.pem\n[idin-qr]");
    scratch_write(path, 0644, other);
    must_find(root, "ca-file-sandbox", 0);
    scratch_write(path, 0644, certificates.ca);
    must_find(root, "ca-file-sandbox", 1);
    all = scratch_text("%s%s%s", other, certificates.ca, other);
    scratch_write(path, 0644, all);
    must_find(root, "ca-file-sandbox", 1);
    wide = on_one_line(certificates.ca);
    scratch_write(path, 0644, wide);
    must_find(root, "ca-file-sandbox", 1);
    free(wide);
    tls_peer_stop(&peer);
}

TEST(check_reports_the_identities)
{
    char *root = check_fixture(), *etc = scratch_path(root, "etc");
    const struct enrollment enrollments[] = {{.account = "alice", .person = person_find("anna")},
                                             {.account = "bob"}};
    struct state_dir dir = {.is_temporary = 0};
    struct diag diag;

    snprintf(dir.path, sizeof dir.path, "%s", etc);
    for (size_t i = 0; i < 2; i++)
        ck_assert_msg(enrollment_write(&dir, SETTINGS_KEY_FILE, "idin-qr", "https://127.0.0.1:1",
                                       &enrollments[i], &diag) == 0,
                      "%s", diag_line(&diag));
    must_find(root, "map-sandbox", 2);
}

RUN_TESTS("sandbox_files", NULL);
