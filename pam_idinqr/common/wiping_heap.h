/* SPDX-License-Identifier: BSD-3-Clause */
/* A heap whose blocks are wiped when they are freed or moved: for the libraries that hold tokens,
 * keys and subjects in memory of their own choosing (OpenSSL, jansson, libcurl), and for answers.
 * In the agent and the fetch process alone: it costs a wipe for each block. */
#ifndef IDQ_COMMON_WIPING_HEAP_H
#define IDQ_COMMON_WIPING_HEAP_H

#include <stddef.h>

/* As their namesakes in libc; blocks of the two heaps must not be mixed. */
void *wiping_heap_malloc(size_t size);
void *wiping_heap_calloc(size_t count, size_t size);
void *wiping_heap_realloc(void *block, size_t size);
char *wiping_heap_strdup(const char *text);
void wiping_heap_free(void *block);

/* Has OpenSSL use it, which decrypts an answer where it has received it, and does not wipe that.
 * Before OpenSSL has allocated anything. 0 or IDQ_SYSTEM. */
int wiping_heap_give_openssl(void);

#endif
