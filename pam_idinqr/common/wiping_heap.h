/* SPDX-License-Identifier: BSD-3-Clause */
/* Allocates memory that is wiped when it is freed or moved. It is for libraries that keep tokens,
 * keys and subjects in memory (OpenSSL, jansson, libcurl), and for answers. Only the agent, the
 * fetch process and the relay use it, because each block costs a wipe. */
#ifndef IDQ_COMMON_WIPING_HEAP_H
#define IDQ_COMMON_WIPING_HEAP_H

#include <stddef.h>

/* Like their namesakes in libc. Do not mix blocks of the two heaps. */
void *wiping_heap_malloc(size_t size);
void *wiping_heap_calloc(size_t count, size_t size);
void *wiping_heap_realloc(void *block, size_t size);
char *wiping_heap_strdup(const char *text);
void wiping_heap_free(void *block);

/* Makes OpenSSL use it: OpenSSL decrypts an answer in its receive buffer and does not wipe that.
 * Call it before OpenSSL has allocated memory. Returns 0 or IDQ_SYSTEM. */
int wiping_heap_give_openssl(void);

#endif
