/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules about several values at once, and the keywords of sections. The application runs this,
 * often as root. */
#include "pam_idinqr/config/config.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/config/config_file.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Names the place of the provider's keyword. If no file sets it, names that of `provider`, which
 * needs it. Returns IDQ_CONFIG. */
static int __attribute__((format(printf, 4, 5)))
refuse(const struct config *config, const char *keyword, struct diag *diag, const char *format, ...)
{
    const struct setting *settings = config->provider->settings;
    unsigned line = 0;
    const char *file = config_place(config, &settings[setting_find(settings, keyword)], &line);
    va_list arguments;

    if (file[0] == '\0')
        file = config_place(config, config_origin_setting(config, false), &line);
    va_start(arguments, format);
    diag_vset(diag, file, line, 0, format, arguments);
    va_end(arguments);
    return IDQ_CONFIG;
}

static int
check_required(const struct config *config, struct diag *diag)
{
    for (const struct setting *setting = config->provider->settings; setting->keyword; setting++)
        if (setting->required && config_text(config, setting)[0] == '\0')
            return refuse(config, setting->keyword, diag, "[%s] %s is not set",
                          config->provider->name, setting->keyword);
    return 0;
}

/* The agent could only refuse the key at each login. */
static int
check_signing_key(const struct config *config, struct diag *diag)
{
    const enum signing_key_encoding encoding = config->settings.idin_qr.signing_key_encoding;
    const char *text = config->settings.idin_qr.signing_key;
    SECRET_AUTO *key = NULL;
    int error;

    if (text[0] == '\0') /* of another provider */
        return 0;
    error = signing_key_read(text, encoding, &key);
    if (error == IDQ_SYSTEM) {
        diag_set(diag, "out of memory");
        return IDQ_CONFIG;
    }
    if (!error && secret_size(key) >= SIGNING_KEY_MIN)
        return 0;
    return refuse(config, "signing_key", diag, "[%s] signing_key must be %s",
                  config->provider->name,
                  encoding == SIGNING_KEY_ED25519
                      ? "the base64 of a public key of 32 bytes, 44 characters, or two of them: "
                        "signing_key_encoding is ed25519"
                      : "an even number of hex digits, 28 at least: signing_key_encoding is hex");
}

/* The proof of an OAuth client, and what it is made of, belong together: an unused secret would
 * protect nothing, although the administrator expects it to. */
static int
check_client(const struct config *config, struct diag *diag)
{
    const struct oidc_settings *oidc = &config->settings.oidc;
    const enum client_auth auth = oidc->client_auth;
    bool wants_secret = auth == CLIENT_SECRET_BASIC || auth == CLIENT_SECRET_POST;
    bool wants_key = auth == CLIENT_PRIVATE_KEY_JWT;
    bool is_secret_wrong = wants_secret != (oidc->client_secret[0] != '\0');
    bool is_key_wrong = wants_key != (oidc->client_key[0] != '\0');

    if (oidc->issuer[0] == '\0' || (!is_secret_wrong && !is_key_wrong))
        return 0; /* of another provider, or in order */
    return refuse(config, is_secret_wrong ? "client_secret" : "client_key", diag,
                  "[%s] %s must %sbe set with this client_auth", config->provider->name,
                  is_secret_wrong ? "client_secret" : "client_key_file",
                  (is_secret_wrong ? wants_secret : wants_key) ? "" : "not ");
}

static int
find_scope(struct config *config, struct diag *diag)
{
    const char *scope = config->settings.scope;
    const char *url = provider_scope_url(config->provider, &config->settings);
    struct https_url parsed;

    if (scope[0] == '\0') {
        if (https_url_parse(url, strlen(url), &parsed) != 0)
            return refuse(config, config->provider->scope_keyword, diag,
                          "%s names no host to take the scope from",
                          config->provider->scope_keyword);
        scope = parsed.host;
    }
    snprintf(config->scope, sizeof config->scope, "%s", scope);
    return 0;
}

