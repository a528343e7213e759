/* SPDX-License-Identifier: BSD-3-Clause */
/* See config.h. */
#include "pam_idinqr/config/config.h"

#include "pam_idinqr/config/config_file.h"
#include "pam_idinqr/config/config_value.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/signing_key.h"
#include "pam_idinqr/common/trusted_file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIG_SIZE_MAX (64 * 1024) /* bytes of one file */
#define SERVICE_SECTION "service:"

static const struct setting general_settings[] = {
    {.keyword = "provider", .kind = SETTING_CHOICE, .required = 1, .choices = PROVIDER_NAMES},
    {.keyword = "timeout", .kind = SETTING_NUMBER, .fallback = "120", .least = 20, .most = 900},
    {.keyword = "display",
     .kind = SETTING_CHOICE,
     .fallback = "auto",
     .choices = "auto|half|cells|sextant|plain|url"},
    {.keyword = "invert", .kind = SETTING_CHOICE, .fallback = "no", .choices = "no|yes"},
    {.keyword = "prompt", .kind = SETTING_CHOICE, .fallback = "auto", .choices = "auto|wait|enter"},
    {.keyword = "idle", .kind = SETTING_CHOICE, .fallback = "enter", .choices = "enter|code"},
    {.keyword = "language", .kind = SETTING_CHOICE, .fallback = "auto", .choices = "auto|nl|en"},
    {.keyword = "require", .kind = SETTING_REQUIRE, .fallback = "any"},
    {.keyword = "station", .kind = SETTING_TEXT, .most = 63},
    {.keyword = "map", .kind = SETTING_PATH, .fallback = SYSCONFDIR "/idinqr.map"},
    {.keyword = "key", .kind = SETTING_PATH, .fallback = SYSCONFDIR "/idinqr.key"},
    {.keyword = "agent", .kind = SETTING_PATH, .fallback = LIBEXECDIR "/idinqr-agent"},
    {.keyword = "tries_per_account",
     .kind = SETTING_NUMBER,
     .fallback = "30",
     .least = 0,
     .most = 100000},
    {.keyword = "tries_in_all",
     .kind = SETTING_NUMBER,
     .fallback = "300",
     .least = 0,
     .most = 100000},
    {.keyword = "tries_file", .kind = SETTING_PATH, .fallback = "/run/idinqr.tries"},
    {.keyword = "refused_file", .kind = SETTING_PATH, .fallback = "/run/idinqr.refused"},
    {.keyword = "ca_file", .kind = SETTING_PATH},
    {.keyword = "pin_sha256", .kind = SETTING_TEXT, .most = 127},
    {.keyword = "proxy", .kind = SETTING_PROXY},
    {.keyword = NULL},
};

#define N_GENERAL (sizeof general_settings / sizeof general_settings[0] - 1)

struct config {
    char service[NAME_MAX + 1]; /* of a file in pam.d */
    struct config_value general[N_GENERAL];
    struct config_value providers[PROVIDERS_MAX][PROVIDER_SETTINGS_MAX];
    char scope[256];
    /* While a layer is read: */
    unsigned layer; /* from 1 */
    int is_world_readable;
};

static int
take_general(struct config *config, enum config_rank rank, const struct config_entry *entry,
             char *ret_reason, size_t reason_size)
{
    int i = setting_find(general_settings, entry->keyword);

    if (i >= 0)
        return config_value_set(&general_settings[i], &config->general[i], rank, entry->value,
                                ret_reason, reason_size);
    snprintf(ret_reason, reason_size, "there is no keyword %.64s here", entry->keyword);
    return -1;
}

/* Finds the setting that a keyword, or keyword_file of a secret, is about; -1 when there is none.
 */
static int
find_provider_setting(const struct setting *settings, const char *keyword, int *ret_in_file)
{
    size_t size = strlen(keyword);
    char stem[64];
    int i = setting_find(settings, keyword);

    *ret_in_file = 0;
    if (i >= 0 || size <= 5 || size >= sizeof stem || strcmp(keyword + size - 5, "_file") != 0)
        return i;
    *ret_in_file = 1;
    snprintf(stem, sizeof stem, "%.*s", (int)size - 5, keyword);
    i = setting_find(settings, stem);
    return i >= 0 && settings[i].kind == SETTING_SECRET ? i : -1;
}

