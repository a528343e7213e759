/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds the JSON requests of Signicat's Authentication REST API, and parses its answers. Pure. TLS
 * has verified the host, and the answers are checked all the same. Unknown members are ignored,
 * such as the person's name. */
#ifndef IDQ_AGENT_SIGNICAT_MESSAGES_H
#define IDQ_AGENT_SIGNICAT_MESSAGES_H

#include "pam_idinqr/agent/provider.h"
#include "pam_idinqr/common/secret.h"

#define SIGNICAT_ID_MAX       TRANSACTION_MAX /* bytes; a UUID has 36 */
#define SIGNICAT_TROUBLE_SIZE 160

struct signicat_request {
    const char *callback_url; /* for all three of success, abort and error */
    enum requested_loa requested_loa;
    const char *request_domain; /* "": Signicat's choice */
    const char *language;
    const char *reference; /* ours; each answer must repeat it */
    long lifetime_s;
};

/* Requests a session: the identity at iDIN, and no other personal data. Returns the body, or NULL
 * if memory is short. */
struct secret *signicat_write_session(const struct signicat_request *request);

/* Reads the answer of the token endpoint. Returns 0 with the value of an Authorization header
 * ("Bearer …"), which the caller frees, and its lifetime in seconds (-1: absent). Returns IDQ_REPLY
 * or IDQ_SYSTEM. */
int signicat_read_token(const char *body, size_t size, struct secret **ret_authorization,
                        long *ret_lifetime_s);

/* The values that an answer about a session must match. */
struct signicat_terms {
    char id[SIGNICAT_ID_MAX + 1]; /* "" until Signicat has sent one */
    char reference[PROVIDER_NONCE_SIZE];
    enum requested_loa requested_loa;
};

/* Reads the answer to signicat_write_session. Returns 0 with terms->id and the link for the phone,
 * visible ASCII, whose host the caller checks. Returns IDQ_OTHER_CODE if it is about another login,
 * or IDQ_REPLY. terms->id is set once the session is known to be ours, also if the rest is
 * rejected, so that it can be canceled. */
int signicat_read_created(const char *body, size_t size, struct signicat_terms *terms,
                          char ret_url[PAYLOAD_MAX + 1]);

/* Reads the answer about the session. Returns 0 with ret_status filled in except next_ms. Returns
 * IDQ_OTHER_CODE if it is about another session or login. Returns IDQ_REPLY also for an identity
 * that is not from iDIN. An unknown status is IDQ_BANK_FAILED, because such a session may still be
 * open. A success without a usable identity is a status whose outcome is IDQ_NO_SUBJECT,
 * IDQ_TRANSIENT or IDQ_LOW_ASSURANCE. ret_trouble is a text for the log, or "": loggable, without
 * personal data. The caller wipes the result. */
int signicat_read_session(const char *body, size_t size, const struct signicat_terms *terms,
                          struct provider_status *ret_status,
                          char ret_trouble[SIGNICAT_TROUBLE_SIZE]);

/* Writes the title and the code of an HTTP error's body, or OAuth's error code. Never the details,
 * which may repeat the request. Loggable, "" if there are none. */
void signicat_read_trouble(const char *body, size_t size, char ret_trouble[SIGNICAT_TROUBLE_SIZE]);

#endif
