/* SPDX-License-Identifier: BSD-3-Clause */
/* What a merchant may send, and what the sandbox says of anything else. */
#include "pam_idinqr/common/array.h"
#include "pam_idinqr/common/error.h"
#include "pam_idinqr/sandbox/fields.h"
#include "pam_idinqr/web/http.h"
#include "tests/harness/runner.h"

#include <string.h>

#define TOKEN "\"merchant_token\":\"01234567-89ab-4cde-8f01-23456789abcd\""
#define GOOD                                                                                       \
    TOKEN ",\"expiration\":\"2026-11-22 "                                                          \
          "16:00:00\",\"size\":1000,\"idin_service_id\":16384,\"use_case\":\"01\""

#define CODE      "\"qr_id\":\"01234567-89ab-4cde-8f01-23456789abcd\""
#define NONCE     "00112233445566778899aabbccddeeff"
#define ITS_NONCE "\"nonce\":\"" NONCE "\""

TEST_CASE("fields");

TEST(reads_status)
{
    static const char body[] = "{" TOKEN "," CODE ",\"wait\":60,\"nonce\":\"" NONCE "\"}",
                      least[] = "{" TOKEN "," CODE "}";
    struct idin_qr_fields fields;
    const char *field, *why;

    ck_assert_int_eq(
        idin_qr_fields_read(MERCHANT_STATUS, body, sizeof body - 1, &fields, &field, &why), 0);
    ck_assert_str_eq(fields.nonce, NONCE);
    ck_assert_int_eq(fields.wait_s, 60);
    ck_assert_int_eq(
        idin_qr_fields_read(MERCHANT_STATUS, least, sizeof least - 1, &fields, &field, &why), 0);
    ck_assert_str_eq(fields.nonce, "");
    ck_assert_int_eq(fields.wait_s, 0);
}

TEST(reads_generate)
{
    static const char body[] = "{" GOOD ",\"merchant_sub_id\":999999}";
    struct idin_qr_fields fields;
    const char *field, *why;

    ck_assert_int_eq(
        idin_qr_fields_read(MERCHANT_GENERATE, body, sizeof body - 1, &fields, &field, &why), 0);
    ck_assert_str_eq(fields.merchant_token, "01234567-89ab-4cde-8f01-23456789abcd");
    ck_assert_str_eq(fields.use_case, "01");
    ck_assert_int_eq(fields.size_px, 1000);
    ck_assert_int_eq(fields.merchant_sub_id, 999999);
    ck_assert_int_eq(fields.expiration, 1795363200); /* date -u -d '2026-11-22 16:00' +%s */
}

TEST(reads_generate_of_a_relay)
{
    static const char body[] =
        "{" GOOD "," ITS_NONCE ",\"station\":\"Balie 3\",\"service\":\"sudo\"}";
    struct idin_qr_fields fields;
    const char *field, *why;

    ck_assert_int_eq(
        idin_qr_fields_read(MERCHANT_RELAY_GENERATE, body, sizeof body - 1, &fields, &field, &why),
        0);
    ck_assert_str_eq(fields.nonce, NONCE);
    ck_assert_str_eq(fields.place.station, "Balie 3");
    ck_assert_str_eq(fields.place.service, "sudo");
    ck_assert_str_eq(fields.place.account, "");
}

