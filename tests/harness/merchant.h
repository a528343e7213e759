/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks the sandbox for a code as a merchant does, without an agent, to test the steps after the
 * scan. Test code: runs as the user who runs the tests. An error fails the running test. */
#ifndef IDQ_TESTS_MERCHANT_H
#define IDQ_TESTS_MERCHANT_H

#include "tests/harness/qr_backend.h"

/* A new code: generates it with the token of the sandbox's own idinqr.conf, fetches its picture,
 * and returns where that leads, as a phone reads it. Freed by the caller. */
char *merchant_new_code(struct qr_backend *backend);

#endif
