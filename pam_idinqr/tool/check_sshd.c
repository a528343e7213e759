/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: checks sshd's settings for a stack with the module. The findings apply to users
 * without a Match. For accounts of the map that have other settings, it says so. */
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/tool/check.h"
#include "pam_idinqr/tool/sshd_settings.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define PROMPT_TIMEOUT_S 100   /* the module's timeout by default */
#define MARGIN_S         10    /* for the transfer, and sshd's own work */
#define SSHD_MS          30000 /* for all answers together; one takes some 20 ms */
#define ACCOUNTS_MAX     32

/* Every machine has it. No Match names it, and no group has it as a member. */
#define ORDINARY_ACCOUNT "nobody"

/* The settings for an ordinary account, and for those of the map. */
struct answers {
    struct sshd_settings ordinary, others[ACCOUNTS_MAX];
    const char *accounts[ACCOUNTS_MAX];
    size_t n_others;
    bool is_short; /* of accounts: sshd was not queried for all of the map */
};

static bool
is(const struct sshd_settings *settings, enum sshd_keyword keyword, const char *value)
{
    return strcasecmp(settings->values[keyword], value) == 0;
}

static void
add(struct check *check, enum finding_kind kind, const char *text)
{
    finding_add(&check->findings, kind, "", 0, "sshd", "%s", text);
}

/* Returns whether these keywords' value lets a code be shown. */
static bool
lets_ask(const struct sshd_settings *settings, enum sshd_keyword keyword)
{
    if (keyword == SSHD_METHODS)
        return is(settings, keyword, "") || is(settings, keyword, "any") ||
               strstr(settings->values[keyword], "keyboard-interactive");
    return !is(settings, keyword, "no");
}

/* The same for any account. */
static bool
lets_any_ask(const struct answers *answers, enum sshd_keyword keyword)
{
    bool lets = lets_ask(&answers->ordinary, keyword);

    for (size_t i = 0; i < answers->n_others; i++)
        lets |= lets_ask(&answers->others[i], keyword);
    return lets;
}

/* Each list of methods must have one that uses PAM. "any" and "" require none. */
static bool
methods_need_pam(const char *methods)
{
    char copy[SSHD_VALUE_SIZE], *rest = copy, *list;

    snprintf(copy, sizeof copy, "%s", methods);
    if (copy[0] == '\0' || strcasecmp(copy, "any") == 0)
        return false;
    while ((list = strsep(&rest, " ")))
        if (!strstr(list, "keyboard-interactive"))
            return false;
    return true;
}

static void
check_grace(struct check *check, const char *grace, const struct check_service *sshd)
{
    long grace_s = strtol(grace, NULL, 10), timeout_s = sshd->timeout_s;

    if (!sshd->has_timeout && timeout_s > PROMPT_TIMEOUT_S)
        timeout_s = PROMPT_TIMEOUT_S;
    if (grace_s > 0 && grace_s < timeout_s + MARGIN_S) /* 0: no limit */
        finding_add(&check->findings, FINDING_SSHD_GRACE, "", 0, "sshd",
                    "LoginGraceTime is %ld seconds, and a code has %ld", grace_s, timeout_s);
}

/* Adds one note for a value, with all accounts that have it. */
static void
note_value(struct check *check, const struct answers *answers, enum sshd_keyword keyword,
           size_t first)
{
    const char *value = answers->others[first].values[keyword];
    char *names = NULL;
    size_t size;
    FILE *stream;

    for (size_t i = 0; i < first; i++)
        if (is(&answers->others[i], keyword, value))
            return;
    stream = open_memstream(&names, &size);
    for (size_t i = first; stream && i < answers->n_others; i++)
        if (is(&answers->others[i], keyword, value))
            fprintf(stream, "%s%s", i > first ? ", " : "", answers->accounts[i]);
    if (stream && fclose(stream) == 0)
        finding_add(&check->findings, FINDING_SSHD_MATCH, "", 0, "sshd",
                    "a Match sets %s %s for %s; the other findings are about other users",
                    sshd_settings_name(keyword), value, names);
    else
        check->findings.is_short = true;
    free(names);
}

