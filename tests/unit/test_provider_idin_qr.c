/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the provider idin-qr, from the settings to a code and to its cancel: which requests it
 * sends, where and in which order. The transport is scripted. test_provider_idin_qr_poll.c tests
 * its polls of the status. */
#include "pam_idinqr/common/clock.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/idin_qr_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

TEST_CASE("start", .setup = idin_qr_fixture_begin, .teardown = provider_fixture_end);

TEST(a_code_is_asked_for_and_drawn)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_str_eq(provider_fixture.qr.payload, IDIN_QR_PAYLOAD);
    ck_assert_uint_eq(provider_fixture.qr.lifetime_s, 120);
    ck_assert_uint_eq(script.n_asked, 2);
    ck_assert_str_eq(script.asked[0].url, "https://backend.example/generate");
    ck_assert_ptr_nonnull(strstr(script.asked[0].body, "\"merchant_token\":\"token\""));
    ck_assert_ptr_nonnull(strstr(script.asked[0].body, "\"merchant_sub_id\":7"));
    ck_assert_str_eq(script.asked[1].url, "https://qrcode.idin.nl/qrcode/x.png");
    ck_assert_str_eq(script.asked[1].body, ""); /* a GET, without the token */
}

TEST(lifetime_keeps_to_the_protocol)
{
    provider_fixture.start.timeout_ms = 5000;
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_uint_eq(provider_fixture.qr.lifetime_s, 60);
    provider_fixture_end();
    script_rewind();
    provider_fixture.start.timeout_ms = 3600000;
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_uint_eq(provider_fixture.qr.lifetime_s, 900);
}

LOOP_TEST(generate_signature, 3)
{
    static const int how[] = {0, -1, 2};

    script.answers[0].signed_how = how[_i];
    ck_assert_int_eq(provider_fixture_start(), IDQ_SIGNATURE);
    ck_assert_uint_eq(script.n_asked, 1);
}

TEST(signature_comes_before_json)
{
    script.answers[0].body = "{ not JSON";
    script.answers[0].signed_how = 0;
    ck_assert_int_eq(provider_fixture_start(), IDQ_SIGNATURE);
}

LOOP_TEST(generate_http_status, 4)
{
    static const struct {
        long status;
        int error;
    } cases[] = {{401, IDQ_MERCHANT}, {403, IDQ_MERCHANT}, {400, IDQ_REPLY}, {201, IDQ_REPLY}};

    script.answers[0].status = cases[_i].status;
    ck_assert_int_eq(provider_fixture_start(), cases[_i].error);
}

/* A login of 120 seconds, for which the protocol allows 60 to 900. */
LOOP_TEST(a_refusal_that_our_clock_explains, 11)
{
    static const struct {
        long status, clock_ahead_s;
        int error;
    } cases[] = {{400, -121, IDQ_CLOCK}, {422, -120, IDQ_CLOCK},      {400, 3600, IDQ_CLOCK},
                 {400, 781, IDQ_CLOCK},  {400, -119, IDQ_REPLY},      {400, 780, IDQ_REPLY},
                 {400, 0, IDQ_REPLY},    {302, 3600, IDQ_REPLY},      {403, 3600, IDQ_MERCHANT},
                 {429, 3600, IDQ_BUSY},  {500, 3600, IDQ_UNREACHABLE}};

    script.answers[0].status = cases[_i].status;
    script.answers[0].clock_ahead_s = cases[_i].clock_ahead_s;
    ck_assert_int_eq(provider_fixture_start(), cases[_i].error);
}

TEST(a_wrong_clock_alone_refuses_nothing)
{
    script.answers[0].clock_ahead_s = 3600;
    ck_assert_int_eq(provider_fixture_start(), 0);
}

TEST(picture_from_another_host)
{
    script.answers[0].body =
        "{\"qr_id\":\"" IDIN_QR_ID "\",\"qr_url\":\"https://evil.example/x.png\"}";
    ck_assert_int_eq(provider_fixture_start(), IDQ_HOST);
    ck_assert_uint_eq(script.n_asked, 1);
}

TEST(picture_without_tls)
{
    script.answers[0].body =
        "{\"qr_id\":\"" IDIN_QR_ID "\",\"qr_url\":\"http://qrcode.idin.nl/x.png\"}";
    ck_assert_int_eq(provider_fixture_start(), IDQ_HOST);
}

TEST(picture_from_the_backend_itself)
{
    script.answers[0].body =
        "{\"qr_id\":\"" IDIN_QR_ID "\",\"qr_url\":\"https://backend.example/x.png\"}";
    ck_assert_int_eq(provider_fixture_start(), 0);
}

TEST(picture_from_another_port_of_the_backend)
{
    script.answers[0].body =
        "{\"qr_id\":\"" IDIN_QR_ID "\",\"qr_url\":\"https://backend.example:8443/x.png\"}";
    ck_assert_int_eq(provider_fixture_start(), IDQ_HOST);
}

