/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds the JSON requests of the iDIN QR protocol, and parses its answers. Pure. The caller has
 * verified the signature of an answer. Every type, length and character is checked all the same.
 * Unknown members are ignored, so that a backend may add some. */
#ifndef IDQ_AGENT_IDIN_QR_MESSAGES_H
#define IDQ_AGENT_IDIN_QR_MESSAGES_H

#include "pam_idinqr/agent/provider.h"
#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/common/secret.h"

#include <stddef.h>
#include <time.h>

#define QR_ID_MAX 64 /* bytes; a UUID has 36, but any name is accepted */

struct generate_request {
    const char *merchant_token;
    long merchant_sub_id;
    time_t expiration; /* sent in UTC */
    bool is_relay;     /* which gets the next four, and must repeat them. NULL: not sent */
    const char *nonce; /* the only one with which it then tells the status of the code */
    const char *station, *service, *account; /* for the phone's page */
};

/* Requests a code for one login: only the BIN, at most four scans. Returns the body, or NULL if
 * memory is short, or a text is not UTF-8. */
struct secret *idin_qr_write_generate(const struct generate_request *request);

struct status_request {
    const char *merchant_token, *qr_id;
    const char *nonce;   /* the answer must repeat it; NULL: it is not sent and not checked */
    int wait_s;          /* how long the backend may hold the answer */
    bool is_relay;       /* which answers with an identity in place of a BIN, and may ask: */
    unsigned tries_most; /* for the number on the phone, so many times at most */
    const char *number;  /* as the person typed it; NULL: none */
};

/* Requests the status of a code. Returns NULL as above. */
struct secret *idin_qr_write_status(const struct status_request *request);

/* Cancels a code. Returns NULL as above. */
struct secret *idin_qr_write_cancel(const char *merchant_token, const char *qr_id);

struct generate_answer {
    char qr_id[QR_ID_MAX + 1];
    /* Visible ASCII; the caller checks its host. One of them is "". */
    char qr_url[HTTPS_URL_MAX + 1];   /* of the picture */
    char qr_payload[PAYLOAD_MAX + 1]; /* of a relay: the link itself */
};

/* Reads the answer to `request`. A relay may name the link. Any other backend names a picture, as a
 * relay may that passes on the code of one. Returns 0; or IDQ_REPLY with ret_answer unchanged, also
 * if a relay's answer is for another login. *ret_problem is then the reason, for the log (static).
 */
int idin_qr_read_generate(const char *body, size_t size, const struct generate_request *request,
                          struct generate_answer *ret_answer, const char **ret_problem);

/* Reads the answer to `request`. Returns 0 with ret_status filled in except next_ms.
 * *ret_retry_after_s is then at least 0, or -1 if the backend sent none. Returns IDQ_OTHER_CODE if
 * the answer is about another code or lacks the nonce, or IDQ_REPLY. *ret_problem is then the
 * reason, for the log (static). A success without a usable BIN is a status whose outcome is
 * IDQ_NO_SUBJECT or IDQ_TRANSIENT. So is a success of a relay without an identity. An unknown
 * status is IDQ_BANK_FAILED. The caller wipes the result. */
int idin_qr_read_status(const char *body, size_t size, const struct status_request *request,
                        struct provider_status *ret_status, long *ret_retry_after_s,
                        const char **ret_problem);

#endif
