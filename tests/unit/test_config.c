/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests idinqr.conf from the files to the values: sections, services, overrides, secrets and
 * mistakes. An error text names the file and the line, and never repeats the value. Runs as the
 * user who runs the tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/config/config.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/diag_line.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GENERAL "provider = idin-qr\n"
#define SECTION                                                                                    \
    "[idin-qr]\n"                                                                                  \
    "qr_backend_url = https://qr.example/generate\n"                                               \
    "status_url = https://Status.Example:8443/status\n"
#define SECRETS "merchant_token = hunter2-token\nsigning_key = hunter2-signing-key\n"
#define WHOLE   GENERAL SECTION SECRETS
#define PIN     "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define KEY(encoding, key)                                                                         \
    GENERAL SECTION "merchant_token = hunter2-token\nsigning_key = " key                           \
                    "\nsigning_key_encoding = " encoding "\n"
#define HEX(key)    KEY("hex", key)
#define PUBLIC(key) KEY("ed25519", key)

static char *dir, *conf, *drop_ins;

static void
make_dir(void)
{
    dir = scratch_dir("config");
    conf = scratch_path(dir, "idinqr.conf");
    drop_ins = scratch_path(dir, "idinqr.conf.d");
    ck_assert_int_eq(mkdir(drop_ins, 0700), 0);
}

static void
write_in(const char *directory, const char *name, mode_t mode, const char *text)
{
    char *path = scratch_path(directory, name);

    scratch_write(path, mode, text);
}

static struct config *
load(const char *service)
{
    struct config *config = NULL;
    struct diag diag = {.text = ""};
    int result = config_load(conf, service, &config, &diag);

    ck_assert_msg(result == 0, "%s", diag_line(&diag));
    return config;
}

/* The load fails; its text begins with `where` behind the directory, has `why`, and no secret. */
static void
refused(const char *service, const char *where, const char *why)
{
    struct config *config = NULL;
    struct diag diag = {.text = ""};

    ck_assert_int_eq(config_load(conf, service, &config, &diag), IDQ_CONFIG);
    ck_assert_ptr_null(config);
    ck_assert_msg(strncmp(diag_line(&diag), dir, strlen(dir)) == 0 &&
                      strncmp(diag_line(&diag) + strlen(dir), where, strlen(where)) == 0,
                  "%s", diag_line(&diag));
    ck_assert_msg(strstr(diag_line(&diag), why), "%s", diag_line(&diag));
    ck_assert_msg(!strstr(diag_line(&diag), "hunter2"), "%s", diag_line(&diag));
}

TEST_CASE("values", .setup = make_dir);

TEST(what_is_said_and_what_is_not)
{
    scratch_write(conf, 0600, WHOLE);
    CONFIG_AUTO *config = load("sudo");

    ck_assert_str_eq(config->provider->name, "idin-qr");
    ck_assert_int_eq(config->timeout_s, 120);
    ck_assert_int_eq(config->display, DISPLAY_AUTO);
    ck_assert(!config->invert);
    ck_assert_int_eq(config->prompt, PROMPT_AUTO);
    ck_assert_str_eq(config->station, "");
    ck_assert_str_eq(config->map, SYSCONFDIR "/idinqr.map");
    ck_assert_str_eq(config->settings.idin_qr.merchant_token, "hunter2-token");
    ck_assert_int_eq(config->settings.idin_qr.signing_key_encoding, SIGNING_KEY_TEXT);
    ck_assert_str_eq(config->settings.qr_hosts, "qrcode.idin.nl");
    ck_assert_str_eq(config->settings.idin_qr.cancel_url, "");
    ck_assert_str_eq(config->scope, "status.example");
}

TEST(a_scope_that_is_set)
{
    scratch_write(conf, 0600, WHOLE "scope = merchant 7\n");
    CONFIG_AUTO *config = load("");

    ck_assert_str_eq(config->scope, "merchant 7");
}

