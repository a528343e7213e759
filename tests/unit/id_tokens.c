/* SPDX-License-Identifier: BSD-3-Clause */
/* See id_tokens.h. */
#include "tests/unit/id_tokens.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Not Check's: a fuzz target runs outside of any test of Check. */
static void
must(int condition)
{
    if (!condition)
        abort();
}

/* RFC 4648 section 5, without padding. Freed by the caller. */
static char *
base64url(const char *text)
{
    size_t size = strlen(text);
    unsigned char *encoded = malloc(size * 2 + 8);

    must(encoded != NULL);
    EVP_EncodeBlock(encoded, (const unsigned char *)text, (int)size);
    for (char *p = (char *)encoded; *p; p++)
        *p = (char)(*p == '+' ? '-' : *p == '/' ? '_' : *p == '=' ? '\0' : *p);
    return (char *)encoded;
}

const char *
id_token_of(const char *header, const char *claims)
{
    static char token[40000];
    char *first = base64url(header), *second = base64url(claims);
    int size = snprintf(token, sizeof token, "%s.%s.c2lnbmF0dXJl", first, second);

    must(size < (int)sizeof token);
    free(first);
    free(second);
    return token;
}

const char *
id_token_for(const char *issuer, const char *client_id, const char *sub, const char *more)
{
    static char claims[20000];
    long now = (long)time(NULL);
    int size = snprintf(claims, sizeof claims,
                        "{\"iss\":\"%s\",\"aud\":\"%s\",\"sub\":\"%s\",\"iat\":%ld,\"exp\":%ld%s}",
                        issuer, client_id, sub, now, now + 3600, more);

    must(size < (int)sizeof claims);
    return id_token_of(ID_TOKEN_HEADER, claims);
}
