/* SPDX-License-Identifier: BSD-3-Clause */
/* The last logins of this machine, as its log has them: the journal, or, where there is none,
 * /var/log/auth.log and its like. For idinqr(1), which runs with the rights of who calls it. What
 * it reads is untrusted: anybody may write to a system's log. */
#ifndef IDQ_TOOL_ATTEMPT_LOG_H
#define IDQ_TOOL_ATTEMPT_LOG_H

#include "pam_idinqr/common/diag.h"
#include "pam_idinqr/audit/attempt_line.h"

#include <stddef.h>

#define ATTEMPT_LOG_MOST 10000 /* attempts that are kept */

struct attempt_log;

/* Reads the attempts since then (seconds since 1970; 0 for all that the log still has). Of more
 * than ATTEMPT_LOG_MOST, those that root did not write are left out first, then the oldest. 0 with
 * a list that the caller frees, which is empty where nothing was logged; or IDQ_SYSTEM with
 * ret_diag, when there is no log or it cannot be read by this user. */
int attempt_log_read(int64_t since_s, struct attempt_log **ret_log, struct diag *ret_diag);

/* The attempts, oldest first; their texts are valid until attempt_log_free. */
size_t attempt_log_count(const struct attempt_log *log);
const struct attempt *attempt_log_at(const struct attempt_log *log, size_t i);

void attempt_log_free(struct attempt_log **log);

#define ATTEMPT_LOG_AUTO __attribute__((cleanup(attempt_log_free))) struct attempt_log

#endif