TEST(each_keyword_has_its_field)
{
    scratch_write(conf, 0600,
                  "timeout = 21\ndisplay = url\ninvert = yes\nprompt = enter\nidle = code\n"
                  "language = en\nrequire = local ttyS0\nstation = desk\npassword_until = "
                  "2030-12-31\nmap = /map\nkey = /key\n"
                  "agent = /agent\ntries_per_account = 1\ntries_in_all = 2\ntries_file = "
                  "/tries\nrefused_file = /refused\n"
                  "ca_file = /ca\npin_sha256 = " PIN "\nproxy = http://proxy:1\n"
                  "provider = oidc-device\n[oidc-device]\nissuer = https://id.example\n"
                  "client_id = c\njwks_file = /jwks\nclient_auth = none\npoll_interval = 9\n");
    CONFIG_AUTO *config = load("");

    ck_assert_int_eq(config->timeout_s, 21);
    ck_assert_int_eq(config->display, DISPLAY_URL);
    ck_assert(config->invert);
    ck_assert_int_eq(config->prompt, PROMPT_ENTER);
    ck_assert_int_eq(config->idle, IDLE_CODE);
    ck_assert_int_eq(config->language, CONFIG_LANGUAGE_EN);
    ck_assert_str_eq(config->require, "local ttyS0");
    ck_assert_str_eq(config->station, "desk");
    ck_assert_str_eq(config->password_until, "2030-12-31");
    ck_assert_str_eq(config->map, "/map");
    ck_assert_str_eq(config->key, "/key");
    ck_assert_str_eq(config->agent, "/agent");
    ck_assert_int_eq(config->tries_per_account, 1);
    ck_assert_int_eq(config->tries_in_all, 2);
    ck_assert_str_eq(config->tries_file, "/tries");
    ck_assert_str_eq(config->refused_file, "/refused");
    ck_assert_str_eq(config->ca_file, "/ca");
    ck_assert_str_eq(config->pin_sha256, PIN);
    ck_assert_str_eq(config->proxy, "http://proxy:1");
    ck_assert_ptr_eq(config->provider, provider_table_find("oidc-device"));
    ck_assert_str_eq(config->settings.oidc.issuer, "https://id.example");
    ck_assert_str_eq(config->settings.oidc.jwks_file, "/jwks");
    ck_assert_int_eq(config->settings.oidc.client_auth, CLIENT_NONE);
    ck_assert_int_eq(config->settings.poll_interval_s, 9);
    /* Of another provider's section, nothing. */
    ck_assert_str_eq(config->settings.idin_qr.signing_key, "");
    for (const struct setting *s = config_settings(); s->keyword; s++)
        ck_assert_msg(config_is_set(config, s->offset), "%s", s->keyword);
}

TEST(every_fallback_is_a_value)
{
    for (const struct setting *s = config_settings(); s->keyword; s++) {
        char reason[300];
        ck_assert_msg(!s->fallback || setting_check(s, s->fallback, reason, sizeof reason) == 0,
                      "%s", s->keyword);
    }
}

TEST(later_files_win_keyword_by_keyword)
{
    scratch_write(conf, 0600,
                  "timeout = 30\nstation = one\nlanguage = nl\n" WHOLE "long_poll = 5\n");
    write_in(drop_ins, "20.conf", 0644, "timeout = 50\n[idin-qr]\nlong_poll = 7\n");
    write_in(drop_ins, "10.conf", 0644, "timeout = 40\nstation = two\n");
    write_in(drop_ins, "30.txt", 0666, "not read");
    CONFIG_AUTO *config = load("");

    ck_assert_int_eq(config->timeout_s, 50);
    ck_assert_str_eq(config->station, "two");
    ck_assert_int_eq(config->language, CONFIG_LANGUAGE_NL);
    ck_assert_int_eq(config->settings.idin_qr.long_poll_s, 7);
    ck_assert_str_eq(config->settings.idin_qr.signing_key, "hunter2-signing-key");
}

TEST(a_service_section_wins_over_every_file)
{
    static const struct {
        const char *service;
        int timeout;
    } rows[] = {
        {"sudo", 33},
        {"login", 44},
        {"su", 60},
        {"", 60},
        {"sud", 60},
        {"sudo-i", 60},
        {"SUDO", 60},
        {"a-service-with-a-name-that-is-far-longer-than-any-section-could-ever-be-here", 60},
    };

    scratch_write(conf, 0600,
                  "timeout = 50\n" WHOLE
                  "[service:sudo]\ntimeout = 32\n[service:login]\ntimeout = 44\n");
    write_in(drop_ins, "1.conf", 0644, "timeout = 60\n[service:sudo]\ntimeout = 33\n");
    write_in(drop_ins, "2.conf", 0644, "timeout = 60\n");
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        CONFIG_AUTO *config = load(rows[i].service);
        ck_assert_msg(config->timeout_s == rows[i].timeout, "%s: %d", rows[i].service,
                      config->timeout_s);
    }
}

