/* SPDX-License-Identifier: BSD-3-Clause */
/* What pam_idinqr.so shows to its hosts and needs from them: pam_sm_* and nothing else, and no
 * library that a host should not have to load. */
#include "pam_idinqr/common/array.h"
#include "tests/harness/runner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *
run(const char *command)
{
    FILE *output = popen(command, "r");

    ck_assert_ptr_nonnull(output);
    return output;
}

TEST_CASE("module");

TEST(test_exports)
{
    FILE *output = run("nm -D --defined-only -P '" BUILD_DIR "/pam_idinqr.so'");
    char name[256];
    int n_authenticate = 0, n_setcred = 0;

    while (fscanf(output, "%255s%*[^\n]", name) == 1) {
        ck_assert_msg(strncmp(name, "pam_sm_", 7) == 0, "%s is exported", name);
        n_authenticate += strcmp(name, "pam_sm_authenticate") == 0;
        n_setcred += strcmp(name, "pam_sm_setcred") == 0;
    }
    ck_assert_int_eq(pclose(output), 0);
    ck_assert_int_eq(n_authenticate, 1);
    ck_assert_int_eq(n_setcred, 1);
}

#ifndef SANITIZER /* which brings its own libraries */
TEST(test_libraries)
{
    static const char *const allowed[] = {"libpam.so.0", "libc.so.6", "libmd.so.0", "ld-linux"};
    FILE *output = run("objdump -p '" BUILD_DIR "/pam_idinqr.so'");
    char line[512];
    int n_needed = 0;

    while (fgets(line, sizeof line, output)) {
        char *name = strstr(line, "NEEDED");
        int found = 0;
        if (!name)
            continue;
        n_needed++;
        for (size_t i = 0; i < ARRAY_LENGTH(allowed); i++)
            found |= strstr(name, allowed[i]) != NULL;
        ck_assert_msg(found, "the module needs %s", name);
    }
    ck_assert_int_eq(pclose(output), 0);
    ck_assert_int_gt(n_needed, 0);
}
#else
TEST(test_libraries, .why_not = "a sanitizer brings libraries of its own")
{
}
#endif

RUN_TESTS("exports", NULL);
