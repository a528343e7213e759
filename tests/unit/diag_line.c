/* SPDX-License-Identifier: BSD-3-Clause */
/* See diag_line.h. */
#include "tests/unit/diag_line.h"

const char *
diag_line(const struct diag *diag)
{
    static char line[DIAG_LINE_SIZE];

    return diag_format(diag, line);
}
