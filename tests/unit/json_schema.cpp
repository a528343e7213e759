/* SPDX-License-Identifier: BSD-3-Clause */
/* See json_schema.h. No exception leaves this file: its callers are C. */
#include "tests/unit/json_schema.h"

#include <cstdio>

#include <rapidjson/document.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

extern "C" int
json_schema_check(const char *schema, const char *json, char *ret_reason, size_t reason_size)
{
    try {
        rapidjson::Document rules, document;

        if (rules.Parse(schema).HasParseError() || document.Parse(json).HasParseError()) {
            snprintf(ret_reason, reason_size, "%s is no JSON",
                     rules.HasParseError() ? "the schema" : "the text");
            return -1;
        }
        const rapidjson::SchemaDocument compiled(rules);
        rapidjson::SchemaValidator validator(compiled);
        if (document.Accept(validator))
            return 0;
        rapidjson::StringBuffer where, rule;
        validator.GetInvalidDocumentPointer().StringifyUriFragment(where);
        validator.GetInvalidSchemaPointer().StringifyUriFragment(rule);
        snprintf(ret_reason, reason_size, "%s: %s of %s", where.GetString(),
                 validator.GetInvalidSchemaKeyword(), rule.GetString());
    } catch (...) {
        snprintf(ret_reason, reason_size, "the validator itself failed");
    }
    return -1;
}