static void
note_exceptions(struct check *check, const struct answers *answers)
{
    for (enum sshd_keyword keyword = 0; keyword < SSHD_KEYWORDS; keyword++)
        for (size_t i = 0; i < answers->n_others; i++)
            if (!is(&answers->others[i], keyword, answers->ordinary.values[keyword]))
                note_value(check, answers, keyword, i);
    if (answers->is_short)
        add(check, FINDING_SSHD_MATCH, "sshd was not asked about every account in the map");
}

static bool
has(const struct answers *answers, const char *account)
{
    for (size_t i = 0; i < answers->n_others; i++)
        if (strcmp(answers->accounts[i], account) == 0)
            return true;
    return false;
}

/* systemd makes sshd's directory when it starts sshd, and not for a socket that waits. */
static void
add_failure(struct check *check, const struct diag *diag)
{
    static const char missing[] = "Missing privilege separation directory: ";
    const char *at = strstr(diag->text, missing);

    finding_add(&check->findings, FINDING_SSHD_FILE, diag->file, 0, "sshd", "%s", diag->text);
    if (at)
        finding_cure(&check->findings, "mkdir -p %o", at + strlen(missing));
}

/* Returns 0, or -1 with a finding if sshd did not answer. */
static int
ask(struct check *check, const char *program, struct answers *ret_answers)
{
    size_t n_lines = check->map ? map_count(check->map) : 0;
    int64_t deadline_ms = clock_ms() + SSHD_MS;
    struct diag diag;
    char today[11];
    int result =
        sshd_settings_read(program, ORDINARY_ACCOUNT, deadline_ms, &ret_answers->ordinary, &diag);

    map_today(today);
    for (size_t i = 0; result == 0 && i < n_lines; i++) {
        const struct map_line *line = map_at(check->map, i);
        size_t n = ret_answers->n_others;
        if (!map_line_is_current(line, today) || has(ret_answers, line->account))
            continue;
        /* A comma ends the name in sshd's option. */
        if (n == ACCOUNTS_MAX || strchr(line->account, ',')) {
            ret_answers->is_short = true;
            continue;
        }
        result =
            sshd_settings_read(program, line->account, deadline_ms, &ret_answers->others[n], &diag);
        ret_answers->accounts[n] = line->account;
        ret_answers->n_others += result == 0;
    }
    if (result != 0)
        add_failure(check, &diag);
    return result;
}

static void
judge(struct check *check, const struct answers *answers, const struct check_service *sshd)
{
    const struct sshd_settings *ordinary = &answers->ordinary;
    int methods_pam = methods_need_pam(ordinary->values[SSHD_METHODS]);

    note_exceptions(check, answers);
    if (!is(ordinary, SSHD_USE_PAM, "yes"))
        add(check, FINDING_SSHD_PAM, "sshd does not use PAM");
    if (!lets_any_ask(answers, SSHD_KEYBOARD))
        add(check, FINDING_SSHD_KEYBOARD, "sshd never asks a question, and so never shows a code");
    if (!lets_any_ask(answers, SSHD_METHODS))
        add(check, FINDING_SSHD_METHODS, "AuthenticationMethods has no method that shows a code");
    if (is(ordinary, SSHD_PASSWORD, "yes") && !methods_pam)
        add(check, FINDING_SSHD_PASSWORD,
            "the method password can show no code, and always fails where the module is needed");
    if (is(ordinary, SSHD_PUBKEY, "yes") && !methods_pam)
        add(check, FINDING_SSHD_KEY, "a user with a key gets in without iDIN");
    if (sshd->timeout_s > 0)
        check_grace(check, ordinary->values[SSHD_GRACE], sshd);
}

void
check_sshd(struct check *check)
{
    const struct check_service *sshd = check_find_service(check, "sshd");
    const char *program = sshd_settings_find();
    struct answers answers = {.n_others = 0};

    if (!sshd)
        return;
    if (check->root[0])
        add(check, FINDING_SSHD_UNSEEN, "with --root, sshd is not asked for its settings");
    else if (program && geteuid() != 0)
        add(check, FINDING_SSHD_UNSEEN, "only root can ask sshd for its settings");
    else if (program && ask(check, program, &answers) == 0)
        judge(check, &answers, sshd);
}
