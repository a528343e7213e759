/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests HTTPS as the providers see it, against a real TLS server on loopback: the request, the
 * parts of the response, and the end of an exchange. test_transport_trust.c tests which servers it
 * trusts. */
#include "pam_idinqr/common/error.h"
#include "tests/harness/runner.h"
#include "tests/unit/transport_fixture.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

TEST_CASE("answers", .setup = transport_fixture_begin, .teardown = transport_fixture_end);

TEST(an_answer_is_taken_apart)
{
    TRANSPORT_FIXTURE_START(
        TLS_PEER_OK "Content-Type: Application/JSON, charset=UTF-8\r\nX-Idin-QR-Hash: abc\r\n"
                    "Retry-After: 7\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\n\r\n{}");
    ck_assert_int_eq(transport_fixture_get(), 0);
    ck_assert_int_eq(transport_fixture.response.status, 200);
    ck_assert_uint_eq(transport_fixture.response.body_size, 2);
    ck_assert_str_eq(transport_fixture.response.body, "{}");
    ck_assert_str_eq(transport_fixture.response.content_type, "application/json");
    ck_assert_str_eq(transport_fixture.response.signature, "abc");
    ck_assert_int_eq(transport_fixture.response.signature_count, 1);
    ck_assert_int_eq(transport_fixture.response.retry_after_s, 7);
    ck_assert_int_gt(transport_fixture.response.clock_ahead_s, 0);
    ck_assert_str_eq(transport_fixture_logged(), "");
}

