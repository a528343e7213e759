/* SPDX-License-Identifier: BSD-3-Clause */
/* What every provider does with its backend in the same way: what an answer has to be, where a code
 * may lead, and when to ask again. Run by the agent, with its user's rights, on what a backend
 * answers; each refusal is one line in the log, behind `what`, the name of the question. */
#ifndef IDQ_AGENT_INQUIRY_H
#define IDQ_AGENT_INQUIRY_H

#include "pam_idinqr/agent/provider.h"

#define INQUIRY_ANSWER_MAX (64 * 1024) /* bytes of JSON */
#define INQUIRY_REQUEST_MS 10000       /* for an answer that nobody holds back */

struct inquiry {
    const struct provider_context *context;
    long logged_status; /* the HTTP status that the log knows already; 0 for none */
};

/* The value of a setting; "" when it was not sent. The number of one: the configuration has checked
 * that it is one, of at most nine digits. */
const char *inquiry_setting(const struct inquiry *inquiry, const char *keyword);
int inquiry_number(const struct inquiry *inquiry, const char *keyword);

/* Makes a nonce: lower-case hex. 0, or IDQ_SYSTEM when the system gives no random bytes. */
int inquiry_make_nonce(char ret_nonce[PROVIDER_NONCE_SIZE]);

/* The time for one request: until the deadline, and at most INQUIRY_REQUEST_MS. */
int inquiry_request_ms(int64_t deadline_ms);

/* What an HTTP status means, before anything else of the answer is believed: 0 for 200; else
 * IDQ_MERCHANT, IDQ_BUSY, IDQ_UNREACHABLE or IDQ_REPLY, logged with `trouble` (loggable; "" for
 * nothing more) unless the answer before had the same status. */
int inquiry_check_status(struct inquiry *inquiry, const char *what, long status,
                         const char *trouble);

/* 0, or IDQ_REPLY for an answer that does not say that it is JSON. */
int inquiry_check_json(const struct inquiry *inquiry, const char *what,
                       const struct response *response);

/* 0 when `text` is an https URL that leads to a host in qr_hosts, or to the one of own_url (NULL:
 * to no other); else IDQ_HOST. */
int inquiry_check_host(const struct inquiry *inquiry, const char *what, const char *text,
                       const char *own_url);

/* How long to wait for the next look: wait_ms (below 0: not at all), or retry_after_s where the
 * backend asked for more (-1: it did not); at the longest until the login's end. */
int inquiry_next_ms(const struct inquiry *inquiry, int64_t wait_ms, long retry_after_s);

/* How long a person, who sees nothing yet, waits for a code that a backend puts off: a moment for
 * inquiry_wait_busy. */
int64_t inquiry_patience_ms(const struct inquiry *inquiry);

/* After IDQ_BUSY in place of a code: waits for as long as the backend asked, then 0, to ask again.
 * IDQ_BUSY at once when it did not say (-1), or wants more than there is until `until_ms`;
 * IDQ_CANCELLED. */
int inquiry_wait_busy(const struct inquiry *inquiry, int64_t until_ms, long retry_after_s);

#endif
