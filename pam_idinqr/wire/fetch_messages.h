/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes and reads the frames between agent and fetch process (wire/PROTOCOL.md): one HTTPS request
 * at a time, and its answer. Both ends use it. Readers reject all that PROTOCOL.md does not allow.
 * Everything in an answer is untrusted. */
#ifndef IDQ_WIRE_FETCH_MESSAGES_H
#define IDQ_WIRE_FETCH_MESSAGES_H

#include "pam_idinqr/common/https_url.h"
#include "pam_idinqr/wire/frame.h"

#include <stdbool.h>
#include <stddef.h>

#define FETCH_PORTS_MAX 32
#define FETCH_SENT_MAX  (64 * 1024) /* bytes of authorization and body, together */

/* The settings of each request of a login. */
struct fetch_setup {
    char ca_file[256];    /* PEM; no other CA is then trusted. "": the system's CA store */
    char pin_sha256[128]; /* in libcurl's form, "sha256//…"; "": no pin */
    char proxy[256];      /* URL; "": no proxy. The environment never sets one. */
    size_t n_ports;
    unsigned ports[FETCH_PORTS_MAX]; /* TCP ports that requests may use, without duplicates */
};

struct fetch_request {
    const char *url;  /* https only; any other scheme is IDQ_CONFIG */
    const char *body; /* POST if not NULL, else GET */
    size_t body_size;
    const char *content_type;  /* of the body */
    const char *accept;        /* the Accept header; NULL: no header */
    const char *authorization; /* "Basic …", "Bearer …": a secret; NULL: no header */
    /* The name of the answer's header to return, such as "x-idin-qr-hash". NULL: no header. */
    const char *signature_name;
    size_t max_size; /* of the answer's body, bytes */
    int timeout_ms;  /* for the whole exchange; at 0 and less it has timed out */
    /* Not sent to the fetch process. If true, the request continues although the module canceled,
     * because it is the request that cancels. */
    bool uncancelled;
    /* Not sent either. If the module cancels during the request, it continues for this time, so
     * that the backend is left in a definite state. */
    int grace_ms;
};

/* Owned by the caller. response_free wipes it. Zero it before the call. */
struct fetch_response {
    long status; /* HTTP */
    char *body;  /* of the wiping heap; never NULL after a 0 return; a zero byte follows it */
    size_t body_size;
    char content_type[96]; /* the media type without parameters: visible ASCII, lower case */
    char signature[160];   /* the value of signature_name; "" if absent or too long */
    int signature_count;   /* how many such headers the answer had */
    /* Retry-After, a number of seconds or an HTTP date: seconds from now, at most INT_MAX. -1:
     * absent. */
    long retry_after_s;
    long clock_ahead_s; /* our clock minus the backend's Date header; 0 if absent */
};

/* Writers fill the frame. Data that does not fit marks the frame broken, and frame_send then fails.
 */
void message_write_setup(struct frame *frame, const struct fetch_setup *setup);
/* READY and CANCEL, which are empty. */
void message_write_empty(struct frame *frame, uint8_t type);
/* PARTs (messages.h) follow it, with the authorization and then the body. */
void message_write_request(struct frame *frame, const struct fetch_request *request);
/* PARTs follow it, with the body. `outcome` is 0, or the error of transport_request. After an error
 * the rest of the response is not sent. */
void message_write_answer(struct frame *frame, int outcome, const struct fetch_response *response);

/* A request as it was read. `request` points into this struct, except for the authorization and the
 * body, which come in PARTs. */
struct request_message {
    struct fetch_request request;
    size_t authorization_size;
    char url[HTTPS_URL_MAX + 1];
    char content_type[96];
    char accept[128];
    char signature_name[64];
};

/* Readers return 0 or IDQ_AGENT. The caller has checked the frame's type. */
int message_read_setup(struct frame *frame, struct fetch_setup *ret_setup);
/* request.body is NULL, or points to no data yet: body_size bytes follow in PARTs. */
int message_read_request(struct frame *frame, struct request_message *ret_request);
int message_read_empty(struct frame *frame);
/* ret_response->body stays NULL: body_size bytes follow, at most max_size. *ret_outcome is 0 or an
 * error that a request can have. */
int message_read_answer(struct frame *frame, size_t max_size, int *ret_outcome,
                        struct fetch_response *ret_response);

void response_free(struct fetch_response *response);

#define RESPONSE_AUTO __attribute__((cleanup(response_free))) struct fetch_response

#endif
