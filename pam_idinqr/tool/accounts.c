/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this, on files that every user can read. */
#include "pam_idinqr/tool/accounts.h"

#include "pam_idinqr/common/text.h"

#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <shadow.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static FILE *
open_below(const char *root, const char *path)
{
    char full[PATH_MAX];

    if (snprintf(full, sizeof full, "%s%s", root, path) >= (int)sizeof full)
        return NULL;
    return fopen(full, "re");
}

/* Searches for an account by its name, or for any account with this primary group. */
static int
find_in_passwd(const char *root, const char *account, const gid_t *own_group)
{
    FILE *file = open_below(root, "/etc/passwd");
    struct passwd *entry;
    int found = 0;

    if (!file)
        return 0;
    while (!found && (entry = fgetpwent(file)))
        found = (!account || strcmp(entry->pw_name, account) == 0) &&
                (!own_group || entry->pw_gid == *own_group);
    fclose(file);
    return found;
}

bool
accounts_has(const char *root, const char *account)
{
    return find_in_passwd(root, account, NULL) || (root[0] == '\0' && getpwnam(account) != NULL);
}

static bool
has_member(const char *root, const struct group *group, const char *account)
{
    for (char **member = group->gr_mem; *member; member++)
        if (!account || strcmp(*member, account) == 0)
            return true;
    return find_in_passwd(root, account, &group->gr_gid);
}

int
accounts_in_group(const char *root, const char *group, const char *account)
{
    FILE *file = open_below(root, "/etc/group");
    const struct group *entry;
    int result = -1;

    while (file && result < 0 && (entry = fgetgrent(file)))
        if (strcmp(entry->gr_name, group) == 0)
            result = has_member(root, entry, account);
    if (file)
        fclose(file);
    if (result < 0 && root[0] == '\0' && (entry = getgrnam(group)))
        result = has_member(root, entry, account);
    return result;
}

int
accounts_in_groups(const char *root, const char *groups, const char *account)
{
    int best = -1;

    while (*groups) {
        char group[ACCOUNTS_NAME_SIZE];
        size_t size = strcspn(groups, ":");
        int result;
        snprintf(group, sizeof group, "%.*s", (int)size, groups);
        result = accounts_in_group(root, group, account);
        best = result > best ? result : best;
        groups += size + (groups[size] == ':');
    }
    return best;
}

bool
accounts_like_group(const char *root, const char *typed, char ret_name[ACCOUNTS_NAME_SIZE])
{
    FILE *file = open_below(root, "/etc/group");
    const struct group *entry;
    unsigned least = UINT_MAX;

    while (file && (entry = fgetgrent(file)))
        if (text_is_nearer(typed, entry->gr_name, &least))
            snprintf(ret_name, ACCOUNTS_NAME_SIZE, "%s", entry->gr_name);
    if (file)
        fclose(file);
    return least < UINT_MAX;
}

/* As Debian and systemd number them. */
#define UID_ORDINARY 1000
#define UID_NOBODY   65534

static bool
has_shell(const struct passwd *entry)
{
    const char *slash = strrchr(entry->pw_shell, '/'), *shell = slash ? slash + 1 : entry->pw_shell;

    return strcmp(shell, "nologin") != 0 && strcmp(shell, "false") != 0;
}

static bool
is_person(const struct passwd *entry)
{
    return (entry->pw_uid == 0 || entry->pw_uid >= UID_ORDINARY) && entry->pw_uid != UID_NOBODY &&
           has_shell(entry);
}

struct like {
    const char *typed;
    char *ret_name;
    unsigned least;
};

static void
take_like(void *context, const char *account)
{
    struct like *like = context;

    if (text_is_nearer(like->typed, account, &like->least))
        snprintf(like->ret_name, ACCOUNTS_NAME_SIZE, "%s", account);
}

bool
accounts_like(const char *root, const char *typed, char ret_name[ACCOUNTS_NAME_SIZE])
{
    struct like like = {typed, ret_name, UINT_MAX};

    return accounts_each_person(root, take_like, &like) == 0 && like.least < UINT_MAX;
}

