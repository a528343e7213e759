/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox and the relay run this. */
#include "pam_idinqr/web/tokens.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/text.h"

#include <openssl/rand.h>
#include <stdio.h>

int
token_bytes(unsigned char *ret_bytes, size_t size)
{
    return RAND_bytes(ret_bytes, (int)size) == 1 ? 0 : IDQ_SYSTEM;
}

int
token_uuid(char ret_uuid[TOKEN_UUID_SIZE])
{
    unsigned char b[16];
    char hex[sizeof b * 2 + 1];

    if (token_bytes(b, sizeof b) < 0)
        return IDQ_SYSTEM;
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40); /* version 4: random */
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    characters_write_hex(b, sizeof b, hex);
    snprintf(ret_uuid, TOKEN_UUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
             hex + 16, hex + 20);
    return 0;
}

int
token_text(char ret_text[TOKEN_TEXT_SIZE])
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    unsigned char random[TOKEN_TEXT_SIZE - 1];

    if (token_bytes(random, sizeof random) < 0)
        return IDQ_SYSTEM;
    for (size_t i = 0; i < sizeof random; i++)
        ret_text[i] = alphabet[random[i] & 0x3F];
    ret_text[sizeof random] = '\0';
    return 0;
}

int
token_user_code(char ret_code[TOKEN_USER_CODE_SIZE])
{
    static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";
    const unsigned count = sizeof letters - 1;

    for (size_t i = 0; i < TOKEN_USER_CODE_SIZE - 1;) {
        unsigned char byte;

        if (i == TOKEN_USER_CODE_SIZE / 2 - 1) {
            ret_code[i++] = '-';
            continue;
        }
        if (token_bytes(&byte, 1) < 0)
            return IDQ_SYSTEM;
        if (byte < 256 / count * count) /* every letter is as likely as any other */
            ret_code[i++] = letters[byte % count];
    }
    ret_code[TOKEN_USER_CODE_SIZE - 1] = '\0';
    return 0;
}

int
token_digits(char *ret_digits, size_t count)
{
    for (size_t i = 0; i < count;) {
        unsigned char byte;

        if (token_bytes(&byte, 1) < 0)
            return IDQ_SYSTEM;
        if (byte < 250) /* 250 is a multiple of ten: every digit is as likely as any other */
            ret_digits[i++] = (char)('0' + byte % 10);
    }
    ret_digits[count] = '\0';
    return 0;
}
