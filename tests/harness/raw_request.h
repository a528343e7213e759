/* SPDX-License-Identifier: BSD-3-Clause */
/* Sends bytes to the public_url of relay_here (relay_login.h) over TLS, as no client would. Test
 * code: an error of the harness fails the running test. */
#ifndef IDQ_TESTS_RAW_REQUEST_H
#define IDQ_TESTS_RAW_REQUEST_H

#include <stdbool.h>

/* Replaces each `word` of a text. Kept. */
char *raw_request_fill(const char *text, const char *word, const char *value);

/* A connection that has sent these bytes. */
struct raw_request;
struct raw_request *raw_request_begin(const char *bytes);

/* Reads until the relay closes the connection, or for as long as this. Ends the connection. "" if
 * there was no answer. Kept. */
char *raw_request_end(struct raw_request *request, int timeout_ms);

/* Waits until the relay closes the connection. Returns false if it has not after this time. */
bool raw_request_closes(struct raw_request *request, int timeout_ms);

/* Waits for the first byte of an answer, and leaves it to raw_request_end. Returns false if the
 * relay closes the connection. */
bool raw_request_is_answered(struct raw_request *request);

/* Sends more bytes. Returns false if the relay has closed the connection. */
bool raw_request_send(struct raw_request *request, const char *bytes);

/* Sends this byte again and again, until the relay closes the connection. Returns false if it has
 * not after this time. */
bool raw_request_trickle(struct raw_request *request, char byte, int timeout_ms);

/* Ends the connection without a look at the answer. */
void raw_request_cut(struct raw_request *request);

#endif
