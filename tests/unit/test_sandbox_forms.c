/* SPDX-License-Identifier: BSD-3-Clause */
/* What a browser may post, and what else may arrive in its place. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/web/http.h"
#include "tests/harness/runner.h"

#include <stdio.h>
#include <string.h>

static int
parse(const char *body, struct form *ret_form)
{
    return form_parse(body, strlen(body), ret_form);
}

TEST_CASE("forms");

TEST(reads_fields)
{
    struct form form;

    ck_assert_int_eq(parse("bank=noord&answer=a+b%2Bc%c3%A9&empty=", &form), 0);
    ck_assert_uint_eq(form.n_fields, 3);
    ck_assert_str_eq(form_value(&form, "bank"), "noord");
    ck_assert_str_eq(form_value(&form, "answer"), "a b+cé");
    ck_assert_str_eq(form_value(&form, "empty"), "");
    ck_assert_str_eq(form_value(&form, "absent"), "");
    ck_assert_int_eq(parse("", &form), 0);
    ck_assert_uint_eq(form.n_fields, 0);
}

static const char *const wrong[] = {
    "bank",            /* no value */
    "bank=a&bank=b",   /* twice */
    "b%61nk=a&bank=b", /* twice, the first in disguise */
    "bank=%",
    "bank=%4",
    "bank=%4g",
    "bank=%00",
    "&",
    "a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9", /* one more than any form here has */
    "a-name-of-17-char=1",
};

LOOP_TEST(refuses, ARRAY_LENGTH(wrong))
{
    struct form form = {.n_fields = 99};

    ck_assert_int_eq(parse(wrong[_i], &form), IDQ_REPLY);
    ck_assert_uint_eq(form.n_fields, 99);
}

TEST(caps_values)
{
    struct form form;
    char body[FORM_VALUE_MAX + 8];

    snprintf(body, sizeof body, "a=%0*d", FORM_VALUE_MAX, 0);
    ck_assert_int_eq(parse(body, &form), 0);
    ck_assert_uint_eq(strlen(form_value(&form, "a")), FORM_VALUE_MAX);
    snprintf(body, sizeof body, "a=%0*d", FORM_VALUE_MAX + 1, 0);
    ck_assert_int_eq(parse(body, &form), IDQ_REPLY);
}

RUN_TESTS("sandbox_forms", NULL);
