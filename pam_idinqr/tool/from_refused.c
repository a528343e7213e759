/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/tool/from_refused.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/identity/refused.h"
#include "pam_idinqr/tool/command.h"
#include "pam_idinqr/tool/console.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOCAL_TIME_SIZE sizeof "2026-11-22 16:00:00"

/* The newest line of each identity that can be enrolled for the account. */
struct candidates {
    const struct map_line *lines[REFUSED_MOST];
    size_t n;
};

static bool
is_candidate(const struct map_line *line, const struct config *config, const char *account)
{
    return refused_is_recent(line) && strcmp(line->provider, config->provider->name) == 0 &&
           strcmp(line->scope, config->scope) == 0 &&
           (!account || strcmp(line->account, account) == 0 ||
            strcmp(line->account, MAP_NO_ACCOUNT) == 0);
}

/* Without an account, two lines of one identity are two choices. */
static bool
has_newer(const struct candidates *candidates, const struct map_line *line, bool has_account)
{
    for (size_t i = 0; i < candidates->n; i++)
        if (strcmp(candidates->lines[i]->hash, line->hash) == 0 &&
            (has_account || strcmp(candidates->lines[i]->account, line->account) == 0))
            return true;
    return false;
}

/* The newest first, as they stand last. */
static void
find_candidates(const struct map *refused, const struct config *config, const char *account,
                struct candidates *ret_candidates)
{
    ret_candidates->n = 0;
    for (size_t i = map_count(refused); i > 0 && ret_candidates->n < REFUSED_MOST; i--) {
        const struct map_line *line = map_at(refused, i - 1);
        if (is_candidate(line, config, account) &&
            !has_newer(ret_candidates, line, account != NULL))
            ret_candidates->lines[ret_candidates->n++] = line;
    }
}

static void
write_local_time(const char *text, char ret_time[LOCAL_TIME_SIZE])
{
    struct tm parts = {0};
    time_t time;

    snprintf(ret_time, LOCAL_TIME_SIZE, "?");
    if (!strptime(text, "%Y-%m-%dT%H:%M:%SZ", &parts))
        return;
    time = timegm(&parts);
    if (localtime_r(&time, &parts))
        (void)strftime(ret_time, LOCAL_TIME_SIZE, "%Y-%m-%d %H:%M:%S", &parts);
}

static const char *
or_dash(const char *text)
{
    return *text ? text : "-";
}

static void
print_candidates(const struct candidates *candidates)
{
    char time[LOCAL_TIME_SIZE];

    for (size_t i = 0; i < candidates->n; i++) {
        const struct map_line *line = candidates->lines[i];
        write_local_time(line->refused, time);
        printf("%3zu  %s  %.*s  %-11s  %-8s  %s\n", i + 1, time, COMMAND_SHOWN_IDENTITY, line->hash,
               or_dash(line->issuer), or_dash(line->service), line->account);
    }
}

/* NULL for an answer that is not a number of the list. */
static const struct map_line *
ask_which(const struct candidates *candidates)
{
    char question[40], answer[16], number[24];

    snprintf(question, sizeof question, "Which one? [1-%zu] ", candidates->n);
    if (console_ask(question, answer, sizeof answer) != 0)
        return NULL;
    for (size_t i = 0; i < candidates->n; i++) {
        snprintf(number, sizeof number, "%zu", i + 1);
        if (strcmp(answer, number) == 0)
            return candidates->lines[i];
    }
    return NULL;
}

/* "mallory (uid 1001)" for the digits of a uid; "" for none. */
static void
name_user(const char *digits, char *ret_text, size_t size)
{
    const struct passwd *user = getpwuid((uid_t)strtoul(digits, NULL, 10));

    if (*digits == '\0')
        *ret_text = '\0';
    else if (user)
        snprintf(ret_text, size, "%s (uid %s)", user->pw_name, digits);
    else
        snprintf(ret_text, size, "uid %s", digits);
}

/* Whether the digits are the uid of another user than root and the account's own. */
static bool
is_another_user(const char *digits, const char *account)
{
    const struct passwd *user = getpwnam(account);
    unsigned long uid = strtoul(digits, NULL, 10);

    return *digits != '\0' && uid != 0 && (!user || uid != user->pw_uid);
}

