/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds an HTML text in which nothing from outside, and no text of ours, is ever taken for markup.
 * Pure. */
#ifndef IDQ_WEB_HTML_H
#define IDQ_WEB_HTML_H

#include <stddef.h>

/* Zero it to begin. `failed` is sticky: memory was short, or a template was wrong. */
struct html {
    char *text; /* NULL while empty; followed by a zero byte */
    size_t size;
    size_t capacity;
    int failed;
};

/* Appends markup that this program wrote. */
void html_raw(struct html *html, const char *markup);

/* Appends text, with every character that means something in HTML escaped: safe between tags and in
 * an attribute in double quotes. */
void html_text(struct html *html, const char *text);

/* Appends a template of ours. The only thing a template may ask for is %s: a text, escaped. */
void html_add(struct html *html, const char *template, ...) __attribute__((format(printf, 2, 3)));

void html_free(struct html *html);

#define HTML_AUTO __attribute__((cleanup(html_free))) struct html

#endif
