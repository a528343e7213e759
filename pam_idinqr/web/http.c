/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox's handlers run this. */
#include "pam_idinqr/web/http.h"

#include "pam_idinqr/common/error.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

int
http_reply_header(struct http_reply *reply, const char *name, const char *value)
{
    size_t size = strlen(value);

    if (reply->n_headers == HTTP_HEADERS_MAX || size >= sizeof reply->headers[0].value)
        return IDQ_SYSTEM;
    reply->headers[reply->n_headers].name = name;
    memcpy(reply->headers[reply->n_headers].value, value, size + 1);
    reply->n_headers++;
    return 0;
}

int
http_reply_take(struct http_reply *reply, unsigned status, const char *content_type, char *body,
                size_t size)
{
    if (!body || http_reply_header(reply, "Content-Type", content_type) < 0) {
        free(body);
        return IDQ_SYSTEM;
    }
    free(reply->body);
    reply->status = status;
    reply->body = body;
    reply->body_size = size;
    return 0;
}

int
http_reply_copy(struct http_reply *reply, unsigned status, const char *content_type,
                const void *body, size_t size)
{
    char *copy = malloc(size + 1);

    if (copy) {
        memcpy(copy, body, size);
        copy[size] = '\0';
    }
    return http_reply_take(reply, status, content_type, copy, size);
}

int
http_content_type_is(const char *header, const char *type)
{
    size_t size = strcspn(header, "; \t");

    return size == strlen(type) && strncasecmp(header, type, size) == 0;
}

void
http_reply_free(struct http_reply *reply)
{
    free(reply->body);
    *reply = (struct http_reply){.body = NULL};
}
