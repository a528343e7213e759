/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this, usually as root, on files that should be root's. check_pam.c checks their
 * permissions. */
#include "pam_idinqr/pamconf/pam_file.h"

#include "pam_idinqr/common/array.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *const directories[] = {"/etc/pam.d", "/usr/lib/pam.d"};
static const char conf[] = "/etc/pam.conf";

static const char *const backups[] = {".*",      "*~",        "*.bak",     "*.orig",   "*.rpmnew",
                                      "*.save",  "*.rpmsave", "*.rpmorig", "*.dpkg-*", "*.pam-old",
                                      "*.ucf-*", "*.old",     "*.swp",     NULL};

static bool
is_directory(const char *root, const char *path)
{
    char full[PATH_MAX];
    struct stat status;

    return snprintf(full, sizeof full, "%s%s", root, path) < (int)sizeof full &&
           stat(full, &status) == 0 && S_ISDIR(status.st_mode);
}

/* PAM reads pam.conf only if there is no directory pam.d. */
static bool
has_directory(const char *root)
{
    return is_directory(root, directories[0]) || is_directory(root, directories[1]);
}

static char *
existing(const char *root, const char *directory, const char *name)
{
    struct stat status;
    char *path;

    if (asprintf(&path, "%s%s%s%s", root, directory, directory[0] ? "/" : "", name) < 0)
        return NULL;
    if (lstat(path, &status) == 0)
        return path;
    free(path);
    return NULL;
}

char *
pam_file_find(const char *root, const char *service)
{
    char *path = NULL;

    if (service[0] == '/')
        return existing(root, "", service);
    if (!has_directory(root))
        return existing(root, "", conf);
    for (size_t i = 0; !path && i < ARRAY_LENGTH(directories); i++)
        path = existing(root, directories[i], service);
    return path;
}

bool
pam_file_is_conf(const char *root, const char *path)
{
    size_t size = strlen(root);

    return strncmp(path, root, size) == 0 && strcmp(path + size, conf) == 0;
}

/* Cuts in place, as PAM does: at blanks. Text in brackets is one word, in which \] is a ]. */
static void
cut(char *text, struct pam_words *words)
{
    while (words->n < PAM_WORDS_MAX) {
        char *end, *to;
        text += strspn(text, " \t\n");
        if (*text == '\0')
            return;
        if (*text != '[') {
            words->words[words->n++] = text;
            end = text + strcspn(text, " \t\n");
            text = *end ? end + 1 : end;
            *end = '\0';
            continue;
        }
        words->bracketed |= 1U << words->n;
        words->words[words->n++] = to = ++text;
        while (*text && *text != ']') {
            if (text[0] == '\\' && text[1] == ']')
                text++;
            *to++ = *text++;
        }
        text += *text == ']';
        *to = '\0';
    }
}

/* Appends one more line of the file to the text. Returns 1 if the next line continues it: a
 * backslash at its end, unless it is in a comment. A line without words does not end the text. */
static int
join(char **text, size_t *size, char *line, bool *has_return)
{
    size_t length;
    char *longer;
    int goes_on, has_comment;

    line += strspn(line, " \t\n");
    has_comment = strchr(line, '#') != NULL;
    line[strcspn(line, "#")] = '\0';
    for (length = strlen(line); length > 0 && strchr(" \t\r\n", line[length - 1]); length--) {
        *has_return |= line[length - 1] == '\r';
        line[length - 1] = '\0';
    }
    goes_on = length > 0 && !has_comment && line[length - 1] == '\\';
    if (goes_on)
        line[length - 1] = ' ';
    goes_on |= length == 0 && *size > 0;
    longer = realloc(*text, *size + length + 1);
    if (!longer)
        return -1;
    memcpy(longer + *size, line, length + 1);
    *text = longer;
    *size += length;
    return goes_on;
}

static void
free_text(char **text)
{
    free(*text);
}

static void
close_file(FILE **file)
{
    if (*file)
        fclose(*file);
}

