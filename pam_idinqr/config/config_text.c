/* SPDX-License-Identifier: BSD-3-Clause */
/* See config_text.h. The project reads this grammar itself: a library in the host would keep copies
 * of the secrets on the host's heap, and the one there is takes a keyword given twice for the
 * first, and a line without "=" for more of the value before it. */
#include "pam_idinqr/config/config_text.h"

#include "pam_idinqr/common/characters.h"

#include <stdio.h>
#include <string.h>

#define ENTRIES_MAX 200 /* lines with a meaning in one file */

struct reader {
    const char *section;
    struct {
        const char *section, *keyword;
    } seen[ENTRIES_MAX];
    size_t n_seen;
};

static int
is_keyword(const char *text)
{
    return *text && text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

/* Section names may hold what service and provider names hold: service:sudo, idin-qr. */
static int
is_section(const char *text)
{
    return *text && characters_are_visible_ascii(text, strlen(text)) && !strpbrk(text, "[]#\"=");
}

static char *
trim(char *text)
{
    size_t size;

    text += strspn(text, " ");
    for (size = strlen(text); size > 0 && text[size - 1] == ' '; size--)
        continue;
    text[size] = '\0';
    return text;
}

/* The value of a line, without quotes and comment; NULL when the quotes do not match. */
static char *
read_value(char *text)
{
    char *end;

    text = trim(text);
    if (*text != '"') {
        for (end = text; *end; end++) {
            if (*end == '#' && (end == text || end[-1] == ' ')) {
                *end = '\0';
                break;
            }
            if (*end == '"')
                return NULL;
        }
        return trim(text);
    }
    end = strchr(text + 1, '"');
    if (!end)
        return NULL;
    *end = '\0';
    end = trim(end + 1);
    return *end == '\0' || *end == '#' ? text + 1 : NULL;
}

/* Notes a section (keyword "") or a pair. -1, with a reason, when it was there before, or there are
 * too many. */
static int
note(struct reader *reader, const char *section, const char *keyword, char *ret_reason,
     size_t reason_size)
{
    for (size_t i = 0; i < reader->n_seen; i++)
        if (strcmp(reader->seen[i].section, section) == 0 &&
            strcmp(reader->seen[i].keyword, keyword) == 0) {
            if (keyword[0] == '\0')
                snprintf(ret_reason, reason_size, "section [%.64s] is there twice", section);
            else
                snprintf(ret_reason, reason_size, "%.64s is given twice", keyword);
            return -1;
        }
    if (reader->n_seen == ENTRIES_MAX) {
        snprintf(ret_reason, reason_size, "the file has more than %d sections and values",
                 ENTRIES_MAX);
        return -1;
    }
    reader->seen[reader->n_seen].section = section;
    reader->seen[reader->n_seen++].keyword = keyword;
    return 0;
}

static int
read_section(struct reader *reader, char *text, char *ret_reason, size_t reason_size)
{
    char *end = strchr(text, ']');

    if (end) {
        char *rest = trim(end + 1);
        *end = '\0';
        text = trim(text);
        if ((*rest == '\0' || *rest == '#') && is_section(text)) {
            reader->section = text;
            return note(reader, text, "", ret_reason, reason_size);
        }
    }
    snprintf(ret_reason, reason_size, "this is not a [section]");
    return -1;
}

static int
read_pair(struct reader *reader, char *text, unsigned line, config_entry_function *take,
          void *context, char *ret_reason, size_t reason_size)
{
    struct config_entry entry = {.section = reader->section, .line = line};
    char *equals = strchr(text, '=');

    if (!equals) {
        snprintf(ret_reason, reason_size, "this is neither keyword = value nor a [section]");
        return -1;
    }
    *equals = '\0';
    entry.keyword = trim(text);
    if (!is_keyword(entry.keyword)) {
        snprintf(ret_reason, reason_size, "there is no usable keyword before the =");
        return -1;
    }
    if (note(reader, entry.section, entry.keyword, ret_reason, reason_size) != 0)
        return -1;
    entry.value = read_value(equals + 1);
    if (!entry.value) {
        snprintf(ret_reason, reason_size, "the quotes around the value of %.64s do not match",
                 entry.keyword);
        return -1;
    }
    return take(context, &entry, ret_reason, reason_size);
}

int
config_text_read(char *text, size_t size, config_entry_function *take, void *context,
                 unsigned *ret_line, char *ret_reason, size_t reason_size)
{
    struct reader reader = {.section = ""};
    char *line;

    *ret_line = 0;
    if (memchr(text, 0, size)) {
        snprintf(ret_reason, reason_size, "has a zero byte in it");
        return -1;
    }
    while ((line = strsep(&text, "\n"))) {
        int result = 0;
        ++*ret_line;
        for (char *p = line; *p; p++)
            if (*p == '\t' || (*p == '\r' && p[1] == '\0')) /* a file written on another system */
                *p = ' ';
        line = trim(line);
        if (!characters_are_clean(line, strlen(line))) {
            snprintf(ret_reason, reason_size, "a character that is not text");
            return -1;
        }
        if (*line == '[')
            result = read_section(&reader, line + 1, ret_reason, reason_size);
        else if (*line != '\0' && *line != '#')
            result = read_pair(&reader, line, *ret_line, take, context, ret_reason, reason_size);
        if (result != 0)
            return -1;
    }
    return 0;
}
