/* SPDX-License-Identifier: BSD-3-Clause */
/* The private machine's /dev/log: for namespace.c. Tests use namespace_log and namespace_wait_log,
 * in namespace.h. */
#ifndef IDQ_TESTS_NAMESPACE_LOG_H
#define IDQ_TESTS_NAMESPACE_LOG_H

/* Makes /dev/log, for everybody to write to, and starts to take what arrives. */
void namespace_log_listen(void);

#endif
