/* SPDX-License-Identifier: BSD-3-Clause */
#include "pam_idinqr/common/text.h"

#include "pam_idinqr/common/array.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

/* Returns the length of the UTF-8 sequence at `p`, which has `left` bytes, and its code point, or 0
 * if it is invalid. RFC 3629 section 4 has the ranges of the second byte. */
static size_t
decode(const unsigned char *p, size_t left, unsigned *ret_code_point)
{
    size_t length;
    unsigned code_point, low = 0x80, high = 0xBF;

    if (p[0] < 0x80) {
        *ret_code_point = p[0];
        return 1;
    }
    if (p[0] >= 0xC2 && p[0] <= 0xDF) {
        length = 2;
        code_point = p[0] & 0x1F;
    } else if (p[0] >= 0xE0 && p[0] <= 0xEF) {
        length = 3;
        code_point = p[0] & 0x0F;
        low = p[0] == 0xE0 ? 0xA0 : 0x80;
        high = p[0] == 0xED ? 0x9F : 0xBF;
    } else if (p[0] >= 0xF0 && p[0] <= 0xF4) {
        length = 4;
        code_point = p[0] & 0x07;
        low = p[0] == 0xF0 ? 0x90 : 0x80;
        high = p[0] == 0xF4 ? 0x8F : 0xBF;
    } else {
        return 0;
    }
    if (left < length || p[1] < low || p[1] > high)
        return 0;
    code_point = code_point << 6 | (p[1] & 0x3F);
    for (size_t i = 2; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        code_point = code_point << 6 | (p[i] & 0x3F);
    }
    *ret_code_point = code_point;
    return length;
}

/* Invisible characters that change the display of the text around them: Unicode 15's categories Cf,
 * Zl and Zp, and all tag characters. */
static const struct {
    unsigned first, last;
} invisible[] = {
    {0x00AD, 0x00AD},   {0x0600, 0x0605},   {0x061C, 0x061C},   {0x06DD, 0x06DD},
    {0x070F, 0x070F},   {0x0890, 0x0891},   {0x08E2, 0x08E2},   {0x180E, 0x180E},
    {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},   {0xFEFF, 0xFEFF},
    {0xFFF9, 0xFFFB},   {0x110BD, 0x110BD}, {0x110CD, 0x110CD}, {0x13430, 0x1343F},
    {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE007F},
};

static bool
is_control(unsigned code_point)
{
    return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F);
}

static bool
is_invisible(unsigned code_point)
{
    for (size_t i = 0; i < ARRAY_LENGTH(invisible); i++)
        if (code_point >= invisible[i].first && code_point <= invisible[i].last)
            return true;
    return false;
}

/* Checks for valid UTF-8 without control characters and, if `is_shown`, without invisible ones. */
static bool
are_allowed(const char *text, size_t size, bool is_shown)
{
    const unsigned char *p = (const unsigned char *)text;

    for (size_t i = 0; i < size;) {
        unsigned code_point = 0;
        size_t length = decode(p + i, size - i, &code_point);
        if (length == 0 || is_control(code_point) || (is_shown && is_invisible(code_point)))
            return false;
        i += length;
    }
    return true;
}

bool
characters_are_clean(const char *text, size_t size)
{
    return are_allowed(text, size, true);
}

const char *
characters_find_mistake(const char *text, size_t size)
{
    const unsigned char *p = (const unsigned char *)text;

    for (size_t i = 0; i < size;) {
        unsigned code_point = 0;
        size_t length = decode(p + i, size - i, &code_point);
        if (length == 0)
            return "a character that is not text: the file is not in UTF-8";
        if (code_point == 0xFEFF)
            return "a character that is not text: a byte order mark (U+FEFF)";
        if (code_point == '\r')
            return "a character that is not text: a carriage return, as of Windows";
        if (is_control(code_point) || is_invisible(code_point))
            return "a character that is not text";
        i += length;
    }
    return NULL;
}

bool
characters_are_not_controls(const char *text, size_t size)
{
    return are_allowed(text, size, false);
}

bool
characters_are_visible_ascii(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] < 0x21 || text[i] > 0x7E)
            return false;
    return true;
}

bool
characters_are_printable_ascii(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] < 0x20 || text[i] > 0x7E)
            return false;
    return true;
}

void
characters_make_loggable(char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7E)
            *text = '?';
}

void
characters_make_value(char *text, bool is_quoted)
{
    characters_make_loggable(text);
    for (char *p = text; *p; p++)
        if (*p == '"' || (!is_quoted && (*p == ' ' || *p == '=')))
            *p = '?';
}

int
characters_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int
characters_read_hex(const char *digits, unsigned char *ret_bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        int high = characters_hex_digit(digits[2 * i]);
        int low = characters_hex_digit(digits[2 * i + 1]);
        if (high < 0 || low < 0)
            return -1;
        ret_bytes[i] = (unsigned char)(high << 4 | low);
    }
    return 0;
}

