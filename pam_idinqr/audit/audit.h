/* SPDX-License-Identifier: BSD-3-Clause */
/* Records each login for the administrator, without personal data. Before a prompt, in which an
 * application may kill the module's process, it writes a first record. Each is a line of text, and
 * an entry of systemd's journal with the same fields. */
#ifndef IDQ_AUDIT_AUDIT_H
#define IDQ_AUDIT_AUDIT_H

#include "pam_idinqr/common/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AUDIT_SESSION_SIZE 17 /* 16 hex digits and a zero byte */

struct audit {
    char session[AUDIT_SESSION_SIZE];            /* of this attempt; random */
    const char *service, *account, *tty, *rhost; /* from the application; may be NULL or "" */
    const char *uid, *loginuid; /* of the process, from the kernel, in digits; may be NULL or "" */
    const char *provider, *hash, *issuer, *transaction, *station; /* may be NULL or "" */
    bool is_asking; /* 1: the first prompt of the login, not its end */
    enum idq_error outcome;
    int64_t duration_ms;
    const char *detail; /* may be NULL or "" */
};

#define AUDIT_LINE_SIZE 2560 /* bytes of the longest record, with truncated values */

void audit_new_session(char ret_session[AUDIT_SESSION_SIZE]);

/* Writes the line: outcome=… session=… service=… account=… provider=… duration=1.2s [tty=…]
 * [rhost=…] [uid=…] [loginuid=…] [identity=…] [issuer=…] [transaction=…] [station="…"]
 * [detail="…"]. With is_asking it has the word "asking" instead of the outcome, and no duration. A
 * text that a client chose (an account, a machine's name) is truncated at 255 bytes. So it
 * displaces no other field, and cannot add one. */
void audit_format(const struct audit *audit, char *ret_line, size_t size);

/* Sends one entry to the journal: the fields in pam_idinqr(8), and the line as MESSAGE with the
 * syslog priority. Returns 0, or IDQ_SYSTEM if the journal has not accepted it, and it is not
 * written yet. Never waits. (Not named audit_send, which libpam finds in libaudit.) */
int audit_to_journal(const struct audit *audit, int priority, const char *socket_path);

#endif
