/* SPDX-License-Identifier: BSD-3-Clause */
/* The real `idinqr-relay check`, as root and as the relay's user, beside a relay that serves: each
 * mistake is made, and must be the finding. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/relay/relay_check.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/manual_text.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DAY_S (24 * 60 * 60L)

static char *dir, *etc, *said;

/* --- keys and certificates ---------------------------------------------------------------------
 */

static void
own(const char *path, mode_t mode)
{
    struct stat status;

    ck_assert_int_eq(stat(dir, &status), 0);
    ck_assert(chown(path, status.st_uid, status.st_gid) == 0 && chmod(path, mode) == 0);
}

static EVP_PKEY *
write_key(const char *name, EVP_PKEY *key)
{
    char *path = scratch_path(dir, name);
    FILE *file = fopen(path, "we");

    ck_assert(key && file);
    ck_assert_int_eq(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    ck_assert_int_eq(fclose(file), 0);
    own(path, 0600);
    return key;
}

/* A certificate for 127.0.0.1, from and until so many days from now. */
static void
write_certificate(const char *name, EVP_PKEY *key, long from_days, long until_days)
{
    char *path = scratch_path(dir, name), address[] = "IP:127.0.0.1";
    X509 *certificate = X509_new();
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, address);
    FILE *file = fopen(path, "we");

    ck_assert(certificate && names && file &&
              X509_gmtime_adj(X509_getm_notBefore(certificate), from_days * DAY_S) &&
              X509_gmtime_adj(X509_getm_notAfter(certificate), until_days * DAY_S) &&
              X509_add_ext(certificate, names, -1) == 1 && X509_set_version(certificate, 2) == 1 &&
              X509_set_pubkey(certificate, key) == 1 &&
              X509_sign(certificate, key, EVP_sha256()) > 0);
    ck_assert_int_eq(PEM_write_X509(file, certificate), 1);
    ck_assert_int_eq(fclose(file), 0);
    own(path, 0644);
    X509_EXTENSION_free(names);
    X509_free(certificate);
}

static void
make_files(void)
{
    EVP_PKEY *key = write_key("good.key", EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048));

    write_certificate("expired.pem", key, -9, -1);
    write_certificate("future.pem", key, 1, 99);
    write_certificate("soon.pem", key, -9, 9);
    EVP_PKEY_free(key);
    EVP_PKEY_free(write_key("weak.key", EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024)));
    EVP_PKEY_free(write_key("ec.key", EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")));
    EVP_PKEY_free(write_key("open.key", EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)));
    own(scratch_path(dir, "open.key"), 0644);
    scratch_write(scratch_path(dir, "damaged.db"), 0600, "not a database, and long enough for one");
    own(scratch_path(dir, "damaged.db"), 0600);
    scratch_write(scratch_path(dir, "db/damaged.db"), 0600, "not a database, as the other is not");
    own(scratch_path(dir, "db/damaged.db"), 0600);
    ck_assert_int_eq(mkdir(scratch_path(dir, "roots"), 0700), 0);
}

/* --- runs --------------------------------------------------------------------------------------
 */

static int
check(const char *conf, const char *option)
{
    char line[600];
    FILE *output = popen(
        scratch_text("'%s/idinqr-relay' --conf '%s' check %s 2>&1", BUILD_DIR, conf, option), "re");

    ck_assert_ptr_nonnull(output);
    said = scratch_text("%s", "");
    while (fgets(line, sizeof line, output))
        said = scratch_text("%s%s", said, line);
    int status = pclose(output);
    ck_assert_msg(WIFEXITED(status), "%d: %s", status, said);
    return WEXITSTATUS(status);
}

/* A configuration of root's, which the relay's user can read. */
static char *
write_conf(const char *text)
{
    char *conf = scratch_path(etc, "relay.conf");

    scratch_write(conf, 0644, text);
    return conf;
}

/* The relay's configuration with this line in a section, in place of its keyword's. DIR is the
 * directory. Returns its path, and the number of the line. */