void
characters_write_hex(const unsigned char *bytes, size_t size, char *ret_digits)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        *ret_digits++ = digits[bytes[i] >> 4];
        *ret_digits++ = digits[bytes[i] & 0x0F];
    }
    *ret_digits = '\0';
}

int
characters_base64_digit(char c, const char last[2])
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == last[0])
        return 62;
    return c == last[1] ? 63 : -1;
}

int
characters_read_base64(const char *text, unsigned char *ret_bytes, size_t size)
{
    unsigned bits = 0, n_bits = 0;
    size_t n_padding = (3 - size % 3) % 3;

    for (size_t i = 0; i < size;) {
        int digit = characters_base64_digit(*text, "+/"); /* -1 also at the end of the text */
        if (digit < 0)
            return -1;
        text++;
        bits = (bits << 6 | (unsigned)digit) & 0xFFF;
        n_bits += 6;
        if (n_bits >= 8) {
            n_bits -= 8;
            ret_bytes[i++] = (unsigned char)(bits >> n_bits);
        }
    }
    if (bits & ((1U << n_bits) - 1))
        return -1;
    return strspn(text, "=") == n_padding && text[n_padding] == '\0' ? 0 : -1;
}

size_t
characters_write_base64url(const void *bytes, size_t size, char *ret_text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const unsigned char *at = bytes;
    unsigned bits = 0, n_bits = 0;
    char *to = ret_text;

    for (size_t i = 0; i < size; i++) {
        bits = (bits << 8 | at[i]) & 0xFFF;
        for (n_bits += 8; n_bits >= 6; n_bits -= 6)
            *to++ = digits[bits >> (n_bits - 6) & 63];
    }
    if (n_bits > 0)
        *to++ = digits[bits << (6 - n_bits) & 63];
    *to = '\0';
    return (size_t)(to - ret_text);
}

/* Days and times are compared as texts, so every digit must be present. strptime() accepts blanks
 * for some. */
bool
characters_have_form(const char *text, const char *form)
{
    for (; *form; text++, form++)
        if (*form == '0'   ? *text < '0' || *text > '9'
            : *form == 'A' ? *text < 'A' || *text > 'Z'
                           : *text != *form)
            return false;
    return *text == '\0';
}

bool
characters_are_day(const char *text)
{
    return characters_have_form(text, "0000-00-00") && strncmp(text + 5, "01", 2) >= 0 &&
           strncmp(text + 5, "12", 2) <= 0 && strcmp(text + 8, "01") >= 0 &&
           strcmp(text + 8, "31") <= 0;
}

bool
characters_are_in_calendar(const char *text)
{
    struct tm day = {0};
    int month_day;

    if (!characters_are_day(text) || !strptime(text, "%Y-%m-%d", &day))
        return false;
    month_day = day.tm_mday;
    return timegm(&day) != -1 && day.tm_mday == month_day; /* it makes 2 March of 30 February */
}

static unsigned
least_of(unsigned a, unsigned b, unsigned c)
{
    unsigned two = a < b ? a : b;

    return two < c ? two : c;
}

/* Returns how many characters were changed, added, left out, or have changed places with the next,
 * to make one word of the other: Levenshtein's distance, with the last three rows of his table.
 * Returns UINT_MAX for a long word. */
static unsigned
typos(const char *typed, const char *known)
{
    unsigned rows[3][61] = {{0}};
    size_t n = strlen(typed), m = strlen(known);

    if (n >= ARRAY_LENGTH(rows[0]) || m >= ARRAY_LENGTH(rows[0]))
        return UINT_MAX;
    for (unsigned j = 0; j <= m; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= n; i++) {
        unsigned *row = rows[i % 3];
        const unsigned *above = rows[(i - 1) % 3], *older = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = least_of(above[j] + 1, row[j - 1] + 1,
                              above[j - 1] + (typed[i - 1] != known[j - 1]));
            if (i > 1 && j > 1 && typed[i - 1] == known[j - 2] && typed[i - 2] == known[j - 1])
                row[j] = least_of(row[j], older[j - 2] + 1, UINT_MAX);
        }
    }
    return rows[n % 3][m];
}

bool
text_is_nearer(const char *typed, const char *known, unsigned *least)
{
    /* Two, but one in a short word. */
    unsigned n = typos(typed, known), most = strlen(typed) > 4 ? 2 : 1;

    if (n > most || n >= *least)
        return false;
    *least = n;
    return true;
}

void
text_print_shell_word(const char *name, FILE *stream)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_-./:@%+,";

    if (name[strspn(name, plain)] == '\0') {
        fputs(name, stream);
        return;
    }
    fputc('\'', stream);
    for (; *name; name++)
        fputs(*name == '\'' ? "'\\''" : (char[]){*name, '\0'}, stream);
    fputc('\'', stream);
}

int
copy_text(char *ret_text, size_t capacity, const char *text)
{
    size_t size = strlen(text);

    if (size >= capacity) {
        ret_text[0] = '\0';
        return -1;
    }
    memcpy(ret_text, text, size + 1);
    return 0;
}
