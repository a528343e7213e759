/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs one login with a provider, as the agent does: the provider's inputs and its last results.
 * The test supplies the transport: scripted_fetch.h or another. Test code. Check runs each test in
 * a separate process with a fresh fixture. An error fails the running test. */
#ifndef IDQ_TESTS_PROVIDER_FIXTURE_H
#define IDQ_TESTS_PROVIDER_FIXTURE_H

#include "pam_idinqr/agent/provider.h"

struct provider_fixture {
    /* May be set by the test, before the start: */
    struct start_message start;
    struct provider_context context;
    struct provider_settings settings; /* from `start`, when the provider starts */
    struct wire wire;

    /* Read by the test: */
    struct qr_message qr;          /* of the last start */
    int first_ms;                  /* from then to the first poll */
    struct provider_status status; /* of the last poll */
    void *state;                   /* the provider's own */

    const struct provider *provider;
    int module_end; /* of the wire */
};

extern struct provider_fixture provider_fixture;

/* A login of two minutes, with no settings yet. */
void provider_fixture_begin(const struct provider *provider);

/* One more setting, or another value for one that is there. */
void provider_fixture_set(const char *keyword, const char *value);

/* What the provider's start, poll and cancel do. All bytes of `qr` and `status` are something else
 * before the provider fills them in. */
int provider_fixture_start(void);
int provider_fixture_poll(void);
void provider_fixture_cancel(int timeout_ms);

/* The provider frees its state; the login can be started again. */
void provider_fixture_end(void);

/* The lines that were logged since the last call, each with a newline. Static. */
const char *provider_fixture_logged(void);

#endif