/* The longest name that a file in pam.d can have; with one more there is no such file. */
TEST(a_service_with_a_long_name)
{
    char service[NAME_MAX + 2], text[1000];
    struct config *config = NULL;
    struct diag diag;

    memset(service, 's', NAME_MAX);
    service[NAME_MAX] = '\0';
    snprintf(text, sizeof text, WHOLE "[service:%s]\ntimeout = 33\n", service);
    scratch_write(conf, 0600, text);
    config = load(service);
    ck_assert_int_eq(config->timeout_s, 33);
    config_free(&config);
    memcpy(service + NAME_MAX, "s", 2);
    ck_assert_int_eq(config_load(conf, service, &config, &diag), IDQ_CONFIG);
    ck_assert_ptr_null(config);
    ck_assert_str_eq(diag_line(&diag), "the name of the service is too long");
}

TEST(an_override_wins_over_all)
{
    struct diag diag = {.text = ""};

    scratch_write(conf, 0600, "timeout = 50\n" WHOLE "[service:sudo]\ntimeout = 32\n");
    CONFIG_AUTO *config = load("sudo");
    ck_assert_int_eq(config_override(config, "module argument", "timeout", "70", &diag), 0);
    ck_assert_int_eq(config->timeout_s, 70);
    ck_assert_int_eq(config_override(config, "module argument", "timeout", "71", &diag), 0);
    ck_assert_int_eq(config->timeout_s, 71);

    ck_assert_int_eq(config_override(config, "--x", "timeout", "19", &diag), IDQ_CONFIG);
    ck_assert_str_eq(diag_line(&diag), "--x: timeout must be a whole number from 20 to 900");
    ck_assert_int_eq(config_override(config, "--x", "timeuot", "70", &diag), IDQ_CONFIG);
    ck_assert_str_eq(diag_line(&diag), "--x: there is no keyword timeuot here; there is timeout");
    /* A secret must not come from a command line, which everybody can read. */
    ck_assert_int_eq(config_override(config, "--x", "merchant_token", "hunter2", &diag),
                     IDQ_CONFIG);
    ck_assert_ptr_null(strstr(diag_line(&diag), "hunter2"));
    ck_assert_int_eq(config->timeout_s, 71);
}

#define FIELD(name) offsetof(struct config, name)

TEST(who_has_said_it)
{
    static const size_t fields[] = {FIELD(timeout_s), FIELD(display), FIELD(station)};
    struct diag diag;

    scratch_write(conf, 0600, WHOLE);
    CONFIG_AUTO *silent = load("sudo");
    for (size_t i = 0; i < ARRAY_LENGTH(fields); i++)
        ck_assert_int_eq(config_is_set(silent, fields[i]), 0);
    ck_assert_int_eq(config_is_set(silent, FIELD(provider_index)), 1);
    ck_assert_int_eq(config_is_set(silent, FIELD(scope)), 0); /* is not above the sections */
    ck_assert_int_eq(config_override(silent, "here", "station", "desk 3", &diag), 0);
    ck_assert_int_eq(config_is_set(silent, FIELD(station)), 1);
    ck_assert_str_eq(silent->station, "desk 3");

    /* Also where it is what it would be anyway, and only where it counts. */
    scratch_write(conf, 0600, "timeout = 120\n" WHOLE "[service:sudo]\ndisplay = auto\n");
    CONFIG_AUTO *sudo = load("sudo");
    CONFIG_AUTO *other = load("su");
    ck_assert_int_eq(config_is_set(sudo, FIELD(timeout_s)), 1);
    ck_assert_int_eq(config_is_set(other, FIELD(timeout_s)), 1);
    ck_assert_int_eq(config_is_set(sudo, FIELD(display)), 1);
    ck_assert_int_eq(config_is_set(other, FIELD(display)), 0);
}

TEST_CASE("mistakes", .setup = make_dir);

