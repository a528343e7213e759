/* SPDX-License-Identifier: BSD-3-Clause */
/* See manual_text.h. Reads the source tree that the tests were built from. */
#include "tests/unit/manual_text.h"

#include "tests/harness/scratch.h"

#include <check.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
has_name(const struct names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++)
        if (strcmp(names->names[i], name) == 0)
            return 1;
    return 0;
}

void
names_add(struct names *names, const char *name)
{
    if (has_name(names, name))
        return;
    ck_assert_uint_lt(names->n, NAMES_MAX);
    ck_assert_uint_lt(strlen(name), NAME_SIZE);
    strcpy(names->names[names->n++], name);
}

struct names
names_collect(const char *where, const char *text, const char *pattern)
{
    struct names names = {.where = where};
    regmatch_t match[2];
    regex_t regex;
    int flags = 0;

    ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE), 0);
    for (; regexec(&regex, text, 2, match, flags) == 0; text += match[0].rm_eo) {
        char name[200];
        snprintf(name, sizeof name, "%.*s", (int)(match[1].rm_eo - match[1].rm_so),
                 text + match[1].rm_so);
        names_add(&names, name);
        flags = text[match[0].rm_eo - 1] == '\n' ? 0 : REG_NOTBOL;
    }
    regfree(&regex);
    return names;
}

void
names_check_same(const struct names *a, const struct names *b)
{
    ck_assert_msg(a->n > 0, "%s: names nothing at all", a->where);
    for (size_t i = 0; i < a->n; i++)
        ck_assert_msg(has_name(b, a->names[i]), "%s has %s, and %s has not", a->where, a->names[i],
                      b->where);
    for (size_t i = 0; i < b->n; i++)
        ck_assert_msg(has_name(a, b->names[i]), "%s has %s, and %s has not", b->where, b->names[i],
                      a->where);
}

char *
manual_read(const char *name)
{
    char *path = scratch_path(SOURCE_DIR, name), *text = scratch_read(path);

    return text;
}

char *
manual_between(const char *text, const char *from, const char *to)
{
    const char *start = strstr(text, from), *end;

    ck_assert_msg(start != NULL, "there is no %s", from);
    start += strlen(from);
    end = strstr(start, to);
    return scratch_keep(strndup(start, end ? (size_t)(end - start) : strlen(start)));
}

char *
manual_section(const char *page, const char *title)
{
    char heading[80], *text = manual_read(page), *section;

    snprintf(heading, sizeof heading, "\n.Sh %s\n", title);
    section = manual_between(text, heading, "\n.Sh ");
    return section;
}

char *
manual_output_of(const char *command)
{
    FILE *stream = popen(command, "r");
    char *text = calloc(1, 16384);

    ck_assert(stream != NULL && text != NULL);
    (void)!fread(text, 1, 16383, stream);
    ck_assert_msg(pclose(stream) == 0, "%s: %s", command, text);
    return scratch_keep(text);
}

const char *
manual_value(const struct setting *setting, const char *value)
{
    return setting->kind == SETTING_PATH ? strrchr(value, '/') + 1 : value;
}
