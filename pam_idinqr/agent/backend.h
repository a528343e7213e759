/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks answers, checks the host of a code's link, and schedules the next poll: the parts that all
 * providers share. The agent runs it, with its user's rights, on answers from a backend. Each
 * refusal logs one line that begins with `what`, the name of the request. */
#ifndef IDQ_AGENT_BACKEND_H
#define IDQ_AGENT_BACKEND_H

#include "pam_idinqr/agent/provider.h"

#include <stdbool.h>

#define BACKEND_ANSWER_MAX (64 * 1024) /* bytes of JSON */
#define BACKEND_REQUEST_MS 10000       /* for an answer that the backend does not hold */

struct backend {
    const struct provider_context *context;
    long logged_status; /* the HTTP status that was logged last; 0: no status yet */
};

/* Makes a nonce of lower-case hex digits. Returns 0, or IDQ_SYSTEM if the system returns no random
 * bytes. */
int backend_make_nonce(char ret_nonce[PROVIDER_NONCE_SIZE]);

/* Returns the time for one request: until the deadline, and at most BACKEND_REQUEST_MS. */
int backend_request_ms(int64_t deadline_ms);

/* Translates an HTTP status before any other part of the answer is used. Returns 0 for 200, else
 * IDQ_MERCHANT, IDQ_BUSY, IDQ_UNREACHABLE or IDQ_REPLY. Logs an error with `trouble` (loggable, may
 * be ""), unless the previous answer had the same status. */
int backend_check_status(struct backend *backend, const char *what, long status,
                         const char *trouble);

/* Returns 0, or IDQ_REPLY if the answer's content type is not JSON. */
int backend_check_json(const struct backend *backend, const char *what,
                       const struct fetch_response *response);

/* Returns 0 if `text` is an https URL to a host in qr_hosts, or to the host of own_url (NULL: no
 * other host). Else returns IDQ_HOST. */
int backend_check_host(const struct backend *backend, const char *what, const char *text,
                       const char *own_url);

/* Returns the time until the next poll: wait_ms (below 0: no wait), or retry_after_s if that is
 * longer (-1: absent). It never exceeds the rest of the login. */
int backend_next_ms(const struct backend *backend, int64_t wait_ms, long retry_after_s);

/* How long a person waits for a code that the backend delays, while the screen is still empty. For
 * backend_retries. */
int64_t backend_patience_ms(const struct backend *backend);

/* Returns whether to request the code again, because the backend is busy: after waiting for as long
 * as it asked. Returns false at once for any other *error, without a time (-1), and if the time
 * ends after `until_ms`. Sets *error to IDQ_CANCELLED if the module closes meanwhile. */
bool backend_retries(const struct backend *backend, int64_t until_ms, long retry_after_s,
                     int *error);

#endif