int
pam_file_read(const char *path, pam_words_function *take, void *context)
{
    __attribute__((cleanup(close_file))) FILE *file = fopen(path, "re");
    __attribute__((cleanup(free_text))) char *line = NULL;
    size_t capacity = 0;
    unsigned number = 0;

    if (!file)
        return -1;
    for (;;) {
        __attribute__((cleanup(free_text))) char *text = NULL;
        struct pam_words words = {.file = path, .line = number + 1};
        size_t size = 0;
        int goes_on = 1, result = 0;
        while (goes_on > 0) {
            if (getline(&line, &capacity, file) < 0)
                break;
            number++;
            goes_on = join(&text, &size, line, &words.has_return);
        }
        if (goes_on < 0 || ferror(file))
            return -1;
        if (text)
            cut(text, &words);
        if (words.n > 0)
            result = take(context, &words);
        if (result != 0 || !text)
            return result;
    }
}

static bool
is_backup(const char *name)
{
    for (const char *const *pattern = backups; *pattern; pattern++)
        if (fnmatch(*pattern, name, 0) == 0)
            return true;
    return false;
}

static int
add_name(struct pam_names *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->names[i], name) == 0)
            return 0;
    if (is_backup(name))
        return 0;
    if (list->n == PAM_NAMES_MAX) {
        errno = E2BIG;
        return -1;
    }
    snprintf(list->names[list->n++], sizeof list->names[0], "%s", name);
    return 0;
}

static int
add_conf_line(void *context, const struct pam_words *words)
{
    return add_name(context, words->words[0]);
}

static int
add_directory(struct pam_names *list, const char *root, const char *directory)
{
    char path[PATH_MAX];
    struct dirent *entry;
    int failed = 0;
    DIR *stream;

    snprintf(path, sizeof path, "%s%s", root, directory);
    stream = opendir(path);
    if (!stream)
        return errno == ENOENT ? 0 : -1;
    while (!failed && (entry = readdir(stream)))
        failed = add_name(list, entry->d_name);
    closedir(stream);
    return failed;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Returns whether it is a copy of another service's file: sudo.2026-11-30, sudo-old. A service such
 * as sudo-i has a name with a hyphen too. */
static bool
is_copy(const struct pam_names *list, const char *name)
{
    static const char *const ends[] = {"-old", "-orig", "-bak", "-backup", "-save"};
    size_t size = strcspn(name, ".");
    const char *hyphen = strrchr(name, '-');

    for (size_t i = 0; hyphen && name[size] == '\0' && i < ARRAY_LENGTH(ends); i++)
        if (strcmp(hyphen, ends[i]) == 0)
            size = (size_t)(hyphen - name);
    for (size_t i = 0; name[size] && i < list->n; i++)
        if (strncmp(list->names[i], name, size) == 0 && list->names[i][size] == '\0')
            return true;
    return false;
}

static void
remove_copies(struct pam_names *list)
{
    bool is_copied[PAM_NAMES_MAX]; /* first of all: a copy may be of a copy */
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        is_copied[i] = is_copy(list, list->names[i]);
    for (size_t i = 0; i < list->n; i++)
        if (!is_copied[i])
            memmove(list->names[n++], list->names[i], sizeof list->names[n]);
    list->n = n;
}

static int
add_all(struct pam_names *list, const char *root)
{
    char path[PATH_MAX];
    int failed = 0;

    if (!has_directory(root)) {
        snprintf(path, sizeof path, "%s%s", root, conf);
        return pam_file_read(path, add_conf_line, list) != 0 && errno != ENOENT ? -1 : 0;
    }
    for (size_t i = 0; !failed && i < ARRAY_LENGTH(directories); i++)
        failed = add_directory(list, root, directories[i]);
    remove_copies(list);
    return failed;
}

struct pam_names *
pam_file_names(const char *root)
{
    struct pam_names *list = calloc(1, sizeof *list);

    if (!list || add_all(list, root) != 0) {
        int error = errno;
        free(list);
        errno = error;
        return NULL;
    }
    qsort(list->names, list->n, sizeof list->names[0], by_name);
    return list;
}
