/* SPDX-License-Identifier: BSD-3-Clause */
/* Builds the frame, the style and the headers that all of the phone's pages share. */
#ifndef IDQ_SANDBOX_PAGE_LAYOUT_H
#define IDQ_SANDBOX_PAGE_LAYOUT_H

#include "pam_idinqr/web/html.h"
#include "pam_idinqr/web/http.h"
#include "pam_idinqr/sandbox/page_texts.h"

#define PAGE_STYLE_HASH_SIZE 64

/* The style sheet's hash as a source of Content-Security-Policy: 'sha256-…'. 0 or IDQ_SYSTEM. */
int page_style_hash(char ret_hash[PAGE_STYLE_HASH_SIZE]);

/* Everything before and after a page's own content. */
void page_begin(struct html *page, enum page_language language, enum page_text title);
void page_end(struct html *page, enum page_language language);

/* Sends a page. Its headers forbid scripts, loading, framing, storing, and sending its address to
 * other sites. Returns HTTP_REPLY or IDQ_SYSTEM. */
int page_reply(struct http_reply *reply, unsigned status, const char *style_hash,
               const struct html *page);

/* Sends the browser on to a path of this host, with the same headers. */
int page_redirect(struct http_reply *reply, const char *style_hash, const char *path);

#endif
