/* SPDX-License-Identifier: BSD-3-Clause */
/* The heap that wipes. That a freed block is wiped cannot be looked at without reading freed
 * memory; what can be seen is that it is a heap, and that secret_wipe is called with the block's
 * size. */
#include "pam_idinqr/common/wiping_heap.h"
#include "pam_idinqr/common/secret.h"
#include "tests/harness/runner.h"

#include <stdint.h>
#include <string.h>

static size_t n_wiped;

/* In the place of the project's own, so that the wiping can be counted. */
void
secret_wipe(void *bytes, size_t size)
{
    memset(bytes, 0, size);
    n_wiped += size;
}

TEST(freeing_wipes_the_whole_block)
{
    char *block = wiping_heap_malloc(100);

    ck_assert_ptr_nonnull(block);
    memset(block, 'x', 100);
    wiping_heap_free(block);
    ck_assert_uint_eq(n_wiped, 100);
    wiping_heap_free(NULL);
    ck_assert_uint_eq(n_wiped, 100);
}

TEST(growing_and_shrinking_wipe_the_old_block)
{
    char *block = wiping_heap_strdup("secret");

    block = wiping_heap_realloc(block, 4096);
    ck_assert_str_eq(block, "secret");
    ck_assert_uint_eq(n_wiped, 7);
    memset(block, 'y', 4096);
    block = wiping_heap_realloc(block, 3);
    ck_assert_mem_eq(block, "yyy", 3);
    ck_assert_uint_eq(n_wiped, 7 + 4096);
    wiping_heap_free(block);
    ck_assert_uint_eq(n_wiped, 7 + 4096 + 3);
}

TEST(as_libc_does)
{
    char *block = wiping_heap_calloc(16, 16);

    for (int i = 0; i < 256; i++)
        ck_assert_int_eq(block[i], 0);
    ck_assert_uint_eq((uintptr_t)block % _Alignof(max_align_t), 0);
    wiping_heap_free(block);
    block = wiping_heap_realloc(NULL, 8);
    ck_assert_ptr_nonnull(block);
    wiping_heap_free(block);
    block = wiping_heap_malloc(0);
    ck_assert_ptr_nonnull(block);
    wiping_heap_free(block);
}

TEST(sizes_that_overflow)
{
    char *block = wiping_heap_malloc(1);

    ck_assert_ptr_null(wiping_heap_malloc(SIZE_MAX));
    ck_assert_ptr_null(wiping_heap_malloc(SIZE_MAX - 8));
    ck_assert_ptr_null(wiping_heap_calloc(SIZE_MAX / 2, 3));
    ck_assert_ptr_null(wiping_heap_realloc(block, SIZE_MAX));
    wiping_heap_free(block); /* still there after the failure */
}

RUN_TESTS("wiping_heap", NULL);