TEST(mistakes)
{
    static const struct {
        const char *text, *where, *why;
    } rows[] = {
        {"", "/idinqr.conf:", "provider is not set"},
        {"provider = idin\n", "/idinqr.conf:1:", "provider must be one of idin-qr"},
        {GENERAL, "/idinqr.conf:1:", "[idin-qr] qr_backend_url is not set"},
        {GENERAL SECTION, "/idinqr.conf:1:", "[idin-qr] merchant_token is not set"},
        {GENERAL SECTION "merchant_token =\n",
         "/idinqr.conf:5:", "merchant_token must be 1 to 255"},
        {WHOLE "timeout = 30\n", "/idinqr.conf:7:",
         "there is no keyword timeout in [idin-qr]; it belongs above the first [section]"},
        {WHOLE "issuer = https://id.example\n",
         "/idinqr.conf:7:", "there is no keyword issuer in [idin-qr]; it belongs in [oidc-device]"},
        {"client_secret_file = /x\n" WHOLE, "/idinqr.conf:1:",
         "no keyword client_secret_file here; it belongs in [signicat] or [oidc-device]"},
        {"password_until = 2030-13-31\n" WHOLE,
         "/idinqr.conf:1:", "password_until must be a day, as 2030-12-31"},
        {"password_until = 2030-02-30\n" WHOLE, "/idinqr.conf:1:", "password_until must be a day"},
        {"password_until = tomorrow\n" WHOLE, "/idinqr.conf:1:", "password_until must be a day"},
        {"timeuot = 30\n" WHOLE, "/idinqr.conf:1:", "there is no keyword timeuot here"},
        {"merchant_token = hunter2\n" WHOLE,
         "/idinqr.conf:1:", "no keyword merchant_token here; it belongs in [idin-qr]"},
        {WHOLE "merchant_token = hunter2\n", "/idinqr.conf:7:", "merchant_token is given twice"},
        {WHOLE "signing_key_file = /x\n",
         "/idinqr.conf:7:", "signing_key and signing_key_file are both given"},
        {GENERAL SECTION "signing_key = hunter2-hunte\n",
         "/idinqr.conf:5:", "signing_key must be 14 to 1024 visible ASCII characters"},
        {WHOLE "signing_key_encoding = base64\n",
         "/idinqr.conf:7:", "signing_key_encoding must be one of text|hex|ed25519"},
        {WHOLE "signing_key_encoding = hex\n", "/idinqr.conf:",
         "[idin-qr] signing_key must be an even number of hex digits, 28 at least"},
        {HEX("68756e746572322d68756e746572"), NULL, NULL},
        {HEX("68756e746572322d68756e7465"), "/idinqr.conf:", "28 at least"},
        {WHOLE "signing_key_encoding = ed25519\n",
         "/idinqr.conf:", "[idin-qr] signing_key must be the base64 of a public key of 32 bytes"},
        {PUBLIC("aHVudGVyMi1odW50ZXIyLWh1bnRlcjItaHVudGVyMiE="), NULL, NULL},
        {PUBLIC("aHVudGVyMi1odW50ZXIyLWh1bnRlcjItaHVudGVyMiE=,"
                "aHVudGVyMS1odW50ZXIxLWh1bnRlcjEtaHVudGVyMSE="),
         NULL, NULL},
        {PUBLIC("aHVudGVyMi1odW50ZXIyLWh1bnRlcjItaHVudGVyMg=="), "/idinqr.conf:", "44 characters"},
        {PUBLIC("aHVudGVyMi1odW50ZXIyLWh1bnRlcjItaHVudGVyMiEh"), "/idinqr.conf:", "44 characters"},
        {GENERAL SECTION "merchant_token = hunter2 x\n", "/idinqr.conf:5:", "visible ASCII"},
        {GENERAL SECTION "merchant_token = \xE2\x80\x9Chunter2\xE2\x80\x9D\n",
         "/idinqr.conf:5:", "ASCII characters; it has another, such as a quotation mark"},
        {GENERAL SECTION "merchant_token_file = hunter2\n",
         "/idinqr.conf:5:", "merchant_token_file must be an absolute path"},
        {GENERAL SECTION "merchant_token_file =\n", "/idinqr.conf:5:", "must be an absolute path"},
        {GENERAL SECTION "merchant_token_file = /no/such\n",
         "/idinqr.conf:5:", "/no: No such file"},
        {WHOLE "status_url_file = /x\n", "/idinqr.conf:7:", "no keyword status_url_file"},
        {WHOLE "_file = /x\n", "/idinqr.conf:7:", "no keyword _file"},
        {WHOLE "[idin]\n", NULL, NULL}, /* an empty section says nothing */
        {WHOLE "[idin]\na = hunter2\n", "/idinqr.conf:8:", "there is no section [idin]"},
        /* Each machine with PAM has the service `other`. */
        {WHOLE "[other]\ntimeout = 30\n",
         "/idinqr.conf:8:", "there is no section [other]; that of a service is [service:other]"},
        {WHOLE "[services:other]\ntimeout = 30\n", "/idinqr.conf:8:",
         "there is no section [services:other]; that of a service is [service:other]"},
        {WHOLE "[service]\ntimeout = 30\n",
         "/idinqr.conf:8:", "there is no section [service]; that of a service is [service:NAME]"},
        {WHOLE "[../pam.d/other]\ntimeout = 30\n", "/idinqr.conf:8:", "is [service:NAME]"},
        {WHOLE "[idinqr]\na = b\n",
         "/idinqr.conf:8:", "there is no section [idinqr]; there is [idin-qr]"},
        {"pin_sha256 = AAAA\n" WHOLE, "/idinqr.conf:1:", "pin_sha256 must be sha256// and 44"},
        {WHOLE "[service:]\ntimeout = 30\n", "/idinqr.conf:8:", "there is no section [service:]"},
        /* Sections that this login does not use are read all the same. */
        {WHOLE "[service:other]\ntimeout = 1\n", "/idinqr.conf:8:", "timeout must be"},
        {WHOLE "[service:other]\nsigning_key = hunter2\n",
         "/idinqr.conf:8:", "no keyword signing_key here; it belongs in [idin-qr]"},
        {WHOLE "qr_hosts = *\n", "/idinqr.conf:7:", "qr_hosts must be hosts"},
        {"\n\nx = \033\n" WHOLE, "/idinqr.conf:3:", "not text"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        scratch_write(conf, 0600, rows[i].text);
        if (rows[i].where) {
            refused("sudo", rows[i].where, rows[i].why);
        } else {
            CONFIG_AUTO *config = load("sudo");
            ck_assert_ptr_nonnull(config);
        }
    }
}

#define OPENID "provider = oidc-device\n[oidc-device]\nissuer = https://id.example\nclient_id = c\n"
#define PEM    "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n"

/* How a client proves itself, and what it has to prove it with. */
TEST(the_proof_of_a_client)
{
    static const struct {
        const char *text;
        bool has_key;
        const char *why; /* NULL: right */
    } rows[] = {
        {"client_secret = hunter2\n", false, NULL},
        {"", false, "[oidc-device] client_secret must be set with this client_auth"},
        {"client_auth = client_secret_post\n", false, "client_secret must be set"},
        {"client_auth = none\n", false, NULL},
        {"client_auth = none\nclient_secret = hunter2\n", false, "client_secret must not be set"},
        {"client_auth = none\n", true, "client_key_file must not be set"},
        {"client_auth = private_key_jwt\n", true, NULL},
        {"client_auth = private_key_jwt\n", false, "client_key_file must be set"},
        {"client_auth = private_key_jwt\nclient_secret = hunter2\n", true,
         "client_secret must not be set"},
        {"client_key = -----BEGIN hunter2\n", false,
         "client_key must be a file with a private key in PEM, of at most 3400 bytes"},
    };
    char *key = scratch_path(dir, "client.pem"), *key_line;

    scratch_write(key, 0600, PEM);
    key_line = scratch_text("client_key_file = %s\n", key);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        scratch_write(
            conf, 0600,
            scratch_text("%s%s%s", OPENID, rows[i].has_key ? key_line : "", rows[i].text));
        if (rows[i].why) {
            refused("", "/idinqr.conf:", rows[i].why);
        } else {
            CONFIG_AUTO *config = load("");
            ck_assert_ptr_nonnull(config);
        }
    }
}

