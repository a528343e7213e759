/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr(1) runs this, on files that every user can read, and on etc/shadow. The files are in hash
 * tables, as reading them again for each account took seconds on a machine with thousands. */
#include "pam_idinqr/tool/accounts.h"

#include "pam_idinqr/common/text.h"

#include <grp.h>
#include <jansson.h>
#include <limits.h>
#include <pwd.h>
#include <shadow.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The objects are by name, in the order of the files. Of two entries, the first counts. */
struct accounts {
    bool is_machine; /* nsswitch.conf counts */
    bool has_passwd, has_shadow;
    json_t *people, *groups, *shadows;
    struct accounts_entry found; /* of accounts_find */
};

/* The hash itself is not kept. */
enum password { PASSWORD_SET, PASSWORD_EMPTY, PASSWORD_LOCKED };

struct aging {
    int password;                                /* an enum password */
    json_int_t changed, most, inactive, expires; /* in days; -1: not set */
};

static int
add(json_t *table, const char *name, json_t *entry)
{
    if (!json_object_get(table, name))
        return json_object_set_new_nocheck(table, name, entry);
    json_decref(entry);
    return 0;
}

static int
add_person(json_t *people, const struct passwd *person, bool is_local)
{
    return add(people, person->pw_name,
               json_pack("{s:o, s:o, s:I, s:I, s:b}", "home", json_string_nocheck(person->pw_dir),
                         "shell", json_string_nocheck(person->pw_shell), "uid",
                         (json_int_t)person->pw_uid, "gid", (json_int_t)person->pw_gid, "local",
                         is_local));
}

static int
add_group(json_t *groups, const struct group *group)
{
    json_t *members = json_object();
    int failed = !members;

    for (char **member = group->gr_mem; !failed && *member; member++)
        failed = json_object_set_new_nocheck(members, *member, json_true());
    if (!failed)
        return add(groups, group->gr_name,
                   json_pack("{s:I, s:o}", "gid", (json_int_t)group->gr_gid, "members", members));
    json_decref(members);
    return -1;
}

/* A locked password's hash begins with one of these. An empty hash logs in without a password, so
 * it does not count as one. */
static enum password
password_of(const char *hash)
{
    if (!hash || hash[0] == '!' || hash[0] == '*')
        return PASSWORD_LOCKED;
    return hash[0] == '\0' ? PASSWORD_EMPTY : PASSWORD_SET;
}

static int
add_shadow(json_t *shadows, const struct spwd *shadow)
{
    return add(shadows, shadow->sp_namp,
               json_pack("[i, I, I, I, I]", (int)password_of(shadow->sp_pwdp),
                         (json_int_t)shadow->sp_lstchg, (json_int_t)shadow->sp_max,
                         (json_int_t)shadow->sp_inact, (json_int_t)shadow->sp_expire));
}

static FILE *
open_below(const char *root, const char *path)
{
    char full[PATH_MAX];

    if (snprintf(full, sizeof full, "%s%s", root, path) >= (int)sizeof full)
        return NULL;
    return fopen(full, "re");
}

/* Returns 0 or -1, as the two that follow. */
static int
read_people(struct accounts *accounts, const char *root)
{
    FILE *file = open_below(root, "/etc/passwd");
    const struct passwd *person;
    int failed = 0;

    accounts->has_passwd = file != NULL;
    while (file && !failed && (person = fgetpwent(file)))
        failed = add_person(accounts->people, person, true);
    if (file)
        fclose(file);
    if (!accounts->is_machine)
        return failed;
    setpwent();
    while (!failed && (person = getpwent()))
        failed = add_person(accounts->people, person, false);
    endpwent();
    return failed;
}

static int
read_groups(struct accounts *accounts, const char *root)
{
    FILE *file = open_below(root, "/etc/group");
    const struct group *group;
    int failed = 0;

    while (file && !failed && (group = fgetgrent(file)))
        failed = add_group(accounts->groups, group);
    if (file)
        fclose(file);
    return failed;
}

static int
read_shadows(struct accounts *accounts, const char *root)
{
    FILE *file = open_below(root, "/etc/shadow");
    const struct spwd *shadow;
    int failed = 0;

    accounts->has_shadow = file != NULL;
    while (file && !failed && (shadow = fgetspent(file)))
        failed = add_shadow(accounts->shadows, shadow);
    if (file)
        fclose(file);
    return failed;
}

