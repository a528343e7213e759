/* SPDX-License-Identifier: BSD-3-Clause */
/* The administrator's record of a login: one for each, whatever happened, with nothing personal in
 * it; and one before a prompt, in which a host may end without giving the module another word. As a
 * line of text, and as a record of systemd's journal with the same fields. */
#ifndef IDQ_AUDIT_AUDIT_H
#define IDQ_AUDIT_AUDIT_H

#include "pam_idinqr/common/error.h"

#include <stddef.h>
#include <stdint.h>

#define AUDIT_SESSION_SIZE 17 /* 16 hex digits and a zero byte */

struct audit {
    char session[AUDIT_SESSION_SIZE];            /* of this attempt; random */
    const char *service, *account, *tty, *rhost; /* as the host says; may be NULL or "" */
    const char *uid, *loginuid; /* of the process, from the kernel, in digits; the same */
    const char *provider, *hash, *issuer, *transaction, *station; /* the same */
    int is_asking; /* 1: not the end of the login, but the first prompt in it */
    enum idq_error outcome;
    int64_t duration_ms;
    const char *detail; /* may be NULL or "" */
};

#define AUDIT_LINE_SIZE 2560 /* bytes that hold any audit whole, but for values that are cut */

void audit_new_session(char ret_session[AUDIT_SESSION_SIZE]);

/* outcome=… session=… service=… account=… provider=… duration=1.2s [tty=…] [rhost=…] [uid=…]
 * [loginuid=…] [identity=…] [issuer=…] [transaction=…] [station="…"] [detail="…"]; with is_asking,
 * the word "asking" in place of the outcome, and no duration. What a stranger chose (an account, a
 * host) is cut at 255 bytes, so that it pushes nothing out of the line, and cannot add a field. */
void audit_format(const struct audit *audit, char *ret_line, size_t size);

/* Gives it to the journal that listens there, as one record: the fields that pam_idinqr(8) lists,
 * and the line as MESSAGE with the syslog priority. 0, or IDQ_SYSTEM when the journal did not take
 * it: then it is not written yet. Never waits. (Not audit_send: libpam finds that in libaudit.) */
int audit_to_journal(const struct audit *audit, int priority, const char *socket_path);

#endif
