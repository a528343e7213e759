/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: checks idinqr.conf and the files that it names. Compares secrets, and prints
 * none. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/config/config_file.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/login/agent_start.h"
#include "pam_idinqr/login/tries.h"
#include "pam_idinqr/pamconf/pam_file.h"
#include "pam_idinqr/tool/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_SIZE_MAX (64 * 1024)
#define TIMEOUT_SHORT_S 60

/* The name of a sandbox's CA. */
#define SANDBOX_CA "idinqr-sandbox CA (test only)"

/* The placeholders in conf/idinqr.conf that an administrator has to replace. */
static const char *const placeholders[] = {
    "00000000-0000-0000-0000-000000000000",
    /* from the manual; RFC 8032 has its private key */
    "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
    "the-key-that-you-were-issued",
    "the-secret-of-the-client",
    "the-secret-that-you-were-shown-once",
    NULL,
};

/* Returns the main file below the root, or NULL for the default files of this machine. */
static const char *
main_file(const struct check *check, const char *conf, char path[PATH_MAX])
{
    struct stat status;

    if (conf || check->conf)
        return conf ? conf : check->conf;
    if (check->root[0] == '\0')
        return NULL;
    if (check_path(check, SYSCONFDIR "/idinqr.conf", path) == 0 && lstat(path, &status) != 0 &&
        check_path(check, VENDORDIR "/idinqr.conf", path) == 0 && lstat(path, &status) != 0)
        (void)check_path(check, SYSCONFDIR "/idinqr.conf", path);
    return path;
}

struct config *
check_service_config(const struct check *check, const char *conf, const char *service,
                     struct diag *ret_diag)
{
    struct config *config;
    char path[PATH_MAX];

    return config_load(main_file(check, conf, path), service, &config, ret_diag) == 0 ? config
                                                                                      : NULL;
}

void
check_add_setting(struct check *check, enum finding_kind kind, const struct config *config,
                  const char *keyword, const char *service, const char *format, ...)
{
    unsigned line;
    const char *file = config_place(config, config_setting(config, keyword), &line);
    char text[DIAG_LINE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    finding_add(&check->findings, kind, file, line, service, "%s%s", keyword, text);
}

void
check_add_path(struct check *check, enum finding_kind kind, const char *keyword,
               const struct diag *diag, const char *cure)
{
    struct diag doubt = *diag;

    if (check->config && diag->error == ENOENT && config_doubt_path(check->config, keyword, &doubt))
        cure = FINDING_EDIT_LINE;
    finding_add_diag(&check->findings, kind, &doubt);
    if (cure)
        finding_cure(&check->findings, cure, "");
}

static void
add(struct check *check, enum finding_kind kind, const char *keyword, const char *text)
{
    check_add_setting(check, kind, check->config, keyword, "", " %s", text);
}

static bool
ends_in(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);

    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

static bool
is_example_host(const char *host)
{
    return ends_in(host, ".example.nl") || ends_in(host, ".example");
}

static bool
is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "::1") == 0;
}

static void
check_url(struct check *check, const char *keyword, const char *value)
{
    struct https_url url;

    if (https_url_parse(value, strlen(value), &url) != 0)
        return;
    if (is_example_host(url.host))
        add(check, FINDING_CONFIG_EXAMPLE, keyword, "still leads to the example's server");
    if (is_loopback(url.host))
        add(check, FINDING_CONFIG_LOOPBACK, keyword,
            "leads to this machine: that is a sandbox's address");
}

static void
check_values(struct check *check)
{
    const struct provider_description *provider = check->config->provider;

    for (const struct setting *setting = provider->settings; setting->keyword; setting++) {
        const char *value = config_text(check->config, setting);
        if (setting->kind == SETTING_URL)
            check_url(check, setting->keyword, value);
        for (const char *const *held = placeholders; *held; held++)
            if (setting->kind == SETTING_SECRET && strcmp(value, *held) == 0)
                add(check, FINDING_CONFIG_EXAMPLE, setting->keyword, "is still the example's");
    }
    if (check->config->settings.idin_qr.status_nonce == STATUS_NONCE_OFF)
        add(check, FINDING_STATUS_NONCE, "status_nonce",
            "is off: a login that was recorded opens the account again");
    if (check->config->timeout_s < TIMEOUT_SHORT_S)
        add(check, FINDING_CONFIG_TIMEOUT, "timeout", "gives people less than a minute");
}

