/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on requests from the network. */
#include "pam_idinqr/sandbox/fields.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/https_url.h"

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#define TAGS_MAX     10
#define TAG_TEXT_MAX 64

typedef bool reader(const json_t *value, struct signicat_fields *fields);

/* True when the value is a text of 1 to `most` bytes of visible ASCII. */
static bool
is_plain_text(const json_t *value, size_t most)
{
    const char *text = json_string_value(value);
    size_t size = json_string_length(value);

    if (!text || size == 0 || size > most)
        return false;
    for (size_t i = 0; i < size; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return true;
}

static bool
is_word(const json_t *value, const char *word)
{
    return json_is_string(value) && strcmp(json_string_value(value), word) == 0;
}

static bool
is_list_of_word(const json_t *value, const char *word)
{
    return json_array_size(value) == 1 && is_word(json_array_get(value, 0), word);
}

static bool
read_flow(const json_t *value, struct signicat_fields *fields)
{
    (void)fields;
    return is_word(value, "redirect");
}

static bool
read_providers(const json_t *value, struct signicat_fields *fields)
{
    (void)fields;
    return is_list_of_word(value, "idin");
}

static bool
read_attributes(const json_t *value, struct signicat_fields *fields)
{
    (void)fields;
    return is_list_of_word(value, "idpId");
}

static bool
read_url(const json_t *value, struct signicat_fields *fields)
{
    struct https_url url;

    (void)fields;
    return json_is_string(value) &&
           https_url_parse(json_string_value(value), json_string_length(value), &url) == 0;
}

static bool
read_lifetime(const json_t *value, struct signicat_fields *fields)
{
    json_int_t lifetime_s = json_integer_value(value);

    if (!json_is_integer(value) || lifetime_s < 1 || lifetime_s > SIGNICAT_LIFETIME_MAX_S)
        return false;
    fields->lifetime_s =
        lifetime_s < SIGNICAT_LIFETIME_MIN_S ? SIGNICAT_LIFETIME_MIN_S : (int)lifetime_s;
    return true;
}

static bool
read_reference(const json_t *value, struct signicat_fields *fields)
{
    if (!is_plain_text(value, CODE_REFERENCE_MAX))
        return false;
    memcpy(fields->reference, json_string_value(value), json_string_length(value) + 1);
    return true;
}

static bool
read_language(const json_t *value, struct signicat_fields *fields)
{
    const char *text = json_string_value(value);

    (void)fields;
    return text && strlen(text) == 2 && strspn(text, "abcdefghijklmnopqrstuvwxyz") == 2;
}

static bool
read_loa(const json_t *value, struct signicat_fields *fields)
{
    (void)fields;
    return is_word(value, "low") || is_word(value, "substantial") || is_word(value, "high");
}

/* A host name and nothing else: it has to parse as the host of an URL. */
static bool
read_domain(const json_t *value, struct signicat_fields *fields)
{
    (void)fields;
    return is_plain_text(value, 253) && !strpbrk(json_string_value(value), "/:?#@[]");
}

static bool
read_tags(const json_t *value, struct signicat_fields *fields)
{
    const json_t *tag;
    size_t i;

    (void)fields;
    if (!json_is_array(value) || json_array_size(value) > TAGS_MAX)
        return false;
    json_array_foreach(value, i, tag) if (!is_plain_text(tag, TAG_TEXT_MAX)) return false;
    return true;
}

/* A member of the body or of an object in it. `inner` is the object's name; "" for the body. */
static const struct field {
    const char *inner, *name, *label;
    bool is_required;
    reader *read;
    const char *why;
} table[] = {
    {"", "flow", "flow", true, read_flow, "must be \"redirect\": the sandbox has no other flow"},
    {"", "allowedProviders", "allowedProviders", true, read_providers,
     "must be [\"idin\"]: the sandbox has no other provider"},
    {"", "requestedAttributes", "requestedAttributes", true, read_attributes,
     "must be [\"idpId\"]: the sandbox gives a BIN and nothing else"},
    {"", "callbackUrls", "callbackUrls", true, NULL, "must be an object of three https URLs"},
    {"callbackUrls", "success", "callbackUrls.success", true, read_url, "must be an https URL"},
    {"callbackUrls", "abort", "callbackUrls.abort", true, read_url, "must be an https URL"},
    {"callbackUrls", "error", "callbackUrls.error", true, read_url, "must be an https URL"},
    {"", "sessionLifetime", "sessionLifetime", false, read_lifetime,
     "must be a number of seconds, 1 to 86400"},
    {"", "externalReference", "externalReference", false, read_reference,
     "must be a text of 1 to 255 visible characters"},
    {"", "language", "language", false, read_language, "must be the two letters of a language"},
    {"", "requestedLoa", "requestedLoa", false, read_loa,
     "must be \"low\", \"substantial\" or \"high\""},
    {"", "requestDomain", "requestDomain", false, read_domain, "must be a host name"},
    {"", "tags", "tags", false, read_tags, "must be a list of at most 10 texts"},
};

static const size_t n_fields = ARRAY_LENGTH(table);

static const json_t *
find_object(const json_t *root, const char *inner)
{
    return inner[0] ? json_object_get(root, inner) : root;
}

/* The first field that is missing or wrong, or NULL. */
static const struct field *
find_wrong(const json_t *root, struct signicat_fields *fields, const char **ret_why)
{
    for (size_t i = 0; i < n_fields; i++) {
        const struct field *field = &table[i];
        const json_t *value = json_object_get(find_object(root, field->inner), field->name);

        if (!value && !field->is_required)
            continue;
        *ret_why = value ? field->why : "is missing";
        if (!value || !(field->read ? field->read(value, fields) : json_is_object(value)))
            return field;
    }
    return NULL;
}

/* True when an object has as many members as the table knows of it. */
static bool
has_no_other(const json_t *root, const char *inner)
{
    const json_t *object = find_object(root, inner);
    size_t n_known = 0;

    for (size_t i = 0; i < n_fields; i++)
        if (strcmp(table[i].inner, inner) == 0 && json_object_get(object, table[i].name))
            n_known++;
    return n_known == json_object_size(object);
}

int
signicat_fields_read(const char *body, size_t size, struct signicat_fields *ret_fields,
                     const char **ret_field, const char **ret_why)
{
    struct signicat_fields fields = {.lifetime_s = SIGNICAT_LIFETIME_DEFAULT_S};
    json_t *root = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
    const struct field *wrong = NULL;
    int error = 0;

    *ret_field = "body";
    *ret_why = "must be a JSON object in which no field comes twice";
    if (!json_is_object(root)) {
        error = IDQ_REPLY;
    } else if ((wrong = find_wrong(root, &fields, ret_why))) {
        *ret_field = wrong->label;
        error = IDQ_REPLY;
    } else if (!has_no_other(root, "")) {
        *ret_why = "has a field that a session does not know";
        error = IDQ_REPLY;
    } else if (!has_no_other(root, "callbackUrls")) {
        *ret_field = "callbackUrls";
        *ret_why = "has a field that it does not know";
        error = IDQ_REPLY;
    }
    json_decref(root);
    if (!error)
        *ret_fields = fields;
    return error;
}
