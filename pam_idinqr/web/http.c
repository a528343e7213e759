/* SPDX-License-Identifier: BSD-3-Clause */
/* The handlers of the sandbox and the relay run this on the bytes of any client. */
#include "pam_idinqr/web/http.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"
#include "pam_idinqr/common/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

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

/* A reply may hold an identity or a number. */
static void
drop(char *body, size_t size)
{
    if (body)
        secret_wipe(body, size);
    free(body);
}

int
http_reply_take(struct http_reply *reply, unsigned status, const char *content_type, char *body,
                size_t size)
{
    if (!body || http_reply_header(reply, "Content-Type", content_type) < 0) {
        drop(body, size);
        return IDQ_SYSTEM;
    }
    drop(reply->body, reply->body_size);
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

bool
http_content_type_is(const char *header, const char *type)
{
    size_t size = strcspn(header, "; \t");

    return size == strlen(type) && strncasecmp(header, type, size) == 0;
}

void
http_reply_free(struct http_reply *reply)
{
    drop(reply->body, reply->body_size);
    *reply = (struct http_reply){.body = NULL};
}

/* Decodes the escapes of `size` bytes into ret_text, which holds `max` bytes and a zero byte. */
static int
decode(const char *text, size_t size, char *ret_text, size_t max)
{
    size_t length = 0;

    for (size_t i = 0; i < size; i++) {
        char c = text[i];

        if (c == '+') {
            c = ' ';
        } else if (c == '%') {
            int high = size - i > 2 ? characters_hex_digit(text[i + 1]) : -1;
            int low = size - i > 2 ? characters_hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0)
                return IDQ_REPLY;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || length == max)
            return IDQ_REPLY;
        ret_text[length++] = c;
    }
    ret_text[length] = '\0';
    return 0;
}

int
form_parse(const char *body, size_t size, struct form *ret_form)
{
    struct form form = {.n_fields = 0};

    for (size_t at = 0; at < size;) {
        const char *field = body + at;
        const char *end = memchr(field, '&', size - at);
        size_t field_size = end ? (size_t)(end - field) : size - at;
        const char *equals = memchr(field, '=', field_size);

        if (!equals || form.n_fields == FORM_FIELDS_MAX)
            return IDQ_REPLY;
        size_t name_size = (size_t)(equals - field);
        char *name = form.fields[form.n_fields].name, *value = form.fields[form.n_fields].value;
        if (decode(field, name_size, name, FORM_NAME_MAX) < 0 ||
            decode(equals + 1, field_size - name_size - 1, value, FORM_VALUE_MAX) < 0)
            return IDQ_REPLY;
        for (size_t i = 0; i < form.n_fields; i++)
            if (strcmp(form.fields[i].name, name) == 0)
                return IDQ_REPLY;
        form.n_fields++;
        at += field_size + 1;
    }
    *ret_form = form;
    return 0;
}

int
form_decode(const char *text, size_t size, char ret_value[FORM_VALUE_MAX + 1])
{
    return decode(text, size, ret_value, FORM_VALUE_MAX);
}

const char *
form_value(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->n_fields; i++)
        if (strcmp(form->fields[i].name, name) == 0)
            return form->fields[i].value;
    return "";
}

int
json_reply(struct http_reply *reply, unsigned status, const char *type, json_t *root)
{
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    int error = text ? http_reply_copy(reply, status, type, text, strlen(text)) : IDQ_SYSTEM;
    json_free_t free_text;

    json_get_alloc_funcs(NULL, &free_text); /* in the relay, it wipes */
    free_text(text);
    json_decref(root);
    return error;
}

int
json_read_time(const char *text, int64_t *ret_time)
{
    struct tm parts = {.tm_isdst = 0};
    char again[20];
    const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &parts);

    if (!end || *end != '\0')
        return IDQ_REPLY;
    time_t time = timegm(&parts);
    /* strptime takes "2026-1-1", and timegm the 31st of February: only one spelling is the
     * protocol's. */
    if (strftime(again, sizeof again, "%Y-%m-%d %H:%M:%S", &parts) != sizeof again - 1 ||
        strcmp(again, text) != 0)
        return IDQ_REPLY;
    *ret_time = time;
    return 0;
}
