/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent runs this on answers from the network. */
#include "pam_idinqr/agent/json_text.h"

#include "pam_idinqr/common/text.h"
#include "pam_idinqr/common/error.h"

#include <string.h>

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
