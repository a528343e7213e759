/* SPDX-License-Identifier: BSD-3-Clause */
/* The module's arguments in a pam.d line. */
#ifndef IDQ_CONFIG_ARGUMENTS_H
#define IDQ_CONFIG_ARGUMENTS_H

#include "pam_idinqr/config/config.h"

#define ARGUMENTS_OVERRIDING 4 /* of the keywords may also be arguments */

struct arguments {
    const char *conf; /* conf=PATH; NULL for the usual files */
    int debug;
    /* keyword=value, each keyword once; they win over the files, and point into argv */
    const char *overrides[ARGUMENTS_OVERRIDING];
    int n_overrides;
};

/* conf=PATH, timeout=SECONDS, display=MODE, prompt=HOW, language=CODE, debug. Anything else, or one
 * of them twice, is IDQ_CONFIG: a mistyped argument must not be the same as none. */
int arguments_parse(int argc, const char **argv, struct arguments *ret_arguments,
                    struct diag *ret_diag);

/* Puts the overrides into the configuration. 0 or IDQ_CONFIG. */
int arguments_apply(const struct arguments *arguments, struct config *config,
                    struct diag *ret_diag);

#endif
