/* `idinqr check`: what sshd_config makes of a stack with the module in it. Reads the files as
 * sshd(8) does: the first value counts, Include takes patterns, and what stands behind a Match is
 * for some people only. */
#include "pam_idinqr/tool/check.h"

#include <ctype.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define INCLUDE_DEPTH_MAX 16
#define PROMPT_TIMEOUT_S  100 /* of the module, where nobody has set timeout */
#define MARGIN_S          10  /* for the way there and back, and what sshd does around it */

struct option {
    const char *keyword, *alias;
    char value[256]; /* as sshd has it when nobody sets it, to begin with */
    char file[PATH_MAX];
    unsigned line;
    int is_set;
    char matched[256]; /* the last value behind a Match; "" for none */
};

enum { USE_PAM, KEYBOARD, PASSWORD, PUBKEY, METHODS, GRACE, N_OPTIONS };

struct reading {
    struct option options[N_OPTIONS];
    const char *root;
    int depth;
    int in_match; /* of the file at hand */
    int error;    /* errno of a file that could not be opened; 0 */
    char unopened[PATH_MAX];
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
include(struct reading *reading, const char *pattern)
{
    char full[PATH_MAX];
    glob_t found = {0};
    int in_match = reading->in_match;

    if (reading->depth >= INCLUDE_DEPTH_MAX ||
        snprintf(full, sizeof full, "%s%s%s", reading->root, pattern[0] == '/' ? "" : "/etc/ssh/",
                 pattern) >= (int)sizeof full ||
        glob(full, 0, NULL, &found) != 0)
        return;
    reading->depth++;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        read_file(reading, found.gl_pathv[i]);
        reading->in_match = in_match; /* a Match ends with its file */
    }
    reading->depth--;
    globfree(&found);
}

static void
take(struct reading *reading, const char *path, unsigned line, const char *keyword, char *rest)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        struct option *option = &reading->options[i];
        char value[256] = "", *word;
        if (strcasecmp(keyword, option->keyword) != 0 && strcasecmp(keyword, option->alias) != 0)
            continue;
        while ((word = next_word(&rest)))
            snprintf(value + strlen(value), sizeof value - strlen(value), "%s%s",
                     value[0] ? " " : "", word);
        if (reading->in_match) {
            snprintf(option->matched, sizeof option->matched, "%s", value);
        } else if (!option->is_set) {
            option->is_set = 1;
            option->line = line;
            snprintf(option->value, sizeof option->value, "%s", value);
            snprintf(option->file, sizeof option->file, "%s", path);
        }
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
        reading->error = errno;
        snprintf(reading->unopened, sizeof reading->unopened, "%s", path);
        return;
    }
    for (unsigned number = 1; getline(&line, &capacity, file) >= 0; number++) {
        char *rest = line, *keyword = next_word(&rest), *word;
        if (!keyword)
            continue;
        if (strcasecmp(keyword, "Match") == 0) {
            word = next_word(&rest);
            reading->in_match = !word || strcasecmp(word, "all") != 0;
        } else if (strcasecmp(keyword, "Include") == 0) {
            while ((word = next_word(&rest)))
                include(reading, word);
        } else {
            take(reading, path, number, keyword, rest);
        }
    }
    free(line);
    fclose(file);
}

/* "2m", "1h30m", "120"; -1 when it is none. */
static long
seconds_of(const char *text)
{
    long total_s = 0;

    while (*text) {
        char *end;
        long number = strtol(text, &end, 10);
        if (end == text || number < 0)
            return -1;
        switch (tolower((unsigned char)*end)) {
        case 'w':
            number *= 7;
            __attribute__((fallthrough));
        case 'd':
            number *= 24;
            __attribute__((fallthrough));
        case 'h':
            number *= 60;
            __attribute__((fallthrough));
        case 'm':
            number *= 60;
            __attribute__((fallthrough));
        case 's':
            end++;
            break;
        case '\0':
            break;
        default:
            return -1;
        }
        total_s += number;
        text = end;
    }
    return total_s;
}

