/* SPDX-License-Identifier: BSD-3-Clause */
/* Parses the configuration's grammar without a library, which would keep copies of secrets on the
 * application's heap. The available one uses the first value of a duplicate keyword. It appends a
 * line without "=" to the previous value. */
#include "pam_idinqr/config/config_file.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/trusted_file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SECRET_SIZE_MAX (64 * 1024) /* bytes of keyword_file; setting_check allows less */

static const char system_file[] = SYSCONFDIR "/idinqr.conf";
static const char vendor_file[] = VENDORDIR "/idinqr.conf";

/* Not access(): that checks the real user, who under su is not the user that reads the file.
 * Another file is used only if this one does not exist. */
static bool
exists(const char *path)
{
    struct stat status;

    return lstat(path, &status) == 0 || errno != ENOENT;
}

const char *
config_layers_main(const char *path)
{
    if (path)
        return path;
    return !exists(system_file) && exists(vendor_file) ? vendor_file : system_file;
}

static int
is_conf(const struct dirent *entry)
{
    size_t size = strlen(entry->d_name);

    return entry->d_name[0] != '.' && size > 5 && strcmp(entry->d_name + size - 5, ".conf") == 0;
}

/* Compares bytes: alphasort() depends on the application's locale. */
static int
by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

struct names {
    struct dirent **entries;
    int n;
};

static void
names_free(struct names *names)
{
    for (int i = 0; i < names->n; i++)
        free(names->entries[i]);
    free(names->entries);
}

static int
names_read(struct names *names, const char *directory, struct diag *diag)
{
    names->n = scandir(directory, &names->entries, is_conf, by_name);
    if (names->n >= 0)
        return 0;
    names->n = 0;
    if (errno == ENOENT)
        return 0;
    diag_set_error(diag, directory, errno);
    return IDQ_CONFIG;
}

/* Merges two sorted directories. A name in the upper one hides the same name in the lower one. */
static int
each_drop_in(const char *lower, const char *upper, config_layer_function *read, void *context,
             struct diag *diag)
{
    __attribute__((cleanup(names_free))) struct names low = {0}, up = {0};
    int result = lower ? names_read(&low, lower, diag) : 0;

    if (result == 0)
        result = names_read(&up, upper, diag);
    for (int l = 0, u = 0; result == 0 && (l < low.n || u < up.n);) {
        char path[PATH_MAX];
        int order = l == low.n ? 1 : -1, size;
        if (l < low.n && u < up.n)
            order = strcmp(low.entries[l]->d_name, up.entries[u]->d_name);
        size = order < 0 ? snprintf(path, sizeof path, "%s/%s", lower, low.entries[l]->d_name)
                         : snprintf(path, sizeof path, "%s/%s", upper, up.entries[u]->d_name);
        l += order <= 0;
        u += order >= 0;
        if (size >= (int)sizeof path) {
            diag_set_file(diag, upper, 0, "the path is too long");
            return IDQ_CONFIG;
        }
        result = read(context, path, diag);
    }
    return result;
}

int
config_layers_each(const char *path, config_layer_function *read, void *context,
                   struct diag *ret_diag)
{
    char drop_ins[PATH_MAX];
    int result = read(context, config_layers_main(path), ret_diag);

    if (result != 0)
        return result;
    if (!path)
        return each_drop_in(VENDORDIR "/idinqr.conf.d", SYSCONFDIR "/idinqr.conf.d", read, context,
                            ret_diag);
    if (snprintf(drop_ins, sizeof drop_ins, "%s.d", path) >= (int)sizeof drop_ins) {
        diag_set_file(ret_diag, path, 0, "the path is too long");
        return IDQ_CONFIG;
    }
    return each_drop_in(NULL, drop_ins, read, context, ret_diag);
}

#define ENTRIES_MAX 200 /* lines with a meaning in one file */

struct reader {
    const char *section;
    struct {
        const char *section, *keyword;
    } seen[ENTRIES_MAX];
    size_t n_seen;
};

