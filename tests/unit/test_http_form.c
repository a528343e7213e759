/* SPDX-License-Identifier: BSD-3-Clause */
/* Forms and HTTP Basic, word for word. Pure; the expected texts were made with other programs. */
#include "pam_idinqr/agent/encoding.h"
#include "tests/harness/runner.h"

#include <string.h>

static void
must_be(struct secret *text, const char *expected)
{
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(secret_bytes(text), expected);
    ck_assert_uint_eq(secret_size(text), strlen(expected));
    secret_free(&text);
}

TEST_CASE("forms");

TEST(fields)
{
    static const struct http_form_field two[] = {{"grant_type", "client_credentials"},
                                                 {"scope", "signicat-api"}};
    static const struct http_form_field some[] = {
        {"left out", NULL}, {"a", ""}, {"left out", NULL}, {"b", "c"}, {"left out", NULL}};

    must_be(http_form_write(two, 2), "grant_type=client_credentials&scope=signicat-api");
    must_be(http_form_write(some, 5), "a=&b=c");
    must_be(http_form_write(NULL, 0), "");
}

/* RFC 6749, appendix B. */
TEST(encoding)
{
    static const struct http_form_field field[] = {{"p&q", " %&+\xC2\xA3\xE2\x82\xAC"}};
    static const struct http_form_field kept[] = {{"k", "AZaz09-._*"}};
    static const struct http_form_field others[] = {{"k", "~=:/?#@\"'\n\x7F\xFF"}};

    must_be(http_form_write(field, 1), "p%26q=+%25%26%2B%C2%A3%E2%82%AC");
    must_be(http_form_write(kept, 1), "k=AZaz09-._*");
    must_be(http_form_write(others, 1), "k=%7E%3D%3A%2F%3F%23%40%22%27%0A%7F%FF");
}

/* The first pair is the example of RFC 6749 2.3.1; the other lengths need every padding of base64.
 */
TEST(basic)
{
    must_be(http_form_basic("s6BhdRkqt3", "gX1fBat3bV"), "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW");
    must_be(http_form_basic("a", "b"), "Basic YTpi");
    must_be(http_form_basic("a", "bc"), "Basic YTpiYw==");
    must_be(http_form_basic("a", "bcd"), "Basic YTpiY2Q=");
    must_be(http_form_basic("a:b", "c d"), "Basic YSUzQWI6Yytk");
    must_be(http_form_basic("", ""), "Basic Og==");
}

RUN_TESTS("http_form", NULL);
