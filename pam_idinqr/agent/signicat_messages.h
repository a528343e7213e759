/* SPDX-License-Identifier: BSD-3-Clause */
/* The JSON of Signicat's Authentication REST API: requests built, answers taken apart. Pure. An
 * answer comes from a host whose certificate holds, and is distrusted still. Members that are not
 * named here are skipped, the person's name and the like among them. */
#ifndef IDQ_AGENT_SIGNICAT_MESSAGES_H
#define IDQ_AGENT_SIGNICAT_MESSAGES_H

#include "pam_idinqr/agent/provider.h"
#include "pam_idinqr/common/secret.h"

#define SIGNICAT_ID_MAX       TRANSACTION_MAX /* bytes; a UUID has 36 */
#define SIGNICAT_TROUBLE_SIZE 160

struct signicat_request {
    const char *callback_url; /* for all three of success, abort and error */
    const char *requested_loa;
    const char *request_domain; /* "": Signicat's choice */
    const char *language;
    const char *reference; /* ours, to be found in every answer */
    long lifetime_s;
};

/* Asks for a session: the identity at iDIN, and nothing else of the person. The body, or NULL when
 * memory is short. */
struct secret *signicat_write_session(const struct signicat_request *request);

/* The answer of the token endpoint. 0 with the value of an Authorization header ("Bearer …"), the
 * caller's to free, and the seconds it is good for, -1 when that was not said; or IDQ_REPLY,
 * IDQ_SYSTEM. */
int signicat_read_token(const char *body, size_t size, struct secret **ret_authorization,
                        long *ret_lifetime_s);

/* What an answer about a session has to agree with. */
struct signicat_terms {
    char id[SIGNICAT_ID_MAX + 1]; /* "" until Signicat has given one */
    char reference[PROVIDER_NONCE_SIZE];
    const char *requested_loa;
};

/* The answer to signicat_write_session. 0 with terms->id and the link for the phone, visible ASCII;
 * where it leads is for the caller to check. IDQ_OTHER_CODE when it is about another login,
 * IDQ_REPLY. terms->id is filled in as soon as the session is known to be ours, also when the rest
 * is refused: it can be cancelled then. */
int signicat_read_created(const char *body, size_t size, struct signicat_terms *terms,
                          char ret_url[PAYLOAD_MAX + 1]);

/* The answer about the session. 0 with ret_status filled in but for next_ms; IDQ_OTHER_CODE when it
 * is about another session or login; IDQ_REPLY, also for an identity that is not from iDIN;
 * IDQ_BANK_FAILED for a status that nobody heard of, since such a session may still be open. A
 * success without a usable identity is a status whose outcome is IDQ_NO_SUBJECT, IDQ_TRANSIENT or
 * IDQ_LOW_ASSURANCE.
 * ret_trouble gets what there is to log, "" for nothing; loggable, and nothing of the person. The
 * caller wipes the result. */
int signicat_read_session(const char *body, size_t size, const struct signicat_terms *terms,
                          struct provider_status *ret_status,
                          char ret_trouble[SIGNICAT_TROUBLE_SIZE]);

/* Of the body of an HTTP error, the title and the code, or OAuth's word for it; never the details,
 * which may repeat what was sent. Loggable, "" where there are none. */
void signicat_read_trouble(const char *body, size_t size, char ret_trouble[SIGNICAT_TROUBLE_SIZE]);

#endif
