/* SPDX-License-Identifier: BSD-3-Clause */
/* Text from outside: the backend's, the configuration's, an application's. Says which characters it
 * has, reads hex digits and base64, copies it into a field. Pure; used in every process. */
#ifndef IDQ_COMMON_TEXT_H
#define IDQ_COMMON_TEXT_H

#include <stddef.h>

/* 1 when the bytes are valid UTF-8 (RFC 3629: shortest form, no surrogates, at most U+10FFFF)
 * without any control character (Unicode's Cc: U+0000-001F, U+007F-009F) and without any invisible
 * one: those that turn the direction of writing, that take no room, that break a line (Unicode's
 * Cf, Zl, Zp; U+E0000-E007F). So the text looks as it is. An empty text is valid. */
int characters_are_clean(const char *text, size_t size);

/* The same, with invisible characters allowed: for text that is compared and never shown. */
int characters_are_not_controls(const char *text, size_t size);

/* 1 when every byte is printable ASCII other than a space (0x21-0x7E). An empty text is valid. */
int characters_are_visible_ascii(const char *text, size_t size);

/* 1 when every byte is printable ASCII, spaces included (0x20-0x7E). An empty text is valid. */
int characters_are_printable_ascii(const char *text, size_t size);

/* Replaces, in place, every byte that is not printable ASCII by '?': for log lines. */
void characters_make_loggable(char *text);

/* 0 to 15, in either case; -1 when it is no hex digit. */
int characters_hex_digit(char c);

/* Reads exactly 2 * size hex digits into `size` bytes. 0; or -1 when one is none, and ret_bytes
 * then holds what came before it. */
int characters_read_hex(const char *digits, unsigned char *ret_bytes, size_t size);

/* The value of a digit of base64, 0 to 63; -1 for another character. `last` has the digits for 62
 * and 63: "+/", or "-_" for base64url (RFC 4648, sections 4 and 5). */
int characters_base64_digit(char c, const char last[2]);

/* Reads a whole text as the base64 of exactly `size` bytes (RFC 4648, section 4): padded, without
 * blanks, and with zeros in the bits that stand for nothing. So no two texts say the same bytes.
 * 0; or -1, and ret_bytes then holds what came before the mistake. */
int characters_read_base64(const char *text, unsigned char *ret_bytes, size_t size);

/* Copies a text with its closing zero byte. 0; or -1 and "" when it needs more than `capacity`
 * bytes (1 or more): a name or a link that was cut would be another one. */
int copy_text(char *ret_text, size_t capacity, const char *text)
    __attribute__((warn_unused_result));

#endif
