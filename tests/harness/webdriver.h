/* SPDX-License-Identifier: BSD-3-Clause */
/* One session of W3C WebDriver, a protocol of JSON over HTTP. For browser.c. Test code. An error in
 * an answer fails the running test and shows it. */
#ifndef IDQ_TESTS_WEBDRIVER_H
#define IDQ_TESTS_WEBDRIVER_H

#include <jansson.h>

struct webdriver;

/* Opens a session at the driver on that port of 127.0.0.1. Takes over `capabilities`. */
struct webdriver *webdriver_open(unsigned port, json_t *capabilities);

/* Closes it, and with it the browser. Accepts a pointer to NULL, and leaves one. */
void webdriver_close(struct webdriver **session);

/* One command: its path in the session, and its body (taken over) or NULL. Returns the "value" of
 * the answer, freed by the caller with json_decref. */
json_t *webdriver_ask(struct webdriver *session, const char *method, const char *path,
                      json_t *body);

/* Pictures come as base64: writes the bytes to a file. */
void webdriver_write_base64(const char *base64, const char *path);

#endif
