/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent runs this on its settings, which may be secrets, and on answers from the network. */
#include "pam_idinqr/agent/encoding.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/text.h"

#include <openssl/evp.h>

#include <stdbool.h>
#include <string.h>

#define ENCODED_MAX  3 /* bytes that encode one byte, at most */
#define BASIC_PREFIX "Basic "

/* Not isalnum(), which depends on the locale. */
static bool
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

struct secret *
base64url_decode(const char *text, size_t size)
{
    struct secret *bytes = size % 4 == 1 ? NULL : secret_new(size / 4 * 3 + size % 4 * 3 / 4);
    unsigned bits = 0, n_bits = 0;
    size_t used = 0;

    if (!bytes)
        return NULL;
    for (size_t i = 0; i < size; i++) {
        int value = characters_base64_digit(text[i], "-_");
        if (value < 0) {
            secret_free(&bytes);
            return NULL;
        }
        bits = (bits << 6 | (unsigned)value) & 0xFFFF;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            secret_bytes(bytes)[used++] = (char)(bits >> n_bits);
        }
    }
    if (bits & ((1u << n_bits) - 1))
        secret_free(&bytes);
    return bytes;
}

void
json_text_free(json_t **json)
{
    json_decref(*json);
}

struct secret *
json_text_write(json_t *json)
{
    JSON_AUTO *request = json;
    SECRET_AUTO *text = NULL;
    struct secret *whole;
    size_t size;

    if (!request)
        return NULL;
    size = json_dumpb(request, NULL, 0, JSON_COMPACT);
    text = size > 0 ? secret_new(size) : NULL;
    if (!text || json_dumpb(request, secret_bytes(text), size, JSON_COMPACT) != size)
        return NULL;
    whole = text;
    text = NULL; /* moved */
    return whole;
}

/* jansson rejects text that is not UTF-8, U+0000, and nesting deeper than 2048. A flag makes it
 * reject duplicate members. */
json_t *
json_text_read(const char *body, size_t size)
{
    json_t *json = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);

    if (json && !json_is_object(json)) {
        json_decref(json);
        return NULL;
    }
    return json;
}

int
json_text_required(const json_t *object, const char *name, char *ret_text, size_t capacity)
{
    const json_t *member = json_object_get(object, name);
    size_t size = json_string_length(member); /* 0 if it is not a string */

    if (size == 0 || size >= capacity ||
        !characters_are_visible_ascii(json_string_value(member), size))
        return IDQ_REPLY;
    memcpy(ret_text, json_string_value(member), size + 1);
    return 0;
}

int
json_text_optional(const json_t *object, const char *name, char *ret_text, size_t capacity)
{
    const json_t *member = json_object_get(object, name);
    size_t size = json_string_length(member);

    if (!member || json_is_null(member))
        return 0;
    if (!json_is_string(member) || size >= capacity ||
        !characters_are_clean(json_string_value(member), size))
        return IDQ_REPLY;
    memcpy(ret_text, json_string_value(member), size + 1);
    return 0;
}
