/* SPDX-License-Identifier: BSD-3-Clause */
/* Finds the processes that a test started and did not end: the test fails and names them. A test
 * that fails or crashes cannot clean up, and one stray sudo or browser would disturb the next test.
 * So the runner kills these processes at the end. Test code: runs as the user who runs the tests,
 * and kills only processes that come from this program. */
#ifndef IDQ_TESTS_LEFTOVERS_H
#define IDQ_TESTS_LEFTOVERS_H

#include <stdio.h>

/* From now on, orphans of this process's children become its own children; and a child that exits
 * with 0, as a test does that has passed, fails if a process that it started runs on. 0, or -1 with
 * errno. */
int leftovers_begin(void);

/* Kills every child of this process, and theirs, and names them in `report` (as "# …" lines). Call
 * it where no child should be left. */
void leftovers_end(FILE *report);

#endif
