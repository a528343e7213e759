/* SPDX-License-Identifier: BSD-3-Clause */
/* The relay and its administrator's commands run this, on a file that is root's or the relay's. */
#include "pam_idinqr/relay/relay_config.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/signing_key.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/config/config_file.h"
#include "pam_idinqr/relay/idx.h"
#include "pam_idinqr/relay/store.h"
#include "pam_idinqr/wire/messages.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_SIZE_MAX (64 * 1024)
#define SETTINGS_MAX    24 /* of one section */
#define SECTIONS        5
#define ERROR_BODY_MAX  1024
#define STATE_DIR       "/var/lib/idinqr-relay"

#define ROW(...) SETTING_ROW(struct relay_config, __VA_ARGS__)

static const struct setting general[] = {
    {ROW("listen", TEXT, listen), .fallback = "127.0.0.1:8443"},
    {ROW("metrics_listen", TEXT, metrics_listen)},
    {ROW("public_url", URL, public_url), .required = 1},
    {ROW("certificate_file", PATH, certificate_file)},
    {ROW("key_file", PATH, key_file)},
    {ROW("behind_proxy", SWITCH, behind_proxy), .fallback = "no", .choices = "no|yes"},
    {ROW("database", TEXT, database), .fallback = STATE_DIR "/db/relay.db", .most = 2000},
    {ROW("map_key_file", PATH, map_key_file), .fallback = STATE_DIR "/map.key"},
    {ROW("signing_key_file", PATH, signing_key_file), .fallback = STATE_DIR "/signing.key"},
    {ROW("scope", TEXT, scope)},
    {ROW("confirm", CHOICE, confirm), .fallback = "number", .choices = "number|none"},
    {ROW("upstream", CHOICE, upstream), .required = 1, .choices = "acquirer|qr-backend|openid|cm"},
    {ROW("codes_per_desk", NUMBER, codes_per_desk), .fallback = "60", .most = 100000},
    {ROW("codes_in_all", NUMBER, codes_in_all), .fallback = "1000", .most = 1000000},
    {ROW("connections_per_address", NUMBER, connections_per_address), .fallback = "500",
     .most = 8192},
    {ROW("ca_file", PATH, ca_file)},
    {ROW("proxy", PROXY, proxy)},
    {.keyword = NULL},
};

static const struct setting acquirer[] = {
    {ROW("merchant_id", TEXT, acquirer.merchant_id), .required = 1, .most = 10},
    {ROW("sub_id", NUMBER, acquirer.sub_id), .fallback = "0", .most = 999999},
    {ROW("acquirer_id", TEXT, acquirer.acquirer_id), .required = 1, .most = 4},
    {ROW("legal_id", TEXT, acquirer.legal_id), .required = 1, .most = 35},
    {ROW("service_id", NUMBER, acquirer.service_id), .fallback = "16384", .most = 65535},
    {ROW("expiration", NUMBER, acquirer.expiration_s), .fallback = "300", .least = 60, .most = 300},
    {ROW("directory_url", URL, acquirer.directory_url), .required = 1},
    {ROW("transaction_url", URL, acquirer.transaction_url), .required = 1},
    {ROW("status_url", URL, acquirer.status_url), .required = 1},
    {ROW("merchant_key_file", PATH, acquirer.merchant_key_file), .required = 1},
    {ROW("merchant_certificate_file", PATH, acquirer.merchant_certificate_file), .required = 1},
    {ROW("saml_key_file", PATH, acquirer.saml_key_file)},
    {ROW("certificate_file", PATH, acquirer.certificate_file), .required = 1},
    {ROW("alternative_certificate_file", PATH, acquirer.alternative_certificate_file)},
    {.keyword = NULL},
};

static const struct setting cm[] = {
    {ROW("url", URL, cm.url), .fallback = "https://api.cm.com/idin/v1.0"},
    {ROW("merchant_token", SECRET, cm.merchant_token), .required = 1},
    {.keyword = NULL},
};