TEST(picture_signature_may_be_absent_but_not_wrong)
{
    script.answers[1].signed_how = 1;
    ck_assert_int_eq(provider_fixture_start(), 0);
    provider_fixture_end();
    script_rewind();
    script.answers[1].signed_how = -1;
    ck_assert_int_eq(provider_fixture_start(), IDQ_SIGNATURE);
}

TEST(picture_that_is_none)
{
    script.answers[1].content_type = "text/html";
    ck_assert_int_eq(provider_fixture_start(), IDQ_PICTURE);
    provider_fixture_end();
    script_rewind();
    script.answers[1].content_type = "image/png";
    script.answers[1].status = 404;
    ck_assert_int_eq(provider_fixture_start(), IDQ_PICTURE);
    provider_fixture_end();
    script_rewind();
    script.answers[1].status = 200;
    script.answers[1].body = "GIF89a";
    ck_assert_int_eq(provider_fixture_start(), IDQ_PICTURE);
}

LOOP_TEST(code_that_leads_elsewhere, 2)
{
    static const char *const payloads[] = {
        "https://backend.example/q/abc", /* may serve the picture, and nothing more */
        "6f2b6c1e-0f7e-4b0e-9a3e-0123456789ab",
    };

    script.picture.payload = payloads[_i];
    ck_assert_int_eq(provider_fixture_start(), IDQ_HOST);
}

TEST(keys)
{
    provider_fixture_set("signing_key_encoding", "hex");
    provider_fixture_set("signing_key", "30313233343536373839616263646566"); /* the same bytes */
    ck_assert_int_eq(provider_fixture_start(), 0);
    provider_fixture_end();
    provider_fixture_set("signing_key", "3031323334353637383961626364656"); /* half a byte less */
    ck_assert_int_eq(provider_fixture_start(), IDQ_CONFIG);
}

/* 14 bytes are enough, as far as the key goes: the script signs with another. */
LOOP_TEST(keys_that_are_too_short, 5)
{
    static const struct {
        const char *key, *encoding;
        int error;
    } cases[] = {
        {"3031323334353637383961626364", "hex", IDQ_SIGNATURE},
        {"30313233343536373839616263", "hex", IDQ_CONFIG},
        {"0123456789abcd", "text", IDQ_SIGNATURE},
        {"0123456789abc", "text", IDQ_CONFIG},
        {"", "text", IDQ_CONFIG},
    };

    provider_fixture_set("signing_key_encoding", cases[_i].encoding);
    provider_fixture_set("signing_key", cases[_i].key);
    ck_assert_int_eq(provider_fixture_start(), cases[_i].error);
    ck_assert_uint_eq(script.n_asked, cases[_i].error == IDQ_CONFIG ? 0 : 1);
}

/* Takes the place of the C library's: `has_no_random` is a kernel that gives none. */
static int has_no_random;

ssize_t
getrandom(void *bytes, size_t size, unsigned flags)
{
    errno = ENOSYS;
    return has_no_random ? -1 : syscall(SYS_getrandom, bytes, size, flags);
}

TEST(no_code_without_a_nonce)
{
    has_no_random = 1;
    ck_assert_int_eq(provider_fixture_start(), IDQ_SYSTEM);
    ck_assert_uint_eq(script.n_asked, 0);
    provider_fixture_end();
    provider_fixture_set("status_nonce", "off");
    ck_assert_int_eq(provider_fixture_start(), 0);
}

/* A relay's answers, in place of the QR backend's. */
static void
relay_begin(void)
{
    idin_qr_fixture_begin();
    strcpy(provider_fixture.start.account, "alice");
    idin_qr_fixture_relay(",\"qr_payload\":\"HTTPS://QRCODE.IDIN.NL/L/7F3K9QX2\"");
}

TEST_CASE("relay", .setup = relay_begin, .teardown = provider_fixture_end);

TEST(a_link_in_words_needs_no_picture)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_str_eq(provider_fixture.qr.payload, "HTTPS://QRCODE.IDIN.NL/L/7F3K9QX2");
    ck_assert_uint_eq(script.n_asked, 1);
    ck_assert_ptr_nonnull(
        strstr(script.asked[0].body,
               "\"station\":\"Balie 3\",\"service\":\"sudo\",\"account\":\"alice\"}"));
}

TEST(an_account_that_the_identity_selects)
{
    provider_fixture.start.account[0] = '\0';
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_ptr_nonnull(
        strstr(script.asked[0].body, "\"station\":\"Balie 3\",\"service\":\"sudo\"}"));
}

