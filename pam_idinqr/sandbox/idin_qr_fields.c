/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on requests from the network. */
#include "pam_idinqr/sandbox/fields.h"

#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define IN(request) (1u << (request))
#define GENERATE    (IN(MERCHANT_GENERATE) | IN(MERCHANT_RELAY_GENERATE))
#define STATUS      (IN(MERCHANT_STATUS) | IN(MERCHANT_RELAY_STATUS))

enum field_kind {
    FIELD_UUID,   /* a text of 36 characters */
    FIELD_CHOICE, /* a text: "00" or "01" */
    FIELD_NONCE,  /* a text of 32 lower-case hex digits */
    FIELD_DIGITS, /* a text of 6 digits */
    FIELD_TIME,   /* a text, see json_read_time */
    FIELD_NUMBER, /* a whole number */
    FIELD_TEXT,   /* a text to show, of `least` bytes and less than `most` */
};

/* Every field of every request, and where it goes in struct idin_qr_fields. */
static const struct field {
    const char *name;
    unsigned required_in, optional_in;
    enum field_kind kind;
    size_t offset;
    long least, most; /* of a number, or a text */
    const char *why;  /* what to say of a value that is not acceptable */
} table[] = {
    {"merchant_token", GENERATE | STATUS | IN(MERCHANT_CANCEL), 0, FIELD_UUID,
     offsetof(struct idin_qr_fields, merchant_token), 0, 0, "must be a UUID"},
    {"qr_id", STATUS | IN(MERCHANT_CANCEL), 0, FIELD_UUID, offsetof(struct idin_qr_fields, qr_id),
     0, 0, "must be a UUID"},
    {"merchant_sub_id", 0, GENERATE, FIELD_NUMBER, offsetof(struct idin_qr_fields, merchant_sub_id),
     0, 999999, "must be a number, 0 to 999999"},
    {"expiration", GENERATE, 0, FIELD_TIME, offsetof(struct idin_qr_fields, expiration), 0, 0,
     "must be YYYY-MM-DD HH:MM:SS in UTC"},
    {"size", GENERATE, 0, FIELD_NUMBER, offsetof(struct idin_qr_fields, size_px),
     MERCHANT_SIZE_MIN_PX, MERCHANT_SIZE_MAX_PX, "must be a number, 100 to 2000"},
    {"idin_service_id", GENERATE, 0, FIELD_NUMBER, offsetof(struct idin_qr_fields, idin_service_id),
     16384, 16384, "must be 16384: the sandbox gives a BIN and nothing else"},
    {"use_case", GENERATE, 0, FIELD_CHOICE, offsetof(struct idin_qr_fields, use_case), 0, 0,
     "must be \"00\" or \"01\""},
    {"wait", 0, STATUS, FIELD_NUMBER, offsetof(struct idin_qr_fields, wait_s), 0,
     MERCHANT_WAIT_MAX_S, "must be a number, 0 to 60"},
    {"nonce", IN(MERCHANT_RELAY_GENERATE) | IN(MERCHANT_RELAY_STATUS), IN(MERCHANT_STATUS),
     FIELD_NONCE, offsetof(struct idin_qr_fields, nonce), 0, 0, "must be 32 lower-case hex digits"},
    {"number", 0, IN(MERCHANT_RELAY_STATUS), FIELD_DIGITS, offsetof(struct idin_qr_fields, number),
     0, 0, "must be 6 digits"},
    {"station", IN(MERCHANT_RELAY_GENERATE), 0, FIELD_TEXT,
     offsetof(struct idin_qr_fields, place.station), 1, sizeof((struct code_place *)0)->station,
     "must be a text"},
    {"service", IN(MERCHANT_RELAY_GENERATE), 0, FIELD_TEXT,
     offsetof(struct idin_qr_fields, place.service), 1, sizeof((struct code_place *)0)->service,
     "must be a text"},
    {"account", 0, IN(MERCHANT_RELAY_GENERATE), FIELD_TEXT,
     offsetof(struct idin_qr_fields, place.account), 1, sizeof((struct code_place *)0)->account,
     "must be a text"},
};

static const size_t n_fields = ARRAY_LENGTH(table);

static bool
is_uuid(const char *text)
{
    if (strlen(text) != TOKEN_UUID_SIZE - 1)
        return false;
    for (size_t i = 0; text[i]; i++) {
        bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_hyphen ? text[i] != '-' : !strchr("0123456789abcdefABCDEF", text[i]))
            return false;
    }
    return true;
}

static int
read_value(const struct field *field, const json_t *value, struct idin_qr_fields *fields)
{
    char *target = (char *)fields + field->offset;
    const char *text = json_string_value(value);

    switch (field->kind) {
    case FIELD_UUID:
        if (!text || !is_uuid(text))
            return IDQ_REPLY;
        memcpy(target, text, TOKEN_UUID_SIZE);
        return 0;
    case FIELD_CHOICE:
        if (!text || (strcmp(text, "00") != 0 && strcmp(text, "01") != 0))
            return IDQ_REPLY;
        memcpy(target, text, sizeof fields->use_case);
        return 0;
    case FIELD_NONCE:
        if (!text || strlen(text) != CODE_NONCE_SIZE - 1 ||
            text[strspn(text, "0123456789abcdef")] != '\0')
            return IDQ_REPLY;
        memcpy(target, text, CODE_NONCE_SIZE);
        return 0;
    case FIELD_DIGITS:
        if (!text || strlen(text) != CODE_NUMBER_SIZE - 1 || text[strspn(text, "0123456789")])
            return IDQ_REPLY;
        memcpy(target, text, CODE_NUMBER_SIZE);
        return 0;
    case FIELD_TIME:
        return text ? json_read_time(text, &fields->expiration) : IDQ_REPLY;
    case FIELD_NUMBER:
        if (!json_is_integer(value) || json_integer_value(value) < field->least ||
            json_integer_value(value) > field->most)
            return IDQ_REPLY;
        long number = (long)json_integer_value(value);
        memcpy(target, &number, sizeof number);
        return 0;
    case FIELD_TEXT:
        if (!text || (long)strlen(text) < field->least || (long)strlen(text) >= field->most ||
            !characters_are_clean(text, strlen(text)))
            return IDQ_REPLY;
        memcpy(target, text, strlen(text) + 1);
        return 0;
    }
    return IDQ_REPLY;
}

int
idin_qr_fields_read(enum merchant_request kind, const char *body, size_t size,
                    struct idin_qr_fields *ret_fields, const char **ret_field, const char **ret_why)
{
    struct idin_qr_fields fields = {.wait_s = 0};
    json_t *root = json_loadb(body, size, JSON_REJECT_DUPLICATES, NULL);
    size_t n_read = 0;
    int error = 0;

    *ret_field = "body";
    *ret_why = "must be a JSON object in which no field comes twice";
    if (!json_is_object(root))
        error = IDQ_REPLY;
    for (size_t i = 0; !error && i < n_fields; i++) {
        const struct field *field = &table[i];
        const json_t *value = json_object_get(root, field->name);
        bool is_required = (field->required_in & IN(kind)) != 0;

        if (!is_required && (!value || !(field->optional_in & IN(kind))))
            continue; /* what does not belong here is counted below */
        *ret_field = field->name;
        *ret_why = value ? field->why : "is missing";
        error = value ? read_value(field, value, &fields) : IDQ_REPLY;
        n_read++;
    }
    if (!error && n_read != json_object_size(root)) {
        *ret_field = "body";
        *ret_why = "has a field that this request does not know";
        error = IDQ_REPLY;
    }
    json_decref(root);
    if (!error)
        *ret_fields = fields;
    return error;
}
