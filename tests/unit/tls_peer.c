/* SPDX-License-Identifier: BSD-3-Clause */
/* See tls_peer.h. */
#include "tests/unit/tls_peer.h"

#include "tests/unit/peer_certificate.h"
#include "tests/unit/tls_server.h"

#include <check.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUEST_MAX 65536
#define WAIT_MS     60000 /* far more than needed: only a failing test takes it */

/* The child: never returns. */
static void
serve(SSL_CTX *context, int listener, int requests, const char *const answers[], size_t n_answers)
{
    static char text[1 + REQUEST_MAX];
    size_t n = 0;

    for (int connection = 1;; connection++) {
        SSL *tls = SSL_new(context);
        int descriptor = accept(listener, NULL, NULL);
        size_t size;

        if (!tls || descriptor < 0 || !SSL_set_fd(tls, descriptor))
            _exit(1);
        if (SSL_accept(tls) == 1)
            while ((size = tls_server_read(tls, text + 1, REQUEST_MAX)) > 0) {
                const char *answer = n < n_answers ? answers[n] : TLS_PEER_HANGUP;
                n++;
                text[0] = (char)connection;
                if (send(requests, text, size + 1, MSG_NOSIGNAL) < 0)
                    _exit(1);
                if (!answer)
                    break;
                if (answer[0] == TLS_PEER_HELD[0]) {
                    answer++;
                    if (recv(requests, text, 1, 0) != 1)
                        _exit(1);
                }
                if (answer[0] && SSL_write(tls, answer, (int)strlen(answer)) <= 0)
                    break;
            }
        SSL_free(tls);
        close(descriptor);
    }
}

void
tls_peer_start(struct tls_peer *ret_peer, const char *dir, const char *const answers[],
               size_t n_answers, int version)
{
    SSL_CTX *context = tls_server_context(version);
    int listener = tls_server_listen(&ret_peer->port), ends[2];

    ck_assert_int_lt(snprintf(ret_peer->ca_file, sizeof ret_peer->ca_file, "%s/peer.pem", dir),
                     (int)sizeof ret_peer->ca_file);
    peer_certificate_make(PEER_CERTIFICATE_RIGHT, context, ret_peer->ca_file, ret_peer->pin,
                          sizeof ret_peer->pin);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    ret_peer->requests = ends[0];
    ret_peer->pid = fork();
    ck_assert_int_ge(ret_peer->pid, 0);
    if (ret_peer->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        serve(context, listener, ends[1], answers, n_answers);
    }
    close(listener);
    close(ends[1]);
    SSL_CTX_free(context);
}

void
tls_peer_request(struct tls_peer *peer, char *ret_text, size_t capacity, int *ret_connection)
{
    static char text[1 + REQUEST_MAX];
    struct pollfd wire = {.fd = peer->requests, .events = POLLIN};
    ssize_t size;

    ck_assert_int_eq(poll(&wire, 1, WAIT_MS), 1);
    size = recv(peer->requests, text, sizeof text, 0);
    ck_assert_int_gt(size, 0);
    ck_assert_uint_lt((size_t)size, capacity);
    memcpy(ret_text, text + 1, (size_t)size - 1);
    ret_text[size - 1] = '\0';
    *ret_connection = text[0];
}

void
tls_peer_release(struct tls_peer *peer)
{
    ck_assert_int_eq(send(peer->requests, "", 1, MSG_NOSIGNAL), 1);
}

void
tls_peer_stop(struct tls_peer *peer)
{
    if (peer->pid > 0) {
        kill(peer->pid, SIGKILL);
        ck_assert_int_eq(waitpid(peer->pid, NULL, 0), peer->pid);
        close(peer->requests);
    }
    peer->pid = 0;
}
