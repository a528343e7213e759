/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: checks idinqr.map and its key. Prints accounts and lines, never an identity. */
#include "pam_idinqr/identity/map_key.h"
#include "pam_idinqr/login/account.h"
#include "pam_idinqr/tool/check.h"

#include <errno.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SOON_DAYS 14

static void
file_of(const struct check *check, const char *name, char ret_path[PATH_MAX])
{
    if (check_path(check, name, ret_path) != 0)
        ret_path[0] = '\0';
}

/* The day, in UTC, until which an expiry is reported. */
static void
soon(char ret_day[11])
{
    time_t then = time(NULL) + (time_t)SOON_DAYS * 24 * 60 * 60;
    struct tm day;

    if (!gmtime_r(&then, &day) || strftime(ret_day, 11, "%Y-%m-%d", &day) != 10)
        ret_day[0] = '\0';
}

/* Reports an account once, at its first line. A misspelt name is to be corrected in each line. */
static void
check_account(struct check *check, const char *path, const struct map_line *line)
{
    bool is_first = map_had_account(check->map, line->account) == line;
    enum accounts_fault fault = accounts_fault(check->accounts, line->account);
    char like[ACCOUNTS_NAME_SIZE];

    if (is_first && (fault == ACCOUNTS_EXPIRED || fault == ACCOUNTS_PASSWORD_EXPIRED)) {
        finding_add(&check->findings, FINDING_MAP_ACCOUNT_EXPIRED, path, line->number, "",
                    "the %saccount %s has expired",
                    fault == ACCOUNTS_EXPIRED ? "" : "password of the ", line->account);
        finding_cure(&check->findings, NULL, line->account);
    }
    if (accounts_find(check->accounts, line->account))
        return;
    /* The line of an account that has another one is not missing. */
    if (accounts_like(check->accounts, line->account, like) && !map_had_account(check->map, like)) {
        finding_add(&check->findings, FINDING_MAP_ACCOUNT, path, line->number, "",
                    "there is no account %s; there is %s", line->account, like);
        finding_cure(&check->findings, FINDING_EDIT_LINE, line->account);
    } else if (is_first) {
        finding_add(&check->findings, FINDING_MAP_ACCOUNT, path, line->number, "",
                    "there is no account %s", line->account);
        finding_cure(&check->findings, NULL, line->account);
    }
}

static void
check_line(struct check *check, const char *path, const struct map_line *line, const char *today,
           const char *later)
{
    struct findings *findings = &check->findings;

    check_account(check, path, line);
    if (!map_line_is_current(line, today)) {
        finding_add(findings, FINDING_MAP_EXPIRED, path, line->number, "",
                    "%s: this identity opens nothing since %s", line->account, line->expires);
        /* Without its line, the account would get in by a password: revoke leaves it. */
        if (check->config && account_is_rollout(check->config, today))
            finding_cure(findings, "idinqr enroll %o", line->account);
    } else if (!map_line_is_current(line, later)) {
        finding_add(findings, FINDING_MAP_EXPIRES_SOON, path, line->number, "",
                    "%s: this identity opens nothing after %s", line->account, line->expires);
        finding_cure(findings, NULL, line->account);
    }
    if (strcmp(line->account, "root") == 0)
        finding_add(findings, FINDING_MAP_ROOT, path, line->number, "", "this identity opens root");
}

static bool
is_sandboxes(const struct map_line *line)
{
    return strcmp(line->by, "idinqr-sandbox") == 0;
}

/* Checks the i-th line. Each account is reported once, at its first line. */
static void
check_sandbox(struct check *check, const char *path, size_t i)
{
    const struct map_line *line = map_at(check->map, i);
    size_t n = 0;

    if (!is_sandboxes(line))
        return;
    for (size_t j = 0; j < map_count(check->map); j++) {
        const struct map_line *other = map_at(check->map, j);
        if (!is_sandboxes(other) || strcmp(other->account, line->account) != 0)
            continue;
        if (j < i)
            return;
        n++;
    }
    finding_add(&check->findings, FINDING_MAP_SANDBOX, path, line->number, "",
                "%s: enrolled by idinqr-sandbox (lines: %zu)", line->account, n);
    finding_cure(&check->findings, NULL, line->account);
}

static void
check_key(struct check *check)
{
    SECRET_AUTO *key = NULL;
    struct diag diag;
    struct stat status;
    char path[PATH_MAX];

    file_of(check, check->config ? check->config->key : SYSCONFDIR "/idinqr.key", path);
    if (map_key_read(path, &key, &diag) != 0) {
        /* The first enrollment creates it. */
        if ((diag.error != ENOENT || map_count(check->map) > 0) &&
            !check_is_unseen(check, path, diag.error))
            check_add_path(check, FINDING_KEY, "key", &diag, NULL);
    } else if (map_key_check(key, path, check->map, &diag) != 0) {
        finding_add_diag(&check->findings, FINDING_KEY, &diag);
    } else if (stat(path, &status) == 0 && (status.st_mode & S_IRGRP)) {
        finding_add(&check->findings, FINDING_SECRET_SHARED, path, 0, "", "can be read by a group");
    }
}

