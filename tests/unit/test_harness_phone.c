/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the harness's backend and phone against the real sandbox, over TLS and through the forms of
 * its pages. Runs as the user who runs the tests, on loopback. */
#include "tests/harness/qr_backend.h"
#include "tests/harness/merchant.h"
#include "tests/harness/phone.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"

#include <stdlib.h>
#include <string.h>

TEST_CASE("phone");

TEST(step_by_step_a_page_asks_for_what_is_missing)
{
    BACKEND_AUTO *backend = qr_backend_start(NULL);
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(backend), "en");
    char *url = merchant_new_code(backend);

    ck_assert_int_eq(phone_open(phone, url), 200);
    ck_assert_str_eq(phone_problem(phone), "");
    ck_assert_int_eq(phone_press(phone, NULL), -1);
    ck_assert_ptr_nonnull(strstr(phone_problem(phone), "requires"));
    ck_assert_int_eq(phone_choose(phone, "No such bank"), -1);
    ck_assert_ptr_nonnull(strstr(phone_problem(phone), "No such bank"));
    ck_assert_int_eq(phone_choose(phone, "Proefbank"), 0);
    ck_assert_int_eq(phone_press(phone, "Continue"), 200);
    ck_assert_int_eq(phone_choose(phone, "Nobody"), -1);
    ck_assert_int_eq(phone_press(phone, "approve"), -1);
    ck_assert_int_eq(qr_backend_count(backend, "approved"), 0);
    ck_assert_int_eq(phone_follow(phone, "Nederlands"), 200);
    free(url);
}

TEST(an_unknown_code_is_no_page_to_go_on_from)
{
    BACKEND_AUTO *backend = qr_backend_start(NULL);
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(backend), "en");
    char *url = scratch_path(qr_backend_url(backend), "q/aaaaaaaaaaaaaaaaaaaaaa");

    ck_assert_int_eq(phone_approve(phone, url, "anna"), -1);
    ck_assert_int_eq(phone_status(phone), 404);
}

TEST(a_phone_trusts_only_the_ca_it_was_given)
{
    BACKEND_AUTO *backend = qr_backend_start(NULL);
    BACKEND_AUTO *other = qr_backend_start(NULL);
    PHONE_AUTO *phone = phone_new(qr_backend_ca_file(other), "en");
    char *url = merchant_new_code(backend);

    ck_assert_int_eq(phone_open(phone, url), 0);
    ck_assert_ptr_nonnull(strstr(phone_problem(phone), "certificate"));
    ck_assert_int_eq(phone_press(phone, NULL), -1);
    ck_assert_int_eq(qr_backend_count(backend, "scanned"), 0);
    free(url);
}

RUN_TESTS("harness_phone", NULL);
