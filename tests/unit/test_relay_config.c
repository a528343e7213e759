/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration of the relay: which sections an upstream needs, the values of [qr-backend], and
 * that the manual page and the example have the keywords. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/relay/relay_config.c" // NOLINT(bugprone-suspicious-include): its tables
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/diag_line.h"
#include "tests/unit/manual_text.h"

#define GENERAL "public_url = https://desk.example.nl\nbehind_proxy = yes\n"
#define ACQUIRER                                                                                   \
    "[acquirer]\nmerchant_id = 0050000001\nacquirer_id = 0050\nlegal_id = NL00ZZZ00000000\n"       \
    "directory_url = https://a.nl/d\ntransaction_url = https://a.nl/t\n"                           \
    "status_url = https://a.nl/s\nmerchant_key_file = /m.key\n"                                    \
    "merchant_certificate_file = /m.pem\ncertificate_file = /a.pem\n"
#define BACKEND                                                                                    \
    "[qr-backend]\nurl = https://qr.nl/generate\nmerchant_token = token\n"                         \
    "signing_key = 0123456789abcdef\n"
#define OPENID                                                                                     \
    "[openid]\nissuer = https://id.nl/desk\nname = Example\nclient_id = relay\n"                   \
    "client_secret = secret\n"
#define CM             "[cm]\nmerchant_token = token\n"
#define UPSTREAM(name) GENERAL "upstream = " name "\n"

static struct relay_config *config;
static struct diag diag;

static int
load(const char *text)
{
    char *path = scratch_path(scratch_dir("conf"), "idinqr-relay.conf");

    relay_config_free(&config);
    scratch_write(path, 0600, text);
    return relay_config_load(path, &config, &diag);
}

static void
end(void)
{
    relay_config_free(&config);
}

TEST_CASE("config", .teardown = end);

/* The way to the banks is the acquirer's with both. */
TEST(sections_of_an_upstream)
{
    ck_assert_msg(load(UPSTREAM("acquirer") ACQUIRER) == 0, "%s", diag_line(&diag));
    ck_assert_int_eq(config->upstream, RELAY_ACQUIRER);
    ck_assert_msg(load(UPSTREAM("acquirer") ACQUIRER "[qr-backend]\nstatus_words = a\n") == 0, "%s",
                  diag_line(&diag));
    ck_assert_msg(load(UPSTREAM("qr-backend") ACQUIRER BACKEND) == 0, "%s", diag_line(&diag));
    ck_assert_int_eq(config->upstream, RELAY_QR_BACKEND);
    ck_assert_int_eq(load(UPSTREAM("qr-backend") ACQUIRER), IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "[qr-backend] url is not set"));
    ck_assert_int_eq(load(UPSTREAM("qr-backend") BACKEND), IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "[acquirer] merchant_id is not set"));
    ck_assert_int_eq(load(UPSTREAM("acquirer") BACKEND), IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "[acquirer] merchant_id is not set"));
}

/* The identities are the provider's. */
TEST(openid_alone)
{
    ck_assert_msg(load(UPSTREAM("openid") OPENID) == 0, "%s", diag_line(&diag));
    ck_assert_int_eq(config->upstream, RELAY_OPENID);
    ck_assert_str_eq(config->scope, "id.nl");
    ck_assert_msg(load(UPSTREAM("acquirer") ACQUIRER OPENID) == 0, "%s", diag_line(&diag));
    ck_assert_str_eq(config->scope, "desk.example.nl");
    ck_assert_int_eq(load(UPSTREAM("openid") ACQUIRER), IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "[openid] issuer is not set"));
}

/* With the scope of an acquirer. */
TEST(cm_alone)
{
    ck_assert_msg(load(UPSTREAM("cm") CM) == 0, "%s", diag_line(&diag));
    ck_assert_int_eq(config->upstream, RELAY_CM);
    ck_assert_str_eq(config->cm.url, "https://api.cm.com/idin/v1.0");
    ck_assert_str_eq(config->scope, "desk.example.nl");
    ck_assert_int_eq(load(UPSTREAM("cm") ACQUIRER), IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "[cm] merchant_token is not set"));
    ck_assert_int_eq(load(UPSTREAM("acquirer") CM), IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "[acquirer] merchant_id is not set"));
}

