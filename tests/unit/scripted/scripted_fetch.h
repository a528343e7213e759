/* SPDX-License-Identifier: BSD-3-Clause */
/* Answers the agent's requests from a script. Linked instead of agent/fetch_request.c. Test code.
 * Check runs each test in a separate process with a fresh script. */
#ifndef IDQ_TESTS_SCRIPTED_FETCH_H
#define IDQ_TESTS_SCRIPTED_FETCH_H

#include "pam_idinqr/agent/fetch_request.h"
#include "tests/unit/qr_png.h"

#define SCRIPT_MAX        16
#define SCRIPT_KEY        "0123456789abcdef" /* what answers are signed with, by HMAC; or by Ed25519: */
#define SCRIPT_PUBLIC_KEY "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

struct scripted_answer {
    long status; /* HTTP; 0: the request fails with `error` instead */
    int error;
    const char *body; /* NULL: a PNG drawn as script.picture says */
    const char *content_type;
    int signed_how; /* 1 rightly, 0 not at all, -1 wrongly, 2 twice */
    long retry_after_s;
    long clock_ahead_s;
    /* When not NULL, makes `body` from the request's, for an answer that repeats what was sent. */
    const char *(*make)(const char *request_body, void *with);
    void *make_with;
};

struct scripted_request {
    char url[256];
    char body[2048]; /* "" for a GET */
    int is_post;
    char content_type[64];   /* of the body; "" without one */
    char authorization[256]; /* "" without one */
    int timeout_ms;
    int uncancelled;
    int grace_ms;
};

/* The n-th request gets the n-th answer; one more fails the running test. */
struct script {
    struct scripted_answer answers[SCRIPT_MAX];
    struct scripted_request asked[SCRIPT_MAX];
    size_t n_answers, n_asked;
    int is_ed25519; /* all answers are signed with the private key, and not by HMAC */
    struct qr_png_options picture;
};

extern struct script script;

/* Adds a rightly signed answer in JSON, or for NULL a picture without a signature. The test may
 * spoil it. */
struct scripted_answer *script_answer(const char *body);

/* Adds an answer in JSON without a signature, as a backend gives it that signs none. */
struct scripted_answer *script_unsigned(long status, const char *body);

/* The next request gets the first answer again; and forgets the answers, for others in their place.
 */
void script_rewind(void);
void script_clear(void);

#endif
