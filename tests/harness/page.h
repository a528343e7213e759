/* SPDX-License-Identifier: BSD-3-Clause */
/* A page of HTML and the forms on it, by libxml2: what is visible, what can be chosen and pressed,
 * and what a browser would then send. For phone.c. Test code; pages may be anything. */
#ifndef IDQ_TESTS_PAGE_H
#define IDQ_TESTS_PAGE_H

#include <stddef.h>

struct page;

/* `url` is where it came from. Any text makes a page. No memory fails the running test. */
struct page *page_parse(const char *html, size_t size, const char *url);

/* Accepts a pointer to NULL, and leaves one. */
void page_free(struct page **page);

/* All visible text, with single blanks. Valid as long as the page. */
const char *page_visible_text(const struct page *page);

/* As in phone.h. They return NULL when it was done, else what is wrong: static. */
const char *page_choose(struct page *page, const char *choice);
const char *page_fill(struct page *page, const char *name, const char *text);

struct page_request {
    int post;   /* 1: POST with `body`, 0: GET */
    char *url;  /* absolute */
    char *body; /* "a=b&c=d"; NULL for a GET */
};

/* What pressing a button, or following a link, sends. On NULL, ret_request is filled in and must be
 * given to page_request_free. */
const char *page_press(struct page *page, const char *button, struct page_request *ret_request);
const char *page_follow(struct page *page, const char *link, struct page_request *ret_request);

void page_request_free(struct page_request *request);

#define PAGE_REQUEST_AUTO __attribute__((cleanup(page_request_free))) struct page_request

#endif
