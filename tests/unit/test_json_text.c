/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the parser of untrusted JSON responses, and the writer of requests. The tests of the
 * providers' messages cover the providers' use of both. Pure. Runs as the user who runs the
 * tests. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/agent/encoding.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"

#include <string.h>

TEST_CASE("json");

TEST(objects)
{
    static const char *const refused[] = {
        "",
        "{",
        "[]",
        "\"text\"",
        "null",
        "{} {}",
        "{}x",
        "{'a':1}",
        "{\"a\":1,}",
        "{\"a\"}",
        "{\"a\":\"\xFF\"}",
        "{\"a\":1,\"a\":1}",
        "{\"a\":{\"b\":1,\"b\":1}}",
        "{\"a\":\"\\u0000\"}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":1e999}",
    };

    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++)
        ck_assert_msg(!json_text_read(refused[i], strlen(refused[i])), "taken: %s", refused[i]);
    ck_assert_ptr_null(json_text_read("{\0}", 3));
    JSON_AUTO *object = json_text_read(" {\"a\":[null]}\n", 14);
    ck_assert_ptr_nonnull(object);
}

static json_t *
read_object(const char *text)
{
    json_t *object = json_text_read(text, strlen(text));

    ck_assert_ptr_nonnull(object);
    return object;
}

TEST(required)
{
    JSON_AUTO *object = read_object("{\"a\":\"abc\",\"empty\":\"\",\"null\":null,\"number\":1,"
                                    "\"blank\":\"a b\",\"wide\":\"\xC3\xA9\"}");
    static const char *const refused[] = {"empty", "null", "number", "blank", "wide", "absent"};
    char text[4] = "was";

    for (size_t i = 0; i < ARRAY_LENGTH(refused); i++)
        ck_assert_int_eq(json_text_required(object, refused[i], text, sizeof text), IDQ_REPLY);
    ck_assert_int_eq(json_text_required(object, "a", text, 3), IDQ_REPLY);
    ck_assert_str_eq(text, "was");
    ck_assert_int_eq(json_text_required(object, "a", text, sizeof text), 0);
    ck_assert_str_eq(text, "abc");
}

TEST(optional)
{
    JSON_AUTO *object = read_object("{\"a\":\"a \xC3\xA9\",\"empty\":\"\",\"null\":null,"
                                    "\"number\":1,\"control\":\"\\u001b\",\"c1\":\"\\u0085\"}");
    char text[5] = "was";

    ck_assert_int_eq(json_text_optional(object, "absent", text, sizeof text), 0);
    ck_assert_int_eq(json_text_optional(object, "null", text, sizeof text), 0);
    ck_assert_int_eq(json_text_optional(object, "number", text, sizeof text), IDQ_REPLY);
    ck_assert_int_eq(json_text_optional(object, "control", text, sizeof text), IDQ_REPLY);
    ck_assert_int_eq(json_text_optional(object, "c1", text, sizeof text), IDQ_REPLY);
    ck_assert_int_eq(json_text_optional(object, "a", text, 4), IDQ_REPLY);
    ck_assert_str_eq(text, "was");
    ck_assert_int_eq(json_text_optional(object, "a", text, sizeof text), 0);
    ck_assert_str_eq(text, "a \xC3\xA9");
    ck_assert_int_eq(json_text_optional(object, "empty", text, sizeof text), 0);
    ck_assert_str_eq(text, "");
}

TEST(writing)
{
    SECRET_AUTO *text = json_text_write(json_pack("{s:s, s:[i]}", "a", "b\"\xC3\xA9", "c", 1));

    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(secret_bytes(text), "{\"a\":\"b\\\"\xC3\xA9\",\"c\":[1]}");
    ck_assert_ptr_null(json_text_write(NULL));
}

RUN_TESTS("json_text", NULL);