static const char *const cm_urls[] = {"https://api.cm.com/idin/v1.0/", "https://api.cm.com/?a",
                                      "https://api.cm.com/#a", "http://api.cm.com/idin/v1.0"};

LOOP_TEST(cm_paths_are_appended, ARRAY_LENGTH(cm_urls))
{
    ck_assert_int_eq(load(scratch_text("%surl = %s\n", UPSTREAM("cm") CM, cm_urls[_i])),
                     IDQ_CONFIG);
    ck_assert_msg(strstr(diag_line(&diag), "url") != NULL, "%s", diag_line(&diag));
}

static const struct {
    const char *line, *keyword; /* NULL: it is accepted */
} openid_lines[] = {
    {"client_auth = client_secret_post", NULL},
    {"client_auth = private_key_jwt", "client_key_file"},
    {"client_auth = private_key_jwt\nclient_key_file = /k.pem", NULL},
    {"client_auth = none", "client_auth"},
    {"client_audience = endpoint", "client_audience"},
    {"scope = service:DESK openid", NULL},
    {"scope = profile", "scope"},
    {"scope = openidx", "scope"},
};

LOOP_TEST(openid_values, ARRAY_LENGTH(openid_lines))
{
    const char *text = scratch_text("%s%s\n", UPSTREAM("openid") OPENID, openid_lines[_i].line);

    ck_assert_msg(load(text) == (openid_lines[_i].keyword ? IDQ_CONFIG : 0), "%s: %s",
                  openid_lines[_i].line, diag_line(&diag));
    if (openid_lines[_i].keyword)
        ck_assert_msg(strstr(diag_line(&diag), openid_lines[_i].keyword) != NULL, "%s",
                      diag_line(&diag));
}

TEST(issuer_without_query_and_secret)
{
    ck_assert_int_eq(load(UPSTREAM("openid") "[openid]\nissuer = https://id.nl/?a\nname = "
                                             "Example\nclient_id = relay\nclient_secret = s\n"),
                     IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "[openid] issuer"));
    ck_assert_int_eq(load(UPSTREAM("openid") "[openid]\nissuer = https://id.nl/\nname = "
                                             "Example\nclient_id = relay\n"),
                     IDQ_CONFIG);
    ck_assert_ptr_nonnull(strstr(diag_line(&diag), "[openid] client_secret"));
}

static const struct {
    const char *section, *begin, *secret;
    int n;
} pages[] = {{"OPENID PROVIDERS", "upstream = openid\n", "client_secret", 2},
             {"CM.COM", "upstream = cm\n", "merchant_token", 1}};

/* The manual's, below the general keywords. */
LOOP_TEST(examples, ARRAY_LENGTH(pages))
{
    static const char file[] = "_file = /etc/idinqr-relay/";
    const char *at = manual_section("man/idinqr-relay.8", pages[_i].section);
    int n = 0;

    for (; (at = strstr(at, pages[_i].begin)); at += strlen(pages[_i].begin), n++) {
        char *example = manual_between(at, "", ".Ed\n");
        /* The files of its secrets are the administrator's. */
        char *secret = strstr(example, scratch_text("%s%s", pages[_i].secret, file));
        if (secret) {
            secret += strlen(pages[_i].secret);
            memcpy(secret, " = ", 3);
            memset(secret + 3, 's', strlen(file) - 3);
        }
        ck_assert_msg(load(scratch_text("%s%s", GENERAL, example)) == 0, "%s\n%s", diag_line(&diag),
                      example);
    }
    ck_assert_int_eq(n, pages[_i].n);
}

