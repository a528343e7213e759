/* SPDX-License-Identifier: BSD-3-Clause */
/* Parses the body of a browser's or an OAuth client's POST: application/x-www-form-urlencoded. The
 * bytes are untrusted. Pure. */
#ifndef IDQ_WEB_FORMS_H
#define IDQ_WEB_FORMS_H

#include <stddef.h>

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

#endif
