/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads what a browser posts, or a client of OAuth: application/x-www-form-urlencoded. The bytes
 * are anybody's. Pure. */
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

/* Takes a body apart. 0, or IDQ_REPLY when it is not such a form: a bad escape, a zero byte, a
 * field twice, a name without "=", or anything larger than this sandbox's own forms need. */
int form_parse(const char *body, size_t size, struct form *ret_form);

/* Undoes the escapes of one value. 0 or IDQ_REPLY. */
int form_decode(const char *text, size_t size, char ret_value[FORM_VALUE_MAX + 1]);

/* The value of a field; "" when it is not there. */
const char *form_value(const struct form *form, const char *name);

#endif
