/* SPDX-License-Identifier: BSD-3-Clause */
/* Encrypted tokens (RFC 7516) of any kind, by libjose and OpenSSL. Test code; trouble fails the
 * running test. */
#ifndef IDQ_TESTS_JWE_TOKENS_H
#define IDQ_TESTS_JWE_TOKENS_H

#include <openssl/evp.h>

/* A private key of its PEM. Freed by the caller. */
EVP_PKEY *jwe_key(const char *pem);

/* The content, encrypted for this key by alg and enc of this outer header. Kept (scratch.h). */
char *jwe_of(EVP_PKEY *key, const char *header, const char *content);

#endif
