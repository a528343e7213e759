/* The administrator's line about a login: one for each, whatever happened, with nothing personal in
 * it; and one before a prompt, in which a host may end without giving the module another word. */
#ifndef IDQ_MODULE_AUDIT_H
#define IDQ_MODULE_AUDIT_H

#include "pam_idinqr/common/error.h"

#include <stddef.h>
#include <stdint.h>

#define AUDIT_SESSION_SIZE 17 /* 16 hex digits and a zero byte */

struct audit {
    char session[AUDIT_SESSION_SIZE];            /* of this attempt; random */
    const char *service, *account, *tty, *rhost; /* as the host says; may be NULL or "" */
    const char *provider, *hash, *transaction;   /* may be "" */
    int is_asking; /* 1: not the end of the login, but the first prompt in it */
    enum idq_error outcome;
    int64_t duration_ms;
    const char *detail; /* may be "" */
};

#define AUDIT_LINE_SIZE 2048 /* bytes that hold any audit whole, but for values that are cut */

void audit_new_session(char ret_session[AUDIT_SESSION_SIZE]);

/* outcome=… session=… service=… account=… provider=… duration=1.2s [tty=…] [rhost=…] [identity=…]
 * [transaction=…] [detail="…"]; with is_asking, the word "asking" in place of the outcome, and no
 * duration. What a stranger chose (an account, a host) is cut
 * at 255 bytes, so that it pushes nothing out of the line, and cannot add a field. */
void audit_format(const struct audit *audit, char *ret_line, size_t size);

#endif
