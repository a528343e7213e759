/* SPDX-License-Identifier: BSD-3-Clause */
/* Formats a diag as the log does. Test code: runs as the user who runs the tests. */
#ifndef IDQ_TESTS_DIAG_LINE_H
#define IDQ_TESTS_DIAG_LINE_H

#include "pam_idinqr/common/error.h"

/* Valid until the next call. */
const char *diag_line(const struct diag *diag);

#endif