static char *
changed_conf(const char *section, const char *line, unsigned *ret_number)
{
    char *text = scratch_text("%s", ""), *at;
    char *old = scratch_read(relay_server_conf(relay_here)), *rest = NULL;
    size_t keyword = strcspn(line, "=");
    const char *here = "";
    unsigned number = 0;

    for (char *next = strtok_r(old, "\n", &rest); next; next = strtok_r(NULL, "\n", &rest)) {
        bool is_header = next[0] == '[', is_first = number == 0 || is_header;
        if (is_header)
            here = next;
        if (is_header || strcmp(here, section) != 0 || strncmp(next, line, keyword) != 0) {
            text = scratch_text("%s%s\n", text, next);
            number++;
        }
        if (is_first && strcmp(here, section) == 0) {
            at = strstr(line, "DIR");
            text = at ? scratch_text("%s%.*s%s%s\n", text, (int)(at - line), line, dir, at + 3)
                      : scratch_text("%s%s\n", text, line);
            *ret_number = ++number;
        }
    }
    return write_conf(text);
}

static char *
same_conf(void)
{
    return write_conf(scratch_read(relay_server_conf(relay_here)));
}

static void
must_find(const char *severity, const char *place, const char *kind)
{
    char *begin = scratch_text("%s: %s", severity, place), *end = scratch_text(" [%s]", kind);
    char *rest = NULL, *copy = scratch_text("%s", said);
    size_t size = strlen(end);

    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        if (strncmp(line, begin, strlen(begin)) == 0 && strlen(line) > size &&
            strcmp(line + strlen(line) - size, end) == 0)
            return;
    ck_abort_msg("no %s… [%s] in:\n%s", begin, kind, said);
}

/* --- tests -------------------------------------------------------------------------------------
 */

static void
begin(const char *const *sandbox)
{
    const struct relay_options options = {.sandbox = sandbox};

    relay_here = relay_server_new(&options);
    dir = scratch_text("%s", relay_server_dir(relay_here));
    etc = scratch_dir("etc");
}

TEST_CASE("check", .teardown = relay_login_end, .timeout_s = 240);

TEST(nothing_to_find)
{
    static const char *const words[] = {"check", NULL};
    int state;

    begin(NULL);
    state = check(same_conf(), "");
    ck_assert_msg(state == 0, "%d: %s", state, said);
    ck_assert_str_eq(said, "IDINQR-RELAY OK: 0 errors, 0 warnings, 0 notes\n");
    ck_assert_int_eq(relay_server_count(relay_here, "transaction"), 0);
    ck_assert_int_eq(relay_server_command(relay_here, words, &said), 0);
    ck_assert_str_eq(said, "IDINQR-RELAY OK: 0 errors, 0 warnings, 0 notes\n");
}

#define CRITICAL 2
#define WARNING  1
#define OK       0
#define ACQUIRER "[acquirer]"

