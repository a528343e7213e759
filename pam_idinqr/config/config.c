/* SPDX-License-Identifier: BSD-3-Clause */
/* The application runs this, often as root, on text from files. */
#include "pam_idinqr/config/config.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/config/config_file.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/trusted_file.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONFIG_SIZE_MAX (64 * 1024) /* bytes of one file */
#define SERVICE_SECTION "service:"

#define ROW(...) SETTING_ROW(struct config, __VA_ARGS__)

static const struct setting general_settings[] = {
    {ROW("provider", CHOICE, provider_index), .required = 1, .choices = PROVIDER_NAMES},
    {ROW("timeout", NUMBER, timeout_s), .fallback = "120", .least = 20, .most = 900},
    {ROW("display", CHOICE, display), .fallback = "auto",
     .choices = "auto|half|cells|sextant|plain|url"},
    {ROW("invert", SWITCH, invert), .fallback = "no", .choices = "no|yes"},
    {ROW("prompt", CHOICE, prompt), .fallback = "auto", .choices = "auto|wait|enter"},
    {ROW("idle", CHOICE, idle), .fallback = "enter", .choices = "enter|code"},
    {ROW("language", CHOICE, language), .fallback = "auto", .choices = "auto|nl|en"},
    {ROW("require", REQUIRE, require), .fallback = "any"},
    {ROW("station", TEXT, station), .most = 63},
    {ROW("password_until", DAY, password_until)},
    {ROW("map", PATH, map), .fallback = SYSCONFDIR "/idinqr.map"},
    {ROW("key", PATH, key), .fallback = SYSCONFDIR "/idinqr.key"},
    {ROW("agent", PATH, agent), .fallback = LIBEXECDIR "/idinqr-agent"},
    {ROW("tries_per_account", NUMBER, tries_per_account), .fallback = "30", .most = 100000},
    {ROW("tries_in_all", NUMBER, tries_in_all), .fallback = "300", .most = 100000},
    {ROW("tries_file", PATH, tries_file), .fallback = "/run/idinqr.tries"},
    {ROW("refused_file", PATH, refused_file), .fallback = "/run/idinqr.refused"},
    {ROW("ca_file", PATH, ca_file)},
    {ROW("pin_sha256", PIN, pin_sha256), .most = 127},
    {ROW("proxy", PROXY, proxy)},
    {.keyword = NULL},
};

#define N_GENERAL (ARRAY_LENGTH(general_settings) - 1)

/* A higher rank wins, and within one rank the later value. */
enum rank { RANK_FALLBACK = 0, RANK_FILE, RANK_SERVICE, RANK_OVERRIDE };

/* Where a value is from. */
struct source {
    enum rank rank;
    const char *file; /* the path of a config_file, or "" for an override; NULL: not set */
    unsigned line;
};

struct config_value {
    struct secret *text; /* NULL: the fallback. All are wiped: simpler than to tell them apart */
    struct source source;
};

struct config_file {
    struct config_file *previous;
    char path[];
};

struct config_values {
    char service[NAME_MAX + 1]; /* of a file in pam.d */
    struct config_value general[N_GENERAL];
    struct config_value providers[PROVIDERS_MAX][PROVIDER_SETTINGS_MAX];
    struct config_file *file; /* the newest that was read */
    /* State while a file is read: */
    bool is_world_readable;
    struct diag other; /* a mistake with a cure, or in another file; else empty */
};

static int
add_file(struct config_values *values, const char *path)
{
    size_t size = strlen(path) + 1;
    struct config_file *file = malloc(sizeof *file + size);

    if (!file)
        return -1;
    memcpy(file->path, path, size);
    file->previous = values->file;
    values->file = file;
    return 0;
}

/* Checks a text, and makes it the value unless a higher rank has spoken. 0, or -1 with a reason
 * that names the keyword, and never repeats the text: it may be a secret in the wrong place. */
static int
set_value(const struct setting *setting, struct config_value *value, struct source source,
          const char *text, char *ret_reason, size_t reason_size)
{
    char must[300];
    struct secret *copy;

    if (setting_check(setting, text, must, sizeof must) != 0) {
        snprintf(ret_reason, reason_size, "%s %s", setting->keyword, must);
        return -1;
    }
    if (source.rank < value->source.rank)
        return 0;
    copy = secret_copy(text, strlen(text));
    if (!copy) {
        snprintf(ret_reason, reason_size, "%s: out of memory", setting->keyword);
        return -1;
    }
    secret_free(&value->text);
    value->text = copy;
    value->source = source;
    return 0;
}

