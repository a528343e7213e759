/* SPDX-License-Identifier: BSD-3-Clause */
/* What a client of Signicat may send to make a session, and what the sandbox says of anything else.
 */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/sandbox/fields.h"
#include "tests/harness/runner.h"

#include <stdio.h>
#include <string.h>

#define FLOW  "\"flow\":\"redirect\""
#define LISTS "\"allowedProviders\":[\"idin\"],\"requestedAttributes\":[\"idpId\"]"
#define URLS  "\"success\":\"https://a.example/\",\"abort\":\"https://a.example/\""
#define BACK  "\"callbackUrls\":{" URLS ",\"error\":\"https://a.example/\"}"
#define LEAST FLOW "," LISTS "," BACK

static int
parse(const char *body, struct signicat_fields *ret_fields, const char **ret_field)
{
    const char *why = NULL;
    int error = signicat_fields_read(body, strlen(body), ret_fields, ret_field, &why);

    ck_assert_ptr_nonnull(why);
    return error;
}

static const struct {
    const char *body;
    int lifetime_s;
    const char *reference;
} right[] = {
    {"{" LEAST "}", 1200, ""},
    {"{" LEAST ",\"sessionLifetime\":1}", 300, ""}, /* raised */
    {"{" LEAST ",\"sessionLifetime\":301}", 301, ""},
    {"{" LEAST ",\"externalReference\":\"Balie-3/x\"}", 1200, "Balie-3/x"},
    {"{" LEAST ",\"language\":\"nl\",\"requestedLoa\":\"high\",\"requestDomain\":\"a.example\","
     "\"tags\":[\"a\",\"b\"]}",
     1200, ""},
};

TEST_CASE("fields");

LOOP_TEST(reads, ARRAY_LENGTH(right))
{
    struct signicat_fields fields;
    const char *field;

    ck_assert_msg(parse(right[_i].body, &fields, &field) == 0, "%s: %s", right[_i].body, field);
    ck_assert_int_eq(fields.lifetime_s, right[_i].lifetime_s);
    ck_assert_str_eq(fields.reference, right[_i].reference);
}

static const struct {
    const char *body;
    const char *field; /* that is named */
} wrong[] = {
    {"", "body"},
    {"[]", "body"},
    {"{" LEAST "} x", "body"},
    {"{" LEAST "," FLOW "}", "body"},
    {"{" LISTS "," BACK "}", "flow"},
    {"{\"flow\":\"headless\"," LISTS "," BACK "}", "flow"},
    {"{\"flow\":1," LISTS "," BACK "}", "flow"},
    {"{" FLOW "," BACK "}", "allowedProviders"},
    {"{" FLOW ",\"allowedProviders\":\"idin\",\"requestedAttributes\":[\"idpId\"]," BACK "}",
     "allowedProviders"},
    {"{" FLOW ",\"allowedProviders\":[\"idin\",\"nbid\"],\"requestedAttributes\":[\"idpId\"]," BACK
     "}",
     "allowedProviders"},
    {"{" FLOW ",\"allowedProviders\":[\"idin\"],\"requestedAttributes\":[\"idpId\",\"name\"]," BACK
     "}",
     "requestedAttributes"},
    {"{" FLOW ",\"allowedProviders\":[\"idin\"]," BACK "}", "requestedAttributes"},
    {"{" FLOW "," LISTS "}", "callbackUrls"},
    {"{" FLOW "," LISTS ",\"callbackUrls\":\"https://a.example/\"}", "callbackUrls"},
    {"{" FLOW "," LISTS ",\"callbackUrls\":{" URLS "}}", "callbackUrls.error"},
    {"{" FLOW "," LISTS ",\"callbackUrls\":{" URLS ",\"error\":\"http://a.example/\"}}",
     "callbackUrls.error"},
    {"{" FLOW "," LISTS ",\"callbackUrls\":{" URLS ",\"error\":\"https://a.example/\",\"x\":1}}",
     "callbackUrls"},
    {"{" LEAST ",\"sessionLifetime\":0}", "sessionLifetime"},
    {"{" LEAST ",\"sessionLifetime\":300.0}", "sessionLifetime"},
    {"{" LEAST ",\"sessionLifetime\":86401}", "sessionLifetime"},
    {"{" LEAST ",\"externalReference\":\"\"}", "externalReference"},
    {"{" LEAST ",\"externalReference\":\"a b\"}", "externalReference"},
    {"{" LEAST ",\"language\":\"nld\"}", "language"},
    {"{" LEAST ",\"language\":\"NL\"}", "language"},
    {"{" LEAST ",\"requestedLoa\":\"loa3\"}", "requestedLoa"},
    {"{" LEAST ",\"requestDomain\":\"https://a.example\"}", "requestDomain"},
    {"{" LEAST ",\"tags\":\"a\"}", "tags"},
    {"{" LEAST ",\"tags\":[1]}", "tags"},
    {"{" LEAST ",\"success\":\"https://a.example/\"}", "body"}, /* of another object */
    {"{" LEAST ",\"subject\":{}}", "body"},
};

LOOP_TEST(names_what_is_wrong, ARRAY_LENGTH(wrong))
{
    struct signicat_fields fields = {.lifetime_s = 4711};
    const char *field = NULL;

    ck_assert_int_eq(parse(wrong[_i].body, &fields, &field), IDQ_REPLY);
    ck_assert_str_eq(field, wrong[_i].field);
    ck_assert_int_eq(fields.lifetime_s, 4711);
}

TEST(caps_the_reference)
{
    struct signicat_fields fields;
    const char *field;
    char body[sizeof LEAST + CODE_REFERENCE_MAX + 64];

    snprintf(body, sizeof body, "{" LEAST ",\"externalReference\":\"%0*d\"}", CODE_REFERENCE_MAX,
             0);
    ck_assert_int_eq(parse(body, &fields, &field), 0);
    ck_assert_uint_eq(strlen(fields.reference), CODE_REFERENCE_MAX);
    snprintf(body, sizeof body, "{" LEAST ",\"externalReference\":\"%0*d\"}",
             CODE_REFERENCE_MAX + 1, 0);
    ck_assert_int_eq(parse(body, &fields, &field), IDQ_REPLY);
}

RUN_TESTS("sandbox_signicat_fields", NULL);