struct accounts *
accounts_read(const char *root)
{
    struct accounts *accounts = calloc(1, sizeof *accounts);

    if (!accounts)
        return NULL;
    accounts->is_machine = root[0] == '\0';
    accounts->people = json_object();
    accounts->groups = json_object();
    accounts->shadows = json_object();
    if (read_people(accounts, root) != 0 || read_groups(accounts, root) != 0 ||
        read_shadows(accounts, root) != 0)
        accounts_free(&accounts);
    return accounts;
}

void
accounts_free(struct accounts **accounts)
{
    if (!*accounts)
        return;
    json_decref((*accounts)->people);
    json_decref((*accounts)->groups);
    json_decref((*accounts)->shadows);
    free(*accounts);
    *accounts = NULL;
}

static struct accounts_entry
entry_of(const char *name, const json_t *person)
{
    return (struct accounts_entry){
        .name = name,
        .home = json_string_value(json_object_get(person, "home")),
        .shell = json_string_value(json_object_get(person, "shell")),
        .uid = (uid_t)json_integer_value(json_object_get(person, "uid")),
        .gid = (gid_t)json_integer_value(json_object_get(person, "gid")),
        .is_local = json_is_true(json_object_get(person, "local")),
    };
}

const struct accounts_entry *
accounts_find(struct accounts *accounts, const char *account)
{
    const json_t *person = json_object_get(accounts->people, account);
    const struct passwd *other;

    if (person) {
        accounts->found = entry_of(account, person);
        return &accounts->found;
    }
    other = accounts->is_machine ? getpwnam(account) : NULL;
    if (!other)
        return NULL;
    accounts->found = (struct accounts_entry){.name = account,
                                              .home = other->pw_dir,
                                              .shell = other->pw_shell,
                                              .uid = other->pw_uid,
                                              .gid = other->pw_gid};
    return &accounts->found;
}

/* Returns whether it is the primary group of the account, or of any if that is NULL. */
static bool
is_primary(struct accounts *accounts, gid_t gid, const char *account)
{
    const struct accounts_entry *entry = account ? accounts_find(accounts, account) : NULL;
    const char *name;
    json_t *person;

    if (account)
        return entry && entry->gid == gid;
    json_object_foreach(accounts->people, name, person)
    {
        if (entry_of(name, person).gid == gid)
            return true;
    }
    return false;
}

/* A group of another database than etc/group. */
static int
in_other_group(struct accounts *accounts, const char *name, const char *account)
{
    const struct group *group = accounts->is_machine ? getgrnam(name) : NULL;

    if (!group)
        return -1;
    for (char **member = group->gr_mem; *member; member++)
        if (!account || strcmp(*member, account) == 0)
            return true;
    return is_primary(accounts, group->gr_gid, account);
}

int
accounts_in_group(struct accounts *accounts, const char *group, const char *account)
{
    const json_t *entry = json_object_get(accounts->groups, group);
    const json_t *members = json_object_get(entry, "members");

    if (!entry)
        return in_other_group(accounts, group, account);
    if (account ? json_object_get(members, account) != NULL : json_object_size(members) > 0)
        return true;
    return is_primary(accounts, (gid_t)json_integer_value(json_object_get(entry, "gid")), account);
}

bool
accounts_is_primary(struct accounts *accounts, const char *group, const char *account)
{
    const json_t *gid = json_object_get(json_object_get(accounts->groups, group), "gid");

    return gid && is_primary(accounts, (gid_t)json_integer_value(gid), account);
}

int
accounts_in_groups(struct accounts *accounts, const char *groups, const char *account)
{
    int best = -1;

    while (*groups) {
        char group[ACCOUNTS_NAME_SIZE];
        size_t size = strcspn(groups, ":");
        int result;
        snprintf(group, sizeof group, "%.*s", (int)size, groups);
        result = accounts_in_group(accounts, group, account);
        best = result > best ? result : best;
        groups += size + (groups[size] == ':');
    }
    return best;
}

