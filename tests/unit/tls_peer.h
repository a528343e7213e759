/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs a TLS server on loopback that answers from a script, in a separate process with a new
 * certificate. Test code: the server ends with the test that started it. */
#ifndef IDQ_TESTS_TLS_PEER_H
#define IDQ_TESTS_TLS_PEER_H

#include <stddef.h>
#include <sys/types.h>

#define TLS_PEER_OK      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" /* more headers, and {}, follow */
#define TLS_PEER_SILENCE ""   /* an answer that never comes; the connection stays open */
#define TLS_PEER_HELD    "\v" /* in front of an answer that waits for tls_peer_release */
#define TLS_PEER_HANGUP  NULL /* the connection is closed in place of an answer */

struct tls_peer {
    pid_t pid;
    unsigned port;
    char ca_file[256]; /* PEM, to trust it by */
    char pin[64];      /* of its key, as libcurl takes it */
    int requests;      /* read with tls_peer_request */
};

/* Answers the n-th request with the n-th of n_answers texts, whole HTTP answers, and closes a
 * connection that asks for more. `dir` is for the certificate. `version` is the only TLS version it
 * speaks, as OpenSSL numbers them, or 0 for any. Trouble fails the running test. */
void tls_peer_start(struct tls_peer *ret_peer, const char *dir, const char *const answers[],
                    size_t n_answers, int version);

/* Waits for the next request, and gives its head and body as text; *ret_connection counts the
 * connections from 1. */
void tls_peer_request(struct tls_peer *peer, char *ret_text, size_t capacity, int *ret_connection);

/* Lets the answer go that is held, or will be. */
void tls_peer_release(struct tls_peer *peer);

/* Accepts one that was never started (zeroed). */
void tls_peer_stop(struct tls_peer *peer);

#endif
