/* SPDX-License-Identifier: BSD-3-Clause */
/* idinqr check: finds lockouts and unintended access. Changes nothing. The parts are in
 * check_<subject>.c: check.h lists them. */
#include "pam_idinqr/tool/check.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/tool/command.h"

#include <errno.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
check_path(const struct check *check, const char *path, char ret_path[PATH_MAX])
{
    return snprintf(ret_path, PATH_MAX, "%s%s", check->root, path) < PATH_MAX ? 0 : -1;
}

bool
check_is_unseen(struct check *check, const char *file, int error)
{
    if (error != EACCES || geteuid() == 0)
        return false;
    finding_add(&check->findings, FINDING_UNSEEN, file, 0, "", "only root can look at this file");
    return true;
}

const char *
check_reinstall(const struct check *check, bool is_picture)
{
    char pattern[PATH_MAX];
    glob_t found = {0};
    bool is_package = check_path(check, "/var/lib/dpkg/info/libpam-idinqr*.list", pattern) == 0 &&
                      glob(pattern, 0, NULL, &found) == 0;

    globfree(&found);
    if (!is_package)
        return "make -C /PATH/OF/THE/BUILD install";
    return is_picture ? "apt-get install --reinstall /PATH/OF/idinqr-picture_*.deb"
                      : "apt-get install --reinstall /PATH/OF/libpam-idinqr_*.deb";
}

const struct check_service *
check_find_service(const struct check *check, const char *name)
{
    for (size_t i = 0; i < check->n_services; i++)
        if (strcmp(check->services[i].name, name) == 0)
            return &check->services[i];
    return NULL;
}

bool
check_is_broken(const struct check *check, const char *service)
{
    static const enum finding_kind kinds[] = {FINDING_PAM_SYNTAX,    FINDING_PAM_MODULE,
                                              FINDING_PAM_ARGUMENTS, FINDING_PAM_JUMP,
                                              FINDING_PAM_GROUP,     FINDING_PAM_FILE};

    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
        if (finding_is_about(&check->findings, kinds[i], service))
            return true;
    return false;
}

static void
check_free(struct check *check)
{
    config_free(&check->config);
    map_free(&check->map);
    accounts_free(&check->accounts);
    free(check->services);
    findings_free(&check->findings);
}

static int
report(struct check *check, enum finding_form form)
{
    struct findings *findings = &check->findings;

    finding_sort(findings);
    if (finding_print(findings, form, stdout) != 0)
        return command_finish_output(COMMAND_MACHINE, "the findings");
    if (findings->is_short)
        command_say("not all was looked at: memory is short, or there are more files or lines than "
                    "this program takes");
    return (int)finding_state(findings);
}

int
command_check(const struct command_options *options, int argc, char **argv)
{
    __attribute__((cleanup(check_free))) struct check check = {
        .root = "", .conf = options->conf, .is_offline = options->offline};
    char root[PATH_MAX];
    struct diag diag;

    (void)argv;
    if (argc != 0) {
        command_say("check takes no argument");
        return COMMAND_USAGE;
    }
    if (options->root) {
        if (!realpath(options->root, root)) {
            diag_set_error(&diag, options->root, errno);
            return command_fail(options, &diag);
        }
        check.root = strcmp(root, "/") == 0 ? "" : root;
    }
    check.accounts = accounts_read(check.root);
    if (!check.accounts) {
        command_say("%s", error_text(IDQ_SYSTEM));
        return COMMAND_MACHINE;
    }
    check_config(&check);
    check_map(&check);
    check_pam(&check);
    check_login_defs(&check);
    check_console_font(&check);
    check_sshd(&check);
    check_sudo(&check);
    check_clock(&check);
    check_agent(&check);
    check_network(&check);
    if (options->json)
        return report(&check, FINDING_FORM_JSON);
    return report(&check, options->quiet ? FINDING_FORM_LINE : FINDING_FORM_TEXT);
}
