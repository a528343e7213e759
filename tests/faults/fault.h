/* SPDX-License-Identifier: BSD-3-Clause */
/* The fault matrix: everything that can go wrong between a login and its backend, as one table in
 * layers. Each row is a whole login, with what must come of it: PAM's code, a sentence for the
 * person, the outcome in the log. A row says what is wrong; fault_login.c runs it. */
#ifndef IDQ_TESTS_FAULT_H
#define IDQ_TESTS_FAULT_H

#include "tests/faults/peer.h"
#include "tests/harness/relay.h"

#include <security/pam_appl.h>
#include <stddef.h>

struct fault_verdict {
    int pam_code;
    const char *outcome, *sentence;
};

/* Of a login that runs against the real sandbox. */
struct fault_sandbox {
    const char *fault;  /* --fault; NULL for a login against a peer */
    const char *person; /* who approves; NULL: anna */
};

/* What happens while the person is asked for the number on the phone. */
enum fault_prompt {
    PROMPT_ANSWERED,
    PROMPT_KILL_AGENT,
    PROMPT_STOP_AGENT,
    PROMPT_KILL_FETCH,
    PROMPT_STOP_FETCH,
    PROMPT_KILL_PEER, /* the backend is gone */
    PROMPT_TOO_LATE,  /* the person answers when the time is over */
};

struct fault {
    const char *name;   /* of the row, and of the test */
    const char *broken; /* in words */
    struct fault_verdict expected;
    const char *detail; /* what the line in the log names besides; NULL for whatever it is */

    struct peer_script peer;
    struct fault_sandbox sandbox;

    int is_relay;             /* relay = yes, and a peer that speaks so */
    enum fault_prompt prompt; /* at the number, which is then typed */

    const char *agent;    /* a program that runs in the agent's place; NULL: the agent */
    const char *general;  /* lines of idinqr.conf, above the sections; $words as in peer.h */
    const char *provider; /* lines of the provider's section */
    int pins_keys;        /* the sandbox's jwks_file counts, although a peer answers */
    int has_proxy;        /* the login goes through a proxy: */
    enum relay_kind proxy;
    int loss_ms; /* so long the network is lost while the person is at the bank, and like this: */
    enum relay_loss loss;
    long clock_jump_s;      /* the host's clock jumps when the code is on the screen */
    const char *env_proxy;  /* https_proxy of the host */
    const char *not_logged; /* what must stand neither in the log nor on the screen */
};

struct fault_layer {
    const char *name;
    const struct fault *faults;
    size_t n_faults;
    const char *provider; /* of its logins */
};

extern const struct fault_layer fault_layer_agent, fault_layer_device_poll, fault_layer_http,
    fault_layer_id_token, fault_layer_json, fault_layer_network, fault_layer_oidc_device,
    fault_layer_picture, fault_layer_relay, fault_layer_signature, fault_layer_signicat,
    fault_layer_status, fault_layer_tls;

/* The i-th row of all layers, or NULL past the last. */
const struct fault *fault_at(size_t i, const struct fault_layer **ret_layer);

/* What a login may come to: for .expected = {…}. The name of the provider is left out. */
#define VERIFIED PAM_SUCCESS, "verified", "Welcome, alice."
#define REFUSED  PAM_AUTH_ERR, "refused", "You stopped or refused at "
#define WRONG_NUMBER                                                                               \
    PAM_AUTH_ERR, "wrong-number", "That was not the number on your phone. Nothing was opened."
#define EXPIRED     PAM_AUTH_ERR, "expired", "The code was not used in time."
#define BANK_FAILED PAM_AUTH_ERR, "bank-failed", " could not complete this."
#define NO_IDENTITY PAM_AUTH_ERR, "no-identity", " sent no identity with its answer."
#define LOW_ASSURANCE                                                                              \
    PAM_AUTH_ERR, "low-assurance", " gives less assurance than this machine requires."
#define BAD_SIGNATURE PAM_AUTH_ERR, "bad-signature", "An answer was not signed by "
#define OTHER_CODE    PAM_AUTH_ERR, "other-code", "The answer was not about this login"
#define OTHER_HOST                                                                                 \
    PAM_AUTH_ERR, "host-not-allowed", "The code leads to a website that is not trusted here"
#define TRANSIENT PAM_AUTH_ERR, "transient-identity", " sent an identity for one visit only"
#define UNKNOWN_IDENTITY                                                                           \
    PAM_AUTH_ERR, "unknown-identity", "Your identity was verified, but it is not enrolled here."
#define UNREACHABLE PAM_AUTHINFO_UNAVAIL, "unreachable", " cannot be reached."
#define UNSAFE      PAM_AUTHINFO_UNAVAIL, "tls", "The connection to "
#define WRONG_CLOCK                                                                                \
    PAM_AUTHINFO_UNAVAIL, "wrong-clock", "The clock of this machine seems to be wrong"
#define BAD_REPLY         PAM_AUTHINFO_UNAVAIL, "bad-reply", " sent an invalid answer."
#define BAD_PICTURE       PAM_AUTHINFO_UNAVAIL, "bad-picture", " sent no readable code."
#define REJECTED          PAM_AUTHINFO_UNAVAIL, "merchant-rejected", " does not accept this machine."
#define BUSY              PAM_AUTHINFO_UNAVAIL, "backend-busy", " is too busy."
#define BAD_CONFIGURATION PAM_AUTHINFO_UNAVAIL, "configuration", " is not set up well"
#define AGENT_FAILED      PAM_AUTHINFO_UNAVAIL, "agent", " stopped unexpectedly."
#define TIMED_OUT         PAM_CRED_UNAVAIL, "timeout", "The time to log in is over."

/* For texts that are large, and JSON that is deep. */
#define TEN(text)      text text text text text text text text text text
#define HUNDRED(text)  TEN(TEN(text))
#define THOUSAND(text) TEN(HUNDRED(text))
#define DEEP           THOUSAND("[") THOUSAND("[") THOUSAND("[") THOUSAND("[") THOUSAND("[")

/* The shortest time that a login can be given, for rows in which it runs out. */
#define SHORT "timeout = 20\n"

#endif