const struct setting *
config_origin_setting(const struct config *config, bool is_scope)
{
    const struct setting *settings = is_scope ? config->provider->settings : config_settings();
    const char *keyword = config->settings.scope[0] ? "scope" : config->provider->scope_keyword;

    return &settings[setting_find(settings, is_scope ? keyword : "provider")];
}

int
config_check_rules(struct config *config, const char *path, struct diag *ret_diag)
{
    if (!config->provider) {
        diag_set_file(ret_diag, path, 0, "provider is not set");
        return IDQ_CONFIG;
    }
    if (check_required(config, ret_diag) != 0 || check_signing_key(config, ret_diag) != 0 ||
        check_client(config, ret_diag) != 0 || find_scope(config, ret_diag) != 0)
        return IDQ_CONFIG;
    return 0;
}

int
config_find_setting(const struct setting *settings, const char *keyword, int *ret_in_file)
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

/* Names the keyword of the section that was probably meant, or leaves "". */
static void
find_like(const struct setting *settings, const char *typed, char *ret_text, size_t text_size)
{
    unsigned least = UINT_MAX;

    for (; settings->keyword; settings++) {
        char file[64];
        snprintf(file, sizeof file, "%s_file", settings->keyword);
        if (text_is_nearer(typed, settings->keyword, &least))
            snprintf(ret_text, text_size, "; there is %s", settings->keyword);
        if (settings->kind == SETTING_SECRET && text_is_nearer(typed, file, &least))
            snprintf(ret_text, text_size, "; there is %s", file);
    }
}

int
config_refuse_keyword(const struct setting *settings, const struct config_entry *entry,
                      char *ret_reason, size_t reason_size)
{
    const struct provider_description *provider;
    bool is_here = settings == config_settings();
    char instead[100] = "", here[40] = "here";
    int in_file;

    for (size_t i = 0; (provider = provider_table_at(i)); i++) {
        size_t size = strlen(instead);
        if (config_find_setting(provider->settings, entry->keyword, &in_file) >= 0)
            snprintf(instead + size, sizeof instead - size, "%s[%s]",
                     size > 0 ? " or " : "; it belongs in ", provider->name);
    }
    if (setting_find(config_settings(), entry->keyword) >= 0)
        snprintf(instead, sizeof instead, "; it belongs above the first [section]");
    if (instead[0] == '\0')
        find_like(settings, entry->keyword, instead, sizeof instead);
    if (!is_here)
        snprintf(here, sizeof here, "in [%.32s]", entry->section);
    snprintf(ret_reason, reason_size, "there is no keyword %.64s %s%s", entry->keyword, here,
             instead);
    return -1;
}

int
config_refuse_section(const char *section, char *ret_reason, size_t reason_size)
{
    const struct provider_description *provider;
    const char *like = NULL;
    unsigned least = UINT_MAX;

    for (size_t i = 0; (provider = provider_table_at(i)); i++)
        if (text_is_nearer(section, provider->name, &least))
            like = provider->name;
    if (like)
        snprintf(ret_reason, reason_size, "there is no section [%.64s]; there is [%s]", section,
                 like);
    else
        snprintf(ret_reason, reason_size,
                 "there is no section [%.64s]; that of a service is [service:%.64s]", section,
                 config_like_service(section));
    return -1;
}

bool
config_doubt_path(const struct config *config, const char *keyword, struct diag *diag)
{
    const struct setting *setting = config_setting(config, keyword);
    char about[PATH_MAX + DIAG_LINE_SIZE + 80];
    const char *place;
    unsigned line;
    int error = diag->error;

    if (!setting || strcmp(config_text(config, setting), setting_fallback(setting)) == 0)
        return false;
    place = config_place(config, setting, &line);
    snprintf(about, sizeof about, "%s: is this path right? %s: %s", keyword, diag->file,
             diag->text);
    diag_set_file(diag, place, line, "%s", about);
    diag->error = error;
    return true;
}