/* One certificate of a PEM file, as DER. A longer one is truncated. */
struct certificate {
    bool is_open;
    unsigned bits, n_bits; /* bits of base64 that are not yet a byte */
    unsigned char der[8192];
    size_t size;
};

static void
take_base64(struct certificate *certificate, const char *line)
{
    int digit;

    for (; (digit = characters_base64_digit(*line, "+/")) >= 0; line++) {
        certificate->bits = certificate->bits << 6 | (unsigned)digit;
        certificate->n_bits += 6;
        if (certificate->n_bits < 8 || certificate->size == sizeof certificate->der)
            continue;
        certificate->n_bits -= 8;
        certificate->der[certificate->size++] =
            (unsigned char)(certificate->bits >> certificate->n_bits);
    }
}

/* Returns whether a PEM file has a certificate with this text, as in its subject's name, or with ""
 * any certificate. DER contains the text unchanged, so it need not be parsed. */
static bool
has_certificate_of(const char *path, const char *text)
{
    struct certificate certificate = {.is_open = false};
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t capacity = 0;
    bool is_found = false;

    while (file && !is_found && getline(&line, &capacity, file) > 0) {
        if (strncmp(line, "-----BEGIN ", 11) == 0)
            certificate = (struct certificate){.is_open = strstr(line, "CERTIFICATE-----")};
        else if (strncmp(line, "-----END ", 9) == 0)
            is_found = certificate.is_open &&
                       memmem(certificate.der, certificate.size, text, strlen(text)) != NULL;
        else if (certificate.is_open)
            take_base64(&certificate, line);
    }
    free(line);
    if (file)
        fclose(file);
    return is_found;
}

/* The agent reads it, as a separate user. */
static void
check_ca_file(struct check *check)
{
    const char *name = check->config->ca_file;
    struct stat status;
    char path[PATH_MAX], text[PATH_MAX + 100], directory[PATH_MAX];

    if (name[0] == '\0' || check_path(check, name, path) != 0)
        return;
    if (stat(path, &status) != 0) {
        snprintf(text, sizeof text, "cannot be used: %s", strerror(errno));
        add(check, FINDING_CA_FILE, "ca_file", text);
    } else if (!S_ISREG(status.st_mode)) {
        add(check, FINDING_CA_FILE, "ca_file", "is not a file");
    } else if (!trusted_file_is_within_reach(path, strlen(check->root), directory)) {
        snprintf(text, sizeof text, "is below %s, which the agent's user cannot search: move it",
                 directory);
        add(check, FINDING_CA_FILE, "ca_file", text);
    } else if (!(status.st_mode & S_IROTH) || (status.st_mode & S_IWOTH)) {
        add(check, FINDING_CA_FILE, "ca_file",
            status.st_mode & S_IWOTH ? "is writable by others"
                                     : "is one that the agent's user cannot read");
        finding_cure(&check->findings, "chmod 0644 %o", path);
    } else if (access(path, R_OK) == 0 && !has_certificate_of(path, "")) {
        add(check, FINDING_CA_FILE, "ca_file", "has no certificate in PEM");
    }
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && has_certificate_of(path, SANDBOX_CA))
        add(check, FINDING_CA_FILE_SANDBOX, "ca_file", "holds the CA of a sandbox");
}

/* The module reads it. The agent checks whether its keys are usable: see check_agent.c. */
static void
check_jwks_file(struct check *check)
{
    const char *name = check->config->settings.oidc.jwks_file;
    char path[PATH_MAX] = "", key_set[KEY_SET_MAX + 1];
    struct diag diag;

    if (name[0] == '\0' || check_path(check, name, path) != 0)
        return;
    if (agent_start_read_keys(path, key_set, &diag) != 0 &&
        !check_is_unseen(check, path, diag.error))
        finding_add_diag(&check->findings, FINDING_JWKS_FILE, &diag);
}

/* The file is made by the first login. Below another root, only its directory is looked for, unless
 * that is made when the machine starts. */
static int
find_tries_file(const struct check *check, struct diag *ret_diag)
{
    const struct config *config = check->config;
    char path[PATH_MAX], directory[PATH_MAX];

    if (check->root[0] == '\0')
        return tries_check(config, NULL, ret_diag);
    if ((config->tries_in_all == 0 && config->tries_per_account == 0) ||
        strncmp(config->tries_file, "/run/", 5) == 0 ||
        check_path(check, config->tries_file, path) != 0)
        return 0;
    snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(path, '/') - path), path);
    if (access(directory, F_OK) == 0 || errno != ENOENT)
        return 0;
    diag_set_error(ret_diag, path, ENOENT);
    return IDQ_SYSTEM;
}

