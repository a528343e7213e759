/* SPDX-License-Identifier: BSD-3-Clause */
/* The options of a request, when libcurl refuses one: nothing is sent without it. libcurl's own
 * function for options is in a function's place here that refuses them, one after the other. */
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/transport_fixture.h"

#include <curl/curl.h>
#include <stdarg.h>

/* Options are counted from 1; 0 refuses none. */
static unsigned n_options, refused_option;

CURLcode __real_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...);

CURLcode
__wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    CURLcode code = CURLE_UNKNOWN_OPTION;
    va_list value;

    if (++n_options == refused_option)
        return code;
    va_start(value, option);
    if (option >= CURLOPTTYPE_OFF_T && option < CURLOPTTYPE_BLOB)
        code = __real_curl_easy_setopt(easy, option, va_arg(value, curl_off_t));
    else if (option < CURLOPTTYPE_OBJECTPOINT)
        code = __real_curl_easy_setopt(easy, option, va_arg(value, long));
    else
        code = __real_curl_easy_setopt(easy, option, va_arg(value, void *));
    va_end(value);
    return code;
}

static int
post(unsigned refused)
{
    const struct fetch_request request = {.url = transport_fixture.url,
                                          .content_type = "application/json",
                                          .body = "{}",
                                          .body_size = 2,
                                          .max_size = 1000,
                                          .timeout_ms = TRANSPORT_FIXTURE_LONG_MS};

    n_options = 0;
    refused_option = refused;
    return transport_fixture_send(&request);
}

TEST_CASE("options", .setup = transport_fixture_begin, .teardown = transport_fixture_end);

TEST(an_option_that_is_refused_ends_the_request)
{
    unsigned n;

    TRANSPORT_FIXTURE_START(TLS_PEER_OK "\r\n{}", TLS_PEER_OK "\r\n{}");
    TRANSPORT_FIXTURE_SET(pin_sha256, transport_fixture.peer.pin);
    transport_fixture_renew();
    ck_assert_int_eq(post(0), 0); /* with all of them */
    transport_fixture_read();
    n = n_options;
    ck_assert_uint_gt(n, 20);
    transport_fixture_renew(); /* without that connection */
    for (unsigned i = 1; i <= n; i++) {
        ck_assert_msg(post(i) == IDQ_CONFIG, "option %u", i);
        ck_assert_uint_eq(n_options, i);
    }
    ck_assert_int_eq(post(0), 0);
    transport_fixture_read();
    ck_assert_int_eq(transport_fixture.connection, 2); /* so none was made in between */
}

RUN_TESTS("https_handle", NULL);
