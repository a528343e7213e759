/* SPDX-License-Identifier: BSD-3-Clause */
/* See login_host.h. */
#include "tests/harness/login_host.h"

#include "tests/harness/namespace.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/harness/session.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define SYSTEM_LOGIN "/bin/login"
#define BUILT_LOGIN  BUILD_DIR "/tests/e2e/util-linux-login"

static const struct login_host hosts[] = {
    {.name = "shadow"},
    {.name = "util-linux", .ignores_keys = 1, .ends_on_conv_err = 1},
};
static const struct login_host *const shadow = &hosts[0], *const util_linux = &hosts[1];

static const struct login_host *chosen;
static int system_login_is_util_linux;

/* It says so itself; shadow's knows no such option. */
static int
is_util_linux(const char *program)
{
    char command[4200], line[200] = "";

    snprintf(command, sizeof command, "'%s' --version </dev/null 2>&1", program);
    FILE *output = popen(command, "re");
    if (output == NULL)
        return 0;
    int found =
        fgets(line, sizeof line, output) != NULL && strstr(line, " from util-linux ") != NULL;
    pclose(output);
    return found;
}

const char *
login_host_variant(int i, const char **ret_why_not)
{
    int has_login = access(SYSTEM_LOGIN, X_OK) == 0;

    system_login_is_util_linux = has_login && is_util_linux(SYSTEM_LOGIN);
    if (i == 2)
        return NULL;
    if (&hosts[i] == shadow && (!has_login || system_login_is_util_linux))
        *ret_why_not = "this system has no login of shadow's";
    if (&hosts[i] == util_linux && !system_login_is_util_linux && !is_util_linux(BUILT_LOGIN))
        *ret_why_not = "it could not be built; tests/e2e/build-util-linux-login says why";
    return hosts[i].name;
}

void
login_host_choose(const char *name)
{
    chosen = strcmp(name, shadow->name) == 0 ? shadow : util_linux;
}

const struct login_host *
login_host(void)
{
    return chosen != NULL ? chosen : &hosts[runner_variant()];
}

void
login_host_define(const char *keyword, int value)
{
    char *old = scratch_read("/etc/login.defs"), *text = NULL;
    size_t size = 0, keyword_size = strlen(keyword);
    FILE *out = open_memstream(&text, &size);

    ck_assert_ptr_nonnull(out);
    for (const char *at = old; *at != '\0';) {
        size_t length = strcspn(at, "\n");
        if (strncmp(at, keyword, keyword_size) != 0 || !isspace((unsigned char)at[keyword_size]))
            fprintf(out, "%.*s\n", (int)length, at);
        at += length + (at[length] == '\n');
    }
    fprintf(out, "%s %d\n", keyword, value);
    ck_assert_int_eq(fclose(out), 0);
    scratch_write("/etc/login.defs", 0644, text);
    free(text);
}

void
login_host_enter(void)
{
    namespace_enter();
    if (login_host() == util_linux && !system_login_is_util_linux &&
        mount(BUILT_LOGIN, SYSTEM_LOGIN, "", MS_BIND, NULL) != 0)
        ck_abort_msg("mounting %s: %s", BUILT_LOGIN, strerror(errno));
    login_host_define("LOGIN_RETRIES", 3);
    login_host_define("LOGIN_TIMEOUT", 600);
    /* The seconds that it sleeps after a refusal are not the module's; shadow's leaves that to PAM.
     */
    if (login_host() == util_linux)
        login_host_define("FAIL_DELAY", 0);
}
