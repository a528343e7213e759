/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends HTTPS requests while the server goes on: libcurl's multi interface, in the one thread of
 * the program. Answers are untrusted. */
#ifndef IDQ_WEB_HTTP_CLIENT_H
#define IDQ_WEB_HTTP_CLIENT_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_CLIENT_ANSWER_MAX ((size_t)256 * 1024) /* bytes of a body; more is IDQ_REPLY */

struct http_client;

struct http_client_request {
    const char *url; /* https:// */
    const char *content_type;
    const char *body; /* NULL: a GET */
    size_t body_size;
    const char *authorization; /* or NULL */
    const char *signature;     /* x-idin-qr-hash, or NULL */
    const char *ca_file;       /* "": the system's CAs */
    const char *proxy;         /* "": none, whatever the environment says */
    int timeout_ms;
};

struct http_client_answer {
    long status; /* HTTP's; 0 without an answer */
    int error;   /* 0, IDQ_UNREACHABLE (and any HTTP status but 200), IDQ_TLS, IDQ_REPLY (too large)
                    or IDQ_SYSTEM */
    const char *body; /* ends with a zero byte; valid during the call */
    size_t body_size;
    const char *signature; /* x-idin-qr-hash, the last one, or "" */
    int n_signatures;
    int64_t duration_ms;
    const char *problem; /* of an error: hosts and certificates, never a path or a body */
};

/* Called once for each request, from http_client_poll or http_client_free (with IDQ_SYSTEM). It may
 * start other requests. */
typedef void http_client_done(void *context, const struct http_client_answer *answer);

/* Returns NULL if memory is short. */
struct http_client *http_client_new(void);

/* Starts a POST, or a GET. The request is copied. Returns 0, or IDQ_SYSTEM and does not call
 * `done`. */
int http_client_post(struct http_client *client, const struct http_client_request *request,
                     http_client_done *done, void *context);

/* As poll(2), and moves the requests on: see server_application. */
int http_client_poll(struct http_client *client, struct pollfd *fds, unsigned n_fds,
                     int timeout_ms);

void http_client_free(struct http_client **client);

#endif
