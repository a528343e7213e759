/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: checks the Defaults of sudoers(5) that choose the account that sudo asks for, and
 * the PAM service, and whether a user with the way in may use sudo. sudo's cvtsudoers reads the
 * rules, and prints them as JSON. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/tool/check.h"
#include "pam_idinqr/tool/program.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CVTSUDOERS "/usr/bin/cvtsudoers"
#define SUDOERS    "/etc/sudoers"
#define TIMEOUT_MS 5000

#define OTHER_ACCOUNT "sudo asks for another account than the user's"

/* A flag that is `is_on` makes sudo do this. */
static const struct {
    const char *name, *setting;
    bool is_on;
    const char *meaning;
} flags[] = {
    {"rootpw", "rootpw", true, OTHER_ACCOUNT},
    {"targetpw", "targetpw", true, OTHER_ACCOUNT},
    {"runaspw", "runaspw", true, OTHER_ACCOUNT},
    {"authenticate", "!authenticate", false, "sudo asks for nothing, and opens without iDIN"},
};

static const char *const services[] = {"pam_service", "pam_login_service", "pam_askpass_service"};

/* `value` is NULL for a flag. */
static void
add(struct check *check, const char *name, const char *value, const char *meaning)
{
    finding_add(&check->findings, FINDING_SUDO_DEFAULTS, SUDOERS, 0, "sudo", "%s%s%s: %s", name,
                value ? "=" : "", value ? value : "", meaning);
    finding_cure(&check->findings, NULL, name);
}

/* Takes the settings of a Defaults. `is_set` says which flags all users have. */
static void
take_options(struct check *check, const json_t *options, bool is_for_all,
             bool is_set[ARRAY_LENGTH(flags)])
{
    const json_t *value;
    const char *service;

    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) {
        value = json_object_get(options, flags[i].name);
        if (value && is_for_all)
            is_set[i] = json_is_true(value) == flags[i].is_on;
        else if (value && json_is_true(value) == flags[i].is_on)
            add(check, flags[i].setting, NULL, flags[i].meaning);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(services); i++) {
        service = json_string_value(json_object_get(options, services[i]));
        if (service && !check_find_service(check, service))
            add(check, services[i], service, "sudo uses this service, which does not use iDIN");
    }
}

static void
check_defaults(struct check *check, const json_t *rules)
{
    bool is_set[ARRAY_LENGTH(flags)] = {false};
    const json_t *defaults, *options;
    size_t i, j;

    json_array_foreach(json_object_get(rules, "Defaults"), i, defaults)
    {
        bool is_for_all = !json_object_get(defaults, "Binding");
        json_array_foreach(json_object_get(defaults, "Options"), j, options)
        {
            take_options(check, options, is_for_all, is_set);
        }
    }
    for (i = 0; i < ARRAY_LENGTH(flags); i++)
        if (is_set[i])
            add(check, flags[i].setting, NULL, flags[i].meaning);
}

/* Returns whether an entry of a rule is about the account. One that cannot be evaluated here, such
 * as a netgroup, may be about everyone. */
static bool
is_about(struct accounts *accounts, const json_t *user, const char *account)
{
    const char *name = json_string_value(json_object_get(user, "username"));
    const char *group = json_string_value(json_object_get(user, "usergroup"));
    const json_t *uid = json_object_get(user, "userid");
    const struct accounts_entry *entry;

    if (name)
        return strcmp(name, "ALL") == 0 || strcmp(name, account) == 0;
    if (group)
        return accounts_in_group(accounts, group, account) == 1;
    entry = uid ? accounts_find(accounts, account) : NULL;
    return !entry || json_integer_value(uid) == (json_int_t)entry->uid;
}

/* Returns whether a rule names the account, for any host and command. */
static bool
may_use_sudo(struct accounts *accounts, const json_t *rules, const char *account)
{
    const json_t *rule, *user;
    size_t i, j;

    json_array_foreach(json_object_get(rules, "User_Specs"), i, rule)
    {
        bool may = false;
        json_array_foreach(json_object_get(rule, "User_List"), j, user)
        {
            if (is_about(accounts, user, account))
                may = !json_is_true(json_object_get(user, "negated"));
        }
        if (may)
            return true;
    }
    return false;
}

/* The people with the way in. */
struct way_in {
    const struct check *check;
    const struct pam_stack *stack;
    const json_t *rules;
    const char *first; /* NULL: there are none */
    bool has_sudoer;
};

static void
take_person(void *context, const char *account)
{
    struct way_in *way_in = context;

    if (way_in->has_sudoer || !check_pam_has_way_in(way_in->check, way_in->stack, account))
        return;
    if (!way_in->first)
        way_in->first = account;
    way_in->has_sudoer = may_use_sudo(way_in->check->accounts, way_in->rules, account);
}

/* Returns whether sudo has rules elsewhere too. */
static bool
has_other_rules(void)
{
    FILE *file = fopen("/etc/nsswitch.conf", "re");
    char *line = NULL;
    size_t capacity = 0;
    bool has = false;

    while (file && !has && getline(&line, &capacity, file) >= 0)
        has = strncmp(line, "sudoers:", 8) == 0 && (strstr(line, "sss") || strstr(line, "ldap"));
    free(line);
    if (file)
        fclose(file);
    return has;
}

/* The way in is of no use under sudo if sudo then refuses. */
static void
check_way_in(struct check *check, const char *service, const json_t *rules)
{
    struct way_in way_in = {.check = check, .rules = rules};
    PAM_STACK_AUTO stack;
    bool is_read = pam_stack_read(check->root, service, "auth", &stack) == 0;

    way_in.stack = &stack;
    if (!is_read || has_other_rules() ||
        accounts_each_person(check->accounts, take_person, &way_in) != 0 || !way_in.first ||
        way_in.has_sudoer)
        return;
    finding_add(&check->findings, FINDING_PAM_GROUP_PASSWORD, SUDOERS, 0, service,
                "no user who gets in without iDIN, such as %s, may use sudo", way_in.first);
    finding_advise(&check->findings, "Put one of them back into the group that may use sudo. "
                                     "usermod -G without -a takes an account out of others.");
    finding_cure(&check->findings, "usermod -aG GROUP %o", way_in.first);
}

void
check_sudo(struct check *check)
{
    char name[] = "cvtsudoers", to[] = "-f", form[] = "json", expand[] = "-e", leave_out[] = "-s",
         rest[] = "aliases", file[] = SUDOERS;
    char *const argv[] = {name, to, form, expand, leave_out, rest, file, NULL};
    bool has_sudo = check_find_service(check, "sudo") != NULL;
    json_t *rules;

    /* Below another root, the rules would include files of this one. */
    if (check->root[0] || access(CVTSUDOERS, X_OK) != 0 ||
        (!has_sudo && !check_find_service(check, "sudo-i")))
        return;
    STREAM_AUTO *output = program_open_output();
    STREAM_AUTO *errors = program_open_output();
    if (!output || !errors ||
        program_run(CVTSUDOERS, argv, clock_ms() + TIMEOUT_MS, output, errors) != 0)
        return; /* an older one, or rules that sudo refuses too */
    rewind(output);
    rules = json_loadf(output, 0, NULL);
    if (!rules)
        return;
    check_defaults(check, rules);
    check_way_in(check, has_sudo ? "sudo" : "sudo-i", rules);
    json_decref(rules);
}
