/* SPDX-License-Identifier: BSD-3-Clause */
/* `idinqr check`: checks names, routes, TLS and the backend's clock through the agent (probe.h).
 * Like the module, this program does not use the network itself. */
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/tool/check.h"
#include "pam_idinqr/tool/probe.h"

#include <string.h>

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

void
check_network(struct check *check)
{
    const struct setting *setting;

    if (!check->agent_works || check->is_offline)
        return;
    setting = check->config->provider->settings;
    for (; setting->keyword; setting++) {
        const char *value = config_text(check->config, setting);
        struct probe_report report;
        char line[DIAG_LINE_SIZE];
        struct https_url url;
        int error;
        if (setting->kind != SETTING_URL || https_url_parse(value, strlen(value), &url) != 0)
            continue;
        error = probe_run_agent(check->config, setting, &report);
        if (error)
            finding_add(&check->findings, kind_of(error), "", 0, "", "%s: %s", setting->keyword,
                        report.diag.text[0] ? diag_format(&report.diag, line) : error_text(error));
    }
}
