/* HTTPS as the providers see it, against a real TLS server on loopback. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strcasestr */
#endif
#include "pam_idinqr/agent/transport.h"
#include "pam_idinqr/common/error.h"
#include "tests/harness/relay.h"
#include "tests/harness/runner.h"
#include "tests/harness/scratch.h"
#include "tests/unit/tls_peer.h"

#include <limits.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
#define LONG_MS 30000 /* longer than any test waits */

static struct tls_peer peer;
static struct relay proxy;
static char proxy_url[64];
static struct link wire;
static int module_end;
static struct transport *transport;
static struct transport_options options;
static struct response response;
static char url[128], asked[8192];
static int connection;

static void
set_up(void)
{
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    module_end = ends[0];
    wire = (struct link){.socket = ends[1]};
    options = (struct transport_options){.ca_file = "", .pin_sha256 = "", .proxy = ""};
}

static void
tear_down(void)
{
    response_free(&response);
    transport_free(&transport);
    tls_peer_stop(&peer);
    relay_stop(&proxy);
    close(module_end);
    close(wire.socket);
}

/* A peer that speaks one version (0: any), and a transport that trusts it. */
static void
begin(const char *const answers[], size_t n_answers, int version)
{
    char *dir = scratch_dir("transport");

    tls_peer_start(&peer, dir, answers, n_answers, version);
    free(dir);
    options.ca_file = peer.ca_file;
    snprintf(url, sizeof url, "https://127.0.0.1:%u/secret-path?secret-query", peer.port);
    transport = transport_new(&options, &wire);
    ck_assert_ptr_nonnull(transport);
}

#define BEGIN(...)                                                                                 \
    static const char *const answers[] = {__VA_ARGS__};                                            \
    begin(answers, sizeof answers / sizeof answers[0], 0)

static int
get_at_most(size_t max_size)
{
    const struct request request = {.url = url,
                                    .accept = "application/json",
                                    .signature_name = "x-idin-qr-hash",
                                    .max_size = max_size,
                                    .timeout_ms = LONG_MS};

    response_free(&response);
    return transport_request(transport, &request, &response);
}

static int
get(void)
{
    return get_at_most(1000);
}

static void
must_fail(int error)
{
    ck_assert_int_eq(get(), error);
    ck_assert_ptr_null(response.body);
    ck_assert_int_eq(response.status, 0);
}

/* The next line of the log, or "". */
static const char *
logged(void)
{
    static struct log_message log;
    FRAME_AUTO frame;

    log.line[0] = '\0';
    if (frame_receive(&frame, module_end) == 1) {
        ck_assert_uint_eq(frame_type(&frame), MESSAGE_LOG);
        ck_assert_int_eq(message_read_log(&frame, &log), 0);
        ck_assert_ptr_null(strstr(log.line, "secret"));
    }
    return log.line;
}

START_TEST(an_answer_is_taken_apart)
{
    BEGIN(OK "Content-Type: Application/JSON, charset=UTF-8\r\nX-Idin-QR-Hash: abc\r\n"
             "Retry-After: 7\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\n\r\n{}");
    ck_assert_int_eq(get(), 0);
    ck_assert_int_eq(response.status, 200);
    ck_assert_uint_eq(response.body_size, 2);
    ck_assert_str_eq(response.body, "{}");
    ck_assert_str_eq(response.content_type, "application/json");
    ck_assert_str_eq(response.signature, "abc");
    ck_assert_int_eq(response.signature_count, 1);
    ck_assert_int_eq(response.retry_after_s, 7);
    ck_assert_int_gt(response.clock_ahead_s, 0);
    ck_assert_str_eq(logged(), "");
}
END_TEST

