/* SPDX-License-Identifier: BSD-3-Clause */
/* See tls_server.h. */
#include "tests/unit/tls_server.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define WAITING 16 /* connections, more than a test makes at once */

int
tls_server_listen(unsigned *ret_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener, WAITING), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    *ret_port = ntohs(address.sin_port);
    return listener;
}

SSL_CTX *
tls_server_context(int version)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    ck_assert_ptr_nonnull(context);
    /* Old versions need old algorithms, which OpenSSL's default level refuses. */
    SSL_CTX_set_security_level(context, 0);
    ck_assert(SSL_CTX_set_min_proto_version(context, version));
    ck_assert(SSL_CTX_set_max_proto_version(context, version));
    return context;
}

void
tls_server_pin(X509 *certificate, char *ret_pin, size_t capacity)
{
    unsigned char *der = NULL, digest[32], base64[48];
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);

    ck_assert_int_gt(size, 0);
    ck_assert(EVP_Digest(der, (size_t)size, digest, NULL, EVP_sha256(), NULL));
    ck_assert_int_eq(EVP_EncodeBlock(base64, digest, sizeof digest), 44);
    ck_assert_int_lt(snprintf(ret_pin, capacity, "sha256//%s", (char *)base64), (int)capacity);
    OPENSSL_free(der);
}

size_t
tls_server_read(SSL *tls, char *ret_text, size_t capacity)
{
    size_t size = 0, whole = capacity;

    while (size < whole && size < capacity - 1) {
        int got = SSL_read(tls, ret_text + size, (int)(capacity - 1 - size));
        if (got <= 0)
            return 0;
        size += (size_t)got;
        ret_text[size] = '\0';
        const char *end = strstr(ret_text, "\r\n\r\n");
        const char *length = strstr(ret_text, "Content-Length: ");
        if (end)
            whole = (size_t)(end + 4 - ret_text) + (length ? strtoul(length + 16, NULL, 10) : 0);
    }
    return size;
}
