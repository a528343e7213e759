/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks JSON against a JSON schema (draft 4) with RapidJSON, an independent implementation.
 * RapidJSON supports only C++, so json_schema.cpp calls it. Test code. */
#ifndef IDQ_TESTS_JSON_SCHEMA_H
#define IDQ_TESTS_JSON_SCHEMA_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0 when the schema, a text, allows the JSON; else -1 and what does not agree. */
int json_schema_check(const char *schema, const char *json, char *ret_reason, size_t reason_size);

#ifdef __cplusplus
}
#endif

#endif
