/* SPDX-License-Identifier: BSD-3-Clause */
/* Defines the interface of a provider in the agent: one file, agent/provider_<name>.c, that fills
 * in this struct. backend.h has the parts that all providers share. OVERVIEW.md lists the steps to
 * add one. */
#ifndef IDQ_AGENT_PROVIDER_H
#define IDQ_AGENT_PROVIDER_H

#include "pam_idinqr/wire/wire.h"
#include "pam_idinqr/agent/fetch_request.h"
#include "pam_idinqr/wire/messages.h"

#include <stdbool.h>

/* For all requests after the module has closed. See AGENT_GRACE_MS. */
#define PROVIDER_CANCEL_MS 1000

/* A nonce ties an answer to one login: 128 random bits as 32 hex digits, and a zero byte. */
#define PROVIDER_NONCE_SIZE 33

/* The input of a provider. It outlives the provider's state. */
struct provider_context {
    const struct start_message *start; /* language, station, time */
    const struct provider_settings *settings;
    struct fetch *fetch;
    struct wire *wire;   /* for wire_log */
    int64_t deadline_ms; /* when the login times out, by clock.h */
};

enum provider_state {
    PROVIDER_OPEN = 0, /* not yet scanned */
    PROVIDER_SCANNED,  /* scanned; the person is at the bank */
    PROVIDER_NUMBER,   /* approved; the number on the phone must be typed at the desk */
    PROVIDER_DONE,     /* the login is over */
};

/* The result of one poll of the backend. */
struct provider_status {
    enum provider_state state;
    bool was_scanned; /* also if the code has expired */
    int next_ms;      /* the least time before the next poll; 0: at once (a long poll was held) */
    unsigned tries_left; /* 1 to NUMBER_TRIES_MAX, if the state is PROVIDER_NUMBER */
    /* The result, if the state is PROVIDER_DONE. The transaction also if it is PROVIDER_NUMBER. */
    struct result_message result;
};

struct provider {
    const char *name; /* as in common/provider_table.c */

    /* Requests a code, and fills in ret_qr. Returns 0, or the reason why there is no code. On every
     * path, also after an error, the caller frees the state with `end` (it may then be NULL).
     * *ret_next_ms is the least time before the first poll. */
    int (*start)(const struct provider_context *context, void **ret_state,
                 struct qr_message *ret_qr, int *ret_next_ms);

    /* Polls once. Returns 0 with ret_status filled in, or an error. IDQ_UNREACHABLE and IDQ_BUSY
     * are retried while there is time, after ret_status->next_ms. Any other error ends the login. A
     * state that goes back has no effect: agent_main.c reports a scan to the module once. */
    int (*poll)(void *state, struct provider_status *ret_status);

    /* Takes the number that the person typed after PROVIDER_NUMBER, for the next poll. NULL if the
     * provider never has that state. */
    void (*take_number)(void *state, const char number[NUMBER_SIZE]);

    /* Cancels the code at the backend in at most timeout_ms. The backend's answer has no effect.
     * Accepts the state of a `start` that failed. NULL if the backend cannot cancel. */
    void (*cancel)(void *state, int timeout_ms);

    /* Wipes and frees the state, and sets it to NULL. Accepts a pointer to NULL. */
    void (*end)(void **state);
};

/* Returns NULL if no provider has that name. */
const struct provider *provider_find(const char *name);

/* Fills in the settings from the pairs in START. A setting without a pair gets its fallback. Texts
 * point into `start`. Returns 0, or IDQ_CONFIG for an unknown provider, keyword or choice. */
int provider_read_settings(const struct start_message *start,
                           struct provider_settings *ret_settings);

/* Wipes and frees a state of this size, and sets it to NULL. Accepts a pointer to NULL. */
void provider_free(void **state, size_t size);

extern const struct provider provider_idin_qr;
extern const struct provider provider_signicat;
extern const struct provider provider_oidc_device;

#endif
