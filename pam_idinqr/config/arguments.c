/* SPDX-License-Identifier: BSD-3-Clause */
/* The module's arguments. Runs in the application, on its line in pam.d. */
#include "pam_idinqr/config/config.h"

#include "pam_idinqr/common/error.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const overriding[ARGUMENTS_OVERRIDING] = {
    "timeout=", "display=", "prompt=", "language="};

static bool
is_override(const char *argument)
{
    for (size_t i = 0; i < ARGUMENTS_OVERRIDING; i++)
        if (strncmp(argument, overriding[i], strlen(overriding[i])) == 0)
            return true;
    return false;
}

/* Returns whether the keyword, up to its '=', is the same. */
static bool
is_same(const char *a, const char *b)
{
    size_t size = strcspn(a, "=");

    return size == strcspn(b, "=") && memcmp(a, b, size) == 0;
}

int
arguments_parse(int argc, const char **argv, struct arguments *ret_arguments, struct diag *ret_diag)
{
    struct arguments arguments = {0};

    for (int i = 0; i < argc; i++) {
        for (int j = 0; j < i; j++)
            if (is_same(argv[i], argv[j])) {
                diag_set(ret_diag, "module argument %.64s is given twice", argv[i]);
                return IDQ_CONFIG;
            }
        if (strcmp(argv[i], "debug") == 0) {
            arguments.debug = 1;
        } else if (strncmp(argv[i], "conf=/", 6) == 0) {
            arguments.conf = argv[i] + 5;
        } else if (is_override(argv[i])) {
            arguments.overrides[arguments.n_overrides++] = argv[i];
        } else {
            diag_set(ret_diag, "module argument %.64s is unknown, or has an invalid value",
                     argv[i]);
            return IDQ_CONFIG;
        }
    }
    *ret_arguments = arguments;
    return 0;
}

int
arguments_apply(const struct arguments *arguments, struct config *config, struct diag *ret_diag)
{
    for (int i = 0; i < arguments->n_overrides; i++) {
        const char *argument = arguments->overrides[i], *value = strchr(argument, '=') + 1;
        char keyword[32];

        snprintf(keyword, sizeof keyword, "%.*s", (int)(value - 1 - argument), argument);
        if (config_override(config, "module argument", keyword, value, ret_diag) != 0)
            return IDQ_CONFIG;
    }
    return 0;
}
