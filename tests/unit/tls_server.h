/* SPDX-License-Identifier: BSD-3-Clause */
/* What a TLS server on loopback needs that is no part of what it answers: tls_peer.h and
 * tests/faults/peer.h are such servers. Test code; trouble fails the running test. */
#ifndef IDQ_TESTS_TLS_SERVER_H
#define IDQ_TESTS_TLS_SERVER_H

#include <openssl/ssl.h>
#include <stddef.h>

/* A socket that listens on a port of the kernel's choice. */
int tls_server_listen(unsigned *ret_port);

/* Of all versions, however old, or of this one alone, as OpenSSL numbers them, if it is not 0. */
SSL_CTX *tls_server_context(int version);

/* The pin of a certificate's key, as libcurl takes it: 52 characters. */
void tls_server_pin(X509 *certificate, char *ret_pin, size_t capacity);

/* Reads one request as text: the head, and as much body as its Content-Length says, or as fits. Its
 * size, or 0 when the client has gone. */
size_t tls_server_read(SSL *tls, char *ret_text, size_t capacity);

#endif
