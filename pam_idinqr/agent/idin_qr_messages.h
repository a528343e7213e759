/* SPDX-License-Identifier: BSD-3-Clause */
/* The JSON of the iDIN QR protocol: requests built, answers taken apart. Pure. An answer comes here
 * when its signature holds, and is distrusted still: every type, length and character is checked.
 * Members that are not named here are skipped, so that a backend may add some. */
#ifndef IDQ_AGENT_IDIN_QR_MESSAGES_H
#define IDQ_AGENT_IDIN_QR_MESSAGES_H

#include "pam_idinqr/agent/provider.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"

#include <time.h>

#define QR_ID_MAX 64 /* bytes; a UUID has 36, and to us it is only a name to be given back */

struct generate_request {
    const char *merchant_token;
    long merchant_sub_id;
    time_t expiration; /* sent in UTC */
};

/* Asks for a code for one login: the BIN alone, at most four scans. The body, or NULL when memory
 * is short. */
struct secret *idin_qr_write_generate(const struct generate_request *request);

struct status_request {
    const char *merchant_token, *qr_id;
    const char *nonce; /* the answer must repeat it; NULL: is not sent and not looked for */
    int wait_s;        /* so long the answer may be held back */
};

/* Asks for the status of a code. NULL as above. */
struct secret *idin_qr_write_status(const struct status_request *request);

/* Tells that nobody waits for a code any more. NULL as above. */
struct secret *idin_qr_write_cancel(const char *merchant_token, const char *qr_id);

struct generate_answer {
    char qr_id[QR_ID_MAX + 1];
    char qr_url[HTTPS_URL_MAX + 1]; /* visible ASCII; where it leads is for the caller to check */
};

/* 0 or IDQ_REPLY, with ret_answer untouched. */
int idin_qr_read_generate(const char *body, size_t size, struct generate_answer *ret_answer);

/* The answer to `request`. 0 with ret_status filled in but for next_ms, and *ret_retry_after_s at
 * least 0, or -1 when the backend did not say; IDQ_OTHER_CODE when it is about another code, or
 * does not repeat the nonce; IDQ_REPLY. *ret_problem then says why, for the log (static). A success
 * without a usable BIN is a status whose outcome is IDQ_NO_SUBJECT or IDQ_TRANSIENT; a status that
 * nobody heard of is IDQ_BANK_FAILED. The caller wipes the result. */
int idin_qr_read_status(const char *body, size_t size, const struct status_request *request,
                        struct provider_status *ret_status, long *ret_retry_after_s,
                        const char **ret_problem);

#endif
