/* SPDX-License-Identifier: BSD-3-Clause */
/* One line of pam_idinqr(8)'s log, taken apart again. Pure. Where the line comes from decides what
 * it is worth: anybody may write to a system's log. */
#ifndef IDQ_AUDIT_ATTEMPT_LINE_H
#define IDQ_AUDIT_ATTEMPT_LINE_H

#include <stdint.h>

/* A login that ended. The texts are printable ASCII, and "" where the line does not say. */
struct attempt {
    int64_t time_s; /* since 1970, UTC */
    int is_roots;   /* the journal vouches that root's process wrote it; else anybody may have */
    const char *outcome, *session, *service, *account, *provider, *station, *duration, *tty, *rhost,
        *uid, *loginuid, *identity, *issuer, *transaction, *detail;
};

/* Takes what was given to the log: "pam_idinqr(sudo:auth): outcome=… …". The text is cut up in
 * place, and the attempt's texts point into it; time and is_roots are the caller's. 0, or -1 when
 * it is not, whole and to the letter, a line of the module's about the end of a login; ret_attempt
 * is then untouched. */
int attempt_line_parse(char *text, struct attempt *ret_attempt);

/* Takes a line of /var/log/auth.log, with a time as "2026-11-22T16:00:00.123+01:00" or as
 * "Nov 22 16:00:00": local time, of the last year in which that is not more than a day after now_s.
 * The rest as above; is_roots is 0. */
int attempt_line_parse_syslog(char *text, int64_t now_s, struct attempt *ret_attempt);

#endif