static const struct setting qr_backend[] = {
    {ROW("url", URL, qr_backend.url), .required = 1},
    {ROW("merchant_token", SECRET, qr_backend.merchant_token), .required = 1},
    {ROW("signing_key", SECRET, qr_backend.signing_key), .required = 1, .least = SIGNING_KEY_MIN,
     .most = 1024},
    {ROW("signing_key_encoding", CHOICE, qr_backend.signing_key_encoding), .fallback = "text",
     .choices = "text|hex"},
    {ROW("qr_id_names", TEXT, qr_backend.qr_id_names), .fallback = "qr_id qrId"},
    {ROW("issuer_names", TEXT, qr_backend.issuer_names), .fallback = "issuer_id issuerID issuer"},
    {ROW("transaction_id_names", TEXT, qr_backend.transaction_id_names),
     .fallback = "transaction_id transactionID trxid"},
    {ROW("status_words", TEXT, qr_backend.status_words),
     .fallback = "open pending success failure expired cancelled"},
    {ROW("error_body", TEXT, qr_backend.error_body), .most = ERROR_BODY_MAX,
     .fallback = "{'error_code': '$code', 'error_message': '$message'}"},
    {ROW("transaction_timeout", NUMBER, qr_backend.transaction_timeout_s), .fallback = "4",
     .least = 1, .most = 30},
    {ROW("status_is_return", SWITCH, qr_backend.status_is_return), .fallback = "no",
     .choices = "no|yes"},
    {.keyword = NULL},
};

static const struct setting openid[] = {
    {ROW("issuer", URL, openid.issuer), .required = 1},
    {ROW("name", TEXT, openid.name), .required = 1, .most = IDX_NAME_SIZE - 1},
    {ROW("client_id", TEXT, openid.client_id), .required = 1},
    {ROW("client_auth", CHOICE, openid.client_auth), .fallback = "client_secret_basic",
     .choices = "client_secret_basic|client_secret_post|private_key_jwt"},
    {ROW("client_secret", SECRET, openid.client_secret), .most = 1024, .may_have_blanks = true},
    {ROW("client_key_file", PATH, openid.client_key_file)},
    {ROW("client_key_id", TEXT, openid.client_key_id)},
    {ROW("client_audience", CHOICE, openid.client_audience), .fallback = "issuer",
     .choices = "issuer|token_endpoint"},
    {ROW("decryption_key_file", PATH, openid.decryption_key_file)},
    {ROW("scope", TEXT, openid.scope), .fallback = "openid"},
    {ROW("acr_values", TEXT, openid.acr_values)},
    {ROW("subject_claim", TEXT, openid.subject_claim), .fallback = "sub"},
    {.keyword = NULL},
};

static const char *const upstream_words[] = {"acquirer", "qr-backend", "openid", "cm"};

static const struct {
    const char *name;
    const struct setting *settings; /* ends with a NULL keyword */
} sections[] = {{"", general},      {"acquirer", acquirer},
                {"cm", cm},         {"qr-backend", qr_backend},
                {"openid", openid}, {NULL, NULL}};

struct relay_config_values {
    struct secret *texts[SECTIONS][SETTINGS_MAX]; /* NULL: the fallback */
    unsigned lines[SECTIONS][SETTINGS_MAX];
    bool is_world_readable;
};

static int
take_entry(void *context, const struct config_entry *entry, char *ret_reason, size_t reason_size)
{
    struct relay_config_values *values = context;
    SECRET_AUTO *text = NULL;
    char must[300];
    struct diag other;
    int section = 0, in_file, i;

    while (sections[section].name && strcmp(sections[section].name, entry->section) != 0)
        section++;
    if (!sections[section].name) {
        snprintf(ret_reason, reason_size, "there is no section [%.64s]", entry->section);
        return -1;
    }
    i = config_find_setting(sections[section].settings, entry->keyword, &in_file);
    if (i < 0) {
        snprintf(ret_reason, reason_size, "there is no keyword %.64s here", entry->keyword);
        return -1;
    }
    const struct setting *setting = &sections[section].settings[i];
    if (values->texts[section][i]) {
        snprintf(ret_reason, reason_size, "%s is given twice", setting->keyword);
        return -1;
    }
    if (setting->kind == SETTING_SECRET && !in_file && values->is_world_readable) {
        snprintf(ret_reason, reason_size, "%s is a secret, and everyone can read this file",
                 setting->keyword);
        return -1;
    }
    if (in_file)
        text = config_secret_read(setting->keyword, entry->value, &other, ret_reason, reason_size);
    else if (!(text = secret_copy(entry->value, strlen(entry->value))))
        snprintf(ret_reason, reason_size, "out of memory");
    if (!text)
        return -1;
    if (setting_check(setting, secret_bytes(text), must, sizeof must) != 0) {
        snprintf(ret_reason, reason_size, "%s %s", setting->keyword, must);
        return -1;
    }
    values->texts[section][i] = text;
    values->lines[section][i] = entry->line;
    text = NULL; /* moved */
    return 0;
}

