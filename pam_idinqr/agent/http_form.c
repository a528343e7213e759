/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent runs this on its settings, which may be secrets. */
#include "pam_idinqr/agent/http_form.h"

#include <openssl/evp.h>
#include <string.h>

#define ENCODED_MAX  3 /* bytes that encode one byte, at most */
#define BASIC_PREFIX "Basic "

/* Not isalnum(), which depends on the locale. */
static int
is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._*", c));
}

/* Returns the end of the written text. */
static char *
encode(char *to, const char *text)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *text; text++) {
        if (is_unreserved(*text)) {
            *to++ = *text;
        } else if (*text == ' ') {
            *to++ = '+';
        } else {
            *to++ = '%';
            *to++ = digits[(unsigned char)*text >> 4];
            *to++ = digits[(unsigned char)*text & 15];
        }
    }
    return to;
}

struct secret *
http_form_write(const struct http_form_field *fields, size_t n_fields)
{
    struct secret *form;
    size_t size = 0;
    char *end;

    for (size_t i = 0; i < n_fields; i++)
        if (fields[i].value)
            size += ENCODED_MAX * (strlen(fields[i].name) + strlen(fields[i].value)) + 2;
    form = secret_new(size);
    if (!form)
        return NULL;
    end = secret_bytes(form);
    for (size_t i = 0; i < n_fields; i++) {
        if (!fields[i].value)
            continue;
        if (end != secret_bytes(form))
            *end++ = '&';
        end = encode(end, fields[i].name);
        *end++ = '=';
        end = encode(end, fields[i].value);
    }
    secret_truncate(form, (size_t)(end - secret_bytes(form)));
    return form;
}

struct secret *
http_form_basic(const char *client_id, const char *client_secret)
{
    SECRET_AUTO *pair = secret_new(ENCODED_MAX * (strlen(client_id) + strlen(client_secret)) + 1);
    struct secret *header;
    size_t size;
    char *end;

    if (!pair)
        return NULL;
    end = encode(secret_bytes(pair), client_id);
    *end++ = ':';
    end = encode(end, client_secret);
    size = (size_t)(end - secret_bytes(pair));
    header = secret_new(strlen(BASIC_PREFIX) + (size + 2) / 3 * 4);
    if (!header)
        return NULL;
    memcpy(secret_bytes(header), BASIC_PREFIX, strlen(BASIC_PREFIX));
    (void)EVP_EncodeBlock((unsigned char *)secret_bytes(header) + strlen(BASIC_PREFIX),
                          (const unsigned char *)secret_bytes(pair), (int)size);
    return header;
}
