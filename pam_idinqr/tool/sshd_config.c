/* SPDX-License-Identifier: BSD-3-Clause */
/* See sshd_config.h. Run by idinqr(1), usually as root, on files that should be root's. */
#include "pam_idinqr/tool/sshd_config.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define INCLUDE_DEPTH_MAX 16 /* of sshd as well */

static const struct {
    const char *name, *alias;
    const char *fallback; /* as sshd has it when nobody sets it */
    int is_global;        /* a Match does not outweigh what stands before it */
} keywords[SSHD_KEYWORDS] = {
    [SSHD_USE_PAM] = {"UsePAM", "UsePAM", "no", 1},
    [SSHD_KEYBOARD] = {"KbdInteractiveAuthentication", "ChallengeResponseAuthentication", "yes", 0},
    [SSHD_PASSWORD] = {"PasswordAuthentication", "PasswordAuthentication", "yes", 0},
    [SSHD_PUBKEY] = {"PubkeyAuthentication", "PubkeyAuthentication", "yes", 0},
    [SSHD_METHODS] = {"AuthenticationMethods", "AuthenticationMethods", "", 0},
    [SSHD_GRACE] = {"LoginGraceTime", "LoginGraceTime", "120", 1},
};

/* For whom a line is; the later ones here outweigh the earlier. */
enum scope {
    BY_DEFAULT,
    EVERYBODY,
    MATCH_ALL, /* for everybody too, and above what stands before all Matches */
    MATCH_SOME,
};

struct reading {
    struct sshd_config *config;
    enum scope scopes[SSHD_KEYWORDS]; /* by which config->settings are set */
    enum scope scope;                 /* at the line at hand */
    const char *root;
    int depth;
    int is_for_some; /* the Include of the file at hand stands behind a Match */
    int is_full;     /* of exceptions */
};

static void read_file(struct reading *reading, const char *path);

/* The next word, without its quotes; NULL at the end of the line or at a comment. */
static char *
next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t\n=");
    char *end;

    if (*word == '\0' || *word == '#')
        return NULL;
    if (*word == '"') {
        word++;
        end = word + strcspn(word, "\"\n");
    } else {
        end = word + strcspn(word, " \t\n=");
    }
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return word;
}

static void
stop(struct reading *reading, const char *path, int error)
{
    reading->config->error = error;
    snprintf(reading->config->unread, sizeof reading->config->unread, "%s", path);
}

/* For glob(3): a directory that cannot be read may have any file in it. */
static int
is_shut(const char *path, int error)
{
    (void)path;
    return error != ENOENT && error != ENOTDIR;
}

static void
include(struct reading *reading, const char *pattern)
{
    char full[PATH_MAX];
    glob_t found = {0};
    enum scope scope = reading->scope;
    int is_for_some = reading->is_for_some;

    if (snprintf(full, sizeof full, "%s%s%s", reading->root, pattern[0] == '/' ? "" : "/etc/ssh/",
                 pattern) >= (int)sizeof full)
        return;
    switch (glob(full, 0, is_shut, &found)) {
    case 0:
        break;
    case GLOB_NOMATCH:
        return;
    default:
        stop(reading, full, errno);
        globfree(&found);
        return;
    }
    if (reading->depth == INCLUDE_DEPTH_MAX)
        stop(reading, full, ELOOP);
    reading->depth++;
    reading->is_for_some = scope == MATCH_SOME;
    for (size_t i = 0; reading->config->error == 0 && i < found.gl_pathc; i++) {
        read_file(reading, found.gl_pathv[i]);
        reading->scope = scope; /* a Match ends with its file */
    }
    reading->is_for_some = is_for_some;
    reading->depth--;
    globfree(&found);
}

