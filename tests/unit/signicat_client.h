/* SPDX-License-Identifier: BSD-3-Clause */
/* Plays a client of Signicat's API (sandbox_call.h). The test has its own sandbox, whose clock
 * stands still, and keeps the token that it got. Test code. Check runs each test in a separate
 * process with a fresh client. An error fails the running test. */
#ifndef IDQ_TESTS_SIGNICAT_CLIENT_H
#define IDQ_TESTS_SIGNICAT_CLIENT_H

#include "pam_idinqr/sandbox/handlers.h"
#include "tests/unit/sandbox_call.h"

#define SIGNICAT_CLIENT_START_MS 1000

#define SIGNICAT_CLIENT_GRANT "grant_type=client_credentials"
#define SIGNICAT_CLIENT_SCOPE "scope=signicat-api"

/* What asks for a session of 120 s; the API makes it one of 300. */
#define SIGNICAT_CLIENT_SESSION                                                                    \
    "{\"flow\":\"redirect\",\"allowedProviders\":[\"idin\"],\"requestedAttributes\":[\"idpId\"],"  \
    "\"callbackUrls\":{\"success\":\"https://a.example/\",\"abort\":\"https://a.example/\","       \
    "\"error\":\"https://a.example/\"},\"externalReference\":\"desk-3\",\"sessionLifetime\":120}"

struct signicat_client {
    struct sandbox *sandbox;
    char bearer[160]; /* "Bearer …", or "" */
};

extern struct signicat_client signicat_client;

void signicat_client_begin(void);
void signicat_client_end(void);

/* POSTs a form to the token endpoint: its HTTP status. */
unsigned signicat_client_ask_token(const char *authorization, const char *form,
                                   struct sandbox_answer *ret_answer);

/* The right authorization for that. Static. */
const char *signicat_client_basic(void);

/* Replaces `bearer` by a fresh one. */
void signicat_client_get_token(void);

/* Sends `body` (or NULL) to the sessions, or to the one of this id ("" for none) and what is behind
 * it ("/cancel", or ""): the HTTP status. */
unsigned signicat_client_call(const char *method, const char *id, const char *rest,
                              const char *body, struct sandbox_answer *ret_answer);

/* A new session, with a fresh token. */
struct code *signicat_client_make_session(void);

/* Asks for the session, which must have this status. */
void signicat_client_must_be(const struct code *code, const char *status);

#endif
