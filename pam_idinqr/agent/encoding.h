/* SPDX-License-Identifier: BSD-3-Clause */
/* Encodes requests and decodes answers: forms, base64url and JSON. Pure. The text may be secret, so
 * results are in memory that is wiped. */
#ifndef IDQ_AGENT_ENCODING_H
#define IDQ_AGENT_ENCODING_H

#include "pam_idinqr/common/secret.h"

#include <jansson.h>
#include <stddef.h>

/* Encodes text for a form, a query and an Authorization header: application/x-www-form-urlencoded
 * (RFC 6749 appendix B) and HTTP Basic. The agent's providers use it on their settings. */
struct http_form_field {
    const char *name;
    const char *value; /* NULL: the field is omitted; "" is sent */
};

/* Returns "name=value&name=value", with each part encoded: the body of a form, or a URL's query
 * after the "?". Returns NULL if memory is short. */
struct secret *http_form_write(const struct http_form_field *fields, size_t n_fields);

/* Returns the value of an Authorization header for a client with a secret. RFC 6749 2.3.1: both
 * parts are encoded as in a form first, so an id may contain a colon. Returns NULL if memory is
 * short. */
struct secret *http_form_basic(const char *client_id, const char *client_secret);

/* Decodes base64url as JOSE writes it (RFC 7515, section 2). Pure. The text is untrusted. */

/* Returns the bytes of a text without padding and line breaks. Unused bits must be zero, so that
 * the same bytes have only one form. Returns NULL if the text is invalid, or if memory is short. */
struct secret *base64url_decode(const char *text, size_t size);

/* Writes JSON requests into memory that is wiped, and reads untrusted JSON answers: every type,
 * length and character is checked here. Pure, on jansson, whose heap wipes in the agent (see
 * wiping_heap.h). */

/* Returns the text of a request. Takes ownership of `json`, which may be NULL. Returns NULL for
 * NULL, and if memory is short. */
struct secret *json_text_write(json_t *json);

/* Returns a JSON object that is followed by no other data, or NULL. The caller frees it, see
 * JSON_AUTO. */
json_t *json_text_read(const char *body, size_t size);

/* Copies a required text: not empty, at most capacity-1 bytes of visible ASCII. Returns 0 or
 * IDQ_REPLY. */
int json_text_required(const json_t *object, const char *name, char *ret_text, size_t capacity);

/* Copies an optional text. If it is absent, null or empty, ret_text is unchanged or "". Other text
 * must be clean and fit. Returns 0 or IDQ_REPLY. */
int json_text_optional(const json_t *object, const char *name, char *ret_text, size_t capacity);

void json_text_free(json_t **json);

#define JSON_AUTO __attribute__((cleanup(json_text_free))) json_t

#endif
