/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes JSON requests into memory that is wiped, and reads untrusted JSON answers: every type,
 * length and character is checked here. Pure, on jansson, whose heap wipes in the agent (see
 * wiping_heap.h). */
#ifndef IDQ_AGENT_JSON_TEXT_H
#define IDQ_AGENT_JSON_TEXT_H

#include "pam_idinqr/common/secret.h"

#include <jansson.h>

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
