/* SPDX-License-Identifier: BSD-3-Clause */
/* A test that is the QR backend of relay_here (relay_login.h) itself: reads its configuration, and
 * calls it. Test code: an error of the harness fails the running test. Texts are kept. */
#ifndef IDQ_TESTS_RELAY_CALLER_H
#define IDQ_TESTS_RELAY_CALLER_H

struct http_client;

#define RELAY_CALLER_HASH_SIZE 65

/* The value of a keyword in the relay's configuration. "[section] keyword": behind that line. */
char *relay_caller_setting(const char *keyword);

/* Replaces it. The relay reads it at its next start. */
void relay_caller_set(const char *keyword, const char *value);

/* The x-idin-qr-hash of a body. */
void relay_caller_hash(const char *body, char ret_hash[RELAY_CALLER_HASH_SIZE]);

/* POST with these headers x-idin-qr-hash, or NULL. `client`: or NULL. "200 {…}". */
char *relay_caller_post(struct http_client *client, const char *path, const char *body,
                        const char *hash, const char *second);
char *relay_caller_call(const char *path, const char *body); /* with the right one */

#endif