/* The same for keyword_file = PATH. */
static int
set_value_from_file(const struct setting *setting, struct config_value *value, struct source source,
                    const char *path, struct diag *ret_other, char *ret_reason, size_t reason_size)
{
    SECRET_AUTO *content =
        config_secret_read(setting->keyword, path, ret_other, ret_reason, reason_size);

    if (!content)
        return -1;
    if (set_value(setting, value, source, secret_bytes(content), ret_reason, reason_size) == 0)
        return 0;
    diag_set_file(ret_other, path, 0, "%s%s", ret_reason,
                  setting->is_pem ? "" : ": the file has the value alone, without the keyword");
    return -1;
}

static void
free_values(struct config_values *values)
{
    for (size_t i = 0; i < N_GENERAL; i++)
        secret_free(&values->general[i].text);
    for (size_t i = 0; i < PROVIDERS_MAX; i++)
        for (size_t j = 0; j < PROVIDER_SETTINGS_MAX; j++)
            secret_free(&values->providers[i][j].text);
    while (values->file) {
        struct config_file *previous = values->file->previous;
        free(values->file);
        values->file = previous;
    }
}

static int
take_general(struct config_values *values, enum rank rank, const struct config_entry *entry,
             char *ret_reason, size_t reason_size)
{
    const struct source source = {
        rank, rank == RANK_OVERRIDE || !values->file ? "" : values->file->path, entry->line};
    int i = setting_find(general_settings, entry->keyword);

    if (i >= 0)
        return set_value(&general_settings[i], &values->general[i], source, entry->value,
                         ret_reason, reason_size);
    return config_refuse_keyword(general_settings, entry, ret_reason, reason_size);
}

static int
take_provider(struct config_values *values, size_t provider, const struct config_entry *entry,
              char *ret_reason, size_t reason_size)
{
    const struct setting *settings = provider_table_at(provider)->settings;
    const struct source source = {RANK_FILE, values->file->path, entry->line};
    struct config_value *value;
    int in_file, i = config_find_setting(settings, entry->keyword, &in_file);

    if (i < 0)
        return config_refuse_keyword(settings, entry, ret_reason, reason_size);
    value = &values->providers[provider][i];
    if (value->source.file == source.file) {
        snprintf(ret_reason, reason_size, "%s and %s_file are both given", settings[i].keyword,
                 settings[i].keyword);
        return -1;
    }
    if (in_file)
        return set_value_from_file(&settings[i], value, source, entry->value, &values->other,
                                   ret_reason, reason_size);
    if (settings[i].kind == SETTING_SECRET && values->is_world_readable) {
        diag_set_file(&values->other, source.file, entry->line,
                      "%s is a secret, and everyone can read this file", entry->keyword);
        values->other.cure = "chmod 0600";
        return -1;
    }
    return set_value(&settings[i], value, source, entry->value, ret_reason, reason_size);
}

static int
take_entry(void *context, const struct config_entry *entry, char *ret_reason, size_t reason_size)
{
    struct config_values *values = context;
    const struct provider_description *provider;
    const size_t prefix_size = sizeof SERVICE_SECTION - 1;
    bool is_service = strncmp(entry->section, SERVICE_SECTION, prefix_size) == 0;

    if (entry->section[0] == '\0')
        return take_general(values, RANK_FILE, entry, ret_reason, reason_size);
    for (size_t i = 0; (provider = provider_table_at(i)); i++)
        if (strcmp(entry->section, provider->name) == 0)
            return take_provider(values, i, entry, ret_reason, reason_size);
    if (is_service && entry->section[prefix_size] != '\0') {
        /* Another service's section is checked too, and then discarded. */
        struct config_values other = {.file = NULL};
        bool is_ours = strcmp(entry->section + prefix_size, values->service) == 0;
        int result =
            take_general(is_ours ? values : &other, RANK_SERVICE, entry, ret_reason, reason_size);
        free_values(&other);
        return result;
    }
    return config_refuse_section(entry->section, ret_reason, reason_size);
}

