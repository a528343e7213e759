/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/harness/stack_residue.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#define STACK_SIZE ((size_t)1024 * 1024)

/* Static variables, as makecontext passes nothing but ints. */
static struct {
    void *stack;
    void (*function)(void *argument);
    void *argument;
} running;

static void
call_function(void)
{
    running.function(running.argument);
}

void
stack_residue_run(void (*function)(void *argument), void *argument)
{
    ucontext_t test, on_own_stack;

    if (running.stack)
        munmap(running.stack, STACK_SIZE);
    running.stack =
        mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert(running.stack != MAP_FAILED);
    running.function = function;
    running.argument = argument;
    ck_assert_int_eq(getcontext(&on_own_stack), 0);
    on_own_stack.uc_stack.ss_sp = running.stack;
    on_own_stack.uc_stack.ss_size = STACK_SIZE;
    on_own_stack.uc_link = &test;
    makecontext(&on_own_stack, call_function, 0);
    ck_assert_int_eq(swapcontext(&test, &on_own_stack), 0);
}

size_t
stack_residue_count(const void *bytes, size_t size)
{
    /* By way of a file: valgrind calls a byte undefined that lies on a stack no more. */
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char *content = malloc(STACK_SIZE), *at = content;
    size_t n = 0;

    ck_assert_ptr_nonnull(content);
    ck_assert_ptr_nonnull(running.stack);
    ck_assert_msg(pread(memory, content, STACK_SIZE, (off_t)(uintptr_t)running.stack) ==
                      (ssize_t)STACK_SIZE,
                  "reading the stack: %s", strerror(errno));
    while ((at = memmem(at, (size_t)(content + STACK_SIZE - at), bytes, size)) != NULL) {
        n++;
        at++;
    }
    free(content);
    close(memory);
    return n;
}

const char *
stack_residue_why_not(void)
{
#ifdef SANITIZER
    return "a sanitizer has copies of its own on the stack";
#else
    return NULL;
#endif
}
