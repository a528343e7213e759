/* Processes that tests started and did not end. A test that fails or crashes cannot clean up, and
 * one stray sudo or browser would disturb the next. Test code: runs as whoever runs the tests, and
 * kills nothing that did not come from this program. */
#ifndef IDQ_TESTS_LEFTOVERS_H
#define IDQ_TESTS_LEFTOVERS_H

#include <stdio.h>

/* From now on, orphans of this process's children become its own children. 0, or -1 with errno. */
int leftovers_begin(void);

/* Kills every child of this process, and theirs, and names them in `report` (as "# …" lines). Call
 * it where no child should be left. */
void leftovers_end(FILE *report);

#endif