static const struct {
    const char *section, *line, *kind;
    int state;
    const char *option, *other_place; /* of the finding, where it is not the line */
} mistakes[] = {
    {"", "color = red", "config", CRITICAL, "", NULL},
    {"", "behind_proxy = perhaps", "config", CRITICAL, "", NULL},
    {"", "listen = 0.0.0.0:8443\nbehind_proxy = yes", "proxy-bypass", WARNING, "--offline", ""},
    {"", "metrics_listen = 0.0.0.0:9464", "metrics-open", WARNING, "", NULL},
    {"", "confirm = none", "confirm-none", WARNING, "", NULL},
    {"", "database = DIR/missing/two/relay.db", "state", CRITICAL, "--offline", NULL},
    {"", "database = DIR/relay.db", "keys-in-reach", WARNING, "--offline", NULL},
    {"", "database = DIR/later/relay.db", "desks", OK, "--offline", "there is no desk"},
    {"", "database = DIR/roots/later/relay.db", "state", CRITICAL, "--offline", NULL},
    {"", "database = DIR/roots/relay.db", "state", CRITICAL, "--offline", NULL},
    {"", "database = DIR/db/damaged.db", "database", CRITICAL, "", NULL},
    {"", "database = DIR/db/new.db", "desks", OK, "", "there is no desk"},
    {"", "map_key_file = DIR/missing.key", "keys", CRITICAL, "", ""},
    {"", "signing_key_file = DIR/missing.key", "keys", CRITICAL, "", ""},
    {"", "signing_key_file = DIR/good.key", "keys", CRITICAL, "", ""},
    {"", "key_file = DIR/open.key", "file", CRITICAL, "", NULL},
    {"", "key_file = DIR/missing.key", "file", CRITICAL, "", NULL},
    {"", "key_file = DIR/good.key", "key", CRITICAL, "", NULL},
    {"", "key_file = DIR/damaged.db", "key", CRITICAL, "", NULL},
    {"", "certificate_file = DIR/good.key", "certificate", CRITICAL, "", NULL},
    {"", "certificate_file = DIR/expired.pem", "certificate", CRITICAL, "", NULL},
    {"", "certificate_file = DIR/future.pem", "certificate", CRITICAL, "", NULL},
    {"", "certificate_file = DIR/soon.pem", "certificate-soon", CRITICAL, "", NULL},
    {"", "certificate_file = DIR/soon.pem", "certificate-old", CRITICAL, "", NULL},
    {"", "certificate_file = DIR/merchant.pem", "certificate-host", CRITICAL, "", NULL},
    {"", "public_url = https://127.0.0.1:1", "public-url", CRITICAL, "", NULL},
    {"", "ca_file = DIR/soon.pem", "public-url", CRITICAL, "", ""},
    {"", "ca_file = DIR/soon.pem", "upstream", CRITICAL, "", ""},
    {ACQUIRER, "merchant_key_file = DIR/weak.key", "key-weak", CRITICAL, "", NULL},
    {ACQUIRER, "merchant_key_file = DIR/ec.key", "key-weak", CRITICAL, "", NULL},
    {ACQUIRER, "merchant_key_file = DIR/good.key", "key", CRITICAL, "", NULL},
    {ACQUIRER, "saml_key_file = DIR/weak.key", "key-weak", CRITICAL, "", NULL},
    {ACQUIRER, "merchant_certificate_file = DIR/expired.pem", "certificate", CRITICAL, "", NULL},
    {ACQUIRER, "alternative_certificate_file = DIR/expired.pem", "acquirer-certificate", WARNING,
     "", NULL},
    {ACQUIRER, "alternative_certificate_file = DIR/soon.pem", "acquirer-certificate", WARNING, "",
     NULL},
    {ACQUIRER, "certificate_file = DIR/merchant.pem", "upstream", CRITICAL, "", ""},
    {ACQUIRER, "directory_url = https://127.0.0.1:1/directory", "upstream", CRITICAL, "", NULL},
    {ACQUIRER, "merchant_id = 0099999999", "config", CRITICAL, "", "[acquirer]: the merchant"},
    {ACQUIRER, "merchant_id = 0050000009", "upstream", CRITICAL, "", ""},
};

TEST(each_mistake)
{
    begin(NULL);
    make_files();
    for (size_t i = 0; i < ARRAY_LENGTH(mistakes); i++) {
        static const char *const severities[] = {"note", "warning", "error"};
        int least = strcmp(mistakes[i].kind, "certificate-soon") == 0 ||
                            strcmp(mistakes[i].kind, "certificate-old") == 0
                        ? WARNING
                        : mistakes[i].state;
        unsigned number = 0;
        char *conf = changed_conf(mistakes[i].section, mistakes[i].line, &number);
        int state = check(conf, mistakes[i].option);
        must_find(severities[least],
                  mistakes[i].other_place ? mistakes[i].other_place
                                          : scratch_text("%s:%u: ", conf, number),
                  mistakes[i].kind);
        ck_assert_msg(state == mistakes[i].state, "%s: %d: %s", mistakes[i].line, state, said);
        ck_assert_msg(access(scratch_path(dir, "db/new.db"), F_OK) != 0, "it has made a database");
    }
}

TEST(plain_http_on_a_public_address)
{
    unsigned number;
    char *conf, *text;

    begin(NULL);
    conf = changed_conf("", "listen = [::]:8443", &number);
    text = scratch_read(conf);
    text = scratch_text("behind_proxy = yes\n%s", text);
    memcpy(strstr(text, "certificate_file"), "#", 1);
    memcpy(strstr(text, "key_file"), "#", 1);
    ck_assert_int_eq(check(write_conf(text), "--offline"), CRITICAL);
    must_find("error", scratch_text("%s:%u: listen: ", conf, number + 1), "plain-http");
}

