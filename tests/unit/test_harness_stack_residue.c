/* SPDX-License-Identifier: BSD-3-Clause */
/* The search for bytes on a stack: it finds a buffer that is left, and misses one that is wiped. */
#include "pam_idinqr/common/secret.h"
#include "tests/harness/runner.h"
#include "tests/harness/stack_residue.h"

#include <string.h>

static char secret[] = "the bytes that are searched for";

static void
leave(void *argument)
{
    char copy[sizeof secret];

    memcpy(copy, argument, sizeof copy);
    __asm__ volatile("" : : "r"(copy) : "memory"); /* else the copy is never made */
}

static void
wipe(void *argument)
{
    char copy[sizeof secret];

    memcpy(copy, argument, sizeof copy);
    secret_wipe(copy, sizeof copy);
}

TEST_CASE("residue");

TEST(a_buffer_that_is_left_is_found)
{
    stack_residue_run(leave, secret);
    ck_assert_uint_eq(stack_residue_count(secret, sizeof secret), 1);
    ck_assert_uint_eq(stack_residue_count(secret + 1, 8), 1);
    ck_assert_uint_eq(stack_residue_count("something else", 14), 0);
}

TEST(a_buffer_that_is_wiped_is_not)
{
    stack_residue_run(leave, secret); /* each run has a clean stack */
    stack_residue_run(wipe, secret);
    ck_assert_uint_eq(stack_residue_count(secret, sizeof secret), 0);
}

RUN_TESTS("harness_stack_residue", stack_residue_why_not());
