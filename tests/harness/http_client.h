/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes the harness's HTTP requests, with libcurl: for a phone without a browser, the sandbox's
 * events, and WebDriver. Keeps cookies while it lives, follows no redirect by itself, and never
 * uses a proxy. Test code: runs as the user who runs the tests. */
#ifndef IDQ_TESTS_HTTP_CLIENT_H
#define IDQ_TESTS_HTTP_CLIENT_H

#include <stddef.h>

struct http_client;

/* ca_file: the only CA that is believed; NULL for the system's. language: what the client says it
 * wants to read (Accept-Language); NULL to say nothing. No memory fails the running test. */
struct http_client *http_client_new(const char *ca_file, const char *language);

/* Accepts a pointer to NULL, and leaves one. */
void http_client_free(struct http_client **client);

/* Writes one byte to a descriptor when a request's body has been sent. */
void http_client_tell_sent(struct http_client *client, int fd);

/* The headers x-idin-qr-hash of each request from now on, at most two. NULL: none. */
void http_client_set_hashes(struct http_client *client, const char *first, const char *second);

struct http_answer {
    long status;     /* HTTP's; 0 when there was no answer */
    char *body;      /* a string; never NULL */
    size_t size;     /* of the body */
    char *location;  /* the absolute URL of a redirect; NULL without one */
    char *signature; /* the header x-idin-qr-hash; NULL without one */
    char error[256]; /* why there was no answer */
};

/* One request, of at most 30 s. body NULL: none. Returns 1 with an answer, 0 without one; either
 * way *ret_answer is filled in and must be given to http_answer_free. */
int http_request(struct http_client *client, const char *method, const char *url,
                 const char *content_type, const char *body, struct http_answer *ret_answer);

void http_answer_free(struct http_answer *answer);

/* A text as a form's field carries it: percent-encoded. Freed by the caller. */
char *http_encode(const char *text);

#define HTTP_ANSWER_AUTO __attribute__((cleanup(http_answer_free))) struct http_answer

#endif
