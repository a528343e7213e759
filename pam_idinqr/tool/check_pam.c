/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: checks each line of PAM's configuration that runs the module. An administrator
 * runs it, usually as root, on files that should be root's. */
#include "pam_idinqr/tool/check.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/config/config.h"
#include "pam_idinqr/login/application.h"
#include "pam_idinqr/pamconf/pam_file.h"
#include "pam_idinqr/tool/accounts.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Files that others include, on Debian, Fedora, Arch and SUSE. */
static const char *const fragments[] = {
    "common-*", "*-auth", "postlogin", "system-login", "system-local-login", "system-remote-login",
    NULL};

/* Applications that never call authenticate, or have no conversation. */
static const char *const silent[] = {"atd",       "cron",         "crond", "runuser",
                                     "runuser-l", "systemd-user", NULL};

/* Applications with a name and a password from the network, and no terminal. */
static const char *const without_terminal[] = {
    "cups",    "dovecot", "exim",  "ftp",   "imap",  "openvpn", "pop3",        "ppp", "pop",
    "proftpd", "radiusd", "samba", "smtp*", "squid", "vsftpd",  "xrdp-sesman", NULL};

/* Services that are one program to a person, and two to PAM. */
static const char *const siblings[][2] = {{"sudo", "sudo-i"}, {"su", "su-l"}};

static const struct pam_line *
first_use(const struct pam_stack *stack)
{
    for (size_t i = 0; i < stack->n; i++)
        if (pam_line_runs(&stack->lines[i], "pam_idinqr"))
            return &stack->lines[i];
    return NULL;
}

static bool
is_mentioned(const struct pam_stack *stack)
{
    for (size_t i = 0; i < stack->n; i++)
        if (strstr(stack->lines[i].module, "pam_idinqr"))
            return true;
    return false;
}

static void
add_mistakes(struct check *check, const char *service, const struct pam_stack *stack)
{
    for (size_t i = 0; i < stack->n_mistakes; i++) {
        const struct pam_mistake *mistake = &stack->mistakes[i];
        if (mistake->kind == PAM_MISTAKE_ACCESS && check_is_unseen(check, mistake->file, EACCES))
            continue;
        finding_add(&check->findings, FINDING_PAM_SYNTAX, mistake->file, mistake->number, service,
                    "%s", mistake->text);
        if (mistake->kind == PAM_MISTAKE_RETURN)
            finding_cure(&check->findings, "sed -i 's/\\r$//' %f", "");
    }
}

/* authselect makes links of them. */
void
check_pam_file(struct check *check, const char *path)
{
    char real[PATH_MAX];
    struct diag diag;
    int fd;

    if (!realpath(path, real))
        return; /* it was removed meanwhile */
    fd = trusted_file_open(real, TRUSTED_FILE_OPEN_TEXT, &diag);
    if (fd >= 0)
        close(fd);
    else if (!check_is_unseen(check, path, diag.error))
        finding_add_diag(&check->findings, FINDING_PAM_FILE, &diag);
}

/* A user who can write one of the files decides who gets in. A service's file may have only lines
 * that include others. */
static void
check_files(struct check *check, const char *service, const struct pam_stack *stack)
{
    char *own = pam_file_find(check->root, service);
    const char *last = own ? own : "";

    if (own)
        check_pam_file(check, own);
    for (size_t i = 0; i < stack->n; i++) {
        if (strcmp(stack->lines[i].file, last) == 0)
            continue;
        last = stack->lines[i].file;
        check_pam_file(check, last);
    }
    free(own);
}

/* Returns the module's configuration in this service, or NULL if it is unknown. */
static struct config *
config_of_line(struct check *check, const char *service, const struct pam_line *line)
{
    struct config *config = NULL;
    struct arguments arguments;
    struct diag diag;
    char conf[PATH_MAX];
    const char *words[PAM_STACK_ARGUMENTS_MAX], *file = NULL;

    memcpy(words, line->arguments, sizeof words);
    if (arguments_parse(line->n_arguments, words, &arguments, &diag)) {
        finding_add(&check->findings, FINDING_PAM_ARGUMENTS, line->file, line->number, service,
                    "%s", diag.text);
        return NULL;
    }
    if (arguments.conf && check_path(check, arguments.conf, conf) == 0)
        file = conf;
    config = check_service_config(check, file, service, &diag);
    if (!config && file && diag.error == ENOENT)
        finding_add(&check->findings, FINDING_CONFIG, line->file, line->number, service,
                    "conf=%s: %s", file, strerror(ENOENT));
    else if (!config && file && !check_is_unseen(check, file, diag.error))
        finding_add_diag(&check->findings, FINDING_CONFIG, &diag);
    if (config && arguments_apply(&arguments, config, &diag) != 0) {
        finding_add(&check->findings, FINDING_PAM_ARGUMENTS, line->file, line->number, service,
                    "%s", diag.text);
        config_free(&config);
    }
    return config;
}

