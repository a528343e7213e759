/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes random names and numbers for codes, visits and credentials. None can be guessed from
 * another. */
#ifndef IDQ_WEB_TOKENS_H
#define IDQ_WEB_TOKENS_H

#include <stddef.h>

#define TOKEN_UUID_SIZE      37 /* 36 characters and the closing zero */
#define TOKEN_USER_CODE_SIZE 10
#define TOKEN_TEXT_SIZE      23 /* 22 characters of base64url, 132 bits, and the closing zero */

/* Each returns 0, or IDQ_SYSTEM when the system gives no random bytes. */
int token_bytes(unsigned char *ret_bytes, size_t size);
int token_uuid(char ret_uuid[TOKEN_UUID_SIZE]);
int token_text(char ret_text[TOKEN_TEXT_SIZE]);

/* What a person types on a phone: letters without vowels, so that no word comes of it, in two
 * groups: "BCDF-GHJK". 34 bits: enough for a code that lives for minutes. */
int token_user_code(char ret_code[TOKEN_USER_CODE_SIZE]);

/* `count` decimal digits and a closing zero. */
int token_digits(char *ret_digits, size_t count);

#endif
