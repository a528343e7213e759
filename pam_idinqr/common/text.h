/* SPDX-License-Identifier: BSD-3-Clause */
/* Checks text from outside (the backend, the configuration, an application), decodes hex digits and
 * base64, and copies text into a field. Pure. Every process uses it. */
#ifndef IDQ_COMMON_TEXT_H
#define IDQ_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Returns true if the bytes are valid UTF-8 (RFC 3629: shortest form, no surrogates, at most
 * U+10FFFF) without control or invisible characters. Control characters are Unicode's Cc:
 * U+0000-001F, U+007F-009F. Invisible ones are Unicode's Cf, Zl, Zp, and U+E0000-E007F: they
 * reverse the direction, take no room, or break a line. An empty text is valid. */
bool characters_are_clean(const char *text, size_t size);

/* Returns NULL for a line of a file that is clean, or else says what is not. Static. */
const char *characters_find_mistake(const char *text, size_t size);

/* The same with invisible characters allowed: for text that is compared and never shown. */
bool characters_are_not_controls(const char *text, size_t size);

/* Returns true if every byte is printable ASCII except a space (0x21-0x7E). An empty text is valid.
 */
bool characters_are_visible_ascii(const char *text, size_t size);

/* Returns true if every byte is printable ASCII or a space (0x20-0x7E). An empty text is valid. */
bool characters_are_printable_ascii(const char *text, size_t size);

/* Replaces each byte that is not printable ASCII with '?', in place: for log lines. */
void characters_make_loggable(char *text);

/* The same, for a value of "keyword=value": also replaces what could end it, or look like another
 * field: '"', and unless the value is quoted, a space and '='. */
void characters_make_value(char *text, bool is_quoted);

/* Returns 0 to 15, in either case, or -1 if it is not a hex digit. */
int characters_hex_digit(char c);

/* Reads exactly 2 * size hex digits into `size` bytes. Returns 0, or -1 at an invalid digit.
 * ret_bytes then has the bytes before it. */
int characters_read_hex(const char *digits, unsigned char *ret_bytes, size_t size);

/* Writes 2 * size lower-case hex digits and a zero byte. */
void characters_write_hex(const unsigned char *bytes, size_t size, char *ret_digits);

/* Returns the value of a base64 digit, 0 to 63, or -1 for another character. `last` has the digits
 * for 62 and 63: "+/", or "-_" for base64url (RFC 4648, sections 4 and 5). */
int characters_base64_digit(char c, const char last[2]);

/* Decodes the whole text as the base64 of exactly `size` bytes (RFC 4648, section 4): padded,
 * without blanks, with zeros in the unused bits. So the same bytes have only one text. Returns 0,
 * or -1 at an error. ret_bytes then has the bytes before it. */
int characters_read_base64(const char *text, unsigned char *ret_bytes, size_t size);

/* The room for the base64url of `size` bytes, with its zero byte. */
#define CHARACTERS_BASE64URL_SIZE(size) (((size)*4 + 2) / 3 + 1)

/* Writes the bytes in base64url (RFC 4648, section 5) without padding, and a zero byte. Returns the
 * text's length. */
size_t characters_write_base64url(const void *bytes, size_t size, char *ret_text);

/* Returns true if the text has the form, in which a 0 stands for any digit, and an A for any
 * upper-case letter: "0000-00-00". */
bool characters_have_form(const char *text, const char *form);

/* Returns true if the text is a day, as 2030-12-31. */
bool characters_are_day(const char *text);

/* The same, and the month has that day. */
bool characters_are_in_calendar(const char *text);

/* Returns true if the known word was probably meant by the typed one, and is nearer than `*least`
 * typing errors, which it then sets. Begin with UINT_MAX. A word has at most 60 characters. */
bool text_is_nearer(const char *typed, const char *known, unsigned *least);

/* Writes a name as one word of the shell. */
void text_print_shell_word(const char *name, FILE *stream);

/* Copies a text with its zero byte. Returns 0, or -1 and "" if it needs more than `capacity` bytes
 * (1 or more). A truncated name or link would be another one. */
int copy_text(char *ret_text, size_t capacity, const char *text)
    __attribute__((warn_unused_result));

#endif