TEST(no_other_backend_is_told_what_will_be_opened)
{
    provider_fixture_set("relay", "no");
    script.answers[0].make = NULL;
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_ptr_null(strstr(script.asked[0].body, "nonce"));
    ck_assert_ptr_null(strstr(script.asked[0].body, "Balie"));
    ck_assert_ptr_null(strstr(script.asked[0].body, "sudo"));
    ck_assert_ptr_null(strstr(script.asked[0].body, "alice"));
}

TEST(a_link_in_words_is_signed)
{
    script.answers[0].signed_how = -1;
    ck_assert_int_eq(provider_fixture_start(), IDQ_SIGNATURE);
}

LOOP_TEST(a_link_in_words_that_leads_elsewhere, 3)
{
    static const char *const links[] = {"https://evil.example/L/7F3K9QX2",
                                        "http://qrcode.idin.nl/L/7F3K9QX2",
                                        "https://backend.example/L/7F3K9QX2"};
    static char body[200];

    snprintf(body, sizeof body, ",\"qr_payload\":\"%s\"", links[_i]);
    idin_qr_fixture_relay(body);
    ck_assert_int_eq(provider_fixture_start(), IDQ_HOST);
    ck_assert_uint_eq(script.n_asked, 1);
}

/* It passes on the code of a QR backend. */
TEST(a_relay_that_sends_a_picture)
{
    idin_qr_fixture_relay(",\"qr_url\":\"https://qrcode.idin.nl/qrcode/x.png\"");
    ck_assert_int_eq(provider_fixture_start(), 0);
    ck_assert_uint_eq(script.n_asked, 2);
    ck_assert_ptr_nonnull(strstr(script.asked[0].body, "\"station\":\"Balie 3\""));
}

TEST(a_relay_that_sends_no_code)
{
    idin_qr_fixture_relay("");
    ck_assert_int_eq(provider_fixture_start(), IDQ_REPLY);
    ck_assert_ptr_nonnull(strstr(provider_fixture_logged(), "qr_payload or qr_url"));
}

/* With a nonce whatever status_nonce says: the one of the questions about the code. */
TEST(a_relay_binds_the_code_to_the_login)
{
    char *nonce;

    provider_fixture_set("status_nonce", "off");
    script.n_answers = 1; /* no picture */
    ck_assert_int_eq(provider_fixture_start(), 0);
    idin_qr_fixture_status("\"status\":\"open\"");
    ck_assert_int_eq(provider_fixture_poll(), 0);
    nonce = strstr(script.asked[1].body, "\"nonce\":");
    ck_assert_ptr_nonnull(nonce);
    nonce = scratch_text("%.*s", (int)strlen("\"nonce\":\"\"") + PROVIDER_NONCE_SIZE - 1, nonce);
    ck_assert_ptr_nonnull(strstr(script.asked[0].body, nonce));
}

TEST(a_code_of_another_login)
{
    script.answers[0].make = NULL;
    script.answers[0].body =
        "{\"qr_id\":\"" IDIN_QR_ID "\",\"qr_payload\":\"HTTPS://QRCODE.IDIN.NL/L/7F3K9QX2\","
        "\"nonce\":\"00112233445566778899aabbccddeeff\",\"station\":\"Balie 3\","
        "\"service\":\"sudo\",\"account\":\"alice\"}";
    ck_assert_int_eq(provider_fixture_start(), IDQ_REPLY);
    ck_assert_ptr_nonnull(strstr(provider_fixture_logged(), "the code is of another login"));
    ck_assert_uint_eq(script.n_asked, 1);
}

TEST_CASE("cancel", .setup = idin_qr_fixture_begin, .teardown = provider_fixture_end);

TEST(cancel_is_told)
{
    ck_assert_int_eq(provider_fixture_start(), 0);
    script_answer("{}")->status = 500; /* changes nothing */
    provider_fixture_cancel(1500);
    ck_assert_uint_eq(script.n_asked, 3);
    ck_assert_str_eq(script.asked[2].url, "https://desk.example/cancel");
    ck_assert_str_eq(script.asked[2].body,
                     "{\"merchant_token\":\"token\",\"qr_id\":\"" IDIN_QR_ID "\"}");
    ck_assert_int_eq(script.asked[2].timeout_ms, 1500);
    ck_assert_int_eq(script.asked[2].uncancelled, 1);
}

TEST(cancel_without_a_code_or_a_url_is_silent)
{
    script.answers[0].status = 500;
    ck_assert_int_eq(provider_fixture_start(), IDQ_UNREACHABLE);
    provider_fixture_cancel(1500);
    ck_assert_uint_eq(script.n_asked, 1);
    provider_fixture_end();
    provider_fixture_cancel(1500); /* the state of a start without memory */
    script.n_asked = 0;
    script.answers[0].status = 200;
    provider_fixture_set("cancel_url", "");
    ck_assert_int_eq(provider_fixture_start(), 0);
    provider_fixture_cancel(1500);
    ck_assert_uint_eq(script.n_asked, 2);
}

RUN_TESTS("provider_idin_qr", NULL);
