/* SPDX-License-Identifier: BSD-3-Clause */
/* The frame of the pages that phones see, and their languages. Pure. */
#ifndef IDQ_WEB_PAGE_H
#define IDQ_WEB_PAGE_H

#include "pam_idinqr/web/html.h"
#include "pam_idinqr/web/http.h"

#include <stdbool.h>

enum page_language {
    PAGE_ENGLISH,
    PAGE_DUTCH,
    PAGE_LANGUAGES,
};

/* "en", "nl". */
const char *language_code(enum page_language language);

/* The name of a language in itself. */
const char *language_name(enum page_language language);

/* Returns 0 with the language of that code, or -1 if it is unknown. */
int language_find(const char *code, enum page_language *ret_language);

/* The one of our languages that an Accept-Language header (RFC 9110, 12.5.4) likes best; English
 * when it names neither. */
enum page_language language_from_header(const char *accept_language);

#define PAGE_STYLE_HASH_SIZE 64

/* The style sheet's hash as a source of Content-Security-Policy: 'sha256-…'. 0 or IDQ_SYSTEM. */
int page_style_hash(char ret_hash[PAGE_STYLE_HASH_SIZE]);

/* Begins a page: its head, and a banner with the site's name, a remark that may be NULL, and the
 * other languages. `query` is what the page's address has before lang=: "" or "name=value&". */
void page_open(struct html *page, enum page_language language, const char *title, const char *site,
               const char *remark, const char *query);
void page_end(struct html *page);

/* Sends a page. Its headers forbid scripts, loading, framing, storing, and sending its address to
 * other sites. Returns HTTP_REPLY or IDQ_SYSTEM. */
int page_reply(struct http_reply *reply, unsigned status, const char *style_hash,
               const struct html *page);

/* Sends the browser on to a path of this host, with the same headers. */
int page_redirect(struct http_reply *reply, const char *style_hash, const char *path);

#endif
