/* SPDX-License-Identifier: BSD-3-Clause */
/* Defines a request and its reply for the handlers of the sandbox and the relay, without sockets or
 * the web server. Everything in a request is untrusted. */
#ifndef IDQ_WEB_HTTP_H
#define IDQ_WEB_HTTP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_BODY_MAX    16384
#define HTTP_HEADERS_MAX 10

struct http_request {
    const char *method;
    const char *path;           /* without the query */
    const char *language;       /* the query's lang, or "" */
    const char *account_id;     /* the query's signicat-accountId, or "" */
    const char *user_code;      /* the query's user_code, or "" */
    const char *transaction_id; /* the query's trxid, or "" */
    const char *entrance_code;  /* the query's ec, or "" */
    const char *state;          /* these four are an OpenID provider's, in the query, or "" */
    const char *code;
    const char *error;
    const char *iss;
    const char *accept_language; /* or "" */
    const char *content_type;    /* or "" */
    const char *authorization;   /* or "" */
    const char *user_agent;      /* or "" */
    const char *signature;       /* x-idin-qr-hash, the last one, or "" */
    int n_signatures;
    const char *body;
    size_t body_size;
    int64_t now_ms;
    /* Set by a handler that holds the request. 0 in the first call for this request. */
    int64_t hold_until_ms;
    /* Set together with it: the state that the request waits to see changed. Outlives the request.
     */
    const uint64_t *watched;
    bool is_private; /* it came to server_start_private's socket */
};

struct http_reply {
    unsigned status;
    char *body; /* owned; NULL: no body */
    size_t body_size;
    size_t n_headers;
    struct {
        const char *name; /* static */
        char value[320];
    } headers[HTTP_HEADERS_MAX];
};

/* A handler fills in the reply and returns HTTP_REPLY, or returns an error. To hold the request, it
 * sets hold_until_ms and watched, and returns HTTP_HOLD. It is then called again with the same
 * request at that time, or when *watched has changed. */
enum {
    HTTP_REPLY = 0,
    HTTP_HOLD = 1,
};

/* Each returns 0 or IDQ_SYSTEM. `take` takes ownership of a body from malloc, also on an error.
 * A body is wiped when it is freed, after it was sent. The libraries' buffers are not: those of
 * TLS, and microhttpd's of the headers. */
int http_reply_copy(struct http_reply *reply, unsigned status, const char *content_type,
                    const void *body, size_t size);
int http_reply_take(struct http_reply *reply, unsigned status, const char *content_type, char *body,
                    size_t size);

int http_reply_header(struct http_reply *reply, const char *name, const char *value);

/* Returns true if a Content-Type header has the media type `type`, in any case and with any
 * parameters. */
bool http_content_type_is(const char *header, const char *type);

void http_reply_free(struct http_reply *reply);

/* Parses the body of a browser's or an OAuth client's POST: application/x-www-form-urlencoded. The
 * bytes are untrusted. Pure. */

#define FORM_FIELDS_MAX 8
#define FORM_NAME_MAX   16
#define FORM_VALUE_MAX  128

struct form {
    size_t n_fields;
    struct {
        char name[FORM_NAME_MAX + 1];
        char value[FORM_VALUE_MAX + 1];
    } fields[FORM_FIELDS_MAX];
};

/* Parses a body. Returns 0, or IDQ_REPLY if it is invalid: a bad escape, a zero byte, a duplicate
 * field, a name without "=", or more data than the sandbox's forms need. */
int form_parse(const char *body, size_t size, struct form *ret_form);

/* Decodes the escapes of one value. Returns 0 or IDQ_REPLY. */
int form_decode(const char *text, size_t size, char ret_value[FORM_VALUE_MAX + 1]);

/* Returns the value of a field, or "" if it is missing. */
const char *form_value(const struct form *form, const char *name);

/* JSON. */

#define JSON_TYPE "application/json"

/* Replies with `root`, and takes ownership of it. NULL means that memory was short. Returns
 * HTTP_REPLY or IDQ_SYSTEM. */
int json_reply(struct http_reply *reply, unsigned status, const char *type, json_t *root);

/* Reads a time of a request for a code: "YYYY-MM-DD HH:MM:SS" in UTC, as seconds since 1970.
 * Returns 0 or IDQ_REPLY. */
int json_read_time(const char *text, int64_t *ret_time);

#endif
