/* SPDX-License-Identifier: BSD-3-Clause */
/* A diag as the log has it. Test code: runs as whoever runs the tests. */
#ifndef IDQ_TESTS_DIAG_LINE_H
#define IDQ_TESTS_DIAG_LINE_H

#include "pam_idinqr/common/error.h"

/* Valid until the next call. */
const char *diag_line(const struct diag *diag);

#endif
