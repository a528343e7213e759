/* SPDX-License-Identifier: BSD-3-Clause */
/* A login with the provider signicat (provider_fixture.h), against a transport that answers from a
 * script (scripted_fetch.h): what Signicat answers when all is well, for the test to spoil.
 * Test code. */
#ifndef IDQ_TESTS_SIGNICAT_FIXTURE_H
#define IDQ_TESTS_SIGNICAT_FIXTURE_H

#include "tests/unit/provider_fixture.h"
#include "tests/unit/scripted/scripted_fetch.h"

#define SIGNICAT_ID       "fb432801-66f6-6141-9835-e2a3b42e2e35"
#define SIGNICAT_LINK     "https://login.example.nl/broker/login?messageId=21b064c3"
#define SIGNICAT_TOKEN    "https://tenant.example/connect/token"
#define SIGNICAT_SESSIONS "https://api.example/auth/rest/sessions"
#define SIGNICAT_SESSION  SIGNICAT_SESSIONS "/" SIGNICAT_ID

/* What the token endpoint answers: tokens for ten minutes. */
#define SIGNICAT_FIRST_TOKEN                                                                       \
    "{\"access_token\":\"first\",\"expires_in\":600,\"token_type\":\"Bearer\"}"
#define SIGNICAT_SECOND_TOKEN                                                                      \
    "{\"access_token\":\"second\",\"expires_in\":600,\"token_type\":\"Bearer\"}"

/* Members of an answer about a session, as signicat_fixture_answer takes them. */
#define SIGNICAT_CREATED ",\"status\":\"CREATED\""
#define SIGNICAT_WAITING ",\"status\":\"WAITING_FOR_USER\""
#define SIGNICAT_SUCCESS                                                                           \
    ",\"status\":\"SUCCESS\",\"provider\":\"idin\",\"subject\":{\"idpId\":\"NLTEST1\"}"

/* Sets the fixture, and scripts a start that succeeds: a token, and a session. */
void signicat_fixture_begin(void);

/* The random reference in the request for a session that was sent, 32 characters; "" before.
 * Static.
 */
const char *signicat_fixture_reference(void);

/* Adds the answer to a request for a session: `members`, each with a comma before it, behind the id
 * and the reference that came with the request. `members` must live until then; NULL for a session
 * that is CREATED, with SIGNICAT_LINK. */
struct scripted_answer *signicat_fixture_answer_create(char *members);

/* Adds an answer about the session that was made: `members` behind its id and reference. */
struct scripted_answer *signicat_fixture_answer(const char *members);

#endif