TEST(an_answer_without_headers)
{
    TRANSPORT_FIXTURE_START("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
    ck_assert_int_eq(transport_fixture_get(), 0);
    ck_assert_int_eq(transport_fixture.response.status, 503);
    ck_assert_str_eq(transport_fixture.response.body, "");
    ck_assert_str_eq(transport_fixture.response.content_type, "");
    ck_assert_str_eq(transport_fixture.response.signature, "");
    ck_assert_int_eq(transport_fixture.response.signature_count, 0);
    ck_assert_int_eq(transport_fixture.response.retry_after_s, -1);
    ck_assert_int_eq(transport_fixture.response.clock_ahead_s, 0);
}

TEST(a_large_answer_arrives_whole)
{
    enum { SIZE = 20000 }; /* several times what a body begins with */
    char *answer = malloc(SIZE + 200);
    int head = sprintf(answer, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);

    for (int i = 0; i < SIZE; i++)
        answer[head + i] = (char)('a' + i * 7 % 26);
    answer[head + SIZE] = '\0';
    transport_fixture_start((const char *const[]){answer}, 1, 0);
    ck_assert_int_eq(transport_fixture_get_at_most(SIZE), 0);
    ck_assert_uint_eq(transport_fixture.response.body_size, SIZE);
    ck_assert_str_eq(transport_fixture.response.body, answer + head);
    free(answer);
}

TEST(a_retry_after_beyond_all_numbers)
{
    TRANSPORT_FIXTURE_START(TLS_PEER_OK "Retry-After: 9223372036854775807\r\n\r\n{}");
    ck_assert_int_eq(transport_fixture_get(), 0);
    ck_assert_int_ge(transport_fixture.response.retry_after_s, 3600);
    ck_assert_int_le(transport_fixture.response.retry_after_s, INT_MAX);
}

TEST(a_retry_after_in_the_past)
{
    TRANSPORT_FIXTURE_START(TLS_PEER_OK "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\n{}",
                            TLS_PEER_OK "Retry-After: -5\r\n\r\n{}");
    ck_assert_int_eq(transport_fixture_get(), 0);
    ck_assert_int_eq(transport_fixture.response.retry_after_s, 0);
    ck_assert_int_eq(transport_fixture_get(), 0);
    ck_assert_int_eq(transport_fixture.response.retry_after_s, 0);
}

TEST(a_status_that_is_none)
{
    TRANSPORT_FIXTURE_START("HTTP/2 2009\r\nContent-Length: 0\r\n\r\n");
    transport_fixture_must_fail(IDQ_REPLY);
}

TEST(a_header_that_is_none)
{
    TRANSPORT_FIXTURE_START(TLS_PEER_OK "Content-Type/1.1 200 OK\r\xAE"
                                        "Content-Type: \r\n\r\n{}");
    transport_fixture_must_fail(IDQ_REPLY);
}

TEST(a_repeated_signature_is_counted)
{
    TRANSPORT_FIXTURE_START(TLS_PEER_OK "x-idin-qr-hash: a\r\nX-IDIN-QR-HASH: b\r\n\r\n{}");
    ck_assert_int_eq(transport_fixture_get(), 0);
    ck_assert_int_eq(transport_fixture.response.signature_count, 2);
}

TEST(a_signature_behind_the_body_is_none)
{
    TRANSPORT_FIXTURE_START(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-idin-qr-hash\r\n\r\n"
        "2\r\n{}\r\n0\r\nx-idin-qr-hash: a\r\n\r\n");
    ck_assert_int_eq(transport_fixture_get(), 0);
    ck_assert_str_eq(transport_fixture.response.body, "{}");
    ck_assert_int_eq(transport_fixture.response.signature_count, 0);
}

TEST(a_request_is_sent_as_told)
{
    struct fetch_request request = {.url = transport_fixture.url,
                                    .body = "{\"a\":1}",
                                    .body_size = 7,
                                    .content_type = "application/json",
                                    .max_size = 10,
                                    .timeout_ms = TRANSPORT_FIXTURE_LONG_MS};

    TRANSPORT_FIXTURE_START(TLS_PEER_OK "\r\n{}");
    ck_assert_int_eq(setenv("https_proxy", "http://127.0.0.1:9", 1), 0);
    ck_assert_int_eq(transport_fixture_send(&request), 0);
    transport_fixture_read();
    ck_assert_mem_eq(transport_fixture.asked, "POST /secret-path?secret-query HTTP/1.1\r\n", 41);
    ck_assert_ptr_nonnull(
        strstr(transport_fixture.asked, "\r\nContent-Type: application/json\r\n"));
    ck_assert_ptr_nonnull(strstr(transport_fixture.asked, "\r\nUser-Agent: pam_idinqr/"));
    ck_assert_ptr_null(strcasestr(transport_fixture.asked, "\r\nCookie:"));
    ck_assert_str_eq(strstr(transport_fixture.asked, "\r\n\r\n"), "\r\n\r\n{\"a\":1}");
}

TEST(a_get_after_a_post_carries_nothing_of_it)
{
    struct fetch_request request = {.url = transport_fixture.url,
                                    .body = "token",
                                    .body_size = 5,
                                    .content_type = "text/plain",
                                    .authorization = "Bearer of-the-token",
                                    .max_size = 10,
                                    .timeout_ms = TRANSPORT_FIXTURE_LONG_MS};

    TRANSPORT_FIXTURE_START(TLS_PEER_OK "Set-Cookie: a=b\r\n\r\n{}", TLS_PEER_OK "\r\n{}");
    ck_assert_int_eq(transport_fixture_send(&request), 0);
    transport_fixture_read();
    ck_assert_int_eq(transport_fixture.connection, 1);
    ck_assert_ptr_nonnull(
        strstr(transport_fixture.asked, "\r\nAuthorization: Bearer of-the-token\r\n"));
    ck_assert_int_eq(transport_fixture_get(), 0);
    transport_fixture_read();
    ck_assert_int_eq(transport_fixture.connection, 1); /* the same one, used again */
    ck_assert_mem_eq(transport_fixture.asked, "GET /", 5);
    ck_assert_ptr_null(strstr(transport_fixture.asked, "token"));
    ck_assert_ptr_null(strcasestr(transport_fixture.asked, "\r\nContent-Type:"));
    ck_assert_ptr_null(strcasestr(transport_fixture.asked, "\r\nCookie:"));
}

TEST(a_redirect_is_an_answer_like_any_other)
{
    TRANSPORT_FIXTURE_START(
        "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
        TLS_PEER_OK "\r\n{}");
    ck_assert_int_eq(transport_fixture_get(), 0);
    ck_assert_int_eq(transport_fixture.response.status, 302);
}

TEST(too_large_a_body)
{
    static char answer[3][2048];

    /* As its length says, without saying, and just not too large. */
    snprintf(answer[0], sizeof answer[0], "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n%01001d",
             0);
    snprintf(answer[1], sizeof answer[1],
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n%01001d\r\n0\r\n\r\n", 0);
    snprintf(answer[2], sizeof answer[2], "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n%01000d",
             0);
    TRANSPORT_FIXTURE_START(answer[0], answer[1], answer[2]);
    transport_fixture_must_fail(IDQ_REPLY);
    ck_assert_str_eq(transport_fixture_logged(), "127.0.0.1: the answer is larger than 1000 bytes");
    transport_fixture_must_fail(IDQ_REPLY);
    ck_assert_int_eq(transport_fixture_get(), 0);
    ck_assert_uint_eq(transport_fixture.response.body_size, 1000);
}

TEST(no_http)
{
    TRANSPORT_FIXTURE_START("hello\r\n\r\n");
    transport_fixture_must_fail(IDQ_REPLY);
}

TEST_CASE("ends", .setup = transport_fixture_begin, .teardown = transport_fixture_end);

TEST(a_failure_is_logged_once)
{
    TRANSPORT_FIXTURE_START(TLS_PEER_HANGUP, TLS_PEER_HANGUP, TLS_PEER_OK "\r\n{}");
    transport_fixture_must_fail(IDQ_UNREACHABLE);
    ck_assert_str_ne(transport_fixture_logged(), "");
    transport_fixture_must_fail(IDQ_UNREACHABLE);
    ck_assert_str_eq(transport_fixture_logged(), "");
    ck_assert_int_eq(transport_fixture_get(), 0);
    transport_fixture_must_fail(IDQ_UNREACHABLE); /* the script is at its end */
    ck_assert_str_ne(transport_fixture_logged(), "");
}

TEST(no_answer_in_time)
{
    struct fetch_request request = {
        .url = transport_fixture.url, .max_size = 10, .timeout_ms = 100};

    TRANSPORT_FIXTURE_START(TLS_PEER_SILENCE, TLS_PEER_SILENCE);
    ck_assert_int_eq(transport_fixture_send(&request), IDQ_UNREACHABLE);
    request.timeout_ms = 0; /* no time at all is not for ever */
    ck_assert_int_eq(transport_fixture_send(&request), IDQ_UNREACHABLE);
}

static void
stop_waiting(void)
{
    ck_assert_int_eq(shutdown(transport_fixture.agents_end, SHUT_WR), 0);
}

static pid_t agent;

/* Plays the agent in a separate process: it stops waiting when the next request arrives. */
static void
leave_when_asked(void)
{
    agent = fork();
    ck_assert_int_ge(agent, 0);
    if (agent == 0) {
        transport_fixture_read();
        stop_waiting();
        /* At an exit, Valgrind would look for leaks in this copy of the test's memory. */
        raise(SIGKILL);
    }
}

static void
must_have_left(void)
{
    int status;

    ck_assert_int_eq(waitpid(agent, &status, 0), agent);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(a_cancel_ends_a_request)
{
    /* The second request on a connection: no timer of libcurl's own wakes it up then. */
    TRANSPORT_FIXTURE_START(TLS_PEER_OK "\r\n{}", TLS_PEER_SILENCE);
    ck_assert_int_eq(transport_fixture_get(), 0);
    transport_fixture_read();
    leave_when_asked();
    transport_fixture_must_fail(IDQ_CANCELLED);
    ck_assert_int_eq(transport_fixture.wire.cancelled, 1);
    must_have_left();
}

RUN_TESTS("transport", NULL);