static const struct {
    const char *line, *keyword; /* NULL: it is accepted */
} lines[] = {
    {"status_words = O P S F E C", NULL},
    {"status_words = O P S F E", "status_words"},
    {"status_words = O P S F E C X", "status_words"},
    {"status_words = O P S F E 0123456789012345678901234567890123456789012345678901234567890123",
     "status_words"},
    {"qr_id_names = code", NULL},
    {"qr_id_names =", "qr_id_names"},
    {"issuer_names =", "issuer_names"},
    {"transaction_id_names =", "transaction_id_names"},
    {"error_body = {'e': ['$code', {'m': '$message'}]}", NULL},
    {"error_body = {'e': '$code'", "error_body"},
    {"error_body = {'e': 1, 'e': 2}", "error_body"},
    {"error_body = ['$code']", "error_body"},
    {"error_body =", "error_body"},
    {"signing_key_encoding = hex", "signing_key"}, /* 8 bytes */
    {"signing_key_encoding = ed25519", "signing_key_encoding"},
    {"transaction_timeout = 0", "transaction_timeout"},
    {"transaction_timeout = 31", "transaction_timeout"},
    {"status_is_return = maybe", "status_is_return"},
};

LOOP_TEST(values, ARRAY_LENGTH(lines))
{
    const char *text =
        scratch_text("%s%s\n", UPSTREAM("qr-backend") ACQUIRER BACKEND, lines[_i].line);

    ck_assert_msg(load(text) == (lines[_i].keyword ? IDQ_CONFIG : 0), "%s", lines[_i].line);
    if (lines[_i].keyword)
        ck_assert_msg(strstr(diag_line(&diag), lines[_i].keyword) != NULL, "%s", diag_line(&diag));
}

TEST(words)
{
    const char *list = " one  two";
    char word[RELAY_CONFIG_WORD_SIZE];

    ck_assert(relay_config_word(&list, word));
    ck_assert_str_eq(word, "one");
    ck_assert(relay_config_word(&list, word));
    ck_assert_str_eq(word, "two");
    ck_assert(!relay_config_word(&list, word));
    ck_assert_str_eq(list, "");
}

TEST(error_body)
{
    json_t *body;

    ck_assert_int_eq(load(UPSTREAM("qr-backend") ACQUIRER BACKEND), 0);
    body = relay_config_error_body(&config->qr_backend);
    ck_assert_str_eq(json_string_value(json_object_get(body, "error_code")), "$code");
    ck_assert_str_eq(json_string_value(json_object_get(body, "error_message")), "$message");
    ck_assert_uint_eq(json_object_size(body), 2);
    json_decref(body);
}

/* With the defaults that the example gives. */
LOOP_TEST(keywords_in_manual_and_example, SECTIONS)
{
    static const char *const in_page[] = {"above the first section", ".Bq Cm acquirer", ".Bq Cm cm",
                                          ".Bq Cm qr-backend",       ".Bq Cm openid",   ".Ss "},
                             *const in_example[] = {"# ",        "#[acquirer]",
                                                    "#[cm]",     "#[qr-backend]",
                                                    "#[openid]", "no more"};
    char *item = manual_between(manual_section("man/idinqr-relay.8", "CONFIGURATION"), in_page[_i],
                                in_page[_i + 1]),
         *example = manual_between(manual_read("conf/idinqr-relay.conf"), in_example[_i],
                                   in_example[_i + 1]);
    struct names described = names_collect("idinqr-relay(8)", item, "^\\.It Ic ([a-z_]+)$"),
                 given = names_collect("idinqr-relay.conf", example, "^#([a-z_]+) ="),
                 known = {.where = "relay_config.c"}, in_files = {.where = "relay_config.c"};

    for (const struct setting *setting = sections[_i].settings; setting->keyword; setting++) {
        bool is_secret = setting->kind == SETTING_SECRET;
        names_add(&known, setting->keyword);
        names_add(&in_files, scratch_text("%s%s", setting->keyword, is_secret ? "_file" : ""));
        if (setting->fallback)
            ck_assert_msg(strstr(example, scratch_text("\n#%s = %s\n", setting->keyword,
                                                       setting->fallback)) != NULL,
                          "idinqr-relay.conf: the default of %s is %s", setting->keyword,
                          setting->fallback);
    }
    names_check_same(&described, &known);
    names_check_same(&given, &in_files);
}

RUN_TESTS("relay_config", NULL);
