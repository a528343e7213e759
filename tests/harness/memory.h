/* SPDX-License-Identifier: BSD-3-Clause */
/* What is in the memory of another process: so that a test can say that a secret is gone from it.
 * Test code: needs root, as the agent lets not even its own user look. */
#ifndef IDQ_TESTS_MEMORY_H
#define IDQ_TESTS_MEMORY_H

#include <stddef.h>
#include <sys/types.h>

/* Returns how often these bytes occur in the memory that the process can read: heap, stacks,
 * libraries' data and its own mappings. The process must be stopped, by a signal or by ptrace(2).
 * An error fails the running test. */
size_t memory_count(pid_t pid, const void *bytes, size_t size);

/* As of now this process traces `pid`, which goes on running, until it is about to end:
 * memory_wait_end returns then, with everything still in its memory, and memory_let_end lets it go.
 * Only for one process at a time, by one thread. */
void memory_catch_end(pid_t pid);
void memory_wait_end(pid_t pid);
void memory_let_end(pid_t pid);

#endif
