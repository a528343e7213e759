/* HTTPS as the providers need it: one request, one answer with caps on its size and time. Whatever
 * is above it knows bytes and headers, and nothing of libcurl; whatever is below it can be moved
 * into a process of its own. Everything in an answer is untrusted. */
#ifndef IDQ_AGENT_TRANSPORT_H
#define IDQ_AGENT_TRANSPORT_H

#include "pam_idinqr/wire/link.h"

#include <stddef.h>

struct transport;

struct transport_options {
    const char *ca_file;    /* PEM, and then no other CA is trusted; "" for the system's CA store */
    const char *pin_sha256; /* libcurl's form, "sha256//…"; "" for none */
    const char *proxy;      /* URL; "" for none, and none is ever taken from the environment */
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
    int uncancelled; /* 1: goes on although the module cancelled (that is how it cancels) */
    /* Goes on for so long after a cancel that comes while it is on its way, for what must not be
     * left half done. */
    int grace_ms;
};

/* Owned by the caller; response_free wipes. Zero it before the call. */
struct response {
    long status; /* HTTP */
    char *body;  /* never NULL after a 0 return; followed by a zero byte */
    size_t body_size;
    char content_type[96]; /* the media type alone: lower case, no parameters */
    char signature[160];   /* the value of signature_name, "" when absent or too long to be one */
    int signature_count;   /* how often that header came */
    /* Retry-After, seconds or HTTP-date: from now, at most INT_MAX; -1: absent. */
    long retry_after_s;
    long clock_ahead_s; /* our clock minus the backend's Date header; 0 when it sent none */
};

/* TLS 1.2 or better, peer and host verified, no redirects, no cookies, no environment. What the
 * options point to must outlive the transport. `link` is watched during every request: a cancel or
 * a closed socket ends it with IDQ_CANCELLED. NULL when memory is short. */
struct transport *transport_new(const struct transport_options *options, struct link *link);

/* 0 with an answer, whatever its HTTP status; or IDQ_UNREACHABLE, IDQ_TLS, IDQ_CLOCK (a certificate
 * that is not valid yet: certificates are made before they are used), IDQ_REPLY (too large or not
 * HTTP), IDQ_CANCELLED, IDQ_CONFIG, IDQ_SYSTEM, with ret_response left zeroed. Each failure is
 * one line in the log, unless the request before failed in the same way; it names no secret, no
 * path and no query: only the host. */
int transport_request(struct transport *transport, const struct request *request,
                      struct response *ret_response);

void response_free(struct response *response);
void transport_free(struct transport **transport);

#define RESPONSE_AUTO __attribute__((cleanup(response_free))) struct response

#endif
