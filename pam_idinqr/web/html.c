/* SPDX-License-Identifier: BSD-3-Clause */
/* The sandbox runs this on untrusted texts, which it escapes. */
#include "pam_idinqr/web/html.h"

#include "pam_idinqr/common/secret.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* A page may hold a number for a desk. */
static void
drop(struct html *html)
{
    if (html->text)
        secret_wipe(html->text, html->size);
    free(html->text);
}

static void
append(struct html *html, const char *bytes, size_t size)
{
    if (html->failed)
        return;
    if (html->capacity - html->size <= size) {
        size_t capacity = (html->size + size + 1) * 2;
        char *text = malloc(capacity);

        if (!text) {
            html->failed = 1;
            return;
        }
        if (html->text)
            memcpy(text, html->text, html->size);
        drop(html);
        html->text = text;
        html->capacity = capacity;
    }
    memcpy(html->text + html->size, bytes, size);
    html->size += size;
    html->text[html->size] = '\0';
}

void
html_raw(struct html *html, const char *markup)
{
    append(html, markup, strlen(markup));
}

static const char *
escape_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void
html_text(struct html *html, const char *text)
{
    for (; *text; text++) {
        const char *escape = escape_of(*text);

        if (escape)
            html_raw(html, escape);
        else
            append(html, text, 1);
    }
}

void
html_add(struct html *html, const char *template, ...)
{
    va_list texts;

    va_start(texts, template);
    while (*template) {
        size_t size = strcspn(template, "%");

        append(html, template, size);
        template += size;
        if (*template == '\0')
            break;
        if (template[1] != 's') {
            html->failed = 1;
            break;
        }
        html_text(html, va_arg(texts, const char *));
        template += 2;
    }
    va_end(texts);
}

void
html_free(struct html *html)
{
    drop(html);
    *html = (struct html){.text = NULL};
}