bool
accounts_like_group(struct accounts *accounts, const char *typed, char ret_name[ACCOUNTS_NAME_SIZE])
{
    unsigned least = UINT_MAX;
    const char *name;
    json_t *group;

    json_object_foreach(accounts->groups, name, group)
    {
        if (text_is_nearer(typed, name, &least))
            snprintf(ret_name, ACCOUNTS_NAME_SIZE, "%s", name);
    }
    return least < UINT_MAX;
}

/* As Debian and systemd number them. */
#define UID_ORDINARY 1000
#define UID_NOBODY   65534

static bool
has_shell(const struct accounts_entry *entry)
{
    const char *slash = strrchr(entry->shell, '/'), *shell = slash ? slash + 1 : entry->shell;

    return strcmp(shell, "nologin") != 0 && strcmp(shell, "false") != 0;
}

int
accounts_each_person(struct accounts *accounts, void (*take)(void *context, const char *account),
                     void *context)
{
    const char *name;
    json_t *person;

    json_object_foreach(accounts->people, name, person)
    {
        struct accounts_entry entry = entry_of(name, person);
        if ((entry.uid == 0 || entry.uid >= UID_ORDINARY) && entry.uid != UID_NOBODY &&
            has_shell(&entry))
            take(context, name);
    }
    return accounts->is_machine || accounts->has_passwd ? 0 : -1;
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
accounts_like(struct accounts *accounts, const char *typed, char ret_name[ACCOUNTS_NAME_SIZE])
{
    struct like like = {typed, ret_name, UINT_MAX};

    return accounts_each_person(accounts, take_like, &like) == 0 && like.least < UINT_MAX;
}

/* Returns whether etc/shadow has the account. */
static bool
find_aging(const struct accounts *accounts, const char *account, struct aging *ret_aging)
{
    json_t *shadow = json_object_get(accounts->shadows, account);

    return shadow &&
           json_unpack(shadow, "[i, I, I, I, I]", &ret_aging->password, &ret_aging->changed,
                       &ret_aging->most, &ret_aging->inactive, &ret_aging->expires) == 0;
}

bool
accounts_has_password(const struct accounts *accounts, const char *account)
{
    struct aging aging;

    return !find_aging(accounts, account, &aging) || aging.password == PASSWORD_SET;
}

bool
accounts_has_empty_password(const struct accounts *accounts, const char *account)
{
    struct aging aging;

    return find_aging(accounts, account, &aging) && aging.password == PASSWORD_EMPTY;
}

/* As chage -E sets it, in days since 1970. Or the password was not changed in time (chage -M -I).
 * pam_unix then refuses the account. 0 is for a password that must be changed at once. */
enum accounts_fault
accounts_fault(const struct accounts *accounts, const char *account)
{
    const json_t *person = json_object_get(accounts->people, account);
    struct accounts_entry entry = entry_of(account, person);
    long today = (long)(time(NULL) / (24 * 60 * 60));
    struct aging aging;
    bool has_aging = find_aging(accounts, account, &aging);

    if (has_aging && aging.expires >= 0 && today >= aging.expires)
        return ACCOUNTS_EXPIRED;
    if (has_aging && aging.changed > 0 && aging.most >= 0 && aging.inactive >= 0 &&
        today - aging.changed > aging.most + aging.inactive)
        return ACCOUNTS_PASSWORD_EXPIRED;
    return person && !has_shell(&entry) ? ACCOUNTS_NO_SHELL : ACCOUNTS_VALID;
}

int
accounts_group_has_password(struct accounts *accounts, const char *group,
                            enum accounts_fault *ret_fault, char ret_account[ACCOUNTS_NAME_SIZE])
{
    int n_members = 0;
    const char *name;
    json_t *shadow;

    *ret_fault = ACCOUNTS_VALID;
    if (!accounts->has_shadow)
        return -1;
    json_object_foreach(accounts->shadows, name, shadow)
    {
        bool is_member = accounts_in_group(accounts, group, name) == 1;
        enum accounts_fault fault = accounts_fault(accounts, name);
        n_members += is_member;
        if (!is_member || !accounts_has_password(accounts, name))
            continue;
        if (fault == ACCOUNTS_VALID)
            return 1;
        *ret_fault = fault;
        snprintf(ret_account, ACCOUNTS_NAME_SIZE, "%s", name);
    }
    return n_members > 0 ? 0 : -1;
}