START_TEST(an_answer_without_headers)
{
    BEGIN("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
    ck_assert_int_eq(get(), 0);
    ck_assert_int_eq(response.status, 503);
    ck_assert_str_eq(response.body, "");
    ck_assert_str_eq(response.content_type, "");
    ck_assert_str_eq(response.signature, "");
    ck_assert_int_eq(response.signature_count, 0);
    ck_assert_int_eq(response.retry_after_s, -1);
    ck_assert_int_eq(response.clock_ahead_s, 0);
}
END_TEST

START_TEST(a_large_answer_arrives_whole)
{
    enum { SIZE = 20000 }; /* several times what a body begins with */
    char *answer = malloc(SIZE + 200);
    int head = sprintf(answer, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", SIZE);

    for (int i = 0; i < SIZE; i++)
        answer[head + i] = (char)('a' + i * 7 % 26);
    answer[head + SIZE] = '\0';
    begin((const char *const[]){answer}, 1, 0);
    ck_assert_int_eq(get_at_most(SIZE), 0);
    ck_assert_uint_eq(response.body_size, SIZE);
    ck_assert_str_eq(response.body, answer + head);
    free(answer);
}
END_TEST

START_TEST(a_retry_after_beyond_all_numbers)
{
    BEGIN(OK "Retry-After: 9223372036854775807\r\n\r\n{}");
    ck_assert_int_eq(get(), 0);
    ck_assert_int_ge(response.retry_after_s, 3600);
    ck_assert_int_le(response.retry_after_s, INT_MAX);
}
END_TEST

START_TEST(a_retry_after_in_the_past)
{
    BEGIN(OK "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\n{}",
          OK "Retry-After: -5\r\n\r\n{}");
    ck_assert_int_eq(get(), 0);
    ck_assert_int_eq(response.retry_after_s, 0);
    ck_assert_int_eq(get(), 0);
    ck_assert_int_eq(response.retry_after_s, 0);
}
END_TEST

START_TEST(a_status_that_is_none)
{
    BEGIN("HTTP/2 2009\r\nContent-Length: 0\r\n\r\n");
    must_fail(IDQ_REPLY);
}
END_TEST

START_TEST(a_header_that_is_none)
{
    BEGIN(OK "Content-Type/1.1 200 OK\r\xAE"
             "Content-Type: \r\n\r\n{}");
    must_fail(IDQ_REPLY);
}
END_TEST

START_TEST(a_repeated_signature_is_counted)
{
    BEGIN(OK "x-idin-qr-hash: a\r\nX-IDIN-QR-HASH: b\r\n\r\n{}");
    ck_assert_int_eq(get(), 0);
    ck_assert_int_eq(response.signature_count, 2);
}
END_TEST

START_TEST(a_signature_behind_the_body_is_none)
{
    BEGIN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-idin-qr-hash\r\n\r\n"
          "2\r\n{}\r\n0\r\nx-idin-qr-hash: a\r\n\r\n");
    ck_assert_int_eq(get(), 0);
    ck_assert_str_eq(response.body, "{}");
    ck_assert_int_eq(response.signature_count, 0);
}
END_TEST

START_TEST(a_request_is_sent_as_told)
{
    struct request request = {.url = url,
                              .body = "{\"a\":1}",
                              .body_size = 7,
                              .content_type = "application/json",
                              .max_size = 10,
                              .timeout_ms = LONG_MS};

    BEGIN(OK "\r\n{}");
    ck_assert_int_eq(setenv("https_proxy", "http://127.0.0.1:9", 1), 0);
    ck_assert_int_eq(transport_request(transport, &request, &response), 0);
    tls_peer_request(&peer, asked, sizeof asked, &connection);
    ck_assert_mem_eq(asked, "POST /secret-path?secret-query HTTP/1.1\r\n", 41);
    ck_assert_ptr_nonnull(strstr(asked, "\r\nContent-Type: application/json\r\n"));
    ck_assert_ptr_nonnull(strstr(asked, "\r\nUser-Agent: pam_idinqr/"));
    ck_assert_ptr_null(strcasestr(asked, "\r\nCookie:"));
    ck_assert_str_eq(strstr(asked, "\r\n\r\n"), "\r\n\r\n{\"a\":1}");
}
END_TEST

START_TEST(a_get_after_a_post_carries_nothing_of_it)
{
    struct request request = {.url = url,
                              .body = "token",
                              .body_size = 5,
                              .content_type = "text/plain",
                              .authorization = "Bearer of-the-token",
                              .max_size = 10,
                              .timeout_ms = LONG_MS};

    BEGIN(OK "Set-Cookie: a=b\r\n\r\n{}", OK "\r\n{}");
    ck_assert_int_eq(transport_request(transport, &request, &response), 0);
    tls_peer_request(&peer, asked, sizeof asked, &connection);
    ck_assert_int_eq(connection, 1);
    ck_assert_ptr_nonnull(strstr(asked, "\r\nAuthorization: Bearer of-the-token\r\n"));
    ck_assert_int_eq(get(), 0);
    tls_peer_request(&peer, asked, sizeof asked, &connection);
    ck_assert_int_eq(connection, 1); /* the same one, used again */
    ck_assert_mem_eq(asked, "GET /", 5);
    ck_assert_ptr_null(strstr(asked, "token"));
    ck_assert_ptr_null(strcasestr(asked, "\r\nContent-Type:"));
    ck_assert_ptr_null(strcasestr(asked, "\r\nCookie:"));
}
END_TEST

START_TEST(a_redirect_is_an_answer_like_any_other)
{
    BEGIN("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", OK "\r\n{}");
    ck_assert_int_eq(get(), 0);
    ck_assert_int_eq(response.status, 302);
}
END_TEST

START_TEST(too_large_a_body)
{
    static char answer[3][2048];

    /* As its length says, without saying, and just not too large. */
    snprintf(answer[0], sizeof answer[0], "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n%01001d",
             0);
    snprintf(answer[1], sizeof answer[1],
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n%01001d\r\n0\r\n\r\n", 0);
    snprintf(answer[2], sizeof answer[2], "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n%01000d",
             0);
    BEGIN(answer[0], answer[1], answer[2]);
    must_fail(IDQ_REPLY);
    ck_assert_str_eq(logged(), "127.0.0.1: the answer is larger than 1000 bytes");
    must_fail(IDQ_REPLY);
    ck_assert_int_eq(get(), 0);
    ck_assert_uint_eq(response.body_size, 1000);
}
END_TEST

START_TEST(no_http)
{
    BEGIN("hello\r\n\r\n");
    must_fail(IDQ_REPLY);
}
END_TEST

START_TEST(an_unknown_ca)
{
    BEGIN(OK "\r\n{}");
    transport_free(&transport);
    options.ca_file = "";
    transport = transport_new(&options, &wire);
    must_fail(IDQ_TLS);
    ck_assert_str_ne(logged(), "");
}
END_TEST

START_TEST(a_ca_file_that_is_not_there)
{
    BEGIN(OK "\r\n{}");
    options.ca_file = "/nonexistent.pem";
    transport_free(&transport);
    transport = transport_new(&options, &wire);
    must_fail(IDQ_TLS);
}
END_TEST

START_TEST(another_host_than_the_certificate_names)
{
    BEGIN(OK "\r\n{}");
    snprintf(url, sizeof url, "https://127.0.0.2:%u/", peer.port);
    must_fail(IDQ_UNREACHABLE); /* nobody listens there */
    snprintf(url, sizeof url, "https://localhost:%u/", peer.port);
    must_fail(IDQ_TLS);
}
END_TEST

START_TEST(pins)
{
    BEGIN(OK "\r\n{}", OK "\r\n{}");
    options.pin_sha256 = peer.pin;
    transport_free(&transport);
    transport = transport_new(&options, &wire);
    ck_assert_int_eq(get(), 0);
    transport_free(&transport);
    options.pin_sha256 = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    transport = transport_new(&options, &wire);
    must_fail(IDQ_TLS);
    transport_free(&transport);
    options.pin_sha256 = peer.ca_file; /* libcurl would read the key from the file */
    transport = transport_new(&options, &wire);
    must_fail(IDQ_CONFIG);
}
END_TEST

START_TEST(old_tls_is_refused)
{
    static const char *const answers[] = {OK "\r\n{}"};

    begin(answers, 1, TLS1_1_VERSION);
    must_fail(IDQ_TLS);
}
END_TEST

START_TEST(tls_1_2_will_do)
{
    static const char *const answers[] = {OK "\r\n{}"};

    begin(answers, 1, TLS1_2_VERSION);
    ck_assert_int_eq(get(), 0);
}
END_TEST

/* Not one that is cut off: those are the network's, and may be tried again. */
START_TEST(a_handshake_that_is_cut_off)
{
    BEGIN(OK "\r\n{}");
    relay_start(&proxy, RELAY_PORT, 1); /* which closes at once, as nobody listens there */
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", proxy.port);
    must_fail(IDQ_UNREACHABLE);
}
END_TEST

/* From now on through a proxy. */
static void
begin_proxy(enum relay_kind kind)
{
    relay_start(&proxy, kind, 0);
    snprintf(proxy_url, sizeof proxy_url, "http://127.0.0.1:%u", proxy.port);
    options.proxy = proxy_url;
    transport_free(&transport);
    transport = transport_new(&options, &wire);
}

/* It learns the host and the port, and nothing else. */
START_TEST(a_proxy_passes_on)
{
    char head[4096], first[64];

    BEGIN(OK "\r\n{}");
    begin_proxy(RELAY_PROXY);
    ck_assert_int_eq(get(), 0);
    ck_assert_str_eq(response.body, "{}");
    relay_head(&proxy, head, sizeof head);
    snprintf(first, sizeof first, "CONNECT 127.0.0.1:%u HTTP/1.1\r\n", peer.port);
    ck_assert_mem_eq(head, first, strlen(first));
    ck_assert_ptr_null(strstr(head, "secret"));
    ck_assert_ptr_null(strcasestr(head, "\r\nProxy-Authorization:"));
}
END_TEST

START_TEST(a_proxy_that_does_not)
{
    static const enum relay_kind kinds[] = {RELAY_PROXY_REFUSES, RELAY_PROXY_PASSWORD};

    BEGIN(OK "\r\n{}");
    begin_proxy(kinds[_i]);
    must_fail(IDQ_UNREACHABLE);
    ck_assert_str_ne(logged(), "");
}
END_TEST

START_TEST(a_proxy_of_the_environment_is_not_asked)
{
    static const char *const names[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

    BEGIN(OK "\r\n{}");
    relay_start(&proxy, RELAY_PROXY_REFUSES, 0);
    snprintf(proxy_url, sizeof proxy_url, "http://127.0.0.1:%u", proxy.port);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        ck_assert_int_eq(setenv(names[i], proxy_url, 1), 0);
    ck_assert_int_eq(get(), 0);
}
END_TEST

/* Nor do the hosts that the environment exempts go past the one that is configured. */
START_TEST(no_proxy_of_the_environment_is_not_asked)
{
    char head[4096];

    BEGIN(OK "\r\n{}");
    ck_assert_int_eq(setenv("no_proxy", "*", 1), 0);
    begin_proxy(RELAY_PROXY);
    ck_assert_int_eq(get(), 0);
    relay_head(&proxy, head, sizeof head);
}
END_TEST

START_TEST(only_https)
{
    static const char *const urls[] = {"http://127.0.0.1/", "file:///etc/passwd", "https://",
                                       "127.0.0.1", ""};

    BEGIN(OK "\r\n{}");
    strcpy(url, urls[_i]);
    must_fail(IDQ_CONFIG);
}
END_TEST

START_TEST(a_failure_is_logged_once)
{
    BEGIN(TLS_PEER_HANGUP, TLS_PEER_HANGUP, OK "\r\n{}");
    must_fail(IDQ_UNREACHABLE);
    ck_assert_str_ne(logged(), "");
    must_fail(IDQ_UNREACHABLE);
    ck_assert_str_eq(logged(), "");
    ck_assert_int_eq(get(), 0);
    must_fail(IDQ_UNREACHABLE); /* the script is at its end */
    ck_assert_str_ne(logged(), "");
}
END_TEST

START_TEST(no_answer_in_time)
{
    struct request request = {.url = url, .max_size = 10, .timeout_ms = 100};

    BEGIN(TLS_PEER_SILENCE, TLS_PEER_SILENCE);
    ck_assert_int_eq(transport_request(transport, &request, &response), IDQ_UNREACHABLE);
    request.timeout_ms = 0; /* no time at all is not for ever */
    ck_assert_int_eq(transport_request(transport, &request, &response), IDQ_UNREACHABLE);
}
END_TEST

static void
stop_waiting(void)
{
    ck_assert_int_eq(shutdown(module_end, SHUT_WR), 0);
}

START_TEST(a_cancel_ends_a_request)
{
    pid_t module;

    /* The second request on a connection: no timer of libcurl's own wakes it up then. */
    BEGIN(OK "\r\n{}", TLS_PEER_SILENCE);
    ck_assert_int_eq(get(), 0);
    tls_peer_request(&peer, asked, sizeof asked, &connection);
    module = fork();
    ck_assert_int_ge(module, 0);
    if (module == 0) { /* cancels when the request has come in */
        tls_peer_request(&peer, asked, sizeof asked, &connection);
        stop_waiting();
        _exit(0);
    }
    must_fail(IDQ_CANCELLED);
    ck_assert_int_eq(wire.cancelled, 1);
    ck_assert_int_eq(waitpid(module, NULL, 0), module);
}
END_TEST

/* The module leaves before the answer comes: it is waited for, in bounds. */
START_TEST(a_request_with_grace_is_finished)
{
    const struct request request = {
        .url = url, .max_size = 10, .timeout_ms = LONG_MS, .grace_ms = LONG_MS};
    pid_t module;

    BEGIN(TLS_PEER_HELD OK "\r\n{}");
    module = fork();
    ck_assert_int_ge(module, 0);
    if (module == 0) {
        tls_peer_request(&peer, asked, sizeof asked, &connection);
        stop_waiting();
        tls_peer_release(&peer);
        _exit(0);
    }
    ck_assert_int_eq(transport_request(transport, &request, &response), 0);
    ck_assert_str_eq(response.body, "{}");
    ck_assert_int_eq(link_check(&wire), 1);
    ck_assert_int_eq(waitpid(module, NULL, 0), module);
}
END_TEST

START_TEST(grace_has_an_end)
{
    const struct request request = {
        .url = url, .max_size = 10, .timeout_ms = LONG_MS, .grace_ms = 200};
    pid_t module;

    BEGIN(TLS_PEER_SILENCE);
    module = fork();
    ck_assert_int_ge(module, 0);
    if (module == 0) {
        tls_peer_request(&peer, asked, sizeof asked, &connection);
        stop_waiting();
        _exit(0);
    }
    ck_assert_int_eq(transport_request(transport, &request, &response), IDQ_CANCELLED);
    ck_assert_int_eq(waitpid(module, NULL, 0), module);
}
END_TEST

START_TEST(nothing_is_asked_once_cancelled_but_the_cancel_itself)
{
    struct request request = {.url = url, .max_size = 10, .timeout_ms = LONG_MS, .uncancelled = 1};

    BEGIN(OK "\r\n{}");
    stop_waiting();
    must_fail(IDQ_CANCELLED);
    request.uncancelled = 0;
    request.grace_ms = LONG_MS; /* is for what was begun before */
    ck_assert_int_eq(transport_request(transport, &request, &response), IDQ_CANCELLED);
    request.uncancelled = 1;
    ck_assert_int_eq(transport_request(transport, &request, &response), 0);
    tls_peer_request(&peer, asked, sizeof asked, &connection);
    ck_assert_int_eq(connection, 1); /* the others never came */
}
END_TEST

static Suite *
transport_suite(void)
{
    Suite *suite = suite_create("transport");
    TCase *answers = tcase_create("answers"), *trust = tcase_create("trust"),
          *ends = tcase_create("ends");

    tcase_add_checked_fixture(answers, set_up, tear_down);
    tcase_add_test(answers, an_answer_is_taken_apart);
    tcase_add_test(answers, an_answer_without_headers);
    tcase_add_test(answers, a_large_answer_arrives_whole);
    tcase_add_test(answers, a_retry_after_beyond_all_numbers);
    tcase_add_test(answers, a_retry_after_in_the_past);
    tcase_add_test(answers, a_status_that_is_none);
    tcase_add_test(answers, a_header_that_is_none);
    tcase_add_test(answers, a_repeated_signature_is_counted);
    tcase_add_test(answers, a_signature_behind_the_body_is_none);
    tcase_add_test(answers, a_request_is_sent_as_told);
    tcase_add_test(answers, a_get_after_a_post_carries_nothing_of_it);
    tcase_add_test(answers, a_redirect_is_an_answer_like_any_other);
    tcase_add_test(answers, too_large_a_body);
    tcase_add_test(answers, no_http);
    suite_add_tcase(suite, answers);
    tcase_add_checked_fixture(trust, set_up, tear_down);
    tcase_add_test(trust, an_unknown_ca);
    tcase_add_test(trust, a_ca_file_that_is_not_there);
    tcase_add_test(trust, another_host_than_the_certificate_names);
    tcase_add_test(trust, pins);
    tcase_add_test(trust, old_tls_is_refused);
    tcase_add_test(trust, tls_1_2_will_do);
    tcase_add_test(trust, a_handshake_that_is_cut_off);
    tcase_add_test(trust, a_proxy_passes_on);
    tcase_add_loop_test(trust, a_proxy_that_does_not, 0, 2);
    tcase_add_test(trust, a_proxy_of_the_environment_is_not_asked);
    tcase_add_test(trust, no_proxy_of_the_environment_is_not_asked);
    tcase_add_loop_test(trust, only_https, 0, 5);
    suite_add_tcase(suite, trust);
    tcase_add_checked_fixture(ends, set_up, tear_down);
    tcase_add_test(ends, a_failure_is_logged_once);
    tcase_add_test(ends, no_answer_in_time);
    tcase_add_test(ends, a_cancel_ends_a_request);
    tcase_add_test(ends, a_request_with_grace_is_finished);
    tcase_add_test(ends, grace_has_an_end);
    tcase_add_test(ends, nothing_is_asked_once_cancelled_but_the_cancel_itself);
    suite_add_tcase(suite, ends);
    return suite;
}

int
main(int argc, char **argv)
{
    return runner_main(argc, argv, "transport", transport_suite, NULL);
}
