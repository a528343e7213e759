/* SPDX-License-Identifier: BSD-3-Clause */
/* What this process still has in its memory: freed blocks, old stack frames and all. Test code. */
#ifndef IDQ_TESTS_MEMORY_SEARCH_H
#define IDQ_TESTS_MEMORY_SEARCH_H

/* How often the text is in what this process can write to: heap, stack and variables. A string
 * constant does not count, so `text` may be one. Trouble fails the running test. */
unsigned memory_search(const char *text);

#endif