static void
check_tries_file(struct check *check)
{
    char directory[PATH_MAX];
    struct diag diag;

    if (find_tries_file(check, &diag) != IDQ_SYSTEM)
        return;
    if (diag.line > 0) { /* at the keyword already */
        finding_add_diag(&check->findings, FINDING_CONFIG, &diag);
        return;
    }
    check_add_path(check, FINDING_CONFIG, "tries_file", &diag, NULL);
    snprintf(directory, sizeof directory, "%.*s", (int)(strrchr(diag.file, '/') - diag.file),
             diag.file);
    if (diag.error == ENOENT)
        finding_cure(&check->findings, "mkdir -p %o", directory);
}

/* What is read of a file of the configuration: the sections of services. */
struct sections {
    struct check *check;
    const char *path, *last; /* the last section that was looked at */
    struct pam_names *names;
};

static int
take_section(void *context, const struct config_entry *entry, char *ret_reason, size_t reason_size)
{
    struct sections *sections = context;
    struct check *check = sections->check;
    const char *service = entry->section + strlen("service:"), *like = NULL;
    unsigned least = UINT_MAX;
    char *file;

    (void)ret_reason;
    (void)reason_size;
    if (strncmp(entry->section, "service:", strlen("service:")) != 0 ||
        (sections->last && strcmp(sections->last, entry->section) == 0))
        return 0;
    sections->last = entry->section;
    file = pam_file_find(check->root, service);
    for (size_t i = 0; !file && sections->names && i < sections->names->n; i++)
        if (text_is_nearer(service, sections->names->names[i], &least))
            like = sections->names->names[i];
    if (!file)
        finding_add(&check->findings, FINDING_CONFIG_SERVICE, sections->path, entry->line, "",
                    "[%s]: there is no /etc/pam.d/%s%s%s", entry->section, service,
                    like ? "; there is " : "", like ? like : "");
    free(file);
    return 0;
}

/* config_load has accepted the file. */
static int
read_sections(void *context, const char *path, struct diag *diag)
{
    struct sections *sections = context;
    SECRET_AUTO *content = trusted_file_load(path, TRUSTED_FILE_SETTINGS, CONFIG_SIZE_MAX, diag);
    char reason[400];
    unsigned line;

    sections->path = path;
    sections->last = NULL;
    if (content)
        (void)config_text_read(secret_bytes(content), secret_size(content), take_section, sections,
                               &line, reason, sizeof reason);
    return 0;
}

/* A section whose service does not exist has no effect. */
static void
check_sections(struct check *check)
{
    struct sections sections = {.check = check, .names = pam_file_names(check->root)};
    struct diag ignored;
    char path[PATH_MAX];

    (void)config_layers_each(main_file(check, NULL, path), read_sections, &sections, &ignored);
    free(sections.names);
}

/* Returns whether people were enrolled here once, so that a missing configuration was lost. */
static bool
has_map_or_key(const struct check *check)
{
    static const char *const files[] = {SYSCONFDIR "/idinqr.map", SYSCONFDIR "/idinqr.key"};
    char path[PATH_MAX];

    for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
        if (check_path(check, files[i], path) == 0 && access(path, F_OK) == 0)
            return true;
    return false;
}

void
check_config(struct check *check)
{
    struct diag diag;
    char path[PATH_MAX];
    const char *file = main_file(check, NULL, path);
    struct stat status;
    bool is_empty;
    int fd;

    file = file ? file : config_layers_main(NULL);
    fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && check_is_unseen(check, file, errno))
        return;
    is_empty = fd >= 0 && fstat(fd, &status) == 0 && status.st_size == 0;
    if (fd >= 0)
        close(fd);
    check->config = check_service_config(check, NULL, "", &diag);
    if (!check->config) {
        finding_add_diag(&check->findings, FINDING_CONFIG, &diag);
        if ((diag.error == ENOENT || is_empty) && strcmp(diag.file, file) == 0)
            finding_cure(&check->findings,
                         has_map_or_key(check) ? FINDING_RESTORE
                                               : "install -m 0600 " DOCDIR
                                                 "/examples/idinqr.conf %f",
                         "");
        return;
    }
    check_values(check);
    check_ca_file(check);
    check_jwks_file(check);
    check_tries_file(check);
    check_sections(check);
}