/* Returns whether it has added that the map is lost. */
static bool
add_lost(struct check *check, const char *path)
{
    struct diag diag;
    char key[PATH_MAX];

    if (check->config && !account_needs_key(check->config))
        return false;
    file_of(check, check->config ? check->config->key : SYSCONFDIR "/idinqr.key", key);
    if (!map_key_has_lost_map(key, check->map, path, &diag))
        return false;
    diag.error = check->map ? 0 : ENOENT;
    check_add_path(check, FINDING_MAP, "map", &diag, FINDING_RESTORE);
    return true;
}

static void
add_missing(struct check *check, const char *path, const char *today)
{
    bool is_error = check->config && account_is_rollout(check->config, today);
    struct diag diag;

    if (add_lost(check, path))
        return;
    diag_set_file(&diag, path, 0, "%s", is_error ? ACCOUNT_MAP_MISSING : "no identity is enrolled");
    diag.error = ENOENT;
    check_add_path(check, is_error ? FINDING_MAP : FINDING_MAP_EMPTY, "map", &diag,
                   is_error ? FINDING_RESTORE : NULL);
}

void
check_map(struct check *check)
{
    struct diag diag;
    char path[PATH_MAX], today[11], later[11];
    size_t n_current = 0;
    bool is_lost;

    map_today(today);
    file_of(check, check->config ? check->config->map : SYSCONFDIR "/idinqr.map", path);
    if (map_read(path, &check->map, &diag) != 0) {
        check->map = NULL;
        if (diag.error == ENOENT)
            add_missing(check, path, today);
        else if (!check_is_unseen(check, path, diag.error))
            finding_add_diag(&check->findings, FINDING_MAP, &diag);
        return;
    }
    soon(later);
    for (size_t i = 0; i < map_count(check->map); i++) {
        check_line(check, path, map_at(check->map, i), today, later);
        check_sandbox(check, path, i);
        n_current += (size_t)map_line_is_current(map_at(check->map, i), today);
    }
    is_lost = n_current == 0 && add_lost(check, path);
    if (n_current == 0 && !is_lost)
        finding_add(&check->findings, FINDING_MAP_EMPTY, path, 0, "", "no identity is enrolled");
    if (!check->config || account_needs_key(check->config))
        check_key(check);
    if (check->config && account_explain_map(check->config, check->map, &diag))
        finding_add_diag(&check->findings, FINDING_MAP, &diag);
    if (check->config && account_lacks_origin(check->map))
        finding_add(&check->findings, FINDING_MAP_ORIGIN, path, 0, "",
                    "does not say of which provider and scope its identities are");
    if (is_lost)
        map_free(&check->map); /* it says nothing about anyone */
}

struct people {
    const struct check *check;
    const struct pam_stack *stack;
    size_t n, n_passwords;
};

static void
take_person(void *context, const char *account)
{
    struct people *people = context;

    people->n++;
    people->n_passwords += !map_had_account(people->check->map, account) &&
                           accounts_has_password(people->check->accounts, account) &&
                           !check_pam_has_way_in(people->check, people->stack, account);
}

void
check_rollout(struct check *check, const char *service, const struct pam_stack *stack,
              const struct pam_line *line, const struct config *config)
{
    enum check_passwords passwords = check_pam_passwords(check, stack);
    struct people people = {.check = check, .stack = stack};
    char today[11];

    if (passwords == CHECK_PASSWORDS_ALWAYS)
        return;
    map_today(today);
    if (config->password_until[0] == '\0') {
        if (passwords == CHECK_PASSWORDS_NOT_YET)
            finding_add(&check->findings, FINDING_PAM_ROLLOUT, line->file, line->number, service,
                        "cred_insufficient=ignore without password_until: people who are not "
                        "enrolled are refused");
        return;
    }
    if (!account_is_rollout(config, today)) {
        check_add_setting(check, FINDING_PASSWORD_UNTIL, config, "password_until", "",
                          " has passed: people who are not enrolled are refused");
        return;
    }
    if (passwords == CHECK_PASSWORDS_NEVER) {
        /* A line that is broken, or above the rollout's, is reported as such. */
        if (!check_is_broken(check, service) &&
            !finding_is_about(&check->findings, FINDING_PAM_TWICE, service))
            finding_add(&check->findings, FINDING_PAM_ROLLOUT, line->file, line->number, service,
                        "%s: people who are not enrolled are refused",
                        line->control.actions[PAM_CRED_INSUFFICIENT] == PAM_ACTION_IGNORE
                            ? "cred_insufficient=ignore, and no line for a password follows"
                            : "password_until without cred_insufficient=ignore");
        return;
    }
    if (!check->map)
        return; /* the map says nothing about anyone, which a finding has */
    if (accounts_each_person(check->accounts, take_person, &people) != 0)
        check->findings.is_short = true;
    check_add_setting(check, FINDING_PASSWORD_UNTIL, config, "password_until", service,
                      " is %s: %zu of %zu accounts get in by a password until then",
                      config->password_until, people.n_passwords, people.n);
}