static int
read_layer(void *context, const char *path, struct diag *ret_diag)
{
    SECRET_AUTO *content = NULL;
    struct config_values *values = context;
    struct stat status;
    char reason[400];
    unsigned line;
    int fd = trusted_file_open(path, TRUSTED_FILE_SETTINGS, ret_diag);

    if (fd < 0)
        return IDQ_CONFIG;
    if (add_file(values, path) != 0) {
        close(fd);
        diag_set(ret_diag, "out of memory");
        return IDQ_CONFIG;
    }
    /* A file whose mode cannot be read counts as readable by every user. */
    values->is_world_readable = fstat(fd, &status) != 0 || (status.st_mode & S_IROTH);
    content = trusted_file_read(fd, path, CONFIG_SIZE_MAX, ret_diag);
    close(fd);
    if (!content)
        return IDQ_CONFIG;
    if (config_text_read(secret_bytes(content), secret_size(content), take_entry, values, &line,
                         reason, sizeof reason) == 0)
        return 0;
    if (values->other.text[0])
        *ret_diag = values->other; /* then there is no reason */
    else
        diag_set_file(ret_diag, path, line, "%s", reason);
    return IDQ_CONFIG;
}

/* The text of a value, as setting_fill takes it. */
static const char *
text_of(const struct config_value *value)
{
    return value->text ? secret_bytes(value->text) : NULL;
}

/* Sets each field from its value. */
static void
fill(struct config *config)
{
    const struct config_value *values = config->values->general;

    for (size_t i = 0; i < N_GENERAL; i++)
        (void)setting_fill(&general_settings[i], text_of(&values[i]), config);
    config->provider = provider_table_at((size_t)config->provider_index);
    if (!config->provider)
        return; /* not set */
    provider_settings_begin(config->provider, &config->settings);
    values = config->values->providers[config->provider_index];
    for (size_t i = 0; config->provider->settings[i].keyword; i++)
        (void)setting_fill(&config->provider->settings[i], text_of(&values[i]), &config->settings);
}

int
config_load(const char *path, const char *service, struct config **ret_config,
            struct diag *ret_diag)
{
    CONFIG_AUTO *config = calloc(1, sizeof *config);

    if (config)
        config->values = calloc(1, sizeof *config->values);
    if (!config || !config->values) {
        diag_set(ret_diag, "out of memory");
        return IDQ_CONFIG;
    }
    if (copy_text(config->values->service, sizeof config->values->service, service)) {
        diag_set(ret_diag, "the name of the service is too long");
        return IDQ_CONFIG;
    }
    if (config_layers_each(path, read_layer, config->values, ret_diag) != 0)
        return IDQ_CONFIG;
    fill(config);
    if (config_check_rules(config, config_layers_main(path), ret_diag) != 0)
        return IDQ_CONFIG;
    *ret_config = config;
    config = NULL; /* moved */
    return 0;
}

int
config_override(struct config *config, const char *where, const char *keyword, const char *value,
                struct diag *ret_diag)
{
    const struct config_entry entry = {.section = "", .keyword = keyword, .value = value};
    char reason[400];

    if (take_general(config->values, RANK_OVERRIDE, &entry, reason, sizeof reason) != 0) {
        diag_set(ret_diag, "%s: %s", where, reason);
        return IDQ_CONFIG;
    }
    fill(config);
    return 0;
}

bool
config_is_set(const struct config *config, size_t offset)
{
    for (size_t i = 0; i < N_GENERAL; i++)
        if (general_settings[i].offset == offset)
            return config->values->general[i].text != NULL;
    return false;
}

static const struct config_value *
find_value(const struct config *config, const struct setting *setting)
{
    for (size_t i = 0; i < N_GENERAL; i++)
        if (setting == &general_settings[i])
            return &config->values->general[i];
    return &config->values->providers[config->provider_index][setting - config->provider->settings];
}

const char *
config_text(const struct config *config, const struct setting *setting)
{
    const char *text = text_of(find_value(config, setting));

    return text ? text : setting_fallback(setting);
}

const char *
config_place(const struct config *config, const struct setting *setting, unsigned *ret_line)
{
    const struct config_value *value = find_value(config, setting);

    *ret_line = value->source.line;
    return value->text ? value->source.file : "";
}

const struct setting *
config_settings(void)
{
    return general_settings;
}

const struct setting *
config_setting(const struct config *config, const char *keyword)
{
    const struct setting *settings = config->provider->settings;
    int i = setting_find(settings, keyword);

    if (i < 0) {
        settings = config_settings();
        i = setting_find(settings, keyword);
    }
    return i < 0 ? NULL : &settings[i];
}

void
config_free(struct config **config)
{
    if (!config || !*config)
        return;
    if ((*config)->values)
        free_values((*config)->values);
    free((*config)->values);
    free(*config);
    *config = NULL;
}
