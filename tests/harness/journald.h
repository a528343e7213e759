/* SPDX-License-Identifier: BSD-3-Clause */
/* A journal of the private machine's own: the real systemd-journald, in the namespace of
 * namespace.h, which has to be entered first. Test code: needs root. Trouble fails the running
 * test. */
#ifndef IDQ_TESTS_JOURNALD_H
#define IDQ_TESTS_JOURNALD_H

#include <sys/types.h>

/* Why there cannot be one, for RUN_TESTS's skip; NULL when there can. */
const char *journal_why_not(void);

/* Starts journald, and waits until it takes entries. It ends with this process. */
void journal_start(void);

/* Ends it, if there is one; for a fixture's teardown. */
void journal_stop(void);

/* Logs a line to LOG_AUTHPRIV as a process of this user's, and waits until it is in the journal. */
void journal_write(uid_t uid, const char *line);

#endif
