/* SPDX-License-Identifier: BSD-3-Clause */
/* See signicat_schema.h. */
#include "tests/unit/signicat_schema.h"

#include "tests/harness/scratch.h"
#include "tests/unit/json_schema.h"

#include <check.h>
#include <stdio.h>

static void
must_come_to(int result, const char *schema_name, const char *json)
{
    char name[128], reason[256] = "";
    char *path, *schema;

    snprintf(name, sizeof name, "tests/unit/schemas/%s.json", schema_name);
    path = scratch_path(SOURCE_DIR, name);
    schema = scratch_read(path);
    ck_assert_msg(json_schema_check(schema, json, reason, sizeof reason) == result, "%s: %s: %s",
                  schema_name, reason, json);
}

void
signicat_schema_must_allow(const char *schema_name, const char *json)
{
    must_come_to(0, schema_name, json);
}

void
signicat_schema_must_refuse(const char *schema_name, const char *json)
{
    must_come_to(-1, schema_name, json);
}