bool
check_jumps(struct check *check, const char *service, const struct pam_stack *stack)
{
    bool is_too_far = false;

    for (size_t i = 0; i < stack->n; i++)
        for (int answer = 0; answer < PAM_CODES; answer++) {
            const struct pam_line *line = &stack->lines[i];
            int action = line->control.actions[answer];
            if (action > 0 && pam_stack_jump(stack, i, action) < 0) {
                finding_add(&check->findings, FINDING_PAM_JUMP, line->file, line->number, service,
                            "a jump of %d leads behind the last line: PAM refuses", action);
                is_too_far = true;
                break;
            }
        }
    return is_too_far;
}

static void
check_repetition(struct check *check, const char *service, const struct pam_stack *stack,
                 const struct pam_line *first)
{
    for (const struct pam_line *line = first + 1; line < stack->lines + stack->n; line++)
        if (pam_line_runs(line, "pam_idinqr"))
            finding_add(&check->findings, FINDING_PAM_TWICE, line->file, line->number, service,
                        "the module is there already, at %s:%u", first->file, first->number);
}

static void
check_host(struct check *check, const char *service, const struct pam_line *line,
           const struct config *config)
{
    enum config_display display = config ? config->display : DISPLAY_AUTO;
    enum config_prompt prompt = config ? config->prompt : PROMPT_AUTO;

    if (application_is_one_of(service, silent))
        finding_add(&check->findings, FINDING_PAM_NEVER_ASKS, line->file, line->number, service,
                    "this program never authenticates a user");
    else if (application_is_window(service) && display != DISPLAY_URL && prompt == PROMPT_AUTO)
        finding_add(&check->findings, FINDING_PAM_WINDOW, line->file, line->number, service,
                    "its window cannot show a code: every login there fails");
    else if (application_is_one_of(service, without_terminal) && display == DISPLAY_AUTO)
        finding_add(&check->findings, FINDING_PAM_NO_TERMINAL, line->file, line->number, service,
                    "there is no terminal to show a code on");
}

/* sshd names the host that a login comes from. */
static void
check_place(struct check *check, const char *service, const struct config *config)
{
    struct diag diag;

    if (!config || strcmp(service, "sshd") != 0 ||
        place_check(config->require, "ssh", "another host", &diag) == 0)
        return;
    check_add_setting(check, FINDING_PAM_NEVER_OPENS, config, "require", service,
                      " = local, and a login by ssh comes from another host: no user gets in by "
                      "iDIN");
    finding_advise(&check->findings, "Take it out, or set require = any in [service:sshd].");
}

static void
remember(struct check *check, const char *service, const struct config *config)
{
    struct check_service *longer =
        reallocarray(check->services, check->n_services + 1, sizeof *longer);
    struct check_service *entry;

    if (!longer) {
        check->findings.is_short = true;
        return;
    }
    check->services = longer;
    entry = &longer[check->n_services++];
    *entry = (struct check_service){
        .timeout_s = config ? config->timeout_s : 0,
        .has_timeout = config && config_is_set(config, offsetof(struct config, timeout_s))};
    snprintf(entry->name, sizeof entry->name, "%s", service);
}

static void
check_auth(struct check *check, const char *service)
{
    PAM_STACK_AUTO stack;
    const struct pam_line *line;

    if (pam_stack_read(check->root, service, "auth", &stack) != 0) {
        check->findings.is_short = true;
        return;
    }
    if (is_mentioned(&stack))
        add_mistakes(check, service, &stack);
    check_other_modules(check, service, &stack);
    line = first_use(&stack);
    if (!line) {
        check->is_misspelt |= is_mentioned(&stack);
        check_lines_left(check, service, &stack);
        return;
    }
    CONFIG_AUTO *config = config_of_line(check, service, line);
    const char *name = strrchr(line->file, '/') + 1;
    if (application_is_one_of(name, fragments))
        finding_add(&check->findings, FINDING_PAM_COMMON, line->file, line->number, service,
                    "this file is for every service, also for those that cannot show a code");
    check_files(check, service, &stack);
    check_module(check, service, line);
    check_host(check, service, line, config);
    remember(check, service, config);
    check_place(check, service, config);
    check_jumps(check, service, &stack);
    check_repetition(check, service, &stack, line);
    if (!application_is_one_of(service, silent)) {
        check_conditions(check, service, &stack);
        check_pam_stack(check, service, &stack, line, config);
    }
    if (config)
        check_rollout(check, service, &stack, line, config);
}