/* Without the line break at its end, as each secret in a file. */
TEST(the_file_of_a_client_key)
{
    static const struct {
        const char *text;
        mode_t mode;
        const char *why; /* NULL: right */
    } rows[] = {
        {PEM, 0600, NULL},
        {"-----BEGIN PRIVATE KEY-----\r\nhunter2\r\n-----END PRIVATE KEY-----\r\n", 0600, NULL},
        {PEM, 0644, "can be read by everyone"},
        {"-----BEGIN PRIVATE KEY-----", 0600, "must be a file with a private key in PEM"},
        {"hunter2\n-----BEGIN PRIVATE KEY-----\n", 0600, "must be a file with a private key"},
        {"-----BEGIN PRIVATE KEY-----\n\033[2J\n", 0600, "must be a file with a private key"},
        {"", 0600, "must be a file with a private key in PEM"},
    };
    char *key = scratch_path(dir, "client.pem");

    scratch_write(
        conf, 0600,
        scratch_text(OPENID "client_auth = private_key_jwt\nclient_key_file = %s\n", key));
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        scratch_write(key, rows[i].mode, rows[i].text);
        if (rows[i].why) {
            refused("", "/client.pem: ", rows[i].why);
        } else {
            CONFIG_AUTO *config = load("");
            ck_assert_ptr_nonnull(strstr(config->settings.oidc.client_key, "\nhunter2"));
        }
        ck_assert_int_eq(unlink(key), 0);
    }
}