static int
read_file(const char *path, struct relay_config_values *values, struct diag *diag)
{
    SECRET_AUTO *content = NULL;
    struct stat status;
    char reason[400];
    unsigned line;
    int fd = trusted_file_open(path, TRUSTED_FILE_SETTINGS, diag);

    if (fd < 0)
        return IDQ_CONFIG;
    values->is_world_readable = fstat(fd, &status) != 0 || (status.st_mode & S_IROTH);
    content = trusted_file_read(fd, path, CONFIG_SIZE_MAX, diag);
    close(fd);
    if (!content)
        return IDQ_CONFIG;
    if (config_text_read(secret_bytes(content), secret_size(content), take_entry, values, &line,
                         reason, sizeof reason) == 0)
        return 0;
    diag_set_file(diag, path, line, "%s", reason);
    return IDQ_CONFIG;
}

/* A section that the upstream does not use need not be complete. With a QR backend, the way to the
 * banks is the acquirer's too. */
static bool
uses(const struct relay_config *config, const struct setting *settings)
{
    return settings == general || (settings == qr_backend ? config->upstream == RELAY_QR_BACKEND
                                   : settings == openid   ? config->upstream == RELAY_OPENID
                                   : settings == cm       ? config->upstream == RELAY_CM
                                                          : config->upstream <= RELAY_QR_BACKEND);
}

static int
fill(struct relay_config *config, const char *path, struct diag *diag)
{
    for (int section = 0; section < SECTIONS; section++)
        for (int i = 0; sections[section].settings[i].keyword; i++) {
            const struct setting *setting = &sections[section].settings[i];
            struct secret *text = config->values->texts[section][i];
            if (setting->required && !text && uses(config, sections[section].settings)) {
                diag_set_file(diag, path, 0, "%s%s%s%s is not set", section ? "[" : "",
                              sections[section].name, section ? "] " : "", setting->keyword);
                return IDQ_CONFIG;
            }
            (void)setting_fill(setting, text ? secret_bytes(text) : NULL, config);
        }
    return 0;
}

bool
relay_config_word(const char **list, char ret_word[RELAY_CONFIG_WORD_SIZE])
{
    size_t length;

    *list += strspn(*list, " ");
    length = strcspn(*list, " ");
    if (length == 0 || length >= RELAY_CONFIG_WORD_SIZE)
        return false;
    memcpy(ret_word, *list, length);
    ret_word[length] = '\0';
    *list += length;
    return true;
}

static bool
has_words(const char *list, size_t least, size_t most)
{
    char word[RELAY_CONFIG_WORD_SIZE];
    size_t n = 0;

    while (relay_config_word(&list, word))
        n++;
    return *list == '\0' && n >= least && n <= most;
}

json_t *
relay_config_error_body(const struct qr_backend_settings *settings)
{
    char text[ERROR_BODY_MAX + 1];
    json_t *body;

    if (copy_text(text, sizeof text, settings->error_body) != 0)
        return NULL;
    for (char *p = text; (p = strchr(p, '\''));)
        *p = '"'; /* which no value of the file may contain */
    body = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(body))
        return body;
    json_decref(body);
    return NULL;
}

/* Returns the wrong keyword, or NULL. */
static const char *
check_qr_backend(const struct qr_backend_settings *settings)
{
    json_t *body = relay_config_error_body(settings);
    bool is_object = body != NULL, is_key;
    SECRET_AUTO *key = NULL;

    json_decref(body);
    is_key =
        signing_key_read(settings->signing_key,
                         (enum signing_key_encoding)settings->signing_key_encoding, &key) == 0 &&
        secret_size(key) >= SIGNING_KEY_MIN;
    return !is_key                                                   ? "signing_key"
           : !is_object                                              ? "error_body"
           : !has_words(settings->qr_id_names, 1, SIZE_MAX)          ? "qr_id_names"
           : !has_words(settings->issuer_names, 1, SIZE_MAX)         ? "issuer_names"
           : !has_words(settings->transaction_id_names, 1, SIZE_MAX) ? "transaction_id_names"
           : !has_words(settings->status_words, 6, 6)                ? "status_words"
                                                                     : NULL;
}

/* Returns the wrong keyword, or NULL. */
static const char *
check_openid(const struct openid_settings *settings)
{
    bool has_key = settings->client_auth == CLIENT_PRIVATE_KEY_JWT;
    const char *list = settings->scope;
    char word[RELAY_CONFIG_WORD_SIZE] = "";

    while (strcmp(word, "openid") != 0 && relay_config_word(&list, word))
        continue;
    return strlen(settings->issuer) > ISSUER_MAX || strpbrk(settings->issuer, "?#") ? "issuer"
           : has_key && !settings->client_key_file[0] ? "client_key_file"
           : !has_key && !settings->client_secret[0]  ? "client_secret"
           : strcmp(word, "openid") != 0              ? "scope"
                                                      : NULL;
}

