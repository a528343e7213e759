/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends one request to the test's own sandbox through its routes, without TLS and the web server.
 * Test code: runs as the user who runs the tests. An error fails the running test. */
#ifndef IDQ_TESTS_SANDBOX_CALL_H
#define IDQ_TESTS_SANDBOX_CALL_H

#include "pam_idinqr/web/http.h"
#include "pam_idinqr/sandbox/sandbox.h"

#include <jansson.h>

#define SANDBOX_CALL_URL "https://127.0.0.1:8443" /* of every sandbox here */

#define SANDBOX_CALL_FORM "application/x-www-form-urlencoded"

#define SANDBOX_CALL_ANNA "NLTSTN3333fe571d5e53ae9f88" /* who sandbox_call_approve is */

struct sandbox_answer {
    json_t *json; /* NULL if the body is not JSON */
    struct http_reply reply;
};

/* A sandbox with a clock that stands at `now_ms`. */
struct sandbox *sandbox_call_new(int64_t now_ms);

/* Sends a request, at the time of the sandbox's codes. Fields of `request` that are NULL go as "",
 * a path may have no query, and body_size is counted. Returns the status; the answer is freed with
 * sandbox_answer_free. */
unsigned sandbox_call(struct sandbox *sandbox, struct http_request request,
                      struct sandbox_answer *ret_answer);

/* A text of the answer: the member of that name, "a.b" the member b of the member a. NULL when it
 * is not there. */
const char *sandbox_answer_text(const struct sandbox_answer *answer, const char *name);

/* "Basic …" for a client, its name and secret escaped as RFC 6749 wants it. Static. */
const char *sandbox_call_basic(const char *id, const char *secret);

/* From now on the sandbox is broken as this fault's name says. */
void sandbox_call_break(struct sandbox *sandbox, const char *fault);

/* Scans a code, chooses anna at the first bank, and approves. */
void sandbox_call_approve(struct sandbox *sandbox, struct code *code);

void sandbox_answer_free(struct sandbox_answer *answer);

#define SANDBOX_ANSWER_AUTO __attribute__((cleanup(sandbox_answer_free))) struct sandbox_answer

#endif
