/* SPDX-License-Identifier: BSD-3-Clause */
/* See oidc_provider.h. */
#include "tests/harness/oidc_provider.h"

#include "pam_idinqr/sandbox/state_dir.h"
#include "tests/harness/child.h"
#include "tests/harness/scratch.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PACKAGES BUILD_DIR "/oidc-provider"
#define SERVERS  SOURCE_DIR "/tests/e2e/oidc-provider/"
#define START_MS 60000
#define STOP_MS  60000

void
oidc_provider_start(struct oidc_provider *ret_provider, const char *name)
{
    static const char *const hosts[] = {NULL};
    const char *script =
        strcmp(name, "glewlwyd") == 0 ? SERVERS "glewlwyd.mjs" : SERVERS "server.mjs";
    bool is_cm = strcmp(name, "cm") == 0;
    CERTIFICATES_AUTO certificates = {0};
    struct oidc_provider provider = {.dir = scratch_dir("oidc-provider")};
    const char *const argv[] = {"node", script, PACKAGES, name, provider.dir, NULL},
                      *const cm_argv[] = {"node", SERVERS "cm.mjs", "serve", provider.dir, NULL};
    char *log = scratch_path(provider.dir, "provider.log"), line[300] = "";

    provider.ca_file = scratch_path(provider.dir, "ca.pem");
    ck_assert_int_eq(certificates_make(hosts, &certificates), 0);
    scratch_write(provider.ca_file, 0644, certificates.ca);
    scratch_write(scratch_path(provider.dir, "server.pem"), 0600, certificates.server);
    scratch_write(scratch_path(provider.dir, "server.key"), 0600, certificates.server_key);
    provider.process = child_start(is_cm ? cm_argv : argv, log);
    if (!child_read_line(provider.process, line, sizeof line, START_MS) ||
        strncmp(line, "ready https://", 14) != 0)
        ck_abort_msg("the provider did not start: %s\n%s", line, scratch_read(log));
    snprintf(provider.issuer, sizeof provider.issuer, "%s", line + strlen("ready "));
    *ret_provider = provider;
}

void
oidc_provider_stop(struct oidc_provider *provider)
{
    if (provider->process)
        ck_assert_int_eq(child_stop(&provider->process, STOP_MS), 0);
}

const char *
oidc_provider_why_not(void)
{
    static char reason[200];
    FILE *file;

    if (access(PACKAGES "/.installed", R_OK) == 0)
        return NULL;
    snprintf(reason, sizeof reason, "oidc-provider is not installed, see make check");
    file = fopen(PACKAGES "/why-not", "re");
    if (file) {
        if (fgets(reason, sizeof reason, file))
            reason[strcspn(reason, "\n")] = '\0';
        fclose(file);
    }
    return reason;
}