/* The same. Paths are appended to the URL. */
static const char *
check_cm(const struct cm_settings *settings)
{
    return strpbrk(settings->url, "?#") || settings->url[strlen(settings->url) - 1] == '/' ? "url"
                                                                                           : NULL;
}

/* A file or a URI. */
static int
check_database(const struct relay_config *config, const char *path, struct diag *diag)
{
    struct store_needs needs;
    struct diag why;

    if (!store_is_shared(config->database)) {
        if (config->database[0] == '/')
            return 0;
        diag_set_file(diag, path, 0, "database must be an absolute path, or postgresql://...");
        return IDQ_CONFIG;
    }
    if (store_read_uri(config->database, &needs, &why) != 0) {
        diag_set_file(diag, path, 0, "%s", why.text);
        return IDQ_CONFIG;
    }
    return 0;
}

static int
check_rules(struct relay_config *config, const char *path, struct diag *diag)
{
    struct https_url url;
    bool has_certificate = config->certificate_file[0], has_key = config->key_file[0];
    const char *wrong;

    if (https_url_parse(config->public_url, strlen(config->public_url), &url) != 0 ||
        strchr(config->public_url + strlen("https://"), '/')) {
        diag_set_file(diag, path, 0, "public_url must be an https:// URL without a path");
        return IDQ_CONFIG;
    }
    snprintf(config->host, sizeof config->host, "%s", url.host);
    snprintf(config->scope_host, sizeof config->scope_host, "%s", config->host);
    if (config->upstream == RELAY_OPENID &&
        https_url_parse(config->openid.issuer, strlen(config->openid.issuer), &url) == 0)
        snprintf(config->scope_host, sizeof config->scope_host, "%s", url.host);
    if (config->scope[0] == '\0')
        config->scope = config->scope_host;
    if (has_certificate != has_key) {
        diag_set_file(diag, path, 0, "certificate_file and key_file must be set together");
        return IDQ_CONFIG;
    }
    if (!has_certificate && !config->behind_proxy) {
        diag_set_file(diag, path, 0,
                      "certificate_file is not set: set it, or behind_proxy = yes for a proxy "
                      "that speaks TLS");
        return IDQ_CONFIG;
    }
    wrong = config->upstream == RELAY_QR_BACKEND ? check_qr_backend(&config->qr_backend)
            : config->upstream == RELAY_OPENID   ? check_openid(&config->openid)
            : config->upstream == RELAY_CM       ? check_cm(&config->cm)
                                                 : NULL;
    if (wrong) {
        diag_set_file(diag, path, 0, "[%s] %s is not as idinqr-relay(8) says",
                      upstream_words[config->upstream], wrong);
        return IDQ_CONFIG;
    }
    return check_database(config, path, diag);
}

int
relay_config_load(const char *path, struct relay_config **ret_config, struct diag *ret_diag)
{
    RELAY_CONFIG_AUTO *config = calloc(1, sizeof *config);

    if (config)
        config->values = calloc(1, sizeof *config->values);
    if (!config || !config->values) {
        diag_set(ret_diag, "out of memory");
        return IDQ_CONFIG;
    }
    if (read_file(path, config->values, ret_diag) != 0 || fill(config, path, ret_diag) != 0 ||
        check_rules(config, path, ret_diag) != 0)
        return IDQ_CONFIG;
    *ret_config = config;
    config = NULL; /* moved */
    return 0;
}

const char *
relay_config_keyword(const struct relay_config *config, const void *field, unsigned *ret_line)
{
    size_t offset = (size_t)((const char *)field - (const char *)config);

    for (int section = 0; section < SECTIONS; section++)
        for (int i = 0; sections[section].settings[i].keyword; i++)
            if (sections[section].settings[i].offset == offset) {
                *ret_line = config->values->lines[section][i];
                return sections[section].settings[i].keyword;
            }
    return NULL;
}

void
relay_config_free(struct relay_config **config)
{
    if (!*config)
        return;
    for (int section = 0; (*config)->values && section < SECTIONS; section++)
        for (int i = 0; i < SETTINGS_MAX; i++)
            secret_free(&(*config)->values->texts[section][i]);
    free((*config)->values);
    free(*config);
    *config = NULL;
}