static bool
is_keyword(const char *text)
{
    return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* A section name contains the characters of service and provider names: service:sudo, idin-qr. */
static bool
is_section(const char *text)
{
    return *text && characters_are_visible_ascii(text, strlen(text)) && !strpbrk(text, "[]#\"=");
}

const char *
config_like_service(const char *section)
{
    static const char *const directories[] = {"/etc/pam.d", "/usr/lib/pam.d"};
    const char *name = section + strlen(section);
    char path[PATH_MAX];
    struct stat status;

    while (name > section && !strchr(" :", name[-1]))
        name--;
    for (size_t i = 0; i < ARRAY_LENGTH(directories) && name[0] && !strchr(name, '/'); i++)
        if (snprintf(path, sizeof path, "%s/%s", directories[i], name) < (int)sizeof path &&
            lstat(path, &status) == 0)
            return name;
    return "NAME";
}

static char *
trim(char *text)
{
    size_t size;

    text += strspn(text, " ");
    for (size = strlen(text); size > 0 && text[size - 1] == ' '; size--)
        continue;
    text[size] = '\0';
    return text;
}

/* Returns the value of a line, without quotes and comment, or NULL if the quotes do not match. */
static char *
read_value(char *text)
{
    char *end;

    text = trim(text);
    if (*text != '"') {
        for (end = text; *end; end++) {
            if (*end == '#' && (end == text || end[-1] == ' ')) {
                *end = '\0';
                break;
            }
            if (*end == '"')
                return NULL;
        }
        return trim(text);
    }
    end = strchr(text + 1, '"');
    if (!end)
        return NULL;
    *end = '\0';
    end = trim(end + 1);
    return *end == '\0' || *end == '#' ? text + 1 : NULL;
}

/* Records a section (keyword "") or a pair. Returns -1 with a reason if it is a duplicate, or if
 * there are too many. */
static int
note(struct reader *reader, const char *section, const char *keyword, char *ret_reason,
     size_t reason_size)
{
    for (size_t i = 0; i < reader->n_seen; i++)
        if (strcmp(reader->seen[i].section, section) == 0 &&
            strcmp(reader->seen[i].keyword, keyword) == 0) {
            if (keyword[0] == '\0')
                snprintf(ret_reason, reason_size, "section [%.64s] is there twice", section);
            else
                snprintf(ret_reason, reason_size, "%.64s is given twice", keyword);
            return -1;
        }
    if (reader->n_seen == ENTRIES_MAX) {
        snprintf(ret_reason, reason_size, "the file has more than %d sections and values",
                 ENTRIES_MAX);
        return -1;
    }
    reader->seen[reader->n_seen].section = section;
    reader->seen[reader->n_seen++].keyword = keyword;
    return 0;
}

static int
read_section(struct reader *reader, char *text, char *ret_reason, size_t reason_size)
{
    char *end = strchr(text, ']');

    if (end) {
        char *rest = trim(end + 1);
        *end = '\0';
        text = trim(text);
        if ((*rest == '\0' || *rest == '#') && is_section(text)) {
            reader->section = text;
            return note(reader, text, "", ret_reason, reason_size);
        }
    }
    if (end && strncmp(text, "service", strlen("service")) == 0)
        snprintf(ret_reason, reason_size,
                 "this is not a [section]; that of a service is [service:%.64s]",
                 config_like_service(text));
    else
        snprintf(ret_reason, reason_size, "this is not a [section]");
    return -1;
}

static int
read_pair(struct reader *reader, char *text, unsigned line, config_entry_function *take,
          void *context, char *ret_reason, size_t reason_size)
{
    struct config_entry entry = {.section = reader->section, .line = line};
    char *equals = strchr(text, '=');

    if (!equals) {
        snprintf(ret_reason, reason_size, "this is neither keyword = value nor a [section]");
        return -1;
    }
    *equals = '\0';
    entry.keyword = trim(text);
    if (!is_keyword(entry.keyword)) {
        snprintf(ret_reason, reason_size,
                 "there is no usable keyword before the =, of a to z, 0 to 9 and _");
        return -1;
    }
    if (note(reader, entry.section, entry.keyword, ret_reason, reason_size) != 0)
        return -1;
    entry.value = read_value(equals + 1);
    if (!entry.value) {
        snprintf(ret_reason, reason_size, "the quotes around the value of %.64s do not match",
                 entry.keyword);
        return -1;
    }
    return take(context, &entry, ret_reason, reason_size);
}

int
config_text_read(char *text, size_t size, config_entry_function *take, void *context,
                 unsigned *ret_line, char *ret_reason, size_t reason_size)
{
    struct reader reader = {.section = ""};
    const char *mistake;
    char *line;

    *ret_line = 0;
    if (memchr(text, 0, size)) {
        snprintf(ret_reason, reason_size, "has a zero byte in it");
        return -1;
    }
    while ((line = strsep(&text, "\n"))) {
        int result = 0;
        ++*ret_line;
        for (char *p = line; *p; p++)
            if (*p == '\t' || (*p == '\r' && p[1] == '\0')) /* a file written on another system */
                *p = ' ';
        line = trim(line);
        mistake = characters_find_mistake(line, strlen(line));
        if (mistake) {
            snprintf(ret_reason, reason_size, "%s", mistake);
            return -1;
        }
        if (*line == '[')
            result = read_section(&reader, line + 1, ret_reason, reason_size);
        else if (*line != '\0' && *line != '#')
            result = read_pair(&reader, line, *ret_line, take, context, ret_reason, reason_size);
        if (result != 0)
            return -1;
    }
    return 0;
}

struct secret *
config_secret_read(const char *keyword, const char *path, struct diag *ret_other, char *ret_reason,
                   size_t reason_size)
{
    struct secret *content;
    struct diag diag;

    /* Without the value: an administrator who forgets what _file means writes the secret here. */
    if (path[0] != '/') {
        snprintf(ret_reason, reason_size, "%s_file must be an absolute path", keyword);
        return NULL;
    }
    content = trusted_file_load(path, TRUSTED_FILE_SECRET, SECRET_SIZE_MAX, &diag);
    if (!content) {
        char line[DIAG_LINE_SIZE];
        snprintf(ret_reason, reason_size, "%s", diag_format(&diag, line));
        if (diag.cure)
            *ret_other = diag;
        return NULL;
    }
    if (memchr(secret_bytes(content), 0, secret_size(content))) {
        snprintf(ret_reason, reason_size, "%s: has a zero byte in it", path);
        secret_free(&content);
        return NULL;
    }
    while (secret_size(content) > 0 &&
           strchr("\r\n", secret_bytes(content)[secret_size(content) - 1]))
        secret_truncate(content, secret_size(content) - 1);
    return content;
}
