/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds an HTML text. Escapes every text, so that none is ever taken for markup. Pure. */
#ifndef IDQ_WEB_HTML_H
#define IDQ_WEB_HTML_H

#include <stddef.h>

/* Zero it to begin. `failed` is set if memory was short or a template was invalid, and is never
 * reset. */
struct html {
    char *text; /* NULL while empty; a zero byte follows it */
    size_t size;
    size_t capacity;
    int failed;
};

/* Appends markup of this program. */
void html_raw(struct html *html, const char *markup);

/* Appends text, and escapes every character with a meaning in HTML: safe between tags, and in an
 * attribute in double quotes. */
void html_text(struct html *html, const char *text);

/* Appends a template of this program. It may contain only %s: a text, which is escaped. */
void html_add(struct html *html, const char *template, ...) __attribute__((format(printf, 2, 3)));

void html_free(struct html *html);

#define HTML_AUTO __attribute__((cleanup(html_free))) struct html

#endif
