/* SPDX-License-Identifier: BSD-3-Clause */
/* Holds the state of one sandbox, which its parts share. It runs in one thread of one process, with
 * the rights of its user. */
#ifndef IDQ_SANDBOX_SANDBOX_H
#define IDQ_SANDBOX_SANDBOX_H

#include "pam_idinqr/identity/identity.h"
#include "pam_idinqr/sandbox/acquirer_signer.h"
#include "pam_idinqr/sandbox/codes.h"
#include "pam_idinqr/sandbox/events.h"
#include "pam_idinqr/sandbox/faults.h"
#include "pam_idinqr/web/http.h"
#include "pam_idinqr/sandbox/persons.h"
#include "pam_idinqr/sandbox/token_signer.h"

#include <limits.h>
#include <stdbool.h>

#define SANDBOX_URL_MAX         200 /* bytes: a code that leads further than this gets too fine to draw */
#define SANDBOX_SIGNING_KEY     32
#define SANDBOX_PUBLIC_KEY_SIZE 45
#define SANDBOX_CLIENT_SIZE     40

/* Of everybody here, as loa and as acr. */
#define SANDBOX_LEVEL_OF_ASSURANCE "nl:bvn:bankid:1.0:loa3"

#define RELAY_CALLS_MAX 16

struct http_client;
struct http_client_request;
struct http_client_answer;

/* A call of a relay's API that a phone waits for. */
struct relay_call {
    uint64_t changes; /* watched by the phone's request; 0: the slot is free */
    bool is_done;
    /* Of the relay's answer: "" without it. */
    char url[CODE_RETURN_SIZE]; /* of the bank's page */
    char transaction_id[CODE_TRANSACTION_SIZE];
    char status[32];
};

struct sandbox {
    struct faults faults;
    bool is_relay;    /* plays the merchant's own endpoint, to a desk with relay = yes */
    bool asks_number; /* the same: each approval shows a number to type at the desk */
    const struct person *auto_person; /* approves every code; NULL: no automatic approval */
    const struct bank *auto_bank;
    char base_url[SANDBOX_URL_MAX + 1];   /* where merchants reach it: https://host:port */
    char public_url[SANDBOX_URL_MAX + 1]; /* where phones do */
    char merchant_token[TOKEN_UUID_SIZE]; /* of the idin-qr protocol, as are the two keys */
    unsigned char signing_key[SANDBOX_SIGNING_KEY];
    unsigned char map_key[IDENTITY_KEY_SIZE]; /* of a relay */
    char public_key[SANDBOX_PUBLIC_KEY_SIZE]; /* of signing_key, in base64; "": it is for HMAC */
    char client_id[SANDBOX_CLIENT_SIZE];      /* of the one client of Signicat's API and OpenID's */
    char client_secret[SANDBOX_CLIENT_SIZE];
    char account_id[SANDBOX_CLIENT_SIZE]; /* of the client, at Signicat */
    unsigned char token_key[SANDBOX_SIGNING_KEY];
    int refused_a_token; /* a fault has done what it does once */
    struct token_signer *signer;
    struct parties *acquirer; /* of a relay; NULL: the sandbox plays none */
    const char *relay_url;    /* the same, if the sandbox plays its QR backend too; or NULL */
    bool is_cm;               /* the same: the relay asks CM.com in place of the acquirer */
    char relay_ca_file[PATH_MAX];
    struct http_client *client; /* with `post`, http_client_post: asks the relay */
    int (*post)(struct http_client *client, const struct http_client_request *request,
                void (*done)(void *context, const struct http_client_answer *answer),
                void *context);
    struct relay_call relay_calls[RELAY_CALLS_MAX];
    char style_hash[64]; /* of the pages' style sheet, as Content-Security-Policy wants it */
    struct codes codes;
    struct events events;
    int stopping; /* 1: answer what is held, hold nothing more */
};

/* Makes a sandbox with new random credentials. Returns NULL if memory or random bytes are short. */
struct sandbox *sandbox_new(int64_t now_ms);

/* Seconds since 1970, by the sandbox's own clock, of which a fault can make another one. */
int64_t sandbox_wall_clock_s(const struct sandbox *sandbox);

/* The base of what a code leads to: public_url, unless a fault says otherwise. Static, or in the
 * sandbox. */
const char *sandbox_code_url(const struct sandbox *sandbox);

/* A merchant asks how it stands with a code, `again` when the same request was held: what --auto's
 * person and the faults do then. 0, or IDQ_BUSY when it is to be told to come back in a second. */
int sandbox_asked(struct sandbox *sandbox, struct code *code, int again);

/* A merchant withdraws a code. HTTP_REPLY when that can be answered, or HTTP_HOLD (http.h) when a
 * fault wants it never to be. */
int sandbox_cancel(struct sandbox *sandbox, struct http_request *request, struct code *code);

/* A phone opens a code: code_scan, and what the faults make of it. */
int sandbox_scan(struct sandbox *sandbox, struct code *code, struct visit **ret_visit);

/* Plays the next step of --auto's person, if it is time for one: a scan once the picture was
 * fetched and the merchant has asked for the status, an approval once it has been told about the
 * scan. */
void sandbox_auto_step(struct sandbox *sandbox, struct code *code);

void sandbox_free(struct sandbox **sandbox);

#define SANDBOX_AUTO __attribute__((cleanup(sandbox_free))) struct sandbox

#endif