/* The module does not support these types, so PAM refuses. */
static void
check_other_types(struct check *check, const char *service)
{
    static const char *const types[] = {"account", "session", "password"};

    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        PAM_STACK_AUTO stack;
        const struct pam_line *line;
        if (pam_stack_read(check->root, service, types[i], &stack) != 0)
            check->findings.is_short = true;
        check_other_modules(check, service, &stack);
        line = first_use(&stack);
        if (line)
            finding_add(&check->findings, FINDING_PAM_TYPE, line->file, line->number, service,
                        "the module does not support %s, so PAM refuses every user here", types[i]);
    }
}

/* Returns whether a package of this machine brings that file. */
static bool
is_packaged(const struct check *check, const char *file)
{
    char pattern[PATH_MAX], *line = NULL;
    glob_t lists = {0};
    size_t capacity = 0;
    bool is_found = false;

    if (check_path(check, "/var/lib/dpkg/info/*.conffiles", pattern) != 0)
        return false;
    (void)glob(pattern, 0, NULL, &lists);
    for (size_t i = 0; i < lists.gl_pathc && !is_found; i++) {
        FILE *list = fopen(lists.gl_pathv[i], "re");
        while (list && !is_found && getline(&line, &capacity, list) > 0)
            is_found = strncmp(line, file, strlen(file)) == 0 && line[strlen(file)] == '\n';
        if (list)
            fclose(list);
    }
    free(line);
    globfree(&lists);
    return is_found;
}

/* PAM uses "other" for a service without a file. Not every machine has a file for sudo -i and su
 * -l, but one that has it has the first file of the pair too. */
static void
check_missing_sibling(struct check *check, const char *name, const char *missing)
{
    char *path = pam_file_find(check->root, name), place[PATH_MAX];

    if (path && !pam_file_is_conf(check->root, path) && !check_find_service(check, "other") &&
        snprintf(place, sizeof place, "%s/etc/pam.d/%s", check->root, missing) < PATH_MAX) {
        finding_add(&check->findings, FINDING_PAM_SIBLING, place, 0, missing,
                    "%s uses iDIN, and this service has no file, so it has the lines of other",
                    name);
        finding_cure(&check->findings, "cp %o %f", path);
    }
    free(path);
}

static void
check_siblings(struct check *check)
{
    for (size_t i = 0; i < ARRAY_LENGTH(siblings); i++)
        for (int j = 0; j < 2; j++) {
            const char *name = siblings[i][j], *other = siblings[i][!j];
            char *path = pam_file_find(check->root, other);
            char file[40];
            snprintf(file, sizeof file, "/etc/pam.d/%s", other);
            if (!path && check_find_service(check, name) && (j == 1 || is_packaged(check, file)))
                check_missing_sibling(check, name, other);
            if (path && !pam_file_is_conf(check->root, path) && check_find_service(check, name) &&
                !check_find_service(check, other) && !check_is_broken(check, other) &&
                !finding_is_about(&check->findings, FINDING_PAM_NEVER_OPENS, other))
                finding_add(&check->findings, FINDING_PAM_SIBLING, path, 0, other,
                            "%s uses iDIN, and this service gives the same access without it",
                            name);
            free(path);
        }
}

void
check_pam(struct check *check)
{
    struct pam_names *services = pam_file_names(check->root);

    if (!services) {
        check->findings.is_short |= !check_is_unseen(check, "/etc/pam.d", errno);
        return;
    }
    for (size_t i = 0; i < services->n; i++) {
        if (application_is_one_of(services->names[i], fragments))
            continue;
        check_auth(check, services->names[i]);
        check_other_types(check, services->names[i]);
    }
    if (check->n_services == 0 && !check->is_misspelt)
        check_unused(check, services);
    check_siblings(check);
    free(services);
}
