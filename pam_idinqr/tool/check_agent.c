/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: checks the programs of agent and picture reader, their user, and the kernel's
 * support for their jails. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/trusted_file.h"
#include "pam_idinqr/login/agent_start.h"
#include "pam_idinqr/tool/accounts.h"
#include "pam_idinqr/tool/check.h"
#include "pam_idinqr/tool/console.h"
#include "pam_idinqr/tool/probe.h"

#include <build.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

/* `name` is its path on the checked machine. Returns whether the file is correct. */
static bool
check_program(struct check *check, const char *name)
{
    struct diag diag;
    struct stat status;
    char path[PATH_MAX];
    bool is_for_all, is_readable;
    int fd;

    if (check_path(check, name, path) != 0)
        return false;
    fd = trusted_file_open(path, TRUSTED_FILE_PROGRAM, &diag);
    if (fd < 0) {
        if (!check_is_unseen(check, path, diag.error))
            check_add_path(check, FINDING_AGENT, "agent", &diag,
                           diag.error == ENOENT
                               ? check_reinstall(check, strstr(name, "/idinqr-picture"))
                               : NULL);
        return false;
    }
    /* This program runs as another user. */
    is_for_all = fstat(fd, &status) == 0 && (status.st_mode & S_IXOTH);
    is_readable = is_for_all && (status.st_mode & (S_IRGRP | S_IROTH));
    close(fd);
    if (is_readable)
        finding_add(&check->findings, FINDING_AGENT_READABLE, path, 0, "",
                    "the agent can be read by others (mode %03o)",
                    (unsigned)status.st_mode & 07777);
    if (!is_for_all) {
        finding_add(&check->findings, FINDING_AGENT, path, 0, "", "the agent's user cannot run it");
        finding_cure(&check->findings, "chmod 0711 %f", "");
    }
    return is_for_all && check_whole(check, FINDING_AGENT, path, strstr(name, "/idinqr-picture"));
}

/* Returns whether programs may run where the agent is. */
static bool
check_mount(struct check *check, const char *agent)
{
    struct statvfs mount;

    if (check->root[0] || statvfs(agent, &mount) != 0 || !(mount.f_flag & ST_NOEXEC))
        return true;
    finding_add(&check->findings, FINDING_AGENT, agent, 0, "",
                "the file system is mounted noexec, so the agent cannot run");
    finding_cure(&check->findings, "findmnt --target %f", "");
    return false;
}

/* Returns whether the user exists. Without it, an application with root's rights cannot start the
 * agent. */
static bool
check_user(struct check *check)
{
    bool is_there = accounts_find(check->accounts, AGENT_USER) != NULL;

    if (!is_there)
        finding_add(&check->findings, FINDING_AGENT_USER, "", 0, "",
                    "the agent's user %s is missing, or cannot be looked up", AGENT_USER);
    return is_there;
}

/* Only the agent parses JSON and keys. A file that cannot be read is another finding. */
static void
check_keys(struct check *check)
{
    const struct config *config = check->config;
    const char *path = config->settings.oidc.jwks_file;
    char key_set[KEY_SET_MAX + 1];
    struct probe_report report;
    struct diag diag;
    int result;

    if (path[0] != '\0' && agent_start_read_keys(path, key_set, &diag) == 0 &&
        (result = probe_run_keys(config, &report)) != 0) {
        if (report.diag.text[0] == '\0')
            diag_set_file(&report.diag, path, 0, "%s", error_text(result));
        finding_add_diag(&check->findings, FINDING_JWKS_FILE, &report.diag);
    }
    for (const struct setting *setting = config->provider->settings; setting->keyword; setting++)
        if (setting->is_pem && config_text(config, setting)[0] != '\0' &&
            (result = probe_run_agent(config, setting, &report)) != 0)
            check_add_setting(check, FINDING_CONFIG, config, setting->keyword, "", ": %s",
                              report.diag.text[0] ? report.diag.text : error_text(result));
}

/* Returns the program that an error of the agent names (helper.h), or else the agent. */
static const char *
program_of(const struct agent_files *files, const char *text)
{
    return strstr(text, "(idinqr-fetch)")     ? files->fetch
           : strstr(text, "(idinqr-picture)") ? files->picture
                                              : files->paths.agent;
}

void
check_agent(struct check *check)
{
    struct probe_report report;
    struct agent_files files = {
        .paths = {.agent = LIBEXECDIR "/idinqr-agent", .fetch = LIBEXECDIR "/idinqr-fetch"}};
    bool is_sound = check_user(check);
    int result;

    if (check->config && agent_start_find(check->config, &files, &report.diag) != 0) {
        finding_add_diag(&check->findings, FINDING_AGENT, &report.diag);
        return;
    }
    is_sound &= check_mount(check, files.paths.agent);
    if (!check_program(check, files.paths.agent)) {
        if (strcmp(files.paths.agent, LIBEXECDIR "/idinqr-agent") != 0)
            return; /* if that is the mistake, the others are not beside it either */
        is_sound = false;
    }
    is_sound &= check_program(check, files.paths.fetch);
    if (files.paths.picture)
        is_sound &= check_program(check, files.paths.picture);
    /* The agent would only report the same again. */
    if (!is_sound || check->root[0] || !check->config)
        return;
    result = probe_run_agent(check->config, NULL, &report);
    check->agent_works = result == 0;
    if (result != 0 && report.diag.file[0])
        finding_add_diag(&check->findings, FINDING_AGENT, &report.diag);
    else if (result != 0)
        finding_add(&check->findings, FINDING_AGENT, program_of(&files, report.diag.text), 0, "",
                    "%s", report.diag.text[0] ? report.diag.text : error_text(result));
    if (result != 0)
        finding_cure(&check->findings,
                     check_reinstall(check, program_of(&files, report.diag.text) == files.picture),
                     "");
    else
        check_keys(check);
    if (report.jail.text[0])
        finding_add(&check->findings, FINDING_AGENT_JAIL, "", 0, "", "%s", report.jail.text);
}

