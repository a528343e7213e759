/* SPDX-License-Identifier: BSD-3-Clause */
/* See from_log.h. Run by an administrator, on a log to which anybody on the machine may have
 * written: it is told what root's processes wrote, where the journal knows, and what not. */
#include "pam_idinqr/tool/from_log.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/tool/attempt_log.h"
#include "pam_idinqr/tool/command.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int
is_meant(const struct attempt *attempt, const char *beginning)
{
    return strcmp(attempt->outcome, error_word(IDQ_UNKNOWN_IDENTITY)) == 0 &&
           *attempt->identity != '\0' &&
           strncmp(attempt->identity, beginning, strlen(beginning)) == 0;
}

/* The newest, but one that root wrote before any that others may have: they could hide it. */
static const struct attempt *
find_newest(const struct attempt_log *log, const char *beginning)
{
    const struct attempt *found = NULL;

    for (size_t i = 0; i < attempt_log_count(log); i++) {
        const struct attempt *attempt = attempt_log_at(log, i);
        if (is_meant(attempt, beginning) && (!found || attempt->is_roots || !found->is_roots))
            found = attempt;
    }
    return found;
}

static const struct attempt *
find_other(const struct attempt_log *log, const char *beginning, const char *hash)
{
    for (size_t i = 0; i < attempt_log_count(log); i++) {
        const struct attempt *attempt = attempt_log_at(log, i);
        if (is_meant(attempt, beginning) && strcmp(attempt->identity, hash) != 0)
            return attempt;
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
static int
is_another_user(const char *digits, const char *account)
{
    const struct passwd *user = getpwnam(account);
    unsigned long uid = strtoul(digits, NULL, 10);

    return *digits != '\0' && uid != 0 && (!user || uid != user->pw_uid);
}

/* mallory may type `su alice`, and approve it as mallory: then alice's genuine line in the log has
 * mallory's identity. */
static int
print_asker(const struct attempt *attempt, const char *account)
{
    const struct {
        const char *name, *digits, *did;
    } askers[] = {
        {"asked by", attempt->uid, "asked for this login"},
        {"session of", attempt->loginuid, "is logged in where this login was asked for"},
    };
    char user[300];
    int is_of_another = 0;

    for (size_t i = 0; i < sizeof askers / sizeof askers[0]; i++) {
        name_user(askers[i].digits, user, sizeof user);
        if (*user)
            printf("  %-12s %s\n", askers[i].name, user);
    }
    for (size_t i = 0; i < sizeof askers / sizeof askers[0]; i++) {
        if (!is_another_user(askers[i].digits, account))
            continue;
        name_user(askers[i].digits, user, sizeof user);
        printf("%s %s, and is not %s. The identity may be that user's.\n", user, askers[i].did,
               account);
        is_of_another = 1;
    }
    return is_of_another;
}

/* Returns whether another user asked for it. */
static int
print_seen(const struct attempt *attempt, const char *account)
{
    const struct {
        const char *name, *value;
    } facts[] = {
        {"service", attempt->service},
        {"terminal", attempt->tty},
        {"from", attempt->rhost},
        {"account", attempt->account},
        {"station", attempt->station},
        {"bank", attempt->issuer},
        {"transaction", attempt->transaction},
    };
    time_t when = (time_t)attempt->time_s;
    struct tm day;
    int is_of_another;
    char text[40] = "at an unknown time";

    if (localtime_r(&when, &day))
        (void)strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &day);
    printf("%s\nTurned away as unknown on %s:\n", attempt->identity, text);
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (*facts[i].value)
            printf("  %-12s %s\n", facts[i].name, facts[i].value);
    is_of_another = print_asker(attempt, account);
    if (!attempt->is_roots)
        puts("Anybody on this machine could have written this into the log.");
    puts("Nobody was verified just now: be sure that this was the person you mean.");
    return is_of_another;
}

int
from_log_find(const char *beginning, const char *provider, const char *account,
              struct from_log *ret_found)
{
    ATTEMPT_LOG_AUTO *log = NULL;
    struct diag diag;
    const struct attempt *seen, *other;

    if (attempt_log_read((int64_t)time(NULL) - FROM_LOG_HOURS * 3600, &log, &diag) != 0) {
        command_say("%s", diag.text);
        return COMMAND_MACHINE;
    }
    seen = find_newest(log, beginning);
    if (!seen) {
        command_say("no identity that begins with %s was turned away as unknown here in the last "
                    "%d hours",
                    beginning, FROM_LOG_HOURS);
        return COMMAND_REFUSED;
    }
    other = find_other(log, beginning, seen->identity);
    if (other) {
        command_say("%s is the beginning of more than one identity, as %s and %s", beginning,
                    seen->identity, other->identity);
        return COMMAND_REFUSED;
    }
    if (strcmp(seen->provider, provider) != 0) {
        command_say("%s was verified by the provider %s; with %s, this person has another identity",
                    seen->identity, *seen->provider ? seen->provider : "that the log does not name",
                    provider);
        return COMMAND_REFUSED;
    }
    ret_found->is_of_another_user = print_seen(seen, account);
    snprintf(ret_found->hash, sizeof ret_found->hash, "%s", seen->identity);
    snprintf(ret_found->issuer, sizeof ret_found->issuer, "%s", seen->issuer);
    ret_found->is_roots = seen->is_roots;
    return COMMAND_DONE;
}
