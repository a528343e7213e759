/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: checks the Defaults of sudoers(5) that choose the account that sudo asks for, and
 * the PAM service. sudo's cvtsudoers reads the rules, and prints them in one form. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/tool/check.h"
#include "pam_idinqr/tool/program.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CVTSUDOERS "/usr/bin/cvtsudoers"
#define SUDOERS    "/etc/sudoers"
#define TIMEOUT_MS 5000

/* With each of these, sudo asks for the account in place of the user's. */
static const char *const flags[] = {"rootpw", "targetpw", "runaspw"};

static const char *const services[] = {
    "pam_service=", "pam_login_service=", "pam_askpass_service="};

static void
add(struct check *check, const char *setting, const char *meaning)
{
    char name[32];

    snprintf(name, sizeof name, "%.*s", (int)strcspn(setting, "="), setting);
    finding_add(&check->findings, FINDING_SUDO_DEFAULTS, SUDOERS, 0, "sudo", "%s: %s", setting,
                meaning);
    finding_cure(&check->findings, NULL, name);
}

/* Takes one setting of a Defaults line. `is_set` says which flags all users have. */
static void
take_setting(struct check *check, const char *setting, bool is_for_all,
             bool is_set[ARRAY_LENGTH(flags)])
{
    bool is_off = setting[0] == '!';

    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++) {
        if (strcmp(setting + is_off, flags[i]) != 0)
            continue;
        if (is_for_all)
            is_set[i] = !is_off;
        else if (!is_off)
            add(check, flags[i], "sudo asks for another account than the user's");
    }
    for (size_t i = 0; i < ARRAY_LENGTH(services); i++)
        if (strncmp(setting, services[i], strlen(services[i])) == 0 &&
            !check_find_service(check, setting + strlen(services[i])))
            add(check, setting, "sudo uses this service, which does not use iDIN");
}

/* Cuts "NAME, !NAME, NAME=VALUE" in place. A value may be in quotes. */
static void
take_line(struct check *check, char *line, bool is_set[ARRAY_LENGTH(flags)])
{
    bool is_for_all = line[strlen("Defaults")] == ' ', is_quoted = false;
    char *next = strchr(line, ' ');

    while (next && *next) {
        char *setting = next += strspn(next, " ,\n"), *to = setting;
        for (; *next && (is_quoted || !strchr(",\n", *next)); next++)
            if (*next == '"')
                is_quoted = !is_quoted;
            else if (*next == ' ' && !is_quoted)
                to = setting; /* that was one of the users or commands */
            else
                *to++ = *next;
        next += *next != '\0';
        *to = '\0';
        take_setting(check, setting, is_for_all, is_set);
    }
}

void
check_sudo(struct check *check)
{
    char name[] = "cvtsudoers", to[] = "-f", form[] = "sudoers", leave_out[] = "-s",
         rest[] = "aliases,privileges", file[] = SUDOERS;
    char *const argv[] = {name, to, form, leave_out, rest, file, NULL};
    bool is_set[ARRAY_LENGTH(flags)] = {false};
    char *line = NULL;
    size_t capacity = 0;

    /* Below another root, the rules would include files of this one. */
    if (check->root[0] || access(CVTSUDOERS, X_OK) != 0 ||
        (!check_find_service(check, "sudo") && !check_find_service(check, "sudo-i")))
        return;
    STREAM_AUTO *output = program_open_output();
    STREAM_AUTO *errors = program_open_output();
    if (!output || !errors ||
        program_run(CVTSUDOERS, argv, clock_ms() + TIMEOUT_MS, output, errors) != 0)
        return; /* an older one, or rules that sudo refuses too */
    rewind(output);
    while (getline(&line, &capacity, output) >= 0)
        if (strncmp(line, "Defaults", strlen("Defaults")) == 0)
            take_line(check, line, is_set);
    free(line);
    for (size_t i = 0; i < ARRAY_LENGTH(flags); i++)
        if (is_set[i])
            add(check, flags[i], "sudo asks for another account than the user's");
}
