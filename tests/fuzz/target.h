/* SPDX-License-Identifier: BSD-3-Clause */
/* Declares a fuzz target: one file, fuzz_<name>.c, with the function that libFuzzer calls for each
 * input. The same file is linked twice. With libFuzzer (clang, --enable-fuzzing), it searches for
 * inputs. With replay.c, `make check` runs it on the inputs that are stored in corpus/<name>/. Test
 * code: runs as the user who runs the tests. */
#ifndef IDQ_TESTS_FUZZ_TARGET_H
#define IDQ_TESTS_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

/* One input; returns 0, or does not return. Leaves nothing behind that the next could notice. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold whatever the input is. Says what does not, and aborts: that is how a target tells
 * both its callers. */
#define MUST(condition)                                                                            \
    ((condition) ? (void)0 : target_fail(__FILE__, __LINE__, __func__, #condition))

void target_fail(const char *file, int line, const char *function, const char *condition)
    __attribute__((noreturn));

/* A copy of just this size, freed by the caller: a sanitizer sees a read behind it. */
void *target_copy(const void *bytes, size_t size);

/* 1 when all the bytes are zero. */
int target_is_zero(const void *bytes, size_t size);

#endif
