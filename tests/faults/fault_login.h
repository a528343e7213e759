/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs one row of the fault matrix (fault.h): the real libpam, module and agent, and a backend that
 * is broken as the row says. Test code; what is not as the row says fails the running test. */
#ifndef IDQ_TESTS_FAULT_LOGIN_H
#define IDQ_TESTS_FAULT_LOGIN_H

#include "tests/faults/fault.h"

/* `provider` is the one that is logged in with. */
void fault_login_run(const struct fault *fault, const char *provider);

#endif
