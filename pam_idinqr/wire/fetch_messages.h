/* SPDX-License-Identifier: BSD-3-Clause */
/* The frames between agent and fetch process (wire/PROTOCOL.md): one request at a time over HTTPS,
 * and its answer. Used by both ends; readers refuse whatever PROTOCOL.md does not allow. Everything
 * in an answer is untrusted. */
#ifndef IDQ_WIRE_FETCH_MESSAGES_H
#define IDQ_WIRE_FETCH_MESSAGES_H

#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/wire/frame.h"

#include <stddef.h>

#define FETCH_PORTS_MAX 32
#define FETCH_SENT_MAX  (64 * 1024) /* bytes of authorization and body, together */

/* What holds for each request of a login. */
struct fetch_setup {
    char ca_file[256];    /* PEM, and then no other CA is trusted; "" for the system's CA store */
    char pin_sha256[128]; /* libcurl's form, "sha256//…"; "" for none */
    char proxy[256];      /* URL; "" for none, and none is ever taken from the environment */
    size_t n_ports;
    unsigned ports[FETCH_PORTS_MAX]; /* TCP, of what may be asked; each one once */
};

struct request {
    const char *url;  /* https only; anything else is IDQ_CONFIG */
    const char *body; /* POST when not NULL, else GET */
    size_t body_size;
    const char *content_type;  /* of the body */
    const char *accept;        /* the Accept header; NULL for none */
    const char *authorization; /* "Basic …", "Bearer …": a secret; NULL for none */
    /* The name of a header to be handed back, such as "x-idin-qr-hash"; NULL for none. */
    const char *signature_name;
    size_t max_size; /* of the answer's body, bytes */
    int timeout_ms;  /* for the whole exchange; 0 and less: it is over already */
    /* The agent's own, which it does not send: 1 for a request that goes on although the module
     * cancelled (that is how it cancels). */
    int uncancelled;
    /* The same: goes on for so long after a cancel that comes while it is on its way, for what must
     * not be left half done. */
    int grace_ms;
};

/* Owned by the caller; response_free wipes. Zero it before the call. */
struct response {
    long status; /* HTTP */
    char *body;  /* of the wiping heap; never NULL after a 0 return; followed by a zero byte */
    size_t body_size;
    char content_type[96]; /* the media type alone: visible ASCII, lower case, no parameters */
    char signature[160];   /* the value of signature_name, "" when absent or too long to be one */
    int signature_count;   /* how often that header came */
    /* Retry-After, seconds or HTTP-date: from now, at most INT_MAX; -1: absent. */
    long retry_after_s;
    long clock_ahead_s; /* our clock minus the backend's Date header; 0 when it sent none */
};

/* Writers fill the frame; what does not fit breaks it, and frame_send then fails. */
void message_write_setup(struct frame *frame, const struct fetch_setup *setup);
/* READY and CANCEL, which have nothing in them. */
void message_write_empty(struct frame *frame, uint8_t type);
/* Behind it come PARTs (messages.h) with the authorization and then the body. */
void message_write_request(struct frame *frame, const struct request *request);
/* Behind it come PARTs with the body. `outcome` is 0, or the error of transport_request; the rest
 * of the response is then not sent. */
void message_write_answer(struct frame *frame, int outcome, const struct response *response);

/* A request as it is read: what `request` points to lies in here, but for the two that come in
 * PARTs. */
struct request_message {
    struct request request;
    size_t authorization_size;
    char url[HTTPS_URL_MAX + 1];
    char content_type[96];
    char accept[128];
    char signature_name[64];
};

/* Readers return 0 or IDQ_AGENT. The frame's type must be the right one already. */
int message_read_setup(struct frame *frame, struct fetch_setup *ret_setup);
/* request.body is NULL, or points to nothing yet: body_size bytes are to come. */
int message_read_request(struct frame *frame, struct request_message *ret_request);
int message_read_empty(struct frame *frame);
/* ret_response->body stays NULL: body_size bytes are to come, at most max_size. *ret_outcome is 0
 * or an error that a request can have. */
int message_read_answer(struct frame *frame, size_t max_size, int *ret_outcome,
                        struct response *ret_response);

void response_free(struct response *response);

#define RESPONSE_AUTO __attribute__((cleanup(response_free))) struct response

#endif
