/* SPDX-License-Identifier: BSD-3-Clause */
/* See raw_request.h. */
#include "tests/harness/raw_request.h"

#include "tests/harness/deadline.h"
#include "tests/harness/relay_caller.h"
#include "tests/harness/relay_login.h"
#include "tests/harness/scratch.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MAX 65536
#define TRICKLE_MS 500

struct raw_request {
    SSL_CTX *context;
    SSL *tls;
    int descriptor;
};

char *
raw_request_fill(const char *text, const char *word, const char *value)
{
    const char *at;
    char *filled = scratch_text("%s", text);

    while ((at = strstr(filled, word)) != NULL)
        filled = scratch_text("%.*s%s%s", (int)(at - filled), filled, value, at + strlen(word));
    return filled;
}

struct raw_request *
raw_request_begin(const char *bytes)
{
    struct raw_request *request = calloc(1, sizeof *request);
    const char *port = strrchr(relay_caller_setting("public_url"), ':') + 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)atoi(port)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int size = (int)strlen(bytes);

    ck_assert_ptr_nonnull(request);
    /* The relay may close before all is written, and SSL_write has no MSG_NOSIGNAL. */
    ck_assert(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
    request->context = SSL_CTX_new(TLS_client_method());
    request->tls = SSL_new(request->context);
    request->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(connect(request->descriptor, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert(SSL_set_fd(request->tls, request->descriptor) == 1 && SSL_connect(request->tls) == 1);
    /* The relay may have had enough before the end. */
    (void)(size > 0 && SSL_write(request->tls, bytes, size));
    return request;
}

bool
raw_request_closes(struct raw_request *request, int timeout_ms)
{
    struct pollfd relay = {.fd = request->descriptor, .events = POLLRDHUP};

    return poll(&relay, 1, timeout_ms) == 1;
}

bool
raw_request_is_answered(struct raw_request *request)
{
    char byte;

    return SSL_peek(request->tls, &byte, 1) == 1;
}

bool
raw_request_send(struct raw_request *request, const char *bytes)
{
    return SSL_write(request->tls, bytes, (int)strlen(bytes)) == (int)strlen(bytes);
}

bool
raw_request_trickle(struct raw_request *request, char byte, int timeout_ms)
{
    struct pollfd relay = {.fd = request->descriptor, .events = POLLRDHUP};
    struct deadline deadline = deadline_in(timeout_ms);
    const char bytes[] = {byte, '\0'};

    while (deadline_left(deadline, 1) > 0 && raw_request_send(request, bytes))
        if (poll(&relay, 1, TRICKLE_MS) == 1)
            return true;
    return deadline_left(deadline, 1) > 0;
}

void
raw_request_cut(struct raw_request *request)
{
    SSL_free(request->tls);
    SSL_CTX_free(request->context);
    close(request->descriptor);
    free(request);
}

char *
raw_request_end(struct raw_request *request, int timeout_ms)
{
    static char answer[ANSWER_MAX];
    struct pollfd relay = {.fd = request->descriptor, .events = POLLIN};
    struct deadline deadline = deadline_in(timeout_ms);
    int size = 0, got = 1;

    while (got > 0 && size < ANSWER_MAX - 1 &&
           (SSL_pending(request->tls) > 0 ||
            poll(&relay, 1, deadline_left(deadline, timeout_ms)) == 1)) {
        got = SSL_read(request->tls, answer + size, ANSWER_MAX - 1 - size);
        size += got > 0 ? got : 0;
    }
    answer[size] = '\0';
    raw_request_cut(request);
    return scratch_text("%s", answer);
}