static int
take_provider(struct config *config, size_t provider, const struct config_entry *entry,
              char *ret_reason, size_t reason_size)
{
    const struct setting *settings = provider_table_at(provider)->settings;
    struct config_value *value;
    int in_file, i = find_provider_setting(settings, entry->keyword, &in_file);

    if (i < 0) {
        snprintf(ret_reason, reason_size, "there is no keyword %.64s in [%.32s]", entry->keyword,
                 entry->section);
        return -1;
    }
    value = &config->providers[provider][i];
    if (value->layer == config->layer) {
        snprintf(ret_reason, reason_size, "%s and %s_file are both given", settings[i].keyword,
                 settings[i].keyword);
        return -1;
    }
    value->layer = config->layer;
    if (in_file)
        return config_value_set_from_file(&settings[i], value, RANK_FILE, entry->value, ret_reason,
                                          reason_size);
    if (settings[i].kind == SETTING_SECRET && config->is_world_readable) {
        snprintf(ret_reason, reason_size, "%s is a secret, and everyone can read this file",
                 entry->keyword);
        return -1;
    }
    return config_value_set(&settings[i], value, RANK_FILE, entry->value, ret_reason, reason_size);
}

static int
take_entry(void *context, const struct config_entry *entry, char *ret_reason, size_t reason_size)
{
    struct config *config = context;
    const struct provider_description *provider;
    const size_t prefix_size = sizeof SERVICE_SECTION - 1;

    if (entry->section[0] == '\0')
        return take_general(config, RANK_FILE, entry, ret_reason, reason_size);
    for (size_t i = 0; (provider = provider_table_at(i)); i++)
        if (strcmp(entry->section, provider->name) == 0)
            return take_provider(config, i, entry, ret_reason, reason_size);
    if (strncmp(entry->section, SERVICE_SECTION, prefix_size) == 0 &&
        entry->section[prefix_size] != '\0') {
        /* Another service's section is checked as well, and then forgotten. */
        struct config other = {.layer = 0};
        int is_ours = strcmp(entry->section + prefix_size, config->service) == 0;
        int result =
            take_general(is_ours ? config : &other, RANK_SERVICE, entry, ret_reason, reason_size);
        for (size_t i = 0; i < N_GENERAL; i++)
            config_value_free(&other.general[i]);
        return result;
    }
    snprintf(ret_reason, reason_size, "there is no section [%.64s]", entry->section);
    return -1;
}

static int
read_layer(void *context, const char *path, struct diag *ret_diag)
{
    SECRET_AUTO *content = NULL;
    struct config *config = context;
    struct stat status;
    char reason[400];
    unsigned line;
    int fd = trusted_file_open(path, TRUSTED_FILE_OPEN_TEXT, ret_diag);

    if (fd < 0)
        return IDQ_CONFIG;
    /* A file that cannot be asked for its mode counts as one that everybody reads. */
    config->layer++;
    config->is_world_readable = fstat(fd, &status) != 0 || (status.st_mode & S_IROTH);
    content = trusted_file_read(fd, path, CONFIG_SIZE_MAX, ret_diag);
    close(fd);
    if (!content)
        return IDQ_CONFIG;
    if (config_text_read(secret_bytes(content), secret_size(content), take_entry, config, &line,
                         reason, sizeof reason) == 0)
        return 0;
    if (line > 0)
        diag_set(ret_diag, "%s:%u: %s", path, line, reason);
    else
        diag_set(ret_diag, "%s: %s", path, reason);
    return IDQ_CONFIG;
}

static int
check_required(const struct config *config, const char *path, struct diag *diag)
{
    const struct provider_description *provider;

    if (config_text(config, "provider")[0] == '\0') {
        diag_set(diag, "%s: provider is not set", path);
        return IDQ_CONFIG;
    }
    provider = config_provider(config);
    for (const struct setting *setting = provider->settings; setting->keyword; setting++)
        if (setting->required && config_provider_text(config, setting->keyword)[0] == '\0') {
            diag_set(diag, "%s: [%s] %s is not set", path, provider->name, setting->keyword);
            return IDQ_CONFIG;
        }
    return 0;
}

