/* SPDX-License-Identifier: BSD-3-Clause */
/* The certificates of a peer (peer.h): a right one, and each of the wrong ones. Test code. */
#ifndef IDQ_TESTS_PEER_CERTIFICATE_H
#define IDQ_TESTS_PEER_CERTIFICATE_H

#include <openssl/ssl.h>

enum peer_certificate {
    PEER_CERTIFICATE_RIGHT,
    PEER_CERTIFICATE_EXPIRED,
    PEER_CERTIFICATE_NOT_YET, /* valid from tomorrow on */
    PEER_CERTIFICATE_OTHER_HOST,
    PEER_CERTIFICATE_OTHER_CA,    /* of the same name as the trusted one */
    PEER_CERTIFICATE_SELF_SIGNED, /* by itself, and in no file */
    PEER_CERTIFICATE_CLIENT,      /* for clients only */
};

/* Sets the context's key and certificate. Writes the trusted CA to ca_file, and the key's pin in
 * libcurl's format to ret_pin. An error fails the running test. */
void peer_certificate_make(enum peer_certificate kind, SSL_CTX *context, const char *ca_file,
                           char *ret_pin, size_t capacity);

#endif