/* A line for everybody counts when none has, or when only one of a wider scope has. */
static void
keep(struct reading *reading, const struct sshd_setting *setting)
{
    struct sshd_config *config = reading->config;
    enum scope scope = reading->scope;

    if (scope == MATCH_ALL && keywords[setting->keyword].is_global)
        scope = EVERYBODY;
    if (scope != MATCH_SOME) {
        if (reading->scopes[setting->keyword] >= scope)
            return;
        reading->scopes[setting->keyword] = scope;
        config->settings[setting->keyword] = *setting;
    } else if (config->n_exceptions < SSHD_EXCEPTIONS_MAX) {
        config->exceptions[config->n_exceptions++] = *setting;
    } else {
        reading->is_full = 1;
    }
}

static void
take(struct reading *reading, const char *path, unsigned line, const char *name, char *rest)
{
    for (enum sshd_keyword i = 0; i < SSHD_KEYWORDS; i++) {
        struct sshd_setting setting = {.keyword = i, .line = line};
        const char *word;
        if (strcasecmp(name, keywords[i].name) != 0 && strcasecmp(name, keywords[i].alias) != 0)
            continue;
        snprintf(setting.file, sizeof setting.file, "%s", path);
        while ((word = next_word(&rest))) {
            size_t size = strlen(setting.value);
            snprintf(setting.value + size, sizeof setting.value - size, "%s%s", size ? " " : "",
                     word);
        }
        keep(reading, &setting);
        return;
    }
}

static void
read_file(struct reading *reading, const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t capacity = 0;

    if (!file) {
        stop(reading, path, errno);
        return;
    }
    for (unsigned number = 1; getline(&line, &capacity, file) >= 0; number++) {
        char *rest = line, *name = next_word(&rest), *word;
        if (!name)
            continue;
        if (strcasecmp(name, "Match") == 0) {
            word = next_word(&rest);
            reading->scope = !reading->is_for_some && word && strcasecmp(word, "all") == 0
                                 ? MATCH_ALL
                                 : MATCH_SOME;
        } else if (strcasecmp(name, "Include") == 0) {
            while ((word = next_word(&rest)))
                include(reading, word);
        } else {
            take(reading, path, number, name, rest);
        }
    }
    free(line);
    fclose(file);
}

/* The administrator's file or, only where that is not there, the vendor's. -1 when its path is too
 * long. */
static int
find_main(const char *root, char ret_path[PATH_MAX])
{
    static const char *const files[] = {"/etc/ssh/sshd_config", "/usr/etc/ssh/sshd_config"};

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (snprintf(ret_path, PATH_MAX, "%s%s", root, files[i]) >= PATH_MAX)
            return -1;
        if (access(ret_path, F_OK) == 0 || errno != ENOENT)
            break;
    }
    return 0;
}

int
sshd_config_read(const char *root, struct sshd_config *ret_config)
{
    struct reading reading = {.config = ret_config, .scope = EVERYBODY, .root = root};
    int is_too_long;

    *ret_config = (struct sshd_config){0};
    ret_config->exceptions = calloc(SSHD_EXCEPTIONS_MAX, sizeof *ret_config->exceptions);
    if (!ret_config->exceptions)
        return -1;
    is_too_long = find_main(root, ret_config->file) != 0;
    for (enum sshd_keyword i = 0; i < SSHD_KEYWORDS; i++) {
        memcpy(ret_config->settings[i].file, ret_config->file, sizeof ret_config->file);
        ret_config->settings[i].keyword = i;
        snprintf(ret_config->settings[i].value, SSHD_VALUE_SIZE, "%s", keywords[i].fallback);
    }
    if (is_too_long)
        stop(&reading, ret_config->file, ENAMETOOLONG);
    else
        read_file(&reading, ret_config->file);
    return reading.is_full ? -1 : 0;
}

const char *
sshd_config_name(enum sshd_keyword keyword)
{
    return keywords[keyword].name;
}

void
sshd_config_free(struct sshd_config *config)
{
    free(config->exceptions);
    *config = (struct sshd_config){0};
}
