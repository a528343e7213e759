/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes that must not outlive their use: tokens, keys, subjects.
 * Used in every process. Wiped when freed; kept out of swap, of core files and of what a process
 * forks where the system allows. */
#ifndef IDQ_COMMON_SECRET_H
#define IDQ_COMMON_SECRET_H

#include <stddef.h>

struct secret;

/* A secret of `size` zero bytes, with a zero byte behind them so that text can be read as a string.
 * NULL when memory is short. Free it with secret_free. In a forked child it is an empty one. */
struct secret *secret_new(size_t size);

/* A secret that holds a copy of `size` bytes. The original is the caller's to wipe. */
struct secret *secret_copy(const void *bytes, size_t size);

/* Wipes, frees and sets the pointer to NULL. Accepts NULL and a pointer to NULL. */
void secret_free(struct secret **secret);

/* The bytes, writable; valid until secret_free. Followed by a zero byte that is not counted. */
char *secret_bytes(struct secret *secret);
size_t secret_size(const struct secret *secret);

/* Makes the secret shorter and wipes what falls off; a larger size changes nothing. */
void secret_truncate(struct secret *secret, size_t size);

/* 1 when both hold the same bytes. Takes as long for a near miss as for a far one. */
int secret_equal_bytes(const void *a, const void *b, size_t size);

/* Overwrites; never optimised away. */
void secret_wipe(void *bytes, size_t size);

/* What a login leaves on the stack below its caller: libraries and compiler keep parts of secrets
 * there. For a program's main(), at its end. */
void secret_wipe_stack(void);

#define SECRET_AUTO __attribute__((cleanup(secret_free))) struct secret

#endif