int
accounts_each_person(const char *root, void (*take)(void *context, const char *account),
                     void *context)
{
    FILE *file = root[0] ? open_below(root, "/etc/passwd") : NULL;
    const struct passwd *entry;

    if (root[0] && !file)
        return -1;
    if (!file)
        setpwent();
    while ((entry = file ? fgetpwent(file) : getpwent()))
        if (is_person(entry))
            take(context, entry->pw_name);
    if (file)
        fclose(file);
    else
        endpwent();
    return 0;
}

/* A locked password's hash begins with one of these. An empty hash logs in without a password, so
 * it does not count as one. */
static bool
is_password(const char *hash)
{
    return hash && hash[0] != '\0' && hash[0] != '!' && hash[0] != '*';
}

/* Returns NULL if it has no entry, or the file cannot be read. The next call overwrites it. */
static const struct spwd *
find_in_shadow(const char *root, const char *account)
{
    FILE *file = open_below(root, "/etc/shadow");
    const struct spwd *entry = NULL;

    while (file && (entry = fgetspent(file)) && strcmp(entry->sp_namp, account) != 0)
        continue;
    if (file)
        fclose(file);
    return entry;
}

bool
accounts_has_password(const char *root, const char *account)
{
    const struct spwd *entry = find_in_shadow(root, account);

    return !entry || is_password(entry->sp_pwdp);
}

bool
accounts_has_empty_password(const char *root, const char *account)
{
    const struct spwd *entry = find_in_shadow(root, account);

    return entry && entry->sp_pwdp && entry->sp_pwdp[0] == '\0';
}

/* As chage -E sets it, in days since 1970. Or the password was not changed in time (chage -M -I).
 * pam_unix then refuses the account. 0 is for a password that must be changed at once. */
static bool
has_expired(const struct spwd *entry)
{
    long today = (long)(time(NULL) / (24 * 60 * 60));

    if (entry->sp_expire >= 0 && today >= entry->sp_expire)
        return true;
    return entry->sp_lstchg > 0 && entry->sp_max >= 0 && entry->sp_inact >= 0 &&
           today - entry->sp_lstchg > entry->sp_max + entry->sp_inact;
}

bool
accounts_has_expired(const char *root, const char *account)
{
    const struct spwd *entry = find_in_shadow(root, account);

    return entry && has_expired(entry);
}

/* Returns false only if etc/passwd has the account, with a shell that refuses. */
static bool
may_have_shell(const char *root, const char *account)
{
    FILE *file = open_below(root, "/etc/passwd");
    const struct passwd *entry = NULL;
    bool may;

    while (file && (entry = fgetpwent(file)) && strcmp(entry->pw_name, account) != 0)
        continue;
    may = !entry || has_shell(entry);
    if (file)
        fclose(file);
    return may;
}

int
accounts_group_has_password(const char *root, const char *group, char ret_why[ACCOUNTS_WHY_SIZE])
{
    FILE *file = open_below(root, "/etc/shadow");
    const struct spwd *entry;
    int n_members = 0, found = 0;

    ret_why[0] = '\0';
    if (!file)
        return -1;
    while (!found && (entry = fgetspent(file))) {
        /* `entry` stays unchanged: the calls that follow read other databases. */
        bool is_member = accounts_in_group(root, group, entry->sp_namp) == 1;
        const char *why = NULL;
        n_members += is_member;
        if (!is_member || !is_password(entry->sp_pwdp))
            continue;
        if (has_expired(entry))
            why = "has expired";
        else if (!may_have_shell(root, entry->sp_namp))
            why = "has no login shell";
        found = !why;
        if (why)
            snprintf(ret_why, ACCOUNTS_WHY_SIZE, "%s %s", entry->sp_namp, why);
    }
    fclose(file);
    return n_members > 0 ? found : -1;
}