static const struct {
    enum merchant_request kind;
    const char *body;
    const char *field; /* that is named */
} wrong[] = {
    {MERCHANT_STATUS, "{" TOKEN "," CODE ",\"number\":\"123456\"}", "body"},
    {MERCHANT_RELAY_STATUS, "{" TOKEN "," CODE "," ITS_NONCE ",\"number\":123456}", "number"},
    {MERCHANT_RELAY_STATUS, "{" TOKEN "," CODE "," ITS_NONCE ",\"number\":\"12345\"}", "number"},
    {MERCHANT_RELAY_STATUS, "{" TOKEN "," CODE "," ITS_NONCE ",\"number\":\"1234567\"}", "number"},
    {MERCHANT_RELAY_STATUS, "{" TOKEN "," CODE "," ITS_NONCE ",\"number\":\"12345x\"}", "number"},
    {MERCHANT_GENERATE, "{" GOOD ",\"station\":\"Balie 3\"}", "body"},
    {MERCHANT_RELAY_GENERATE, "{" GOOD ",\"station\":\"a\",\"service\":\"sudo\"}", "nonce"},
    {MERCHANT_RELAY_STATUS, "{" TOKEN "," CODE "}", "nonce"},
    {MERCHANT_GENERATE, "{" GOOD "," ITS_NONCE "}", "body"},
    {MERCHANT_RELAY_GENERATE, "{" GOOD "," ITS_NONCE ",\"station\":\"Balie 3\"}", "service"},
    {MERCHANT_RELAY_GENERATE, "{" GOOD "," ITS_NONCE ",\"station\":\"\",\"service\":\"sudo\"}",
     "station"},
    {MERCHANT_RELAY_GENERATE,
     "{" GOOD "," ITS_NONCE ",\"station\":\"a\\u001b\",\"service\":\"sudo\"}", "station"},
    {MERCHANT_RELAY_GENERATE, "{" GOOD "," ITS_NONCE ",\"station\":\"a\",\"service\":7}",
     "service"},
    {MERCHANT_STATUS, "", "body"},
    {MERCHANT_STATUS, "[]", "body"},
    {MERCHANT_STATUS, "{" TOKEN "} x", "body"},
    {MERCHANT_STATUS, "{" TOKEN "," TOKEN "}", "body"},
    {MERCHANT_STATUS, "{}", "merchant_token"},
    {MERCHANT_STATUS, "{" TOKEN "}", "qr_id"},
    {MERCHANT_STATUS, "{" TOKEN ",\"qr_id\":\"01234567089ab-4cde-8f01-23456789abcd\"}", "qr_id"},
    {MERCHANT_STATUS, "{" TOKEN ",\"qr_id\":7}", "qr_id"},
    {MERCHANT_STATUS, "{" TOKEN ",\"qr_id\":\"01234567-89ab-4cde-8f01-23456789abcd\",\"wait\":61}",
     "wait"},
    {MERCHANT_STATUS, "{" TOKEN ",\"qr_id\":\"01234567-89ab-4cde-8f01-23456789abcd\",\"wait\":-1}",
     "wait"},
    {MERCHANT_STATUS,
     "{" TOKEN ",\"qr_id\":\"01234567-89ab-4cde-8f01-23456789abcd\",\"wait\":\"1\"}", "wait"},
    {MERCHANT_STATUS, "{" TOKEN "," CODE ",\"nonce\":\"\"}", "nonce"},
    {MERCHANT_STATUS, "{" TOKEN "," CODE ",\"nonce\":\"00112233445566778899aabbccddeef\"}",
     "nonce"},
    {MERCHANT_STATUS, "{" TOKEN "," CODE ",\"nonce\":\"" NONCE "0\"}", "nonce"},
    {MERCHANT_STATUS, "{" TOKEN "," CODE ",\"nonce\":\"00112233445566778899aabbccddeefF\"}",
     "nonce"},
    {MERCHANT_STATUS, "{" TOKEN "," CODE ",\"nonce\":null}", "nonce"},
    {MERCHANT_CANCEL, "{" TOKEN "," CODE ",\"nonce\":\"" NONCE "\"}", "body"},
    {MERCHANT_CANCEL, "{" TOKEN ",\"qr_id\":\"01234567-89ab-4cde-8f01-23456789abcd\",\"wait\":1}",
     "body"},
    {MERCHANT_GENERATE, "{" GOOD ",\"qr_id\":\"01234567-89ab-4cde-8f01-23456789abcd\"}", "body"},
    {MERCHANT_GENERATE, "{" GOOD ",\"merchant_sub_id\":1000000}", "merchant_sub_id"},
    {MERCHANT_GENERATE, "{" TOKEN "}", "expiration"},
    {MERCHANT_GENERATE,
     "{" TOKEN ",\"expiration\":\"2026-11-22 16:00:00\",\"size\":99,\"idin_service_id\":16384,"
     "\"use_case\":\"01\"}",
     "size"},
    {MERCHANT_GENERATE,
     "{" TOKEN ",\"expiration\":\"2026-11-22 16:00:00\",\"size\":100.0,\"idin_service_id\":16384,"
     "\"use_case\":\"01\"}",
     "size"},
    {MERCHANT_GENERATE,
     "{" TOKEN ",\"expiration\":\"2026-11-22 16:00:00\",\"size\":100,\"idin_service_id\":20480,"
     "\"use_case\":\"01\"}",
     "idin_service_id"},
    {MERCHANT_GENERATE,
     "{" TOKEN ",\"expiration\":\"2026-11-22 16:00:00\",\"size\":100,\"idin_service_id\":16384,"
     "\"use_case\":\"02\"}",
     "use_case"},
};

LOOP_TEST(names_what_is_wrong, ARRAY_LENGTH(wrong))
{
    struct idin_qr_fields fields = {.wait_s = 4711};
    const char *field = NULL, *why = NULL;

    ck_assert_int_eq(idin_qr_fields_read(wrong[_i].kind, wrong[_i].body, strlen(wrong[_i].body),
                                         &fields, &field, &why),
                     IDQ_REPLY);
    ck_assert_str_eq(field, wrong[_i].field);
    ck_assert_ptr_nonnull(why);
    ck_assert_int_eq(fields.wait_s, 4711);
}

static const char *const wrong_times[] = {
    "",
    "2026-11-22",
    "2026-11-22T16:00:00",
    "2026-11-22 16:00:00Z",
    "2026-11-22 16:00:00 ",
    "2026-1-2 16:00:00",
    "2026-02-30 16:00:00",
    "2026-11-22 24:00:00",
    " 2026-11-22 16:00:00",
};

LOOP_TEST(refuses_times, ARRAY_LENGTH(wrong_times))
{
    int64_t time = 4711;

    ck_assert_int_eq(json_read_time(wrong_times[_i], &time), IDQ_REPLY);
    ck_assert_int_eq(time, 4711);
}

RUN_TESTS("sandbox_idin_qr_fields", NULL);
