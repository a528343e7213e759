/* SPDX-License-Identifier: BSD-3-Clause */
/* What a provider is to the agent: one file, agent/provider_<name>.c, that fills in this struct,
 * with inquiry.h for what all of them do alike. What adding one touches, OVERVIEW.md says. */
#ifndef IDQ_AGENT_PROVIDER_H
#define IDQ_AGENT_PROVIDER_H

#include "pam_idinqr/wire/link.h"
#include "pam_idinqr/agent/fetch_request.h"
#include "pam_idinqr/wire/messages.h"

/* For all that is still told to the backend once the module has left. See AGENT_GRACE_MS. */
#define PROVIDER_CANCEL_MS 1000

/* A nonce ties an answer to one login: 128 random bits as 32 hex digits, and the closing zero. */
#define PROVIDER_NONCE_SIZE 33

/* What a provider is given. It and all in it outlive the provider's own state. */
struct provider_context {
    const struct start_message *start; /* language, station, time, settings */
    struct fetch *fetch;
    struct link *link;   /* for link_log */
    int64_t deadline_ms; /* when nobody waits any more, by clock.h */
};

enum provider_state {
    PROVIDER_OPEN = 0, /* nobody has scanned the code yet */
    PROVIDER_SCANNED,  /* scanned; the person is at the bank */
    PROVIDER_DONE,     /* the login is over */
};

/* How one look at the backend ended. */
struct provider_status {
    enum provider_state state;
    int was_scanned; /* also when the code is over by now */
    int next_ms; /* at the least this long before the next look; 0 at once (a long poll was held) */
    struct result_message result; /* how it ended, when it is PROVIDER_DONE */
};

struct provider {
    const char *name; /* as in common/provider_table.c */

    /* Asks the backend for a code, and fills in ret_qr. The state it
     * leaves is freed with `end`, on every path, also after an error (it may then be NULL).
     * *ret_next_ms: at the least this long before the first look. 0, or why there is no code. */
    int (*start)(const struct provider_context *context, void **ret_state,
                 struct qr_message *ret_qr, int *ret_next_ms);

    /* One look. 0 with ret_status filled in, or an error: IDQ_UNREACHABLE and IDQ_BUSY may pass and
     * are tried again while there is time (ret_status->next_ms says when, also then), every other
     * one ends the login. A state that goes back changes nothing: main.c tells the module once. */
    int (*poll)(void *state, struct provider_status *ret_status);

    /* Tells the backend that nobody waits for this code any more, in at most timeout_ms; what the
     * backend answers changes nothing. Accepts the state of a `start` that failed. NULL where a
     * backend has no such thing. */
    void (*cancel)(void *state, int timeout_ms);

    /* Wipes and frees the state and nulls it; accepts a pointer to NULL. */
    void (*end)(void **state);
};

/* NULL when there is none of that name. */
const struct provider *provider_find(const char *name);

/* Wipes and frees a state of this size, and nulls it; accepts a pointer to NULL. */
void provider_free(void **state, size_t size);

extern const struct provider provider_idin_qr;
extern const struct provider provider_signicat;
extern const struct provider provider_oidc_device;

#endif