/* check_network below compares this machine's clock with the backend's. */
#define TIME_THAT_HAS_PASSED 1735689600 /* 2025-01-01: an earlier clock was never set */

void
check_clock(struct check *check)
{
    struct timex state = {.modes = 0};

    if (check->root[0])
        return;
    if (time(NULL) < TIME_THAT_HAS_PASSED)
        finding_add(&check->findings, FINDING_CLOCK, "", 0, "",
                    "the clock says a time that has passed");
    else if (adjtimex(&state) == TIME_ERROR)
        finding_add(&check->findings, FINDING_CLOCK_UNSYNCHRONISED, "", 0, "",
                    "nothing keeps the clock of this machine right, as the kernel sees it");
}

/* `idinqr check`: checks names, routes, TLS and the backend's clock through the agent (probe.h).
 * Like the module, this program does not use the network itself. */

static enum finding_kind
kind_of(int error)
{
    switch (error) {
    case IDQ_TLS:
        return FINDING_TLS;
    case IDQ_CLOCK:
        return FINDING_CLOCK;
    case IDQ_CONFIG:
        return FINDING_CONFIG;
    case IDQ_AGENT:
    case IDQ_SYSTEM:
        return FINDING_AGENT;
    default:
        return FINDING_NETWORK;
    }
}

/* The command that tries the same as the agent, as its user. The environment's proxies are not the
 * agent's. */
static void
add_curl(struct check *check, const char *url)
{
    const struct config *config = check->config;
    const char *words[10], **next = words;

    *next++ = config->proxy[0] ? "--proxy" : "--noproxy";
    *next++ = config->proxy[0] ? config->proxy : "*";
    if (config->ca_file[0]) {
        *next++ = "--cacert";
        *next++ = config->ca_file;
    }
    if (config->pin_sha256[0]) {
        *next++ = "--pinnedpubkey";
        *next++ = config->pin_sha256;
    }
    *next++ = url;
    *next = NULL;
    finding_cure_words(&check->findings,
                       geteuid() == 0 ? "runuser -u " AGENT_USER
                                        " -- curl --verbose --output /dev/null"
                                      : "curl --verbose --output /dev/null",
                       words);
}

/* At a file that the agent's user must read, or else at the keyword that is probably wrong, if a
 * file sets it, or else at the URL. */
static void
add_network(struct check *check, const struct probe *probe)
{
    const struct diag *diag = &probe->report.diag;
    const char *keyword = probe->setting->keyword;
    const struct setting *suspect;
    char line[DIAG_LINE_SIZE], about[100] = "", cure[40];
    bool is_unset;
    unsigned unused;
    struct diag unread;
    size_t at = 0;

    /* The host's finding would only repeat it. */
    if (console_find_unread(probe->result, diag->text, &unread)) {
        finding_add(&check->findings, FINDING_NETWORK, unread.file, 0, "", "%s", unread.text);
        snprintf(cure, sizeof cure, "%s %%f", unread.cure);
        finding_cure(&check->findings, cure, NULL);
        return;
    }
    suspect = console_next_suspect(check->config, probe->result, diag->text, &at);
    is_unset = suspect && config_place(check->config, suspect, &unused)[0] == '\0';
    if (suspect && !is_unset) {
        keyword = suspect->keyword;
        snprintf(about, sizeof about, ": %s", probe->setting->keyword);
    }
    check_add_setting(check, kind_of(probe->result), check->config, keyword, "", "%s: %s%s", about,
                      diag->text[0] ? diag_format(diag, line) : error_text(probe->result),
                      is_unset && probe->result == IDQ_TLS
                          ? "; ca_file is not set: is the package ca-certificates installed, and "
                            "does it have this CA?"
                          : "");
    if (probe->result == IDQ_TLS || probe->result == IDQ_UNREACHABLE)
        add_curl(check, config_text(check->config, probe->setting));
}

#define PROBES_MAX 16 /* URLs of a provider */

void
check_network(struct check *check)
{
    struct probe probes[PROBES_MAX] = {0};
    size_t n = 0;

    if (!check->agent_works || check->is_offline)
        return;
    for (const struct setting *setting = check->config->provider->settings; setting->keyword;
         setting++) {
        const char *value = config_text(check->config, setting);
        struct https_url url;
        if (setting->kind == SETTING_URL && https_url_parse(value, strlen(value), &url) == 0 &&
            n < PROBES_MAX)
            probes[n++].setting = setting;
    }
    probe_run_agents(check->config, probes, n);
    for (size_t i = 0; i < n; i++)
        if (probes[i].result != 0)
            add_network(check, &probes[i]);
}
