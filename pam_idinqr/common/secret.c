/* SPDX-License-Identifier: BSD-3-Clause */
/* Every process runs this. */
#include "pam_idinqr/common/secret.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A separate mapping, not the heap: mlock and MADV_DONTDUMP work on whole pages. A page that is
 * shared with the application's heap would change the application's memory too. */
struct secret {
    size_t map_size;
    size_t size;
    char bytes[];
};

struct secret *
secret_new(size_t size)
{
    long page = sysconf(_SC_PAGESIZE);
    struct secret *secret;
    size_t map_size;

    if (page <= 0 || size > SIZE_MAX / 2)
        return NULL;
    map_size = sizeof *secret + size + 1;
    map_size = (map_size + (size_t)page - 1) / (size_t)page * (size_t)page;
    secret = mmap(NULL, map_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (secret == MAP_FAILED)
        return NULL;
    /* All three are optional: RLIMIT_MEMLOCK may be small, and a kernel before 4.14 does not wipe.
     * Failing the login would protect no user. */
    (void)mlock(secret, map_size);
    (void)madvise(secret, map_size, MADV_DONTDUMP);
    (void)madvise(secret, map_size, MADV_WIPEONFORK);
    secret->map_size = map_size;
    secret->size = size;
    return secret;
}

struct secret *
secret_copy(const void *bytes, size_t size)
{
    struct secret *secret = secret_new(size);

    if (secret && size > 0)
        memcpy(secret->bytes, bytes, size);
    return secret;
}

void
secret_free(struct secret **secret)
{
    if (!secret || !*secret)
        return;
    size_t map_size = (*secret)->map_size;
    secret_wipe(*secret, map_size);
    munmap(*secret, map_size);
    *secret = NULL;
}

char *
secret_bytes(struct secret *secret)
{
    return secret->bytes;
}

size_t
secret_size(const struct secret *secret)
{
    return secret->size;
}

void
secret_truncate(struct secret *secret, size_t size)
{
    if (size >= secret->size)
        return;
    secret_wipe(secret->bytes + size, secret->size - size);
    secret->size = size;
}

bool
secret_equal_bytes(const void *a, const void *b, size_t size)
{
    const volatile unsigned char *left = a, *right = b;
    unsigned char difference = 0;

    for (size_t i = 0; i < size; i++)
        difference |= left[i] ^ right[i];
    return difference == 0;
}

void
secret_wipe(void *bytes, size_t size)
{
    explicit_bzero(bytes, size);
}

__attribute__((noinline)) void
secret_wipe_stack(void)
{
    char below[72 * 1024];

    secret_wipe(below, sizeof below);
}