/* The agent could only refuse the key at each login. */
static int
check_signing_key(const struct config *config, const char *path, struct diag *diag)
{
    const char *encoding = config_provider_text(config, "signing_key_encoding");
    SECRET_AUTO *key = NULL;
    int error;

    if (encoding[0] == '\0') /* another provider's */
        return 0;
    error = signing_key_read(config_provider_text(config, "signing_key"), encoding, &key);
    if (error == IDQ_SYSTEM) {
        diag_set(diag, "out of memory");
        return IDQ_CONFIG;
    }
    if (!error && secret_size(key) >= SIGNING_KEY_MIN)
        return 0;
    diag_set(diag, "%s: [%s] signing_key must be %s: signing_key_encoding is %s", path,
             config_provider(config)->name,
             strcmp(encoding, SIGNING_KEY_PUBLIC) == 0
                 ? "the base64 of a public key of 32 bytes, 44 characters"
                 : "an even number of hex digits, 28 at least",
             encoding);
    return IDQ_CONFIG;
}

static int
find_scope(struct config *config, const char *path, struct diag *diag)
{
    const char *given = config_provider_text(config, "scope");
    const char *url = config_provider_text(config, config_provider(config)->scope_keyword);
    struct https_url parsed;

    if (given[0] == '\0') {
        if (https_url_parse(url, strlen(url), &parsed) != 0) {
            diag_set(diag, "%s: %s names no host to take the scope from", path,
                     config_provider(config)->scope_keyword);
            return IDQ_CONFIG;
        }
        given = parsed.host;
    }
    snprintf(config->scope, sizeof config->scope, "%s", given);
    return 0;
}

int
config_load(const char *path, const char *service, struct config **ret_config,
            struct diag *ret_diag)
{
    CONFIG_AUTO *config = calloc(1, sizeof *config);

    if (!config) {
        diag_set(ret_diag, "out of memory");
        return IDQ_CONFIG;
    }
    if (copy_text(config->service, sizeof config->service, service)) {
        diag_set(ret_diag, "the name of the service is too long");
        return IDQ_CONFIG;
    }
    if (config_layers_each(path, read_layer, config, ret_diag) != 0 ||
        check_required(config, config_layers_main(path), ret_diag) != 0 ||
        check_signing_key(config, config_layers_main(path), ret_diag) != 0 ||
        find_scope(config, config_layers_main(path), ret_diag) != 0)
        return IDQ_CONFIG;
    *ret_config = config;
    config = NULL; /* handed over */
    return 0;
}

int
config_override(struct config *config, const char *where, const char *keyword, const char *value,
                struct diag *ret_diag)
{
    struct config_entry entry = {.section = "", .keyword = keyword};
    SECRET_AUTO *copy = secret_copy(value, strlen(value));
    char reason[400];

    if (copy) {
        entry.value = secret_bytes(copy);
        if (take_general(config, RANK_OVERRIDE, &entry, reason, sizeof reason) == 0)
            return 0;
        diag_set(ret_diag, "%s: %s", where, reason);
    } else {
        diag_set(ret_diag, "%s: out of memory", where);
    }
    return IDQ_CONFIG;
}

const char *
config_text(const struct config *config, const char *keyword)
{
    int i = setting_find(general_settings, keyword);

    return i < 0 ? "" : config_value_text(&general_settings[i], &config->general[i]);
}

int
config_is_set(const struct config *config, const char *keyword)
{
    int i = setting_find(general_settings, keyword);

    return i >= 0 && config->general[i].text != NULL;
}

long
config_number(const struct config *config, const char *keyword)
{
    return strtol(config_text(config, keyword), NULL, 10);
}

static size_t
provider_index(const struct config *config)
{
    size_t i = 0;

    while (provider_table_at(i) &&
           strcmp(provider_table_at(i)->name, config_text(config, "provider")) != 0)
        i++;
    return i;
}

const struct provider_description *
config_provider(const struct config *config)
{
    return provider_table_at(provider_index(config));
}

const char *
config_provider_text(const struct config *config, const char *keyword)
{
    const struct setting *settings = config_provider(config)->settings;
    int i = setting_find(settings, keyword);

    return i < 0 ? ""
                 : config_value_text(&settings[i], &config->providers[provider_index(config)][i]);
}

const char *
config_scope(const struct config *config)
{
    return config->scope;
}

const struct setting *
config_settings(void)
{
    return general_settings;
}

void
config_free(struct config **config)
{
    if (!config || !*config)
        return;
    for (size_t i = 0; i < N_GENERAL; i++)
        config_value_free(&(*config)->general[i]);
    for (size_t i = 0; i < PROVIDERS_MAX; i++)
        for (size_t j = 0; j < PROVIDER_SETTINGS_MAX; j++)
            config_value_free(&(*config)->providers[i][j]);
    free(*config);
    *config = NULL;
}
