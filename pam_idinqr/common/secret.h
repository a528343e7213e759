/* SPDX-License-Identifier: BSD-3-Clause */
/* Holds bytes that must be wiped after use: tokens, keys, subjects. Every process uses it. The
 * bytes are wiped when they are freed. If the system allows it, they are not swapped, dumped or
 * copied by fork(). */
#ifndef IDQ_COMMON_SECRET_H
#define IDQ_COMMON_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct secret;

/* Returns a secret of `size` zero bytes. One more zero byte follows, so that text can be read as a
 * string. Returns NULL if memory is short. Free it with secret_free. In a forked child it is empty.
 */
struct secret *secret_new(size_t size);

/* Returns a secret with a copy of `size` bytes. The caller wipes the original. */
struct secret *secret_copy(const void *bytes, size_t size);

/* Wipes, frees and sets the pointer to NULL. Accepts NULL and a pointer to NULL. */
void secret_free(struct secret **secret);

/* Returns the bytes, writable, valid until secret_free. A zero byte follows that is not counted. */
char *secret_bytes(struct secret *secret);
size_t secret_size(const struct secret *secret);

/* Makes the secret shorter and wipes the rest. A larger size changes nothing. */
void secret_truncate(struct secret *secret, size_t size);

/* Returns true if both have the same bytes. The time does not depend on the difference. */
bool secret_equal_bytes(const void *a, const void *b, size_t size);

/* Overwrites. Never optimized away. */
void secret_wipe(void *bytes, size_t size);

/* Wipes the stack below its caller, where libraries and compiler leave parts of secrets. For the
 * end of a program's main(). */
void secret_wipe_stack(void);

#define SECRET_AUTO __attribute__((cleanup(secret_free))) struct secret

#endif
