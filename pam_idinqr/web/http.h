/* SPDX-License-Identifier: BSD-3-Clause */
/* A request and its reply, as the handlers of the sandbox see them: no sockets, nothing of the web
 * server. Everything in a request is anybody's. */
#ifndef IDQ_WEB_HTTP_H
#define IDQ_WEB_HTTP_H

#include <stddef.h>
#include <stdint.h>

#define HTTP_BODY_MAX    8192
#define HTTP_HEADERS_MAX 10

struct http_request {
    const char *method;
    const char *path;            /* without the query */
    const char *language;        /* the query's lang, or "" */
    const char *account_id;      /* the query's signicat-accountId, or "" */
    const char *user_code;       /* the query's user_code, or "" */
    const char *accept_language; /* or "" */
    const char *content_type;    /* or "" */
    const char *authorization;   /* or "" */
    const char *body;
    size_t body_size;
    int64_t now_ms;
    int64_t hold_until_ms; /* set by a handler that holds the request; 0 when it comes for the first
                              time */
    const uint64_t *watched; /* set with it: what the request waits to see change; outlives it */
};

struct http_reply {
    unsigned status;
    char *body; /* owned; NULL for none */
    size_t body_size;
    size_t n_headers;
    struct {
        const char *name; /* static */
        char value[320];
    } headers[HTTP_HEADERS_MAX];
};

/* A handler fills in the reply and returns HTTP_REPLY; or sets hold_until_ms and watched and
 * returns HTTP_HOLD, to be called again with the same request when *watched has changed or that
 * time has come; or returns an error. */
enum {
    HTTP_REPLY = 0,
    HTTP_HOLD = 1,
};

/* Each returns 0 or IDQ_SYSTEM. `take` takes over a body from malloc, also on an error. */
int http_reply_copy(struct http_reply *reply, unsigned status, const char *content_type,
                    const void *body, size_t size);
int http_reply_take(struct http_reply *reply, unsigned status, const char *content_type, char *body,
                    size_t size);

int http_reply_header(struct http_reply *reply, const char *name, const char *value);

/* 1 when a Content-Type header names `type`, whatever its case and parameters. */
int http_content_type_is(const char *header, const char *type);

void http_reply_free(struct http_reply *reply);

#endif
