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

static const struct login_host shadow = {.name = "shadow"};
static const struct login_host util_linux = {
    .name = "util-linux",
    .ignores_keys = 1,
    .ends_on_conv_err = 1,
};

static struct {
    const char *name;
    void (*add)(TCase *tcase);
} tests; /* what login_host_main was told */

static const struct login_host *current;
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

static void
use_shadow(void)
{
    current = &shadow;
}

static void
use_util_linux(void)
{
    current = &util_linux;
}

static void
add_case(Suite *suite, const struct login_host *host, void (*use)(void))
{
    TCase *tcase = tcase_create(host->name);

    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, use, NULL);
    tests.add(tcase);
    suite_add_tcase(suite, tcase);
}

static Suite *
suite(void)
{
    Suite *suite = suite_create(tests.name);
    int has_login = access(SYSTEM_LOGIN, X_OK) == 0;

    system_login_is_util_linux = has_login && is_util_linux(SYSTEM_LOGIN);
    if (has_login && !system_login_is_util_linux)
        add_case(suite, &shadow, use_shadow);
    else
        runner_skip(shadow.name, "this system has no login of shadow's");
    if (system_login_is_util_linux || is_util_linux(BUILT_LOGIN))
        add_case(suite, &util_linux, use_util_linux);
    else
        runner_skip(util_linux.name,
                    "it could not be built; tests/e2e/build-util-linux-login says why");
    return suite;
}

static const char *
why_skip(void)
{
    return session_why_not(NULL); /* each of the two is looked for by itself */
}

int
login_host_main(int argc, char **argv, const char *name, void (*add)(TCase *tcase))
{
    tests.name = name;
    tests.add = add;
    return runner_main(argc, argv, name, suite, why_skip);
}

const struct login_host *
login_host(void)
{
    ck_assert_ptr_nonnull(current);
    return current;
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
    free(old);
}

void
login_host_enter(void)
{
    namespace_enter();
    if (login_host() == &util_linux && !system_login_is_util_linux &&
        mount(BUILT_LOGIN, SYSTEM_LOGIN, NULL, MS_BIND, NULL) != 0)
        ck_abort_msg("mounting %s: %s", BUILT_LOGIN, strerror(errno));
    login_host_define("LOGIN_RETRIES", 3);
    login_host_define("LOGIN_TIMEOUT", 600);
    /* The seconds that it sleeps after a refusal are not the module's; shadow's leaves that to PAM.
     */
    if (login_host() == &util_linux)
        login_host_define("FAIL_DELAY", 0);
}
