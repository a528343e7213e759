/* SPDX-License-Identifier: BSD-3-Clause */
/* JSON held against the schemas in tests/unit/schemas, written from the public description of
 * Signicat's API, by a validator that is not ours (json_schema.h). Test code. */
#ifndef IDQ_TESTS_SIGNICAT_SCHEMA_H
#define IDQ_TESTS_SIGNICAT_SCHEMA_H

/* Fails the running test unless the schema, a file's name without ".json", allows this JSON. */
void signicat_schema_must_allow(const char *schema_name, const char *json);

/* The same, unless it does not. */
void signicat_schema_must_refuse(const char *schema_name, const char *json);

#endif
