/* SPDX-License-Identifier: BSD-3-Clause */
/* The agent and the fetch process run this. */
#include "pam_idinqr/common/wiping_heap.h"

#include "pam_idinqr/common/error.h"
#include "pam_idinqr/common/secret.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Precedes each block, and keeps it aligned for any type. */
union header {
    size_t size;
    max_align_t alignment;
};

static union header *
header_of(void *block)
{
    return (union header *)block - 1;
}

void *
wiping_heap_malloc(size_t size)
{
    union header *header;

    if (size > SIZE_MAX - sizeof *header)
        return NULL;
    header = malloc(sizeof *header + size);
    if (!header)
        return NULL;
    header->size = size;
    return header + 1;
}

void *
wiping_heap_calloc(size_t count, size_t size)
{
    void *block;

    if (size > 0 && count > SIZE_MAX / size)
        return NULL;
    block = wiping_heap_malloc(count * size);
    if (block)
        memset(block, 0, count * size);
    return block;
}

/* Never grows in place: libc's realloc leaves the old copy behind when it moves a block. */
void *
wiping_heap_realloc(void *block, size_t size)
{
    void *moved = wiping_heap_malloc(size);

    if (!moved || !block)
        return moved;
    size_t old_size = header_of(block)->size;
    memcpy(moved, block, old_size < size ? old_size : size);
    wiping_heap_free(block);
    return moved;
}

char *
wiping_heap_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = wiping_heap_malloc(size);

    if (copy)
        memcpy(copy, text, size);
    return copy;
}

void
wiping_heap_free(void *block)
{
    if (!block)
        return;
    union header *header = header_of(block);
    secret_wipe(block, header->size);
    free(header);
}

static void *
openssl_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return wiping_heap_malloc(size);
}

static void *
openssl_realloc(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return wiping_heap_realloc(block, size);
}

static void
openssl_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    wiping_heap_free(block);
}

int
wiping_heap_give_openssl(void)
{
    return CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) ? 0 : IDQ_SYSTEM;
}