TEST(mistakes_in_a_drop_in_name_it)
{
    scratch_write(conf, 0600, WHOLE);
    write_in(drop_ins, "5.conf", 0644, "\ntimeout = hunter2\n");
    refused("", "/idinqr.conf.d/5.conf:2:", "timeout must be");
    write_in(drop_ins, "5.conf", 0666, "");
    refused("", "/idinqr.conf.d/5.conf:", "can be written by others");
    write_in(drop_ins, "5.conf", 0644, "");
    ck_assert_int_eq(chmod(drop_ins, 0777), 0);
    refused("", "/idinqr.conf.d:", "can be written by others");
}

TEST(a_secret_that_everyone_can_read)
{
    static const struct {
        mode_t mode;
        int is_good;
    } rows[] = {{0600, 1}, {0400, 1}, {0640, 1}, {0604, 0}, {0644, 0}};

    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        scratch_write(conf, rows[i].mode, WHOLE);
        if (rows[i].is_good) {
            CONFIG_AUTO *config = load("");
            ck_assert_str_eq(config->settings.idin_qr.signing_key, "hunter2-signing-key");
        } else {
            refused("", "/idinqr.conf:5:", "merchant_token is a secret, and everyone can read");
        }
        ck_assert_int_eq(unlink(conf), 0);
    }
    /* Only the file that holds it matters. */
    scratch_write(conf, 0644, GENERAL SECTION);
    write_in(drop_ins, "secrets.conf", 0600, "[idin-qr]\n" SECRETS);
    CONFIG_AUTO *config = load("");
    ck_assert_str_eq(config->settings.idin_qr.signing_key, "hunter2-signing-key");
}

TEST(secrets_in_files_of_their_own)
{
    static const struct {
        const char *content;
        size_t size;
        mode_t mode;
        const char *secret; /* NULL: refused */
    } rows[] = {
        {"hunter2", 7, 0600, "hunter2"},
        {"hunter2\n", 8, 0640, "hunter2"},
        {"hunter2\r\n", 9, 0600, "hunter2"},
        {"hunter2\n", 8, 0644, NULL},
        {"hunter2\n", 8, 0660, NULL},
        {"", 0, 0600, NULL},
        {"\n", 1, 0600, NULL},
        {"hunter2\nhunter2\n", 16, 0600, NULL},
        {"hunter2 \n", 9, 0600, NULL},
        {"hunter2\0", 8, 0600, NULL},
        {"hunter2\0x\n", 10, 0600, NULL},
    };
    char text[4096], *path = scratch_path(dir, "token");

    snprintf(text, sizeof text,
             GENERAL SECTION "signing_key = the-signing-key\nmerchant_token_file = %s\n", path);
    scratch_write(conf, 0600, text);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        FILE *file = fopen(path, "we");
        ck_assert_uint_eq(fwrite(rows[i].content, 1, rows[i].size, file), rows[i].size);
        ck_assert_int_eq(fchmod(fileno(file), rows[i].mode), 0);
        ck_assert_int_eq(fclose(file), 0);
        if (rows[i].secret) {
            CONFIG_AUTO *config = load("");
            ck_assert_str_eq(config->settings.idin_qr.merchant_token, rows[i].secret);
        } else {
            refused("",
                    memchr(rows[i].content, 0, rows[i].size) ? "/idinqr.conf:6: " : "/token: ", "");
        }
    }
}

TEST(a_file_that_is_not_there_or_too_large)
{
    char *text = malloc(64 * 1024 + 2);

    refused("", "/idinqr.conf:", "No such file");
    memset(text, '#', 64 * 1024 + 2);
    text[64 * 1024] = '\0';
    memcpy(text, WHOLE, sizeof WHOLE - 1);
    scratch_write(conf, 0600, text);
    CONFIG_AUTO *config = load("");
    ck_assert_ptr_nonnull(config);
    text[64 * 1024] = '#';
    text[64 * 1024 + 1] = '\0';
    scratch_write(conf, 0600, text);
    refused("", "/idinqr.conf:", "is larger than 65536 bytes");
    free(text);
}

TEST_CASE("values", .setup = make_dir);

TEST(freeing_nothing)
{
    struct config *none = NULL;

    config_free(&none);
    config_free(NULL);
    scratch_write(conf, 0600, WHOLE);
    none = load("");
    config_free(&none);
    ck_assert_ptr_null(none);
}

RUN_TESTS("config", NULL);
