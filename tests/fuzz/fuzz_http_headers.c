/* SPDX-License-Identifier: BSD-3-Clause */
/* An HTTP answer as bytes, through libcurl and transport.c, as if TLS had delivered it: the request
 * goes out in plain text into a socket pair, in which the answer lies already. The linker
 * (--wrap=curl_multi_add_handle) sees to that: the product has no way to switch TLS off. */
#include "pam_idinqr/fetch/transport.h"
#include "pam_idinqr/common/error.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/wire_frame.h"

#include <curl/curl.h>
#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX 2048 /* bytes of a body, so that larger ones come up */

static struct {
    const uint8_t *bytes;
    size_t size;
    int socket, peer; /* libcurl's end, and the backend's; -1 before */
} answer;

CURLMcode __real_curl_multi_add_handle(CURLM *multi, CURL *easy);
CURLMcode __wrap_curl_multi_add_handle(CURLM *multi, CURL *easy);

/* A backend that answers once. */
static curl_socket_t
connect_to_answer(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    int pair[2], size = 1024 * 1024;

    (void)context, (void)purpose, (void)address;
    if (answer.peer >= 0)
        return CURL_SOCKET_BAD;
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    answer.socket = pair[0];
    answer.peer = pair[1];
    MUST(setsockopt(answer.peer, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) == 0);
    MUST(send(answer.peer, answer.bytes, answer.size, MSG_DONTWAIT | MSG_NOSIGNAL) ==
         (ssize_t)answer.size);
    MUST(shutdown(answer.peer, SHUT_WR) == 0);
    return pair[0];
}

/* In libc's place, also for libcurl: nothing of this program ever reaches a network. */
int
connect(int socket, __CONST_SOCKADDR_ARG address, socklen_t size)
{
    (void)address, (void)size;
    MUST(socket == answer.socket);
    return 0;
}

CURLMcode
__wrap_curl_multi_add_handle(CURLM *multi, CURL *easy)
{
    MUST(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http") == CURLE_OK);
    MUST(curl_easy_setopt(easy, CURLOPT_URL, "http://127.0.0.1/answer") == CURLE_OK);
    MUST(curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, connect_to_answer) == CURLE_OK);
    return __real_curl_multi_add_handle(multi, easy);
}

static void
check_response(const struct fetch_response *response)
{
    MUST(response->status >= 100 && response->status <= 999);
    MUST(response->body && response->body_size <= ANSWER_MAX);
    MUST(response->body[response->body_size] == '\0');
    MUST(!strpbrk(response->content_type, ";, \tABCDEFGHIJKLMNOPQRSTUVWXYZ"));
    MUST(strlen(response->content_type) < sizeof response->content_type);
    MUST(strlen(response->signature) < sizeof response->signature);
    MUST(response->signature_count >= 0);
    MUST(response->signature_count > 0 || response->signature[0] == '\0');
    MUST(response->retry_after_s >= -1 && response->retry_after_s <= INT_MAX);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fetch_setup setup;
    struct wire wire = {.socket = wire_frame_sockets()[0], .ended = 1}; /* logs nothing */
    struct transport *transport;
    struct fetch_request request = {
        .url = "https://backend.example/answer",
        .body = size % 2 ? "{}" : NULL,
        .body_size = 2,
        .content_type = "application/json",
        .accept = "application/json",
        .signature_name = "x-idin-qr-hash",
        .max_size = ANSWER_MAX,
        .timeout_ms = 10000,
    };
    RESPONSE_AUTO response = {0};
    int error;

    answer.bytes = data;
    answer.size = size;
    answer.socket = answer.peer = -1;
    transport = transport_new(&setup, &wire);
    MUST(transport);
    error = transport_request(transport, &request, &response);
    if (error == 0)
        check_response(&response);
    else
        MUST(target_is_zero(&response, sizeof response));
    MUST(error == 0 || error == IDQ_UNREACHABLE || error == IDQ_REPLY || error == IDQ_TLS);
    transport_free(&transport);
    if (answer.peer >= 0)
        close(answer.peer);
    return 0;
}