/* mallory may type `su alice`, and approve it as mallory: then alice's line has mallory's identity.
 * Returns whether another user asked for it. */
static int
print_asker(const struct map_line *line, const char *account)
{
    const struct {
        const char *name, *digits, *did;
    } askers[] = {
        {"asked by", line->uid, "asked for this login"},
        {"session of", line->loginuid, "is logged in where this login was asked for"},
    };
    char user[300];
    bool is_of_another = false;

    for (size_t i = 0; i < ARRAY_LENGTH(askers); i++) {
        name_user(askers[i].digits, user, sizeof user);
        if (*user)
            printf("  %-12s %s\n", askers[i].name, user);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(askers); i++) {
        if (!is_another_user(askers[i].digits, account))
            continue;
        name_user(askers[i].digits, user, sizeof user);
        printf("%s %s, and is not %s. The identity may be that user's.\n", user, askers[i].did,
               account);
        is_of_another = true;
    }
    return is_of_another;
}

/* Returns whether another user asked for it. The session finds the terminal and the remote host in
 * the log. */
static int
print_chosen(const struct map_line *line, const char *account)
{
    const struct {
        const char *name, *value;
    } facts[] = {
        {"service", line->service},
        {"account", strcmp(line->account, MAP_NO_ACCOUNT) == 0 ? "" : line->account},
        {"bank", line->issuer},
        {"session", line->session},
    };
    char time[LOCAL_TIME_SIZE];
    bool is_of_another;

    write_local_time(line->refused, time);
    printf("%s\nRefused on %s:\n", line->hash, time);
    for (size_t i = 0; i < ARRAY_LENGTH(facts); i++)
        if (*facts[i].value)
            printf("  %-12s %s\n", facts[i].name, facts[i].value);
    is_of_another = print_asker(line, account);
    puts("No person was verified just now: be sure that this was the person you mean.");
    return is_of_another;
}

/* COMMAND_DONE with a line of the list. */
static int
choose(const struct candidates *candidates, int yes, const struct map_line **ret_line)
{
    *ret_line = candidates->lines[0];
    if (candidates->n == 1)
        return COMMAND_DONE;
    print_candidates(candidates);
    if (yes) {
        command_say("--yes takes the only identity, and %zu were refused", candidates->n);
        return COMMAND_REFUSED;
    }
    *ret_line = ask_which(candidates);
    if (*ret_line)
        return COMMAND_DONE;
    command_say("nothing was written");
    return COMMAND_REFUSED;
}

int
from_refused_choose(const struct config *config, const char *account, int yes,
                    struct from_refused *ret_chosen)
{
    MAP_AUTO *refused = NULL;
    struct diag diag;
    struct candidates candidates;
    const struct map_line *line;
    int result;

    if (refused_read(config->refused_file, &refused, &diag) != 0) {
        command_say_diag(&diag);
        return COMMAND_MACHINE;
    }
    find_candidates(refused, config, account, &candidates);
    if (candidates.n == 0) {
        command_say("no identity was refused here in the last %d hours%s%s, with the provider %s "
                    "and the scope %s",
                    REFUSED_HOURS, account ? " for " : "", account ? account : "",
                    config->provider->name, config->scope);
        return COMMAND_REFUSED;
    }
    result = choose(&candidates, yes, &line);
    if (result != COMMAND_DONE)
        return result;
    if (!account && strcmp(line->account, MAP_NO_ACCOUNT) == 0) {
        command_say("the login with %s named no account: enroll --from-refused ACCOUNT",
                    line->hash);
        return COMMAND_REFUSED;
    }
    if (print_chosen(line, account ? account : line->account) && yes) {
        command_say("a login that another user asked for is not enough for --yes");
        return COMMAND_REFUSED;
    }
    snprintf(ret_chosen->hash, sizeof ret_chosen->hash, "%s", line->hash);
    snprintf(ret_chosen->issuer, sizeof ret_chosen->issuer, "%s", line->issuer);
    snprintf(ret_chosen->account, sizeof ret_chosen->account, "%s", line->account);
    return COMMAND_DONE;
}