TEST(a_configuration_that_only_root_can_read)
{
    char *conf;

    begin(NULL);
    conf = same_conf();
    ck_assert_int_eq(chmod(conf, 0600), 0);
    ck_assert_int_eq(check(conf, "--offline"), CRITICAL);
    must_find("error", scratch_text("%s: ", conf), "file");
    ck_assert_ptr_nonnull(
        strstr(said, scratch_text("# chown root:idinqr-relay %s && chmod 0640 %s\n", conf, conf)));
}

TEST(a_database_that_others_can_read)
{
    char *database, *conf;
    unsigned number;

    begin(NULL);
    database = scratch_path(dir, "db/relay.db");
    conf = changed_conf("", scratch_text("database = %s", database), &number);
    ck_assert_int_eq(chmod(database, 0640), 0);
    ck_assert_int_eq(check(conf, "--offline"), CRITICAL);
    must_find("error",
              scratch_text("%s:%u: database: %s: can be read by others (mode 640)", conf, number,
                           database),
              "file");
    ck_assert_ptr_nonnull(strstr(said, scratch_text("# chmod 0600 %s\n", database)));
}

/* It is still root then, and does not read what the network answers. */
TEST(a_state_directory_that_is_missing)
{
    unsigned number;
    char *conf;

    begin(NULL);
    conf = changed_conf("", "database = DIR/missing/db/relay.db", &number);
    relay_server_stop(relay_here);
    ck_assert_int_eq(check(conf, ""), CRITICAL);
    must_find("error", scratch_text("%s:%u: database: ", conf, number), "state");
    ck_assert_msg(!strstr(said, "[public-url]") && !strstr(said, "[upstream]"), "%s", said);
}

/* The relay's user can write the database, and root's terminal shows it. */
TEST(a_desk_whose_name_is_a_command_of_the_terminal)
{
    begin(NULL);
    relay_sql("INSERT INTO desk (name, token_hash, added_ms, revoked_ms)"
              " VALUES ('a' || char(27) || ']0;b', 'c', 1, 0)");
    ck_assert_int_eq(
        relay_server_command(relay_here, (const char *const[]){"desk", "list", NULL}, &said), 0);
    ck_assert_ptr_null(strchr(said, 27));
    ck_assert_ptr_nonnull(strstr(said, "balie-1"));
    ck_assert_ptr_nonnull(strstr(said, "]0;b"));
}

TEST(another_clock)
{
    begin((const char *const[]){"--fault", "clock-behind", NULL});
    ck_assert_int_eq(check(same_conf(), ""), CRITICAL);
    must_find("error", "this machine's clock is 3", "clock");
    ck_assert_ptr_nonnull(strstr(said, " s ahead of that of https://"));
}

TEST(a_relay_that_does_not_run)
{
    begin(NULL);
    relay_server_stop(relay_here);
    ck_assert_int_eq(check(same_conf(), ""), CRITICAL);
    must_find("error", scratch_text("%s/relay.conf:", etc), "public-url");
    relay_server_start(relay_here);
    ck_assert_int_eq(check(same_conf(), ""), OK);
}

TEST(another_server_at_the_public_url)
{
    unsigned number;
    char *text, *directory, *end, *conf;

    begin(NULL);
    text = scratch_read(relay_server_conf(relay_here));
    directory = strstr(text, "directory_url = ") + strlen("directory_url = ");
    end = strchr(directory + strlen("https://"), '/');
    conf = changed_conf("", scratch_text("public_url = %.*s", (int)(end - directory), directory),
                        &number);
    ck_assert_int_eq(check(conf, ""), CRITICAL);
    must_find("error", scratch_text("%s:%u: public_url: the answer (HTTP 404)", conf, number),
              "public-url");
}

TEST(the_manual_has_each_kind)
{
    char *section = manual_section("man/idinqr-relay.8", "FINDINGS");
    struct names listed = names_collect("idinqr-relay(8)", section, "^\\.It Li ([a-z-]+)");
    struct names known = {.where = "relay_finding.c"};

    for (int kind = 0; kind < RELAY_FINDING_KINDS; kind++)
        names_add(&known, relay_finding_word((enum relay_finding_kind)kind));
    names_check_same(&listed, &known);
}

TEST(usage)
{
    begin(NULL);
    ck_assert_int_eq(check(same_conf(), "now"), 3);
}

RUN_TESTS("relay_check", geteuid() == 0 ? NULL : "only root becomes the relay's user");