static int
is(const struct option *option, const char *value)
{
    return strcasecmp(option->value, value) == 0;
}

static void
add(struct check *check, const char *kind, const char *main_file, const struct option *option,
    const char *text)
{
    finding_add(&check->findings, kind, option->is_set ? option->file : main_file, option->line,
                "sshd", "%s", text);
}

/* Every list of methods must have one that PAM takes part in; "any" and "" ask for none. */
static int
methods_need_pam(const char *methods)
{
    char copy[256], *rest = copy, *list;

    snprintf(copy, sizeof copy, "%s", methods);
    if (copy[0] == '\0' || strcasecmp(copy, "any") == 0)
        return 0;
    while ((list = strsep(&rest, " ")))
        if (!strstr(list, "keyboard-interactive"))
            return 0;
    return 1;
}

static void
check_grace(struct check *check, const char *main_file, const struct option *grace,
            const struct check_service *sshd)
{
    long grace_s = seconds_of(grace->value), timeout_s = sshd->timeout_s;
    char text[120];

    if (!sshd->has_timeout && timeout_s > PROMPT_TIMEOUT_S)
        timeout_s = PROMPT_TIMEOUT_S;
    if (grace_s <= 0 || grace_s >= timeout_s + MARGIN_S)
        return;
    snprintf(text, sizeof text, "LoginGraceTime is %ld seconds, and a code has %ld", grace_s,
             timeout_s);
    add(check, "sshd-grace", main_file, grace, text);
}

void
check_sshd(struct check *check)
{
    struct reading reading = {
        .options = {[USE_PAM] = {"UsePAM", "UsePAM", .value = "no"},
                    [KEYBOARD] = {"KbdInteractiveAuthentication", "ChallengeResponseAuthentication",
                                  .value = "yes"},
                    [PASSWORD] = {"PasswordAuthentication", "PasswordAuthentication",
                                  .value = "yes"},
                    [PUBKEY] = {"PubkeyAuthentication", "PubkeyAuthentication", .value = "yes"},
                    [METHODS] = {"AuthenticationMethods", "AuthenticationMethods", .value = ""},
                    [GRACE] = {"LoginGraceTime", "LoginGraceTime", .value = "120"}},
        .root = check->root,
    };
    const struct option *options = reading.options;
    const struct check_service *sshd = check_find_service(check, "sshd");
    char path[PATH_MAX];

    if (!sshd || check_path(check, "/etc/ssh/sshd_config", path) != 0)
        return;
    read_file(&reading, path);
    /* Half of the settings would be another configuration; and none at all is no sshd. */
    if (reading.error) {
        (void)check_is_unseen(check, reading.unopened, reading.error);
        return;
    }
    if (!is(&options[USE_PAM], "yes"))
        add(check, "sshd-pam", path, &options[USE_PAM], "sshd does not use PAM");
    if (is(&options[KEYBOARD], "no") && strcasecmp(options[KEYBOARD].matched, "yes") != 0)
        add(check, "sshd-keyboard", path, &options[KEYBOARD],
            "sshd never asks a question, and so never shows a code");
    if (options[METHODS].is_set && !is(&options[METHODS], "any") &&
        !strstr(options[METHODS].value, "keyboard-interactive"))
        add(check, "sshd-methods", path, &options[METHODS],
            "AuthenticationMethods has no method that shows a code");
    if (is(&options[PASSWORD], "yes") && !methods_need_pam(options[METHODS].value))
        add(check, "sshd-password", path, &options[PASSWORD],
            "the method password can show no code, and always fails where the module is needed");
    if (is(&options[PUBKEY], "yes") && !methods_need_pam(options[METHODS].value))
        add(check, "sshd-key", path, &options[PUBKEY], "whoever has a key gets in without iDIN");
    if (sshd->timeout_s > 0)
        check_grace(check, path, &options[GRACE], sshd);
}
