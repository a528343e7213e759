/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the bytes that a function leaves on its stack. A search on the same stack overwrites the
 * very place where they lie, so the function runs on a stack that the test owns, and the search
 * reads that stack afterwards. Test code.
 *
 *     static void
 *     check_forged(void *argument)
 *     {
 *         struct forged *forged = argument;
 *
 *         forged->result = signature_check(forged->key, ...);
 *     }
 *
 *     stack_residue_run(check_forged, &forged);
 *     ck_assert_int_eq(forged.result, IDQ_SIGNATURE);
 *     ck_assert_uint_eq(stack_residue_count(right_signature, 32), 0);
 *
 * The function passed in calls the tested one last, and passes its result on: whatever it called
 * after that, an assertion too, would overwrite the place. It must not put the bytes on the stack
 * itself, so it takes them by pointer. Remove the wipe once and see the test fail. Bytes that are
 * found although nothing of ours is on the stack may be a library's. */
#ifndef IDQ_TESTS_STACK_RESIDUE_H
#define IDQ_TESTS_STACK_RESIDUE_H

#include <stddef.h>

/* Calls function(argument) in the calling thread, on a zeroed stack of 1 MiB, and returns when it
 * has returned. The stack stays as the function leaves it until the next call. Not
 * reentrant. */
void stack_residue_run(void (*function)(void *argument), void *argument);

/* How often these bytes are on the stack of the last stack_residue_run. */
size_t stack_residue_count(const void *bytes, size_t size);

/* Why this build cannot search; NULL when it can. For runner_skip. */
const char *stack_residue_why_not(void);

#endif
