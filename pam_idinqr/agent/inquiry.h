/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks answers, checks the host of a code's link, and schedules the next poll: the parts that all
 * providers share. The agent runs it, with its user's rights, on answers from a backend. Each
 * refusal logs one line that begins with `what`, the name of the request. */
#ifndef IDQ_AGENT_INQUIRY_H
#define IDQ_AGENT_INQUIRY_H

#include "pam_idinqr/agent/provider.h"

#define INQUIRY_ANSWER_MAX (64 * 1024) /* bytes of JSON */
#define INQUIRY_REQUEST_MS 10000       /* for an answer that the backend does not hold */

struct inquiry {
    const struct provider_context *context;
    long logged_status; /* the HTTP status that was logged last; 0: no status yet */
};

/* inquiry_setting returns the value of a setting, or "" if START had none. inquiry_number returns
 * its number. The configuration has checked that it is one, of at most nine digits. */
const char *inquiry_setting(const struct inquiry *inquiry, const char *keyword);
int inquiry_number(const struct inquiry *inquiry, const char *keyword);

/* Makes a nonce of lower-case hex digits. Returns 0, or IDQ_SYSTEM if the system returns no random
 * bytes. */
int inquiry_make_nonce(char ret_nonce[PROVIDER_NONCE_SIZE]);

/* Returns the time for one request: until the deadline, and at most INQUIRY_REQUEST_MS. */
int inquiry_request_ms(int64_t deadline_ms);

/* Translates an HTTP status before any other part of the answer is used. Returns 0 for 200, else
 * IDQ_MERCHANT, IDQ_BUSY, IDQ_UNREACHABLE or IDQ_REPLY. Logs an error with `trouble` (loggable, may
 * be ""), unless the previous answer had the same status. */
int inquiry_check_status(struct inquiry *inquiry, const char *what, long status,
                         const char *trouble);

/* Returns 0, or IDQ_REPLY if the answer's content type is not JSON. */
int inquiry_check_json(const struct inquiry *inquiry, const char *what,
                       const struct response *response);

/* Returns 0 if `text` is an https URL to a host in qr_hosts, or to the host of own_url (NULL: no
 * other host). Else returns IDQ_HOST. */
int inquiry_check_host(const struct inquiry *inquiry, const char *what, const char *text,
                       const char *own_url);

/* Returns the time until the next poll: wait_ms (below 0: no wait), or retry_after_s if that is
 * longer (-1: absent). It never exceeds the rest of the login. */
int inquiry_next_ms(const struct inquiry *inquiry, int64_t wait_ms, long retry_after_s);

/* How long a person waits for a code that the backend delays, while the screen is still empty. For
 * inquiry_wait_busy. */
int64_t inquiry_patience_ms(const struct inquiry *inquiry);

/* Waits after IDQ_BUSY instead of a code. Returns 0 after the time that the backend asked for: then
 * retry. Returns IDQ_BUSY at once if the backend sent no time (-1), or a time after `until_ms`.
 * Returns IDQ_CANCELLED. */
int inquiry_wait_busy(const struct inquiry *inquiry, int64_t until_ms, long retry_after_s);

#endif
