/* SPDX-License-Identifier: BSD-3-Clause */
/* See target.h. */
#include "tests/fuzz/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
target_fail(const char *file, int line, const char *function, const char *condition)
{
    fprintf(stderr, "%s:%d: %s: must hold, and does not: %s\n", file, line, function, condition);
    abort();
}

void *
target_copy(const void *bytes, size_t size)
{
    void *copy = malloc(size > 0 ? size : 1);

    MUST(copy);
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

int
target_is_zero(const void *bytes, size_t size)
{
    const unsigned char *p = bytes;

    for (size_t i = 0; i < size; i++)
        if (p[i] != 0)
            return 0;
    return 1;
}
