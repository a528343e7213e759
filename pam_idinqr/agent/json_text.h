/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON as the providers need it: requests written into wiped memory, answers read with distrust.
 * Pure, on jansson, whose heap wipes in the agent (see wiping_heap.h). What an answer is made of is
 * untrusted: every type, length and character is checked here. */
#ifndef IDQ_AGENT_JSON_TEXT_H
#define IDQ_AGENT_JSON_TEXT_H

#include "pam_idinqr/common/secret.h"

#include <jansson.h>

/* The text of a request. Takes over `json`, which may be NULL; NULL then, and when memory is short.
 */
struct secret *json_text_write(json_t *json);

/* A JSON object and nothing behind it, or NULL. The caller's to free, see JSON_AUTO. */
json_t *json_text_read(const char *body, size_t size);

/* Copies a text that has to be there: not empty, at most capacity-1 bytes of visible ASCII. 0 or
 * IDQ_REPLY. */
int json_text_required(const json_t *object, const char *name, char *ret_text, size_t capacity);

/* Copies a text that may be absent, null or empty (ret_text is then left as it was, or ""); what is
 * there has to be clean and to fit. 0 or IDQ_REPLY. */
int json_text_optional(const json_t *object, const char *name, char *ret_text, size_t capacity);

void json_text_free(json_t **json);

#define JSON_AUTO __attribute__((cleanup(json_text_free))) json_t

#endif
